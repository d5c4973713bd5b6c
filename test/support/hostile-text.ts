/**
 * Text that is made to keep a parser busy: one piece over and over, inside of what each format holds prompts in.
 * What a format reads that others do not, it lists in `places`; a new format needs an entry there.
 */

/** What grows: `before`, then `piece` again and again, then `after`. */
export interface Pump {
  readonly before: string;
  readonly piece: string;
  readonly after: string;
}

/** A file that a format reads, with a gap in it. */
export interface Place {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** How text is written at the gap. */
  readonly written?: (text: string) => string;
}

export interface Hostile {
  readonly places: readonly Place[];
  /** Pumps of the format's own; they are put into each place too. */
  readonly pumps: readonly Pump[];
}

function pump(piece: string, before = "", after = ""): Pump {
  return { before, piece, after };
}

/** About `length` characters. */
export function pumped({ before, piece, after }: Pump, length: number): string {
  return before + piece.repeat(Math.max(1, Math.ceil(length / piece.length))) + after;
}

/** Every way to open something, and not to close it; blanks; nesting. */
export const commonPumps: readonly Pump[] = [
  ..." \t\n\r({[<\"'`\\#$%@:=,.|~*_-/&!?;0aé".split("").map((char) => pump(char)),
  pump("中"),
  pump("😀"),
  pump("\r\n"),
  pump(" ", "", "x"),
  pump(" ", "x", "x"),
  pump("\n ", "", "x"),
  pump(" ", "#", "x"),
  ...["()", "[]", "{}", "<>", "{{}}", "{%%}", "a b", "a=b ", "a,", "a.", "a[0]", "a: "].map((piece) =>
    pump(piece),
  ),
  ...[
    "{{ ",
    "{% ",
    "{# ",
    "{{{",
    "{{{{",
    "{{[",
    "{{#",
    "{{~",
    "{%-",
    "${",
    "<!--",
    "<a ",
    "</a>",
    "<![CDATA[",
  ].map((piece) => pump(piece)),
  ...[
    "{{ a ",
    "{{a}}",
    "{{ a",
    "{% if a %}",
    "{% for a in b %}",
    "{{#if a}}",
    "{{a b=(",
    "<a b='",
    "{a}",
  ].map((piece) => pump(piece)),
  pump("[", "{{", "}}"),
  pump("(", "{{ f", "}}"),
  pump("f(", "{{ ", " }}"),
  pump(" ", "{{ a", "b }}"),
  pump(" ", "{{#each a", "}}{{/each}}"),
  pump(" ", "{{#each a as ", "}}{{/each}}"),
  pump(".a", "{{ a", " }}"),
  pump("|a", "{{ a", " }}"),
  pump(" ~ a", "{{ a", " }}"),
  pump("../", "{{", "a}}"),
  pump(" ", "{% for", "x %}"),
  pump("a ", "{% for ", "x %}"),
  pump("a,", "{% for ", " in b %}{% endfor %}"),
  pump(" ", "{% if", "%}"),
  pump("---\n"),
  pump("# ", "---\n"),
  pump("- a\n"),
  pump("> "),
  pump("- "),
  pump("```\n"),
  pump("`a``b"),
  pump("system:\n"),
  pump("<message role='user'>"),
  pump("<message role='user'>a</message>"),
  pump("a", "<|", ""),
  pump("<|"),
  pump('{"a":'),
  pump("[1,"),
];

const bare = (path: string): Place => ({ path, before: "", after: "" });
const within = (path: string, before: string, after: string): Place => ({ path, before, after });

const frontmatter = (path: string): Place =>
  within(path, "---\nname: x\ndescription: ", "\n---\nBody {{ a }}\n");

const curlyPumps: readonly Pump[] = [
  pump("{{{{raw}}}}"),
  pump("{{{{raw"),
  pump("{{{{a}}}}{{{{/b}}}}"),
  pump("{{!--"),
  pump("{{!-- --"),
  pump("\\{{"),
  pump("\\", "", "{{a}}"),
  pump("{{else}}"),
  pump("{{#if a}}{{else if b}}"),
  pump("{{else if b}}", "{{#if a}}", "{{/if}}"),
  pump("{{#*inline 'a'}}"),
  pump("{{/if}}"),
  pump("{{=<% %>=}}"),
  pump("{{#> a}}"),
  pump("[a]/", "{{", "}}"),
  pump("[", "{{#if ", "}}{{/if}}"),
  pump(" a=b", "{{a", "}}"),
  pump(" a", "{{#each a as |", "}}{{/each}}"),
  pump("{{#each a}}{{#each b}}"),
  pump(" \n{{#if a}} \n{{/if}}"),
  pump("s", "{{#", "}}{{/a}}"),
];

