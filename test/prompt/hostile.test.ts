/**
 * What a stranger's file can do to the rule, the cheap test, the lexer and the parser of every format of the registry:
 * each pump of `hostile-text.ts` grows, and the work must grow with it.
 *
 * Regular expressions and libraries count no steps, so the growth is that of processor time, and lenient enough to hold
 * on a busy machine: only what takes long counts, four times the text may take three times four times as long, and what
 * fails is measured again. What hangs is stopped, so that it fails too; but for code, as tree-sitter cannot be stopped.
 */
import { createContext, Script } from "node:vm";
import { describe, expect, test } from "vitest";
import type { ParseTools, SourceDocument, TemplateFormat } from "../../src/prompt/format.ts";
import { formatOf, formats, parseDocument } from "../../src/prompt/registry.ts";
import {
  commonPumps,
  hostileByFormat,
  mergeChain,
  type Place,
  type Pump,
  pumped,
} from "../support/hostile-text.ts";
import { loadParseTools } from "../support/installed-grammars.ts";
import { parseTools } from "../support/parse-tools.ts";

const sizes = { small: 5_000, large: 20_000 };
/** Of code, which has many pumps and places. */
const sizesOfCode = { small: 2_500, large: 10_000 };
const largest = 1_000_000;
const patienceMs = 30_000;
const negligibleMs = 150;
const growthAllowed = 12;
const attempts = 3;

const global = createContext({ run: () => {} });
const script = new Script("run()");

const isCode = ({ languageOf }: TemplateFormat) => languageOf !== undefined;

function millisecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Processor time in ms; throws where there is no end. */
function timeOf(run: () => void, canBeStopped = true): number {
  global["run"] = run;
  const before = process.cpuUsage();
  if (canBeStopped) script.runInContext(global, { timeout: patienceMs });
  else run();
  return millisecondsSince(before);
}

/** What a grammar took until it was given up: that ends with our patience, whatever the text. */
let givenUpMs = 0;
const timedTools: ParseTools = {
  syntax: {
    parse(language, text) {
      const before = process.cpuUsage();
      const tree = parseTools.syntax!.parse(language, text);
      if (tree === "endless") givenUpMs += millisecondsSince(before);
      return tree;
    },
  },
};

/** Processor time in ms without what was given up. */
function boundedTimeOf(run: () => void, canBeStopped: boolean): number {
  givenUpMs = 0;
  const all = timeOf(run, canBeStopped);
  return all - givenUpMs;
}

function documentOf({ path, before, after, written }: Place, pump: Pump, length: number): SourceDocument {
  const text = pumped(pump, length);
  return { path, text: before + (written === undefined ? text : written(text)) + after };
}

function readWith(format: TemplateFormat, document: SourceDocument): void {
  formatOf(document);
  format.parse(document, timedTools);
}

/** By how much more the work grows than the text, where that is too much; `null` where it is not. */
function excess(format: TemplateFormat, place: Place, pump: Pump): string | null {
  const of = isCode(format) ? sizesOfCode : sizes;
  const timeFor = (length: number) =>
    boundedTimeOf(() => readWith(format, documentOf(place, pump, length)), !isCode(format));
  let told = "";
  for (let attempt = 0; attempt < attempts; attempt++) {
    const large = timeFor(of.large);
    if (large < negligibleMs) return null;
    const small = timeFor(of.small);
    if (large < small * growthAllowed) return null;
    // What is given up at some amount of work grows up to there.
    if (timeFor(4 * of.large) < large * growthAllowed) return null;
    told = `${small} ms, then ${large} ms`;
  }
  return told;
}

test("every format has places and pumps", () => {
  expect(Object.keys(hostileByFormat).toSorted()).toEqual(formats.map(({ id }) => id).toSorted());
  for (const format of formats) {
    const { places } = hostileByFormat[format.id]!;
    expect(places.length, format.id).toBeGreaterThan(0);
    for (const { path } of places) expect(format.matches(path), path).toBe(true);
  }
});

describe.each(formats)("$id", (format) => {
  const { places, pumps } = hostileByFormat[format.id]!;
  // What tree-sitter does with text that is no code is bounded by its own patience, and not ours.
  const all = isCode(format) ? pumps : [...commonPumps, ...pumps];

  test("the work grows with the text", () => {
    const bad = places.flatMap((place) =>
      all.flatMap((pump) => {
        const told = excess(format, place, pump);
        return told === null ? [] : [`${place.path} ${JSON.stringify([place.before, pump])}: ${told}`];
      }),
    );
    expect(bad).toEqual([]);
  }, 300_000);

  test("a megabyte comes to an end", () => {
    const [pump] = pumps;
    const read = () => readWith(format, documentOf(places[0]!, pump!, largest));
    expect(timeOf(read, !isCode(format))).toBeLessThan(patienceMs);
  }, 300_000);
});

