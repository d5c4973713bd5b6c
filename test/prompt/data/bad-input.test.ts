import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { readFixtures } from "../../support/corpora.ts";

const prose = "You are a helpful assistant who answers in short sentences.";
const documents = readFixtures("data");
const variants = documents.flatMap(({ path, text }) => [
  { path, name: path, text },
  { path, name: `${path} with carriage returns`, text: text.replace(/\r?\n/g, "\r\n") },
  { path, name: `${path} with a byte order mark`, text: `\uFEFF${text}` },
]);

/** A generator of the same numbers in every run (a linear congruential one). */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function expectPromises(path: string, text: string, what: string): void {
  const document = { path, text };
  const broken = brokenPromises(document, parseDocument(document));
  if (broken.length > 0) expect(broken, what).toEqual([]);
}

describe("our files, broken", () => {
  test.each(variants)("$name keeps its promises when cut", ({ path, text }) => {
    for (let end = text.length; end >= 0; end -= 11)
      expectPromises(path, text.slice(0, end), `cut at ${end}`);
  });

  const intruders = [
    "{{",
    "}}",
    "{%",
    '"',
    "'",
    "\\",
    "\n",
    "  ",
    ": ",
    "- ",
    "|",
    ">",
    "[",
    "}",
    "&a ",
    "*a",
    "<<: *a",
    "!x ",
    "---\n",
    "\t",
    "\r",
    "😀",
  ];

  test.each(documents)("$path keeps its promises when something is put in or taken out", ({ path, text }) => {
    const next = numbers(text.length);
    for (let round = 0; round < 150; round++) {
      const at = next(text.length);
      const rest = text.slice(at + (round % 2 === 0 ? next(40) : 0));
      const intruder = intruders[next(intruders.length)]!;
      expectPromises(path, `${text.slice(0, at)}${intruder}${rest}`, `${JSON.stringify(intruder)} at ${at}`);
    }
  });
});

/** Each line holds ten aliases of the line before: the last one stands for 10 to the power of `lines` values. */
function laughs(lines: number, value: string): string {
  let text = `a0: &a0 ${value}\n`;
  for (let line = 1; line <= lines; line++) {
    text += `a${line}: &a${line} [${Array.from({ length: 10 }, () => `*a${line - 1}`).join(", ")}]\n`;
  }
  return text;
}

const parts = `p: &p {type: text, text: "${prose}"}\nc: &c [${"*p, ".repeat(2000)}*p]\nm: &m {role: user, content: *c}\n`;
const merges = Array.from(
  { length: 30 },
  (_, line) => `a${line + 1}: &a${line + 1} {<<: [*a${line}, *a${line}]}\n`,
);

describe("input made to exhaust a reader", () => {
  test.each([
    ["aliases of aliases", "a.yaml", `${laughs(30, "[x]")}system_prompt: ${prose}\nmessages: *a30\n`, 1],
    [
      "tools of aliases",
      "a.yaml",
      `${laughs(30, "{name: x}")}messages: [{role: user, content: "${prose}"}]\ntools: *a30\n`,
      1,
    ],
    [
      "tests of aliases",
      "promptfooconfig.yaml",
      `${laughs(30, "x")}prompts: ["Hi {{ a }}"]\nproviders: [x]\ntests: *a30\n`,
      1,
    ],
    [
      "a message that is repeated, of parts that are repeated",
      "a.yaml",
      `${parts}messages: [${"*m, ".repeat(2000)}*m]\n`,
      1,
    ],
    [
      "merges of merges",
      "a.yaml",
      `a0: &a0 {x: 1}\n${merges.join("")}system_prompt: ${prose}\nz: {<<: [*a30, *a30]}\n`,
      1,
    ],
    ["an alias of itself", "a.yaml", `system_prompt: ${prose}\na: &a [*a, {b: *a}]\nmessages: *a\n`, 1],
    ["a list, 10,000 deep", "a.yaml", `system_prompt: ${prose}\nx: ${"[".repeat(10_000)}`, 0],
    ["dashes, 10,000 deep", "a.yaml", `system_prompt: ${prose}\nx:\n  ${"- ".repeat(10_000)}x`, 0],
    [
      "JSON, 10,000 deep",
      "a.json",
      `{"system_prompt": "${prose}", "x": ${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
      0,
    ],
    [
      "a folded scalar of a megabyte",
      "a.yaml",
      `system_prompt: >\n  ${prose}\n${"  and much more of the same\n".repeat(40_000)}`,
      1,
    ],
    [
      "a folded scalar of more places than are analysed",
      "a.yaml",
      `system_prompt: >\n  ${prose}\n${"  and {{ more }} text\n".repeat(40_000)}`,
      0,
    ],
    [
      "a quoted scalar of a megabyte",
      "a.yaml",
      `system_prompt: "${prose}${"and \\n more".repeat(90_000)}`,
      1,
    ],
    ["blank lines", "a.yaml", `system_prompt: >\n  ${prose}\n${"\n".repeat(300_000)}  end`, 1],
    [
      "a JSON string of a megabyte",
      "a.json",
      JSON.stringify({ system_prompt: prose + '"x"\n'.repeat(200_000) }),
      1,
    ],
    ["tags without ends", "a.json", JSON.stringify({ system_prompt: prose + "{%a".repeat(100_000) }), 1],
    ["braces without ends", "a.json", JSON.stringify({ system_prompt: prose + "{a:".repeat(100_000) }), 1],
    ["a word that may be a key", "a.yaml", "prompt".repeat(200_000), 0],
    ["more documents than anybody writes", "a.yaml", `system_prompt: ${prose}\n---\n`.repeat(3000), 0],
  ])("%s", (_name, path, text, count) => {
    const document = { path, text };
    const parsed = parseDocument(document);
    expect(parsed.value.length).toBe(count);
    expect(brokenPromises(document, parsed)).toEqual([]);
  });

  test("what is left out is said", () => {
    const said = (path: string, text: string) =>
      parseDocument({ path, text }).problems.map(({ message }) => message);
    expect(said("a.yaml", `system_prompt: ${prose}\n---\n`.repeat(3000))).toEqual([
      expect.stringContaining("more than 2000 prompts"),
    ]);
    expect(said("a.json", `{"system_prompt": ${"[".repeat(10_000)}${"]".repeat(10_000)}}`)).toEqual([
      "This is nested more than 200 deep here, so the file is not read: split it, or nest less.",
    ]);
  });
});