const jinjaPumps: readonly Pump[] = [
  pump("{% raw %}"),
  pump("{% raw %}{% endraw "),
  pump(" ", "{% raw %}{%", "endraw"),
  pump("{% elif a %}"),
  pump("{% elif a %}", "{% if a %}", "{% endif %}"),
  pump("{% macro a(b) %}"),
  pump("{% macro a(b) %}{{ a(b) }}{% endmacro %}"),
  pump("{% block a %}"),
  pump("{% set a = a ~ a %}"),
  pump("{% set a %}{{ a }}{% endset %}"),
  pump("{% set a.b = c %}"),
  pump("{% include 'a' %}"),
  pump("{% extends 'a' %}"),
  pump("{% filter upper %}"),
  pump("{% call a() %}"),
  pump(" if a else b", "{{ a", " }}"),
  pump("(a if ", "{{ a", " }}"),
  pump("(", "{{ ", "a }}"),
  pump("a(b, ", "{{ ", " }}"),
  pump("[a, ", "{% set x = ", " %}"),
  pump("a, ", "{% set x = [", "] %}"),
  pump("'a' 'b' ", "{{ ", " }}"),
  pump("'a' ~ ", "{{ ", "a }}"),
  pump("\\n", "{{ '", "' }}"),
  pump(" and a", "{% if a", " %}{% endif %}"),
  pump("=", "{% set a ", "%}"),
  pump(".a[0]", "{% set a", " = 1 %}"),
  pump("<|a|>{% for m in messages %}"),
  pump("{# promptcache: a=session #}"),
  pump("a=session,", "{# promptcache: ", "#}"),
];

const roleLinePumps: readonly Pump[] = [
  pump(" \n"),
  pump("# system:\n"),
  pump("system[a", "", "]:\n"),
  pump(" ", "", "system:\n"),
  pump("{% for m in messages %}{{ m.role }}:\n"),
  pump(" ", "{% for m in history %}", "{{ m.role }}:\n{% endfor %}"),
  pump("{{ a }} \n"),
];

const pythonPlaces: readonly Place[] = [
  within("prompts/a.py", "", ""),
  within("prompts/a.py", 'PROMPT = """', '"""\n'),
  within("prompts/a.py", 'PROMPT = f"""', '"""\n'),
  within("prompts/a.py", "PROMPT = ", "\n"),
  within("prompts/a.py", "def build_prompt(x, y):\n    p = 'a'\n", "\n    return p\n"),
];

const javaPlaces: readonly Place[] = [
  within("prompts/A.java", "class A {\n", "}\n"),
  within("prompts/A.java", 'class A { String PROMPT = """\n', '"""; }\n'),
  within("prompts/A.java", "class A { String PROMPT = ", "; }\n"),
  within(
    "prompts/A.java",
    'class A { String buildPrompt(int x) {\n  StringBuilder p = new StringBuilder("a");\n',
    "\n  return p.toString();\n} }\n",
  ),
];

const kotlinPlaces: readonly Place[] = [
  within("prompts/a.kt", "", ""),
  within("prompts/a.kt", 'val PROMPT = """', '""".trimMargin()\n'),
  within("prompts/a.kt", "val PROMPT = ", "\n"),
  within("prompts/a.kt", "val PROMPT = buildString {\n", "\n}\n"),
  within("prompts/a.kt", 'fun buildPrompt(x: Int): String {\n  var p = "a"\n', "\n  return p\n}\n"),
];

const notebookPlaces: readonly Place[] = [
  within("notes/a.ipynb", '{"cells": [', "]}"),
  within("notes/a.ipynb", '{"cells": [{"cell_type": "code", "source": [', "]}]}"),
  within("notes/a.ipynb", '{"cells": [{"cell_type": "code", "source": "PROMPT = f\\"\\"\\"', '\\"\\"\\""}]}'),
  within("notes/a.ipynb", '{"cells": [{"cell_type": "code", "source": "', '"}]}'),
];

