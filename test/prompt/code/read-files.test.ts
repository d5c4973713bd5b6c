/** Prompts in files that code reads: by a path that a call gives, with texts replaced, at a key of a file of data. */
import { describe, expect, it } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { printSegments } from "../../support/print-segments.ts";

/** The requests of the code, as they are when all files are known. */
function requests(files: Readonly<Record<string, string>>): readonly string[] {
  const documents = new Map(Object.entries(files).map(([path, text]) => [path, { path, text }]));
  const parsed = [...documents.values()].flatMap((document) => parseDocument(document, parseTools).value);
  const { templates } = resolveIncludes(parsed, (path) => documents.get(path) ?? null, { tools: parseTools });
  return templates
    .filter(({ path, usage }) => /\.(?:py|ts)$/.test(path) && usage !== "partial")
    .map(({ segments }) => printSegments(segments));
}

/** Without what only says where it stands. */
const said = (files: Readonly<Record<string, string>>) =>
  requests(files).map((text) =>
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => !line.startsWith("include"))
      .join("\n"),
  );

const script = (text: string, sent: string) => `
import { readFileSync } from "node:fs";
import { generateText } from "ai";
const letter = readFileSync("prompts/letter.md", "utf8");
${text}
export const run = (name: string) => generateText({ model: "m", prompt: ${sent} });
`;

