import { expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { parseTools as tools } from "../../support/parse-tools.ts";
import { printSegments } from "../../support/print-segments.ts";

function resolve(files: Readonly<Record<string, string>>) {
  const documents = Object.entries(files).map(([path, text]) => ({ path, text }));
  const parsed = documents.flatMap((document) => parseDocument(document, tools).value);
  const find = (path: string) => documents.find((document) => document.path === path) ?? null;
  return resolveIncludes(parsed, find, { tools });
}

/** The template of that name, as lines. */
function show(files: Readonly<Record<string, string>>, name: string): string {
  const { templates, problems } = resolve(files);
  const template = templates.find((one) => one.name === name);
  const own = (problems.get(template?.path ?? "") ?? []).map(({ range, severity, message }) => {
    return `${severity} at ${files[template?.path ?? ""]?.slice(range.start, range.end)}: ${message}`;
  });
  return [printSegments(template?.segments ?? []), ...own].join("\n");
}

const tone = 'TONE = "Be kind to them."\nUSER_PROMPT = "Answer the {question} now."\n';

test.each([
  ["beside the module", "from .texts import TONE", "TONE", "app/texts.py"],
  ["under another name", "from .texts import TONE as T", "T", "app/texts.py"],
  ["in the package above", "from ..texts import TONE", "TONE", "texts.py"],
  ["from the root of the workspace", "from lib.texts import TONE", "TONE", "lib/texts.py"],
  [
    "from the folder that is the root of the modules",
    "from lib.texts import TONE",
    "TONE",
    "app/lib/texts.py",
  ],
  ["in a package", "from .texts import TONE", "TONE", "app/texts/__init__.py"],
  ["of a module", "from . import texts", "texts.TONE", "app/texts.py"],
  ["of a module under another name", "import lib.texts as t", "t.TONE", "lib/texts.py"],
])("a text is found %s", (_, statement, name, at) => {
  const module = `${statement}\nSYSTEM_PROMPT = f"You answer questions. {${name}}"\n`;
  const { templates, missing } = resolve({ "app/main.py": module, [at]: tone });
  const template = templates.find((one) => one.name === "SYSTEM_PROMPT");
  expect(printSegments(template?.segments ?? [])).toContain('"Be kind to them."');
  expect(missing.has(at)).toBe(false);
});

test("a prompt that another module sends is a part of it, the others of its file are not", () => {
  const { templates, includes } = resolve({
    "app/main.py":
      'from .texts import USER_PROMPT\nclient.chat(messages=[{"role": "user", "content": USER_PROMPT}])\n',
    "app/texts.py": `${tone}OTHER_PROMPT = "Say something else."\n`,
  });
  expect(templates.map(({ name, usage }) => `${name} ${usage}`)).toEqual([
    "client.chat request",
    "USER_PROMPT partial",
    "OTHER_PROMPT request",
  ]);
  expect([...(includes.get("app/main.py") ?? [])]).toEqual(["app/texts.py"]);
});

test("base classes of other modules give their texts", () => {
  const files = {
    "app/base.py": 'class Base:\n    tone = "Be kind to them."\n',
    "app/main.py":
      'from .base import Base\nclass Child(Base):\n    def prompt(self):\n        return f"You answer. {self.tone} Now."\n',
  };
  expect(show(files, "Child.prompt")).toMatchInlineSnapshot(`
    ""You answer. "
    include Base.tone
      "Be kind to them."
    " Now.""
  `);
});

test("what lies in no file of the workspace is a value that is fixed at deployment", () => {
  const files = {
    "app/main.py": 'from package import TONE\nSYSTEM_PROMPT = f"You answer questions. {TONE}"\n',
  };
  expect(show(files, "SYSTEM_PROMPT")).toMatchInlineSnapshot(`
    ""You answer questions. "
    {TONE} [constant]"
  `);
  expect(resolve(files).missing).toContain("package.py");
});

test("what is no text in its module is one as well", () => {
  const files = {
    "app/texts.py": "TONE = read_tone()\n",
    "app/main.py": 'from .texts import TONE\nSYSTEM_PROMPT = f"You answer questions. {TONE}"\n',
  };
  expect(show(files, "SYSTEM_PROMPT")).toContain("{TONE} [constant]");
});

test("modules that need each other", () => {
  const files = {
    "a.py": 'from b import B_PROMPT\nA_PROMPT = f"Take this text. {B_PROMPT}"\n',
    "b.py": 'from a import A_PROMPT\nB_PROMPT = f"Take that text. {A_PROMPT}"\n',
  };
  expect(show(files, "A_PROMPT")).toMatchInlineSnapshot(`
    ""Take this text. "
    include B_PROMPT
      "Take that text. "
      {A_PROMPT} [constant]"
  `);
  const problems = resolve(files).problems;
  expect(
    [...problems].map(([path, found]) => [path, found.map(({ message }) => message)]),
  ).toMatchInlineSnapshot(`
    [
      [
        "b.py",
        [
          "\`A_PROMPT\` includes itself (a.py#A_PROMPT → b.py#B_PROMPT → a.py#A_PROMPT): remove one of these includes.",
        ],
      ],
    ]
  `);
});

test("modules outside of the workspace", () => {
  const files = {
    "a.py": 'from ...texts import TONE\nSYSTEM_PROMPT = f"You answer questions. {TONE}"\n',
  };
  expect(show(files, "SYSTEM_PROMPT")).toMatchInlineSnapshot(`
    ""You answer questions. "
    {TONE} [constant]
    warning at {TONE}: \`TONE\` lies outside the workspace: what it holds does not count here."
  `);
});

test.each([
  ["a constant in capitals", "from .limits import MAX_WORDS", "MAX_WORDS", "MAX_WORDS = 40", "40"],
  [
    "one with an underscore in front",
    "from .limits import _MAX_WORDS",
    "_MAX_WORDS",
    "_MAX_WORDS = 40",
    "40",
  ],
  ["a member of a class", "from .limits import Limits", "Limits.MAX", "class Limits:\n    MAX = 40", "40"],
])("a number is text in Python: %s", (_, statement, name, limits, text) => {
  const module = `${statement}\nSYSTEM_PROMPT = f"You answer in at most {${name}} words."\n`;
  const shown = show({ "app/main.py": module, "app/limits.py": `${limits}\n` }, "SYSTEM_PROMPT");
  expect(shown).toContain(`include ${name}\n  "${text}"`);
});

test.each([
  ["a member of an object as const", "Limits.most", "export const Limits = { most: 40 } as const;"],
  ["a constant", "most", "export const most = 40;"],
  ["a member of an enum", "Limits.most", "export enum Limits { most = 40 }"],
  ["a member in capitals", "Limits.MOST", "export const Limits = { MOST: 40 };"],
])("a number is text in TypeScript: %s", (_, name, limits) => {
  const [first] = name.split(".");
  const module = `import { ${first} } from "./limits";\nexport const systemPrompt = \`You answer in at most \${${name}} words.\`;\n`;
  const shown = show({ "app/main.ts": module, "app/limits.ts": `${limits}\n` }, "systemPrompt");
  expect(shown).toContain(`include ${name}\n  "40"`);
});

test.each([
  ["a variable in Python", "main.py", "from limits import most", "limits.py", "most = 40"],
  [
    "a variable in TypeScript",
    "main.ts",
    'import { most } from "./limits";',
    "limits.ts",
    "export let most = 40;",
  ],
])("a number that may be assigned again is a value: %s", (_, path, statement, at, limits) => {
  const text = path.endsWith("py")
    ? `${statement}\nSYSTEM_PROMPT = f"You answer in at most {most} words."\n`
    : `${statement}\nexport const SYSTEM_PROMPT = \`You answer in at most \${most} words.\`;\n`;
  expect(show({ [path]: text, [at]: `${limits}\n` }, "SYSTEM_PROMPT")).toContain("{most} [");
});
