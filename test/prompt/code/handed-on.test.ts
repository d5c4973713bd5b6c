/** What a function is given reaches the text that it gives: by name, by position, through `**kwargs`, and in other files. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code stands in strings here.
import { describe, expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import type { Segment } from "../../../src/prompt/template.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { parseTools } from "../../support/parse-tools.ts";

function saidBy(segment: Segment): string {
  switch (segment.kind) {
    case "marker":
      return `[${segment.role}]`;
    case "text":
      return segment.text;
    case "include":
      return said(segment.resolved?.segments ?? []);
    case "block":
      return `<${said(segment.body)}>`;
    case "hole":
      return `{${segment.name} ${segment.scope.scope}}`;
  }
}

function said(segments: readonly Segment[]): string {
  return segments.map(saidBy).join("");
}

/** What the requests of the first file say. */
function sent(files: Readonly<Record<string, string>>): readonly string[] {
  const documents = Object.entries(files).map(([path, text]) => ({ path, text }));
  const parsed = documents.flatMap((document) => {
    const found = parseDocument(document, parseTools);
    expect(brokenPromises(document, found)).toEqual([]);
    return found.value;
  });
  const find = (path: string) => documents.find((document) => document.path === path) ?? null;
  return resolveIncludes(parsed, find, { tools: parseTools })
    .templates.filter(({ path, usage }) => path === documents[0]?.path && usage === "request")
    .map(({ segments }) => said(segments).trim());
}

const a = "You are the porter of a museum.";
const places = "You are the porter of {house}. Greet {visitor}. It is {now}.";
const given = 'house="a museum", visitor=name, now=datetime.now()';
const filled =
  "[system]You are the porter of a museum. Greet {name session}. It is {datetime.now volatile}.[user]{q request}";
const inPlace =
  "[system]You are the porter of a museum. Greet {visitor session}. It is {now volatile}.[user]{q request}";

function python(system: string): string {
  return `def ask(q, name):\n    return client.chat.completions.create(model="m", messages=[{"role": "system", "content": ${system}}, {"role": "user", "content": q}])\n`;
}

function typescript(system: string): string {
  return `export const ask = (q: string, name: string) => generateText({ model, system: ${system}, prompt: q });\n`;
}

describe("**kwargs are handed on by their names", () => {
  test.each<[string, Record<string, string>, string]>([
    [
      "to str.format",
      {
        "a.py": `PROMPT = "${places}"\n\ndef build(**kwargs):\n    return PROMPT.format(**kwargs)\n\n${python(`build(${given})`)}`,
      },
      filled,
    ],
    [
      "to Jinja2",
      {
        "a.py": `from jinja2 import Template\n\ndef build(**values):\n    return Template("${places.replace(/\{(\w+)\}/g, "{{ $1 }}")}").render(**values)\n\n${python(`build(${given})`)}`,
      },
      filled,
    ],
    [
      "to a file of an environment",
      {
        "a.py": `env = Environment(loader=FileSystemLoader("prompts"))\n\ndef render(name, **kwargs):\n    return env.get_template(name).render(**kwargs)\n\n${python(`render("porter.j2", ${given})`)}`,
        "prompts/porter.j2": places.replace(/\{(\w+)\}/g, "{{ $1 }}"),
      },
      inPlace,
    ],
    [
      "to a file of another module",
      {
        "a.py": `from loader import load_prompt\n\n${python(`load_prompt("porter", ${given})`)}`,
        "loader.py":
          'from pathlib import Path\n\ndef load_prompt(name, **kwargs):\n    text = (Path(__file__).parent / f"{name}.md").read_text()\n    return text.format(**kwargs)\n',
        "porter.md": places,
      },
      inPlace,
    ],
    [
      "to a file of a class",
      {
        "a.py": `class Prompts:\n    def __init__(self):\n        self.env = Environment(loader=FileSystemLoader("prompts"))\n\n    def render(self, name, **kwargs):\n        return self.env.get_template(f"{name}.j2").render(**kwargs)\n\n    def ask(self, q, name):\n        return client.chat.completions.create(model="m", messages=[{"role": "system", "content": self.render("porter", ${given})}, {"role": "user", "content": q}])\n`,
        "prompts/porter.j2": places.replace(/\{(\w+)\}/g, "{{ $1 }}"),
      },
      inPlace,
    ],
  ])("%s", (_, files, expected) => {
    expect(sent(files)).toEqual([expected]);
  });
});