const scriptPlaces: readonly Place[] = [
  within("prompts/a.ts", "", ""),
  within("prompts/a.ts", "export const prompt = `", "`;\n"),
  within("prompts/a.ts", "export const prompt = ", ";\n"),
  within("prompts/a.ts", "export function prompt(x, y) {\n  let p = 'a';\n", "\n  return p;\n}\n"),
];

const yamlPlaces: readonly Place[] = [
  within("prompts/a.yaml", "prompt: ", "\n"),
  within("prompts/a.yaml", "prompt: |\n  a ", "\n"),
  within("prompts/a.yaml", 'prompt: "', '"\n'),
  within("prompts/a.yaml", "prompt: 'a' \n", "\n"),
];

const jsonPlaces: readonly Place[] = [
  within("prompts/a.json", '{"prompt": ', "}"),
  {
    path: "prompts/a.json",
    before: '{"prompt": "',
    after: '"}',
    written: (text) => JSON.stringify(text).slice(1, -1),
  },
  {
    path: "workflows/a.json",
    before: '{"nodes": [{"type": "n8n-nodes-langchain", "parameters": {"text": "=',
    after: '"}}], "connections": {}}',
    written: (text) => JSON.stringify(text).slice(1, -1),
  },
];

/** By id of the format. */
export const hostileByFormat: Readonly<Record<string, Hostile>> = {
  "markdown-instructions": {
    places: [
      bare("CLAUDE.md"),
      bare("a.prompt.md"),
      bare("a.instructions.md"),
      bare(".claude/commands/a.md"),
      frontmatter("CLAUDE.md"),
    ],
    pumps: [
      pump("@a/b.md "),
      pump("@a/"),
      pump("@"),
      pump("#file:a "),
      pump("#file:"),
      pump("${input:"),
      pump("$ARGUMENTS"),
      pump("a.a"),
      pump("<!-- promptcache:"),
      pump("<!-- promptcache: a=b -->"),
    ],
  },
  prompty: {
    places: [bare("a.prompty")],
    pumps: [...jinjaPumps, ...roleLinePumps],
  },
  dotprompt: {
    places: [bare("a.prompt")],
    pumps: [
      ...curlyPumps,
      pump('{{role "user"}}'),
      pump("{{history}}"),
      pump('{{role "user"}} '),
      pump("{{media url=a}}"),
    ],
  },
  baml: {
    places: [
      bare("a.baml"),
      within("a.baml", 'function F(a: string) -> string {\n  client X\n  prompt #"', '"#\n}\n'),
      within("a.baml", 'function F(a: string) -> string {\n  client X\n  prompt #"{{ _.role(', ') }}"#\n}\n'),
      within("a.baml", "test T {\n  functions [F]\n  args {\n    a ", "\n  }\n}\n"),
    ],
    pumps: [
      ...jinjaPumps,
      pump("function f() {"),
      pump("function f("),
      pump("function f(a) -> b "),
      pump("template_string f("),
      pump("test t {\nfunctions [F]\nargs {"),
      pump('prompt #"'),
      pump('#"'),
      pump("#"),
      pump("{//"),
      pump('{{ _.role("user") }}'),
      pump("{{ _.role("),
      pump(" ", '{{ _.role("user" if', "x) }}"),
      pump(" ", '"user" if', "x"),
      pump(" if a", '"user"', ' else "assistant"'),
      pump(' else "a"', '"user" if x', "y"),
      pump("a {"),
      pump("a ["),
      pump("a b "),
      pump("a "),
      pump("enum E {"),
    ],
  },
  poml: {
    places: [
      bare("a.poml"),
      within("a.poml", "<poml><p>", "</p></poml>"),
      within("a.poml", "<poml><task ", "/></poml>"),
    ],
    pumps: [
      pump('<p if="x">'),
      pump('<p for="a in b">'),
      pump(" ", '<p for="a', 'in b">x</p>'),
      pump("a ", '<p for="', 'b">x</p>'),
      pump("<item>{{x}}"),
      pump('<let name="a">'),
      pump("<list><item>a</item>"),
      pump("<p>"),
      pump("<p/>"),
      pump("</p>"),
      pump("<!--"),
      pump("<!-- -->"),
      pump("&amp;"),
      pump("&amp"),
      pump("&#"),
      pump(" a='b'"),
      pump(' a="{{b}}"'),
      pump("<cp caption='a'>"),
      pump(" \n a"),
      pump("<code>a\n</code>"),
      pump("<table>"),
      pump("<document src='a'/>"),
      pump("<stepwise-instructions>"),
    ],
  },
  jinja: { places: [bare("a.j2"), bare("prompts/a.j2")], pumps: [...jinjaPumps, ...roleLinePumps] },
  "chat-template": {
    places: [
      bare("chat_template.jinja"),
      within("tokenizer_config.json", '{"chat_template": ', "}"),
      {
        path: "tokenizer_config.json",
        before: '{"chat_template": "',
        after: '"}',
        written: (text) => JSON.stringify(text).slice(1, -1),
      },
    ],
    pumps: jinjaPumps,
  },
  handlebars: {
    places: [bare("prompts/a.hbs")],
    pumps: [...curlyPumps, pump('{{#message role="user"}}')],
  },
  liquid: {
    places: [bare("prompts/a.liquid"), bare("liquid/a.txt")],
    pumps: [
      pump("{% case a %}{% when b %}"),
      pump("{% when b %}", "{% case a %}", "{% endcase %}"),
      pump("{% comment %}"),
      pump("{% raw %}"),
      pump("{% liquid\n"),
      pump("assign a = b\n", "{% liquid\n", "%}"),
      pump("{% assign a = b | c: d %}"),
      pump("{% capture a %}"),
      pump(" | a: b, c", "{{ a", " }}"),
      pump("{% render 'a' %}"),
      pump("a..b", "{{ (", ") }}"),
      pump("{% # "),
      pump("{% unless a %}"),
      pump("{% for a in (1..b) %}"),
      pump(" ", "\nsystem", "\n"),
      ...roleLinePumps,
    ],
  },
  mustache: {
    places: [bare("a.mustache")],
    pumps: [...curlyPumps, pump(" {{#a}} \n {{/a}} \n"), pump("{{#a}} ")],
  },
  "semantic-kernel": {
    places: [bare("A/skprompt.txt")],
    pumps: [
      ...jinjaPumps,
      ...curlyPumps,
      pump("{{$a}}"),
      pump("{{$a"),
      pump("{{a.b $c}}"),
      pump("{{ 'a'"),
      pump(" a='b'", "{{a.b", "}}"),
      pump("<!-- promptcache: -->"),
    ],
  },
  "plain-text": {
    places: [bare("prompts/a.txt")],
    pumps: [
      pump("{a} "),
      pump("{a b"),
      pump("{a "),
      pump(" a", "{", ""),
      pump(" a", "{a", "\n"),
      pump("{{ a }} "),
      pump("a\n```\n"),
      pump(" ", "{{", "a}}"),
      pump("a.", "{", "}"),
    ],
  },
  notebook: {
    places: notebookPlaces,
    pumps: [
      pump('"prompt = 1\\n",'),
      pump('{"cell_type": "code", "source": ["prompt = 1"]},'),
      pump("\\n!prompt"),
      pump("? "),
      pump('\\"\\"\\"'),
      pump("\\u0041"),
      pump("{a} "),
    ],
  },
  python: {
    places: pythonPlaces,
    pumps: [
      pump("%("),
      pump("%(", 'PROMPT = "', '" % x\n'),
      pump("%(a)s", 'PROMPT = "', '" % x\n'),
      pump("%s", 'PROMPT = "', '" % (x, y)\n'),
      pump("{", 'PROMPT = "', '".format(x)\n'),
      pump("{a} ", 'PROMPT = "', '".format(a=x)\n'),
      pump("    p += a if x else b\n"),
      pump("    p += 'a'\n"),
      pump("    p = p + 'a'\n"),
      pump("    p = a\n"),
      pump("    if x:\n        p += 'a'\n"),
      pump("    if x:\n        p = p + a\n    else:\n        p += 'b'\n"),
      pump("    for a in x:\n        p += a\n"),
      pump("p = 'a'\n"),
      pump("prompt = prompt + 'a'\n"),
      pump("prompt += 'a'\n"),
      pump("prompt = 'a'\n"),
      pump("a = a + a\n"),
      pump(" + 'a'", "PROMPT = 'a'", "\n"),
      pump("'a' ", "PROMPT = (", ")\n"),
      pump("'a' if x else ", "PROMPT = ", "'b'\n"),
      pump(".strip()", "PROMPT = 'a'", "\n"),
      pump(".replace('a', 'b')", "PROMPT = x", "\n"),
      pump("f(", "PROMPT = ", "\n"),
      pump("f(", "PROMPT = ", `${")".repeat(2000)}\n`),
      pump("{f'{", "PROMPT = f'", "\n"),
      pump("'a', ", 'PROMPT = "".join([', "])\n"),
      pump("{'role': 'user', 'content': 'a'},\n", "messages = [", "]\n"),
      pump("{'role': 'user', 'content': [", "messages = [", "]\n"),
      pump("messages.append({'role': 'user', 'content': a})\n", "messages = []\n"),
      pump("client.chat.completions.create(messages=[{'role': 'user', 'content': PROMPT}])\n"),
      pump("def prompt(x):\n    return 'a'\n"),
      pump("class Prompt:\n    prompt = 'a'\n"),
      pump("# promptcache: a=session\n"),
      pump("\\\n"),
      pump("import a\n"),
      pump("from a import PROMPT\n"),
      pump("lambda a: ", "PROMPT = ", "'a'\n"),
      pump("not ", "PROMPT = ", "a\n"),
      pump("PROMPT_A = PROMPT\n"),
      pump("prompt = f'{prompt} {prompt}'\n"),
    ],
  },
  java: {
    places: javaPlaces,
    pumps: [
      pump('p.append("a");\n'),
      pump('.append("a")', "p", ";\n"),
      pump('if (x > 1) { p.append("a"); }\n'),
      pump("for (String a : x) { p.append(a); }\n"),
      pump(' + "a"', 'String prompt = "a"', ";\n"),
      pump('x ? "a" : ', "String prompt = ", '"b";\n'),
      pump('case 1 -> "a";\n', "String prompt = switch (x) {\n", '};\n'),
      pump('.replace("a", "b")', 'String prompt = "a"', ";\n"),
      pump("f(", "String prompt = ", ";\n"),
      pump('"a", ', 'String prompt = String.join("", ', '"a");\n'),
      pump('@SystemMessage("a") '),
      pump("    a\\\n"),
      pump("\\u0041"),
      pump("%s ", 'String prompt = "', '".formatted(x);\n'),
      pump("{{a}} ", 'PromptTemplate.from("', '");\n'),
      pump("{0}'", 'String prompt = MessageFormat.format("', '", x);\n'),
      pump('client.system("You are a b.").user(x);\n'),
      pump('.user("a b c")', "client", ";\n"),
      pump("String prompt = prompt + prompt;\n"),
    ],
  },
  kotlin: {
    places: kotlinPlaces,
    pumps: [
      pump('p += "a"\n'),
      pump('append("a")\n'),
      pump('if (x > 1) append("a") else append("b")\n'),
      pump("for (a in x) { append(a) }\n"),
      pump("x.forEach { ", "", "append(it) }\n"),
      pump(' + "a"', 'val prompt = "a"', "\n"),
      pump('1 -> "a"\n', "val prompt = when (x) {\n", 'else -> "b" }\n'),
      pump('if (x) "a" else ', "val prompt = ", '"b"\n'),
      pump("f(", "val prompt = ", "\n"),
      pump("f { ", "val prompt = ", "\n"),
      pump("${a} "),
      pump("    | a\n"),
      pump('+"a"\n', 'prompt("a") { system {\n', "} }\n"),
      pump('system("a b c")\n', 'prompt("a") {\n', "}\n"),
      pump('@SystemMessage("a") '),
      pump(".trimIndent()", 'val prompt = "a"', "\n"),
      pump('"a", ', "val prompt = listOf(", '"b").joinToString("")\n'),
    ],
  },
  javascript: {
    places: scriptPlaces,
    pumps: [
      pump("p += x ? a : b;\n"),
      pump("p += 'a';\n"),
      pump("p = p + 'a';\n"),
      pump("p = a;\n"),
      pump("if (x) p += 'a';\n"),
      pump("if (x) { p = p + a; } else { p += 'b'; }\n"),
      pump("for (const a of x) { p += a; }\n"),
      pump("prompt = prompt + 'a';\n", "let prompt = '';\n"),
      pump(" + 'a'", "const prompt = 'a'", ";\n"),
      pump("x ? 'a' : ", "const prompt = ", "'b';\n"),
      pump(".trim()", "const prompt = 'a'", ";\n"),
      pump(".replace('a', 'b')", "const prompt = x", ";\n"),
      pump("f(", "const prompt = ", ";\n"),
      pump("`${", "const prompt = ", ";\n"),
      pump("'a', ", "const prompt = [", "].join('');\n"),
      pump("{role: 'user', content: 'a'},\n", "const messages = [", "];\n"),
      pump("{role: 'user', content: [", "const messages = [", "];\n"),
      pump("messages.push({role: 'user', content: a});\n", "const messages = [];\n"),
      pump("client.chat.completions.create({messages: [{role: 'user', content: prompt}]});\n"),
      pump("function prompt(x) { return 'a'; }\n"),
      pump("const prompt = (x) => `a`;\n"),
      pump("class Prompt { prompt = 'a' }\n"),
      pump("export * from './a';\n"),
      pump("import a from './a';\n"),
      pump("export { prompt as a };\n", "const prompt = 'a';\n"),
      pump("// promptcache: a=session\n"),
      pump("const promptA = prompt;\n"),
      pump("x => ", "const prompt = ", "'a';\n"),
      pump("!", "const prompt = ", "a;\n"),
      pump("<a>", "const prompt = ", ";\n"),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code that is read.
      pump("prompt = `${prompt} ${prompt}`;\n", "let prompt = 'a';\n"),
      pump("const { a } = prompt;\n"),
      pump("get ", "class A { ", "prompt() { return 'a'; } }"),
    ],
  },
  yaml: {
    places: yamlPlaces,
    pumps: [
      pump("prompt: a\n"),
      pump("a: &a\n"),
      pump("- prompt: a\n"),
      pump("  a\n", "prompt: >\n"),
      pump("\\n", 'prompt: "', '"\n'),
      pump("''", "prompt: '", "'\n"),
      pump("? "),
      pump("? a\n: b\n"),
      pump("--- \nprompt: a\n"),
      pump("- role: user\n  content: a\n", "messages:\n"),
      pump("- <<: *a\n", "a: &a {prompt: b}\nb:\n"),
      pump("&a ", "", "a"),
      pump("!a ", "", "a"),
      pump("*a "),
      pump("{a: ", "prompt: "),
      pump("[", "prompt: "),
      pump("# promptcache: a=session\n"),
      pump("- a: {type: string, properties: {a: {type: string}}}\n"),
    ],
  },
  "json-lines": {
    places: [
      bare("logs/a.jsonl"),
      within("logs/b.ndjson", '{"model":"a","messages":[{"role":"user","content":"', '"}]}'),
      {
        path: "logs/c.jsonl",
        before: '{"request": "',
        after: '"}',
        written: (text) => JSON.stringify(text).slice(1, -1),
      },
    ],
    pumps: [
      pump('{"model":"a","messages":[{"role":"user","content":"a"}]}\n'),
      pump('{"role":"user","content":"a"},', '{"model":"a","messages": [', "]}"),
      pump('{"request":'),
      pump('{\\"request\\":', '{"role": "a", "request": "', '"}'),
      pump('"role":\n'),
      pump("{"),
    ],
  },
  json: {
    places: jsonPlaces,
    pumps: [
      pump('{"prompt":'),
      pump('{"prompt":"a"},', '{"a": [', "]}"),
      pump('{"role":"user","content":"a"},', '{"messages": [', "]}"),
      pump('{"role":"user","content":[', '{"messages": [', "]}"),
      pump('"prompt": "a",', "{", "}"),
      pump("//\n"),
      pump("/*"),
      pump("\\u0061", '{"prompt": "', '"}'),
      pump("// promptcache: a=session\n", "", '{"prompt": "a"}'),
      pump("{{ a }}"),
      pump("{{ ' }}"),
      pump("{{{}}"),
      pump(
        '{"type":"function","function":{"name":"a"}},',
        '{"messages":[{"role":"user","content":"a"}],"tools": [',
        "]}",
      ),
    ],
  },
};

/** Merge keys that each name the one before twice: what follows them all reads it twice as often each time. */
export function mergeChain(length: number): string {
  const lines = ["a0: &a0 {prompt: x}"];
  for (let index = 1; lines.length * 30 < length; index++) {
    lines.push(`a${index}: &a${index}\n  <<: [*a${index - 1}, *a${index - 1}]`);
  }
  return lines.join("\n");
}