describe("nesting", () => {
  const deep = 100_000;
  const files: readonly (readonly [string, string])[] = [
    ["prompts/a.yaml", `prompt: ${"[".repeat(deep)}`],
    ["prompts/b.yaml", `prompt:\n  ${"- ".repeat(deep)}a`],
    ["prompts/c.yaml", `prompt: ${'{"a":'.repeat(deep / 5)}`],
    ["prompts/a.json", `{"prompt": ${"[".repeat(deep)}`],
    ["prompts/b.json", `{"prompt": ${'{"a":'.repeat(deep / 5)}`],
    ["CLAUDE.md", `---\nname: ${"[".repeat(50_000)}\n---\nBe brief.`],
    ["a.prompty", `---\nname: ${"{".repeat(50_000)}\n---\nBe brief.`],
  ];

  test.each(files)("%s has a problem that says where", (path, text) => {
    const { problems } = parseDocument({ path, text });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toMatch(/nested more than 200 deep/);
    expect(problems[0]!.range.end).toBeLessThan(text.length);
  });

  test("what is nested as deep as people nest is read", () => {
    const levels = 150;
    const text = `{"prompt": "You are a brief assistant. Answer the question: {{ question }}", "a": ${'{"a":'.repeat(levels)}1${"}".repeat(levels)}}`;
    expect(parseDocument({ path: "prompts/a.json", text })).toMatchObject({
      value: [{ id: expect.stringContaining("prompts/a.json") }],
      problems: [],
    });
  });
});

test("chains of merge keys", () => {
  const text = `${mergeChain(300_000)}\nprompt: You are brief.\n`;
  expect(timeOf(() => parseDocument({ path: "prompts/a.yaml", text }))).toBeLessThan(patienceMs);
});

test("a document has a hundred problems, and one that counts the rest", () => {
  const { problems } = parseDocument({ path: "prompts/a.j2", text: "{{ a ".repeat(1000) });
  expect(problems).toHaveLength(101);
  expect(problems.at(-1)?.message).toBe("900 more problems from here on; mend those above first.");
});

test("a template of more places than people write is left out, and says so", () => {
  const { value, problems } = parseDocument({ path: "prompts/a.j2", text: "{{ a }} ".repeat(20_000) });
  expect(value).toEqual([]);
  expect(problems.map(({ message }) => message)).toEqual([
    "`a` has more than 20000 texts and holes, or more than 500 tools, so it is not analysed: split it.",
  ]);
  expect(parseDocument({ path: "prompts/a.j2", text: "{{ a }} ".repeat(9_000) }).value).toHaveLength(1);
});

test("a request of more tools than people write is left out, and says so", () => {
  const request = (count: number) =>
    JSON.stringify({
      model: "m",
      tools: Array.from({ length: count }, (_, at) => ({ name: `tool${at}`, description: "A tool" })),
      messages: [{ role: "user", content: "Answer the question of the visitor" }],
    });
  const { value, problems } = parseDocument({ path: "prompts/a.json", text: request(501) });
  expect(value).toEqual([]);
  expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining("more than 500 tools")]);
  expect(parseDocument({ path: "prompts/a.json", text: request(500) }).value).toHaveLength(1);
});