describe("a condition on a parameter is decided by the call", () => {
  const porter = (tests: string, parameters: string, call: string) =>
    sent({
      "a.py": `def build(question, ${parameters}):\n    prompt = "You are the porter."\n    if ${tests}:\n        prompt += " Speak slowly."\n    return prompt + f" They ask: {question}"\n\n${python(`build(${call})`)}`,
    });
  const [always, never, sometimes] = [
    ["[system]You are the porter. Speak slowly. They ask: {question request}[user]{q request}"],
    ["[system]You are the porter. They ask: {question request}[user]{q request}"],
    ["[system]You are the porter.< Speak slowly.> They ask: {question request}[user]{q request}"],
  ];
  test.each<[string, string, string, string, readonly string[] | undefined]>([
    ["where nobody gives it", "style", "style=None", "q", never],
    ["where it is an empty text", "style", 'style=""', "q", never],
    ["where it is off", "slow", "slow=False", "q", never],
    ["where it is on", "slow", "slow=True", "q", always],
    ["where it is given", "style", "style=None", 'q, style="slow"', always],
    ["where it is given as off", "slow", "slow=True", "q, slow=False", never],
    ["where its absence is asked for", "not style", "style=None", "q", always],
    ["where it is compared", "style is not None", "style=None", "q", never],
    ["where it is compared the other way", "style is None", "style=None", "q", always],
    ["but not where only a run knows what is given", "style", "style=None", "q, style=name", sometimes],
    ["nor where more may be given", "style", "style=None", "q, **more", sometimes],
    ["nor where something else decides, too", "style and slow", "style=None, slow=True", "q", sometimes],
  ])("%s", (_, tests, parameters, call, expected) => {
    expect(porter(tests, parameters, call)).toEqual(expected);
  });

  test("in TypeScript, where it may be left out", () => {
    const code = (call: string) =>
      `function build(question: string, style?: string) {\n  const parts = ["You are the porter.", \`They ask: \${question}\`];\n  if (style) parts.push("Speak slowly.");\n  return parts.join(" ");\n}\n${typescript(call)}`;
    expect(sent({ "a.ts": code("build(q)") })).toEqual([
      "[system]You are the porter. They ask: {question request}[user]{q request}",
    ]);
    expect(sent({ "a.ts": code("build(q, name)") })[0]).toContain("< Speak slowly.>");
  });
});

describe("a function of another file", () => {
  const filledIn = "[system]You are the porter of a museum. It is {now volatile}.[user]{q request}";
  test.each<[string, string, string]>([
    [
      "with parameters",
      'porter("a museum", new Date())',
      "export const porter = (house: string, now: Date) => `You are the porter of ${house}. It is ${now}.`;",
    ],
    [
      "with an object that is taken apart",
      'porter({ house: "a museum", now: new Date() })',
      "export function porter({ house, now }: Values) {\n  return `You are the porter of ${house}. It is ${now}.`;\n}",
    ],
  ])("%s", (_, call, code) => {
    const files = { "a.ts": `import { porter } from "./prompts";\n${typescript(call)}`, "prompts.ts": code };
    expect(sent(files)).toEqual([filledIn]);
  });

  test("with an object of options", () => {
    const code =
      "export function porter(options: Values) {\n  return `You are the porter of ${options.house}.`;\n}";
    const call = typescript('porter({ house: "a museum" })');
    const expected = `[system]${a}[user]{q request}`;
    expect(sent({ "a.ts": `import { porter } from "./prompts";\n${call}`, "prompts.ts": code })).toEqual([
      expected,
    ]);
    expect(sent({ "a.ts": `${code.replace("export ", "")}\n${call}` })).toEqual([expected]);
  });

  test("hands on what it is given to another one", () => {
    const files = {
      "a.py": `from outer import porter\n\n${python('porter("a museum")')}`,
      "outer.py":
        'from inner import greet\n\ndef porter(house):\n    return greet(house) + " Be kind to all."\n',
      "inner.py": 'def greet(place):\n    return f"You are the porter of {place}."\n',
    };
    expect(sent(files)).toEqual([`[system]${a} Be kind to all.[user]{q request}`]);
  });

  test("is filled in for each call with what that gives", () => {
    const files = {
      "a.py": `from prompts import porter\n\n${python('porter("a museum")')}\n${python('porter("the tower")')}`,
      "prompts.py": 'def porter(house):\n    return f"You are the porter of {house}."\n',
    };
    expect(sent(files)).toEqual([
      `[system]${a}[user]{q request}`,
      "[system]You are the porter of the tower.[user]{q request}",
    ]);
  });

  test("that calls itself through others comes to an end", () => {
    const files = {
      "a.py": `from other import b\n\ndef a(x):\n    return f"You are {x}." + b(x)\n\n${python('a("it")')}`,
      "other.py": 'from a import a\n\ndef b(x):\n    return f"Say {x}." + a(x)\n',
    };
    expect(sent(files)[0]).toContain("[system]You are it.Say it.");
  });
});

