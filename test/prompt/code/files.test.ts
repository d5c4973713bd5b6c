import { expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { inOrder } from "../../../src/prompt/segments.ts";
import type { ScopeClaim } from "../../../src/prompt/template.ts";
import { parseTools } from "../../support/parse-tools.ts";

/** The claims of the holes of all prompts of a file, and of what stands in files. */
function claims(path: string, text: string): readonly ScopeClaim[] {
  const { value } = parseDocument({ path, text }, parseTools);
  return value.flatMap(({ segments }) =>
    [...inOrder(segments)].flatMap((segment) => {
      if (segment.kind === "hole") return [segment.scope];
      return segment.kind === "include" && segment.member !== undefined
        ? [segment.member.otherwise.scope]
        : [];
    }),
  );
}

const python = (before: string, value: string, given = "frob") => `
import json, yaml, tomllib
from pathlib import Path
${before}
def ask(${given}):
    blob = ${value}
    return client.chat.completions.create(model="m", messages=[
        {"role": "system", "content": f"You are a clerk of the town hall. {blob} Be brief."},
        {"role": "user", "content": "Go on."}])
`;

const script = (before: string, value: string, given = "frob: string") => `
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
${before}
export async function ask(${given}) {
  const blob = ${value};
  return client.chat.completions.create({ model: "m", messages: [
    { role: "system", content: \`You are a clerk of the town hall. \${blob} Be brief.\` },
    { role: "user", content: "Go on." }] });
}
`;

const constantInPython: Readonly<Record<string, readonly [string, string]>> = {
  json: ["", 'json.load(open("config.json"))["zork"]'],
  "json of a text": ["", 'json.loads(Path("config.json").read_text(encoding="utf-8")).get("zork")'],
  yaml: ["", 'yaml.safe_load(Path("x.yaml").read_text())["zork"]["frob"]'],
  "yaml of a name": ['CONFIG = yaml.safe_load(Path("x.yaml").read_text())', 'CONFIG["zork"]'],
  toml: ['with open("pyproject.toml", "rb") as f:\n    doc = tomllib.load(f)', 'doc["tool"]["zork"]'],
  "a path of the program": [
    'HERE = Path(__file__).parent\ncfg = json.loads((HERE / "data" / "zork.json").read_text())',
    'cfg["zork"]',
  ],
  "os.path": [
    'import os\ncfg = json.load(open(os.path.join(os.path.dirname(__file__), "c.json")))',
    'cfg["zork"]',
  ],
  "an imported parser": ["from yaml import safe_load", 'safe_load(open("x.yaml"))["zork"]'],
  "a function of the module": [
    'def load():\n    with open("x.yaml") as handle:\n        return yaml.safe_load(handle)\n\ncfg = load()',
    'cfg["zork"]',
  ],
  "a constant in between": ['FILE = "x.yaml"', 'yaml.safe_load(open(FILE))["zork"]'],
  "a default": ['cfg = json.load(open("c.json")) or {}', 'cfg["zork"]'],
};

test.each(Object.entries(constantInPython))(
  "what a file with a fixed path holds is constant: Python, %s",
  (_, [before, value]) => {
    expect(claims("agent.py", python(before, value))).toMatchObject([
      { scope: "constant", basis: "inferred" },
    ]);
  },
);

test.each([
  ["a parameter", "", 'json.load(open(frob))["zork"]'],
  ["a part of a path", "", 'json.loads((Path("data") / frob).read_text())["zork"]'],
  ["a name of a file", "", 'yaml.safe_load(open(f"data/{frob}.yaml"))["zork"]'],
  ["a text of one's own", "", "json.loads(frob)['zork']"],
  ["a text alone", "", "Path(frob).read_text()"],
  [
    "a function with a parameter",
    "def load(zork):\n    return json.load(open(zork))\n",
    'load(frob)["zork"]',
  ],
  ["a circle", "def a(zork):\n    return b(zork)\n\ndef b(zork):\n    return a(zork)\n", 'a(frob)["zork"]'],
])("a parameter in between is not: Python, %s", (_, before, value) => {
  const [claim, ...others] = claims("agent.py", python(before, value));
  expect(others).toEqual([]);
  expect(claim?.scope).not.toBe("constant");
});

const constantInScript: Readonly<Record<string, readonly [string, string]>> = {
  JSON: ["", 'JSON.parse(readFileSync("./config.json", "utf8")).zork'],
  "a buffer": ["", 'JSON.parse(readFileSync("./config.json").toString()).zork.frob'],
  "a promise": ["", 'JSON.parse(await readFile("./config.json", "utf8")).zork'],
  require: ["", 'require("./config.json").zork'],
  import: ['import cfg from "./config.json";', "cfg.zork"],
  "import with a type": ['import cfg from "./config.json" with { type: "json" };', 'cfg["zork"].frob'],
  "a named import": ['import { zork } from "../data/texts.json";', "zork"],
  "a name in between": [
    'const cfg = JSON.parse(readFileSync(path.join(__dirname, "c.json"), "utf8"));',
    "cfg.zork",
  ],
  "a member that is taken out": ['const { zork } = require("./config.json");', "zork"],
  YAML: [
    'import yaml from "js-yaml";',
    'yaml.load(readFileSync(new URL("./x.yaml", import.meta.url), "utf8")).zork',
  ],
  "a default": ['const cfg = JSON.parse(readFileSync("./c.json", "utf8")) ?? {};', "cfg.zork"],
};

test.each(Object.entries(constantInScript))(
  "what a file with a fixed path holds is constant: TypeScript, %s",
  (_, [before, value]) => {
    expect(claims("agent.ts", script(before, value))).toMatchObject([
      { scope: "constant", basis: "inferred" },
    ]);
  },
);

test.each([
  ["a parameter", "JSON.parse(readFileSync(frob, 'utf8')).zork"],
  ["a part of a path", "JSON.parse(readFileSync(`data/$".concat("{frob}.json`, 'utf8')).zork")],
  ["a joined path", "JSON.parse(readFileSync(path.join(__dirname, frob), 'utf8')).zork"],
  ["a text of one's own", "JSON.parse(frob).zork"],
  ["a text alone", "readFileSync(frob, 'utf8')"],
])("a parameter in between is not: TypeScript, %s", (_, value) => {
  const [claim, ...others] = claims("agent.ts", script("", value));
  expect(others).toEqual([]);
  expect(claim?.scope).not.toBe("constant");
});

test("many names in each other are followed in time", () => {
  const chain = Array.from({ length: 60 }, (_, at) => `A${at}x = A${at + 1}x / A${at + 1}x`).reverse();
  const text = python(
    `A60x = Path("x.yaml")\n${chain.join("\n")}`,
    'yaml.safe_load(A0x.read_text())["zork"]',
  );
  expect(claims("agent.py", text)).toHaveLength(1);
});
