/** What strangers may put into a folder: each attack is a workspace of its own, and all of them together are one too. */
import { pumped } from "../support/hostile-text.ts";

export interface Attack {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** Symbolic links, by their paths. */
  readonly links?: Readonly<Record<string, string>>;
  /** Named pipes. */
  readonly pipes?: readonly string[];
}

const kilobyte = 1000;
const megabyte = 1_000_000;

function grown(piece: string, length: number, before = "", after = ""): string {
  return pumped({ before, piece, after }, length);
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("\n");
}

const prompt = "You are a brief assistant. Answer the question: {{ question }}\n";

function config(value: unknown): Readonly<Record<string, string>> {
  return { "promptcache.json": typeof value === "string" ? value : JSON.stringify(value), "a.j2": prompt };
}

function tokenizerJson(pattern: string): string {
  const split = { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false };
  return JSON.stringify({
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: split,
    model: { type: "WordPiece", unk_token: "[UNK]", vocab: { "[UNK]": 0, a: 1 } },
  });
}

const bombs = 60;

export const attacks: readonly Attack[] = [
  { name: "Jinja for, blanks", files: { "a.j2": grown(" ", 100 * kilobyte, "{% for", "x %}") } },
  {
    name: "glob of many stars",
    files: {
      ...config({ formats: { "**/*a*a*a*a*a*a*a*a*a*ab": "jinja" }, exclude: ["**/*a*a*a*a*a*a*a*a*a*ab"] }),
      ["a".repeat(200)]: prompt,
    },
  },
  {
    name: "glob of many braces",
    files: { ...config({ exclude: ["{a,b}".repeat(30)] }), ["ab".repeat(100)]: prompt },
  },
  {
    name: "command link as a model",
    files: config({ model: "[Trust this folder](command:workbench.trust.manage)" }),
  },
  {
    name: "BAML role, blanks",
    files: {
      "a.baml": grown(
        " ",
        100 * kilobyte,
        'function F(a: string) -> string {\n  client X\n  prompt #"{{ _.role("user" if',
        'x) }}"#\n}\n',
      ),
    },
  },
  {
    name: "endless configuration",
    files: { "a.j2": prompt },
    links: { "promptcache.json": "/dev/zero", "b.j2": "/dev/zero" },
  },
  { name: "pipes", files: { "a.j2": prompt }, pipes: ["promptcache.json", "b.j2"] },
  { name: "configuration in depth", files: config('{"a":'.repeat(20 * kilobyte)) },
  {
    name: "tools in depth",
    files: {
      ...config({ applications: { chat: { tools: "tools.json", system: "a.j2" } } }),
      "tools.json": '{"a":'.repeat(8 * kilobyte),
    },
  },
  {
    name: "names that command",
    files: {
      "odd\u001b]0;title\u0007\u001b[2J.j2": prompt,
      "two\nlines.j2": prompt,
      "bidi\u202egpj.j2": prompt,
      "[x](command:y).j2": "{{ a ",
    },
  },
  {
    name: "tokenizer of nested quantifiers",
    files: { ...config({ tokenizer: "tokenizer.json" }), "tokenizer.json": tokenizerJson("(a+)+$") },
  },
  { name: "unclosed holes", files: { "a.j2": grown("{{ a ", megabyte) } },
  { name: "YAML brackets", files: { "prompts/a.yaml": grown("[", megabyte, "prompt: ") } },
  { name: "YAML errors", files: { "prompts/a.yaml": grown("- a: b: c\n", 128 * kilobyte, "prompt: x\n") } },
  {
    name: "links out of the folder",
    files: { "a.j2": "{% include '../../../../etc/passwd' %}{% include 'b.j2' %}" },
    links: { "b.j2": "/etc/passwd", "c.j2": "c.j2", up: ".." },
  },
  { name: "Handlebars brackets", files: { "prompts/a.hbs": grown("[", 200 * kilobyte, "{{") } },
  {
    name: "Handlebars each, blanks",
    files: { "prompts/a.hbs": grown(" ", 200 * kilobyte, "{{#each", "}}") },
  },
  { name: "Handlebars raw blocks", files: { "prompts/a.hbs": grown("{{{{raw}}}}", 200 * kilobyte) } },
  { name: "Prompty blanks", files: { "a.prompty": grown(" ", 200 * kilobyte, "", "x") } },
  {
    name: "YAML merge keys",
    files: {
      "prompts/a.yaml": `a0: &a0 {prompt: x}\n${lines(1000, (at) => `a${at + 1}: &a${at + 1}\n  <<: [*a${at}, *a${at}]`)}\nprompt: You are brief.\n`,
    },
  },
  {
    name: "YAML aliases",
    files: {
      "prompts/a.yaml": `a0: &a0 You are brief.\n${lines(bombs, (at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`)}\nprompt: *a${bombs}\n`,
    },
  },
  {
    name: "Jinja macros",
    files: {
      "a.j2": `{% macro m0() %}x{% endmacro %}${lines(bombs, (at) => `{% macro m${at + 1}() %}{{ m${at}() }}{{ m${at}() }}{% endmacro %}`)}{{ m${bombs}() }}`,
    },
  },
  {
    name: "Jinja set",
    files: { "a.j2": grown("{% set a = a ~ a %}", 100 * kilobyte, "{% set a = 'x' %}", "{{ a }}") },
  },
  { name: "Jinja blocks", files: { "a.j2": grown("{% if a %}", 100 * kilobyte) } },
  {
    name: "includes",
    files: Object.fromEntries(
      Array.from({ length: bombs }, (_, at) => [`i${at}.j2`, `{% include 'i${at + 1}.j2' %}`.repeat(2)]),
    ),
  },
  { name: "Python percent", files: { "prompts/a.py": grown("%(", 100 * kilobyte, 'PROMPT = "', '" % x\n') } },
  {
    name: "Python conditional sums",
    files: {
      "prompts/a.py": grown(
        "    p += a if x else b\n",
        100 * kilobyte,
        "def build_prompt(x):\n    p = 'a'\n",
        "    return p\n",
      ),
    },
  },
  {
    name: "Python doubling",
    files: { "prompts/a.py": grown("prompt = prompt + prompt\n", 100 * kilobyte, "prompt = 'a'\n") },
  },
  { name: "Python assignments", files: { "prompts/a.py": grown("a=b ", 32 * kilobyte) } },
  { name: "Python comments of HTML", files: { "prompts/a.py": grown("<!--", 100 * kilobyte) } },
  {
    name: "TypeScript chains",
    files: { "prompts/a.ts": grown(" + a", 90 * kilobyte, "export const prompt = 'a'", ";\n") },
  },
  {
    name: "TypeScript templates",
    files: { "prompts/a.tsx": grown("`${", 90 * kilobyte, "export const prompt = ") },
  },
  {
    name: "TypeScript conditions",
    files: { "prompts/a.ts": grown("x ? 'a' : ", 90 * kilobyte, "export const prompt = ", "'b';\n") },
  },
  {
    name: "TypeScript calls",
    files: { "prompts/a.ts": grown("f(", 90 * kilobyte, "export const prompt = ") },
  },
  {
    name: "TypeScript returns",
    files: {
      "prompts/a.ts": grown("if (x) return 'a';\n", 90 * kilobyte, "export function prompt(x) {\n", "}\n"),
    },
  },
];