describe("the path of a file", () => {
  test.each<[string, Record<string, string>]>([
    [
      "in Python",
      {
        "a.py": `from loader import load_prompt\n\n${python('load_prompt("porter.md")')}`,
        "loader.py":
          'from pathlib import Path\n\ndef load_prompt(name):\n    return (Path(__file__).parent / "prompts" / name).read_text()\n',
        "prompts/porter.md": a,
      },
    ],
    [
      "in TypeScript",
      {
        "a.ts": `import { loadPrompt } from "./loader";\n${typescript('loadPrompt("porter")')}`,
        "loader.ts":
          'import { readFileSync } from "node:fs";\nimport path from "node:path";\nexport function loadPrompt(name: string) {\n  return readFileSync(path.join(__dirname, "prompts", `${name}.md`), "utf8");\n}\n',
        "prompts/porter.md": a,
      },
    ],
  ])("goes into a function of another file, %s", (_, files) => {
    expect(sent(files)).toEqual([`[system]${a}[user]{q request}`]);
  });

  test("that nobody gives leaves a value", () => {
    const files = {
      "a.py": `from loader import load_prompt\n\n${python('"You are here. " + load_prompt(name)')}`,
      "loader.py": "def load_prompt(path):\n    return open(path).read()\n",
    };
    expect(sent(files)).toEqual([
      expect.stringMatching(/^\[system\]You are here\. \{[\w.]+ \w+\}\[user\]\{q request\}$/),
    ]);
  });
});

describe("files are read", () => {
  const expected = `[system]${a}[user]{q request}`;
  test.each<[string, string]>([
    [
      "a module that is loaded on the way",
      'await import("fs/promises").then((m) => m.readFile("./porter.md", "utf8"))',
    ],
    ["what is done to it afterwards", 'await readFile("./porter.md").then((text) => text.toString().trim())'],
    ["Bun", 'await Bun.file("./porter.md").text()'],
    ["Bun, at an address", 'await Bun.file(new URL("./porter.md", import.meta.url)).text()'],
    ["Deno", 'await Deno.readTextFile("./porter.md")'],
    ["Deno, at an address", 'Deno.readTextFileSync(new URL("./porter.md", import.meta.url))'],
  ])("in TypeScript: %s", (_, system) => {
    expect(sent({ "a.ts": `// The system prompt.\n${typescript(system)}`, "porter.md": a })).toEqual([
      expected,
    ]);
  });

  test.each<[string, string]>([
    ["as text", 'import porter from "./porter.md?raw";'],
    ["by a loader", 'import porter from "./porter.md";'],
    ["by an attribute", 'import porter from "./porter.md" with { type: "text" };'],
    ["from the root", 'import porter from "@/porter.md?raw";'],
  ])("that are modules: %s", (_, line) => {
    expect(sent({ "a.ts": `${line}\n${typescript("porter")}`, "porter.md": a })).toEqual([expected]);
  });

  test.each<[string, string]>([
    ["beside the file", '(Path(__file__).parent / "prompts" / "porter.md").read_text()'],
    ["with another name", 'Path(__file__).with_name("prompts").joinpath("porter.md").read_text()'],
    ["of a package", 'resources.files("app.prompts").joinpath("porter.md").read_text()'],
    ["of this package", 'resources.files(__package__).joinpath("prompts", "porter.md").read_text()'],
    ["of a package, by a slash", '(resources.files("app") / "prompts" / "porter.md").read_text()'],
    ["of a package, at once", 'resources.read_text("app.prompts", "porter.md")'],
    ["of a package, as bytes", 'pkgutil.get_data("app", "prompts/porter.md").decode()'],
  ])("in Python: %s", (_, system) => {
    const code = `import pkgutil\nfrom importlib import resources\nfrom pathlib import Path\n\n${python(system)}`;
    expect(sent({ "app/a.py": code, "app/prompts/porter.md": a })).toEqual([expected]);
  });
});