describe("code", () => {
  test("that is indented beyond all measure is left out, and says where", async () => {
    const tools = await loadParseTools();
    const levels = (count: number) =>
      `def f(x):\n${Array.from({ length: count }, (_, at) => `${" ".repeat(at + 1)}if x:\n`).join("")}${" ".repeat(count + 2)}PROMPT = 'You are a careful assistant of a museum'\n`;
    const { value, problems } = parseDocument({ path: "prompts/a.py", text: levels(510) }, tools);
    expect(value).toEqual([]);
    expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining("more than 200 deep")]);
    expect(parseDocument({ path: "prompts/a.py", text: levels(20) }, tools).value).toHaveLength(1);
  });

  test("that holds more prompts than people write is taken for data", async () => {
    const tools = await loadParseTools();
    const text = Array.from(
      { length: 2001 },
      (_, at) => `PROMPT_${at} = "You are careful assistant ${at} here"\n`,
    );
    const { value, problems } = parseDocument({ path: "prompts/a.py", text: text.join("") }, tools);
    expect(value).toEqual([]);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining("more than 2000 prompts"),
    ]);
  });

  const nested = (count: number) => ({
    "thousands of returns": `export function prompt(x) {\n${"if (x) return 'You are a brief assistant';\n".repeat(count)}}`,
    "thousands of cases": `export function prompt(x) { switch (x) {\n${"case 1: return 'You are a brief assistant';\n".repeat(count)}}}`,
    "chains of names": Array.from(
      { length: count },
      (_, at) => `const prompt${at + 1} = prompt${at} + ' a';\n`,
    ).join(""),
    "calls in calls": `export const prompt = ${"f(".repeat(count)}`,
    "conditions in conditions": `export const prompt = ${"x ? 'a' : ".repeat(count)}'b';`,
  });

  test.each(Object.entries(nested(3000)))("%s throw nothing", async (_name, text) => {
    const tools = await loadParseTools();
    expect(() => parseDocument({ path: "prompts/a.ts", text }, tools)).not.toThrow();
  });

  test.each([
    ["a.cs", "conditions", `class A { string Prompt => ${'x ? "a" : '.repeat(3000)}"b"; }`],
    ["a.cs", "arms", `class A { string Prompt => x switch { ${'1 => "a", '.repeat(3000)} _ => "b" }; }`],
    [
      "a.cs",
      "chains",
      `class A { void F() { var p = new StringBuilder(); p${'.Append("a")'.repeat(3000)}; } }`,
    ],
    ["a.rs", "macros", `const PROMPT: T = ${"vec![".repeat(3000)}`],
    ["a.rs", "arms", `const PROMPT: &str = match x { ${'1 => "a", '.repeat(3000)} _ => "b" };`],
    [
      "a.rs",
      "names that hide others",
      `fn prompt() -> String { let p = "a";\n${'let p = format!("{p} a");\n'.repeat(3000)}p }`,
    ],
  ])("%s: thousands of %s throw nothing", async (name, _what, text) => {
    const tools = await loadParseTools();
    expect(() => parseDocument({ path: `prompts/${name}`, text }, tools)).not.toThrow();
  });

  const java = (code: string) =>
    `class A { String buildPrompt(int x) { StringBuilder p = new StringBuilder("a"); ${code}; return p.toString(); } }`;
  const cSharp = (code: string) =>
    `class A { string BuildPrompt() { var p = new StringBuilder("a"); ${code}; return p.ToString(); } }`;
  const kotlin = (code: string) =>
    `fun buildPrompt(x: Int): String {\n  val p = StringBuilder("a")\n${code}\n  return p.toString()\n}\n`;

  test.each([
    ["A.java", "calls of a builder", (count: number) => java(`p${'.append("a")'.repeat(count)}`)],
    [
      "A.java",
      "calls of a text",
      (count: number) => java(`p.append("a b c"${'.replace("a", "b")'.repeat(count)})`),
    ],
    ["A.java", "calls of a client", (count: number) => java(`client${'.user("a b c")'.repeat(count)}`)],
    ["A.java", "parts of a text", (count: number) => java(`p.append("a"${' + "b c"'.repeat(count)})`)],
    ["a.kt", "calls of a builder", (count: number) => kotlin(`p${'.append("a")'.repeat(count)}`)],
    [
      "a.kt",
      "calls of a text",
      (count: number) => kotlin(`p.append("a b c"${'.replace("a", "b")'.repeat(count)})`),
    ],
    ["a.kt", "calls of a client", (count: number) => kotlin(`client${'.user("a b c")'.repeat(count)}`)],
    ["a.kt", "parts of a text", (count: number) => kotlin(`p.append("a"${' + "b c"'.repeat(count)})`)],
    ["a.kt", "messages", (count: number) => kotlin(`client${'.addUserMessage("a b c")'.repeat(count)}`)],
    ["a.cs", "calls of a builder", (count: number) => cSharp(`p${'.Append("a")'.repeat(count)}`)],
    [
      "a.cs",
      "calls of a text",
      (count: number) => cSharp(`p.Append("a b"${'.Replace("a", "b")'.repeat(count)})`),
    ],
    ["a.cs", "messages", (count: number) => cSharp(`client${'.AddUserMessage("a b c")'.repeat(count)}`)],
    [
      "a.go",
      "messages",
      (count: number) => `package a\nfunc f() { client${'.AddUserMessage("a b")'.repeat(count)} }`,
    ],
    ["a.rs", "messages", (count: number) => `fn f() { client${'.add_user_message("a b")'.repeat(count)}; }`],
    [
      "a.rb",
      "messages",
      (count: number) => `def f\n  client${'.add_user_message("a b")'.repeat(count)}\nend\n`,
    ],
    ["a.php", "messages", (count: number) => `<?php $client${'->addUserMessage("a b")'.repeat(count)};`],
  ])(
    "%s: thousands of %s take a time that grows with them",
    async (name, _what, of) => {
      const tools = await loadParseTools();
      const timeFor = (count: number) =>
        timeOf(() => parseDocument({ path: `prompts/${name}`, text: of(count) }, tools), false);
      // Compiled before it is measured.
      timeFor(500);
      expect(timeFor(8000)).toBeLessThan(Math.max(growthAllowed * timeFor(2000), negligibleMs * 4));
    },
    60_000,
  );

  test("texts that double are followed no further, and the file says so", async () => {
    const tools = await loadParseTools();
    const text = `def build_prompt(x):\n    prompt = 'You are brief'\n${"    prompt += prompt\n".repeat(3000)}    return prompt\n`;
    const { problems } = parseDocument({ path: "prompts/a.py", text }, tools);
    expect(problems.map(({ message }) => message)).toEqual([
      "This file refers to its own texts so often that what follows from here on is left out.",
    ]);
  });
});
