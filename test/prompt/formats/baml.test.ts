import { describe, expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { hasCorpora, readCorpus } from "../../support/corpora.ts";
import { printSegments } from "../../support/print-segments.ts";
import { showTemplate } from "../../support/show-template.ts";

const path = "baml_src/ask.baml";
const show = (text: string) => showTemplate(path, text).split("\n");
const prompt = (body: string) =>
  show(`function Ask(question: string) -> string {\n  client GPT4\n  prompt ${body}\n}`);

describe("texts", () => {
  test("are dedented and trimmed", () => {
    expect(prompt('#"\n\n      a\n        b {{ question }}\n\n      c\n  "#')).toEqual([
      "<user>",
      '"a\\n  b "',
      "{question} [request]",
      '"\\n\\nc"',
    ]);
  });

  test.each([
    ['##"a "# b"##', ['"a \\"# b"']],
    ['"plain {{ question }}"', ['"plain "', "{question} [request]"]],
    ['#""#', []],
    ['#"   "#', []],
  ] as const)("%s", (body, expected) => {
    expect(prompt(body).filter((line) => line !== "<user>" && line !== "")).toEqual(expected);
  });

  test("statements on lines of their own leave nothing behind", () => {
    expect(prompt('#"\n  a\n  {% if question %}\n  b\n  {% endif %}\n  c\n"#')).toEqual([
      "<user>",
      '"a\\n"',
      "if question [request]",
      '  "b\\n"',
      '"c"',
    ]);
  });
});

describe("messages", () => {
  test("roles begin them, in both spellings, and blanks around them fall away", () => {
    expect(
      prompt(
        `#"\n  {{ _.role("system") }}\n  Be kind.\n\n  {{ _.chat('user') }} {{ question }}\n  {{ _.role(role="assistant", cache_control={"type": "x"}) }}\n"#`,
      ),
    ).toEqual(["<system>", '"Be kind."', "<user>", "{question} [request]", "<assistant>"]);
  });

  test("roles that only a run knows", () => {
    expect(
      prompt(
        `#"\n{% for m in chat %}\n  {{ _.role(m.role) }}\n  {{ m.text }}\n{% endfor %}\n{{ _.role('user' if a.b == "x" else 'assistant') }} z\n"#`,
      ),
    ).toEqual([
      "for each turn of m in chat [session]",
      '  if m.role == "user" [session]',
      "    <user>",
      "  else",
      "    <assistant>",
      "  {m.text} [session]",
      'if a.b == "x" [request]',
      "  <user>",
      "else",
      "  <assistant>",
      '"z"',
    ]);
  });

  test("what the project itself knows is constant", () => {
    expect(
      show(
        'enum Kind { A B }\nfunction F(x: Kind) -> Out {\n prompt #"{{ ctx.output_format(prefix="In:") }}{{ ctx.client.name }}{{ Kind.A }}{{ ctx.tags.who }}"#\n}',
      ),
    ).toEqual([
      "<user>",
      "{call ctx.output_format} [constant]",
      "{ctx.client.name} [constant]",
      "{Kind.A} [constant]",
      "{ctx.tags.who} [request]",
    ]);
  });
});

describe("declarations", () => {
  test("names, comments, types and attributes with braces do not disturb", () => {
    const text = `
// function Commented(x: string) -> int { prompt #"no"# }
{// function Also() -> int { prompt #"no"# } //}
class Data {
  note string @description(#"prompt #"# ) "#)
  @@assert(ok, {{ this.note != "}" }})
}
client<llm> C { provider openai options { model "gpt" } }
function One(x: map<string, string>[], y: "a" | "b") -> Data @assert(ok, {{ this.x > 0 }}) {
  client "openai/gpt-4o"
  prompt #"first"#
}
template_string Part(x: int) #"part"#
template_string Bare #"bare"#
function Two(x: int) -> int { client C prompt #"second"# }
function NoPrompt(x: int) -> int { x + 1 }
`;
    const { value, problems } = parseDocument({ path, text });
    expect(problems).toEqual([]);
    expect(value.map(({ id, usage }) => `${id} ${usage}`)).toEqual([
      `${path}#One request`,
      `${path}#Part partial`,
      `${path}#Bare partial`,
      `${path}#Two request`,
    ]);
  });

  test("scopes in comments of the file and of the prompt", () => {
    expect(
      show(
        '// promptcache: a=tenant\nfunction F() -> int { prompt #"{# promptcache: b=constant #}{{ a }}{{ b }}"# }',
      ),
    ).toEqual(["<user>", "{a} [tenant!]", "{b} [constant!]"]);
  });

  test("arguments of tests are samples; the first test counts", () => {
    const text = `
function F(user: User, n: int, list: string[], note: string) -> int { prompt #"{{ user.name }}"# }
test T1 {
  functions [Other, F]
  args {
    user { name "Ann \\"A\\"" tags ["x", "y"] role Admin // who
    }
    n -3
    list ["a", "b"]
    note #"
      two
      lines
    "#
  }
}
test T2 { functions [F] args {
 n 4
 other hello world } }
test T3 { functions [Other] args { n 5 } }`;
    const [template] = parseDocument({ path, text }).value;
    expect(Object.fromEntries(template!.samples)).toEqual({
      user: JSON.stringify({ name: 'Ann "A"', tags: ["x", "y"], role: "Admin" }, null, 2),
      "user.name": 'Ann "A"',
      "user.tags": JSON.stringify(["x", "y"], null, 2),
      "user.role": "Admin",
      n: "-3",
      list: JSON.stringify(["a", "b"], null, 2),
      note: "two\nlines",
      other: "hello world",
    });
  });
});

describe("template strings", () => {
  function resolve(files: Readonly<Record<string, string>>) {
    const find = (wanted: string) =>
      files[wanted] === undefined ? null : { path: wanted, text: files[wanted] };
    const templates = Object.entries(files).flatMap(([at, text]) => parseDocument({ path: at, text }).value);
    return resolveIncludes(templates, find);
  }
  const caller = 'function F(x: int) -> int { prompt #"{{ Rules(x) }} {{ x }}"# }';

  test("of the nearest file of the project stand where they are called", () => {
    const { templates } = resolve({
      "app/baml_src/main.baml": caller,
      "app/baml_src/shared/rules.baml": 'template_string Rules(x: int) #"near {{ x }}"#',
      "other/baml_src/rules.baml": 'template_string Rules(x: int) #"far"#',
    });
    expect(printSegments(templates[0]!.segments).split("\n")).toEqual([
      "<user>",
      "include Rules",
      '  "near "',
      "  {x} [request]",
      '" "',
      "{x} [request]",
    ]);
  });

  test("that are missing are calls", () => {
    const { templates, problems } = resolve({ "a.baml": caller });
    expect(printSegments(templates[0]!.segments)).toContain("{call Rules} [request]");
    expect(problems.size).toBe(0);
  });

  test("that call themselves are a problem", () => {
    const text = 'template_string A() #"{{ B() }}"#\ntemplate_string B() #"{{ A() }}"#';
    const { problems } = resolve({ "a.baml": text });
    const [problem] = problems.get("a.baml")!;
    expect(problem!.message).toContain("includes itself");
    expect(text.slice(problem!.range.start, problem!.range.end)).toMatch(/^\{\{ [AB]\(\) \}\}$/);
  });
});

describe("half-typed text", () => {
  test("an open text reaches to the end", () => {
    expect(show('function F() -> int {\n  prompt #"Hi {{ na')).toEqual([
      "<user>",
      '"Hi "',
      "{na} [request]",
      'error at "#\\"": This text is not closed: add `"#` at its end. All that follows counts as part of it.',
      'error at "{{ na": `{{` is not closed: add `}}`.',
    ]);
  });

  test.each([
    "function F() {",
    'prompt #"',
    "test T { functions [",
    "args { a { ",
    "{// ",
    "#".repeat(50),
    '"\\',
    "[",
    "(((",
  ])("%s, repeated, is read to its end", (piece) => {
    const document = { path, text: `test T { functions [F] args { ${piece.repeat(20_000)}` };
    expect(brokenPromises(document, parseDocument(document))).toEqual([]);
  });
});

describe.skipIf(!hasCorpora())("projects of others", () => {
  const documents = hasCorpora() ? readCorpus("baml") : [];

  test("every function and template string is found, and understood", () => {
    let written = 0;
    for (const document of documents) {
      const { value, problems } = parseDocument(document);
      expect(problems, document.path).toEqual([]);
      const names = [...document.text.matchAll(/^(?:function|template_string)\s+(\w+)/gm)].map(
        ([, name]) => name,
      );
      expect(
        value.map(({ name }) => name),
        document.path,
      ).toEqual(names);
      written += names.length;
    }
    expect(written).toBe(51);
  });

  test("what they call is found", () => {
    const find = (wanted: string) => documents.find((document) => document.path === wanted) ?? null;
    const resolved = resolveIncludes(
      documents.flatMap((document) => parseDocument(document).value),
      find,
    );
    const shown = resolved.templates.map(({ segments }) => printSegments(segments)).join("\n");
    expect(resolved.problems.size).toBe(0);
    expect(shown.match(/include \w+$/gm)?.sort()).toEqual([
      "include BAMLBackground",
      "include Instructions",
      "include PrintMessage",
      "include PrintMessages",
    ]);
    expect(shown).not.toContain("(unresolved)");
  });

  test("most functions have samples from tests", () => {
    const templates = documents.flatMap((document) => parseDocument(document).value);
    expect(templates.filter(({ samples }) => samples.size > 0).length).toBe(44);
  });
});