describe("a file whose texts code replaces", () => {
  const letter = "Write a letter to {{name}}.\nIt is {{at}}, {{at}}.\n";

  it("is the request, with what is put there", () => {
    const sent = 'letter.replace("{{name}}", name).replaceAll("{{at}}", new Date().toISOString())';
    expect(said({ "a.ts": script("", sent), "prompts/letter.md": letter })).toEqual([
      [
        '"Write a letter to "',
        "{name} [session]",
        '".\\nIt is "',
        "{call at} [volatile]",
        '", "',
        "{call at} [volatile]",
        '".\\n"',
      ].join("\n"),
    ]);
  });

  it("has one place replaced where one is, and texts that are no places of any engine", () => {
    const plain = "Write a letter to NAME, dear NAME.\n";
    const sent = 'letter.replace("NAME", name)';
    const [text] = said({ "a.ts": script("", sent), "prompts/letter.md": plain });
    expect(text!.split("\n").slice(0, 3)).toEqual([
      '"Write a letter to "',
      expect.stringMatching(/^\{NAME\} \[/),
      '", dear NAME.\\n"',
    ]);
  });

  it("is a request without the file too, which is a hole then", () => {
    expect(said({ "a.ts": script("", 'letter.replace("{{name}}", name)') })).toEqual([
      expect.stringContaining("{call readFileSync} [constant]"),
    ]);
  });
});

const python = (before: string, sent: string) => `
import json, yaml
from pathlib import Path
from datetime import datetime
from jinja2 import Environment, FileSystemLoader
HERE = Path(__file__).parent
env = Environment(loader=FileSystemLoader(HERE / "prompts"))
${before}
def ask(client, topic):
    return client.messages.create(model="m", max_tokens=9, system=${sent}, messages=[{"role": "user", "content": f"Topic: {topic}"}])
`;

describe("a file whose name a call gives", () => {
  const files = { "prompts/clerk.md": "You are a clerk.\nIt is {now}.\n" };
  const clerk = ["<system>", '"You are a clerk.\\nIt is "', "{now} [volatile]", '".\\n"', "<user>"];

  it.each([
    [
      "a path",
      'def load(name):\n    return (HERE / "prompts" / f"{name}.md").read_text()\n',
      'load("clerk")',
    ],
    [
      "an open file",
      'def load(name):\n    with open(f"prompts/{name}.md") as f:\n        return f.read()\n',
      'load("clerk")',
    ],
    ["the whole path", "def load(path):\n    return Path(path).read_text()\n", 'load("prompts/clerk.md")'],
    [
      "a constant",
      'NAME = "clerk"\ndef load(name):\n    return (HERE / "prompts" / f"{name}.md").read_text().strip()\n',
      "load(NAME)",
    ],
  ])("is found by %s", (_, helper, call) => {
    const code = python(helper, `${call}.format(now=datetime.now())`);
    const [text, ...others] = said({ "a.py": code, ...files });
    expect(others).toEqual([]);
    expect(text!.split("\n").slice(0, 5)).toEqual(clerk);
  });

  it("is rendered with what its helper gives it", () => {
    const helper =
      'def render(name, **more):\n    return env.get_template(f"{name}.j2").render(now=datetime.now(), **more)\n';
    const [text] = said({
      "a.py": python(helper, 'render("clerk")'),
      "prompts/clerk.j2": "You are a clerk.\nIt is {{ now }}.\n",
    });
    expect(text!.split("\n").slice(0, 3)).toEqual(clerk.slice(0, 3));
  });

  it.each([
    ["only a run knows it", "load(topic)"],
    ["there is no such file", 'load("nobody")'],
  ])("is a hole where %s", (_, sent) => {
    const helper = 'def load(name):\n    return (HERE / "prompts" / f"{name}.md").read_text()\n';
    const [text, ...others] = said({ "a.py": python(helper, sent), ...files });
    expect(others).toEqual([]);
    expect(text).toMatch(/\{call [^}]+\} \[/);
    expect(text).toContain('"Topic: "');
  });
});

describe("a text at a key of a file of data", () => {
  const yaml = { "prompts.yaml": 'judge:\n  system: You judge answers.\n  user: "Answer: {q}"\n' };
  const json = { "prompts.json": JSON.stringify({ judge: { system: "You judge answers." } }) };

  it.each([
    ["yaml", 'CFG = yaml.safe_load(open("prompts.yaml"))', 'CFG["judge"]["system"]', yaml],
    [
      "an open block",
      'with open("prompts.yaml") as f:\n    CFG = yaml.safe_load(f)',
      'CFG["judge"]["system"]',
      yaml,
    ],
    ["json", 'CFG = json.load(open("prompts.json"))', 'CFG.get("judge")["system"]', json],
    [
      "a text that is parsed",
      'CFG = json.loads((HERE / "prompts.json").read_text())',
      'CFG["judge"]["system"]',
      json,
    ],
    ["a part by a name", 'JUDGE = yaml.safe_load(open("prompts.yaml"))["judge"]', 'JUDGE["system"]', yaml],
  ])("is found in Python: %s", (_, before, sent, files) => {
    const [text] = said({ "a.py": python(before, sent), ...files });
    expect(text!.split("\n").slice(0, 2)).toEqual(["<system>", '"You judge answers."']);
  });

  it("is formatted with what the code gives", () => {
    const code = python(
      'CFG = yaml.safe_load(open("prompts.yaml"))',
      'CFG["judge"]["user"].format(q=datetime.now())',
    );
    expect(said({ "a.py": code, ...yaml })[0]).toContain('"Answer: "\n{q} [volatile]');
  });

  const ai = (before: string, system: string) =>
    `import { readFileSync } from "node:fs";\nimport { generateText } from "ai";\n${before}\nexport const run = (q: string) => generateText({ model: "m", system: ${system}, prompt: q });\n`;

  it.each([
    ['const cfg = JSON.parse(readFileSync("prompts.json", "utf8"));', "cfg.judge.system"],
    ['import cfg from "./prompts.json";', "cfg.judge.system"],
    ['import cfg from "./prompts.json" with { type: "json" };', 'cfg.judge["system"]'],
    ['import { judge } from "./prompts.json";', "judge.system"],
    ['const cfg = require("./prompts.json");', "cfg.judge.system"],
  ])("is found in TypeScript: %s", (before, system) => {
    const [text] = said({ "a.ts": ai(before, system), ...json });
    expect(text!.split("\n")).toEqual(["<system>", '"You judge answers."', "<user>", "{q} [request]"]);
  });

  it("is a constant hole where the key holds no text, and where there is no such file", () => {
    const code = python('CFG = yaml.safe_load(open("prompts.yaml"))', 'CFG["judge"]');
    for (const files of [{ "a.py": code, ...yaml }, { "a.py": code }]) {
      expect(said(files)[0]).toContain('{CFG["judge"]} [constant]');
    }
  });
});
