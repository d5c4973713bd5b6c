import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noTools } from "../../src/prompt/format.ts";
import {
  applyEdits,
  editsOf,
  isSameText,
  type MoveOptions,
  moveBehind,
  type Named,
} from "../../src/prompt/move.ts";
import { parseDocument } from "../../src/prompt/registry.ts";
import { walkSegments } from "../../src/prompt/segments.ts";
import type { Template } from "../../src/prompt/template.ts";

const moves = (segment: Named) => segment.name.startsWith("now");
const asks = (segment: Named) => segment.name === "question";
const options: MoveOptions = { isMoved: moves, isLast: asks, within: "message" };

function read(text: string, path = "prompts/a.j2"): Template {
  const { value, problems } = parseDocument({ path, text }, noTools);
  expect(problems).toEqual([]);
  return value[0]!;
}

/** The text behind the move; the same text where nothing is moved. */
function moved(text: string, path?: string, more: Partial<MoveOptions> = {}): string {
  const move = moveBehind(read(text, path), { ...options, ...more });
  return move === null ? text : applyEdits(text, editsOf(move, text));
}

const stays = "These words stay, and there are many of them, so that they are worth a cache and a move.";

describe("what goes together", () => {
  it.each([
    ["a line", `Now: {{ now }}\n${stays}\n`, `${stays}\nNow: {{ now }}\n`],
    ["a line behind the last one, which has no end", `Now: {{ now }}\n${stays}`, `${stays}\nNow: {{ now }}`],
    [
      "a line in front of the question",
      `Now: {{ now }}\n${stays}\nQ: {{ question }}`,
      `${stays}\nNow: {{ now }}\nQ: {{ question }}`,
    ],
    [
      "two lines in their order",
      `A {{ now }}\n${stays}\nB {{ now_2 }}\n${stays}\n`,
      `${stays}\n${stays}\nA {{ now }}\nB {{ now_2 }}\n`,
    ],
    [
      "a sentence of a long line",
      `You help. It is {{ now }}. ${stays}`,
      `You help. ${stays} It is {{ now }}.`,
    ],
    [
      "a heading with its only line",
      `Hi.\n# Time\n\n{{ now }}\n\n# Rules\n${stays}\n`,
      `Hi.\n# Rules\n${stays}\n# Time\n\n{{ now }}\n\n`,
    ],
    [
      "a tag around it",
      `Hi.\n<time>\n{{ now }}\n</time>\n${stays}\n`,
      `Hi.\n${stays}\n<time>\n{{ now }}\n</time>\n`,
    ],
    [
      "a label with a fence",
      `Log:\n\`\`\`\n{{ now }}\n\`\`\`\n${stays}\n`,
      `${stays}\nLog:\n\`\`\`\n{{ now }}\n\`\`\`\n`,
    ],
    [
      "a block as a whole",
      `{% if now_on %}\nIt is {{ x }}\n{% endif %}\n${stays}\n`,
      `\n${stays}\n{% if now_on %}\nIt is {{ x }}\n{% endif %}`,
    ],
  ])("%s", (_, text, expected) => {
    const result = moved(text);
    // Blocks that stand alone on their line take its end along or leave it.
    if (text.includes("{% if"))
      expect(result.replace(/\n+/g, "\n").trim()).toBe(expected.replace(/\n+/g, "\n").trim());
    else expect(result).toBe(expected);
  });
});

describe("what stays where it is", () => {
  it.each([
    ["nothing that changes", `${stays}\n{{ question }}`],
    ["what is last already", `${stays}\nQ: {{ question }} at {{ now }}`],
    ["nothing behind it but a cue", "Now: {{ now }}\nQ: {{ question }}\nAnswer:"],
    ["the earlier turns", `{% for message in history %}{{ message.content }}{% endfor %}\n${stays}\n`],
  ])("%s", (_, text) => {
    expect(moved(text)).toBe(text);
  });
});

it("a message keeps what is its own, unless it may go behind all of them", () => {
  const text = `---\nname: a\n---\nsystem:\nAt {{now}}.\n${stays}\n\nuser:\n${stays}\n{{question}}\n`;
  const within = moved(text, "a.prompty");
  expect(within.indexOf("At {{now}}.")).toBeLessThan(within.indexOf("user:"));
  expect(within.indexOf("At {{now}}.")).toBeGreaterThan(within.indexOf(stays));
  const behind = moved(text, "a.prompty", { within: "prompt" });
  expect(behind.indexOf("At {{now}}.")).toBeGreaterThan(behind.lastIndexOf(stays));
  expect(behind.indexOf("At {{now}}.")).toBeLessThan(behind.indexOf("{{question}}"));
});

const piece = fc.constantFrom(
  ...[
    "word ",
    "A sentence ends. ",
    "\n",
    "\n\n",
    "# Heading\n",
    "Label:\n",
    "<tag>\n",
    "</tag>\n",
    "```\n",
    "{{ now }}",
    "{{ now_2 }}",
  ],
  ...[
    "{{ question }}",
    "{{ name }}",
    "{% if now_on %}x{{ y }}{% endif %}",
    "{% for item in items %}- {{ item }}\n{% endfor %}",
    `${stays} `,
  ],
);

it("every character and every hole is there once, and the source reads like what was meant", () => {
  let count = 0;
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 24 }), (pieces) => {
      const text = `${pieces.join("")}.`;
      const template = read(text);
      const move = moveBehind(template, options);
      if (move === null) return;
      const edited = applyEdits(text, editsOf(move, text));
      expect([...edited].sort().join("")).toBe([...text].sort().join(""));
      const again = read(edited);
      const names = ({ segments }: Template) =>
        [...walkSegments(segments)].flatMap((segment) => ("name" in segment ? [segment.name] : [])).sort();
      expect(names(again)).toEqual(names(template));
      // Where an engine trims the line behind a block, the edited source may read otherwise; then it is not offered.
      if (isSameText(again.segments, move.template.segments)) count++;
    }),
    { numRuns: 500 },
  );
  expect(count).toBeGreaterThan(100);
});
