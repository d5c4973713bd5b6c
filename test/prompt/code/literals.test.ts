/** For every unit of static text, what its place in the source says is that unit. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { walkSegments } from "../../../src/prompt/segments.ts";
import type { Segment, TextSegment } from "../../../src/prompt/template.ts";
import { parseTools } from "../../support/parse-tools.ts";

interface Unit {
  readonly source: string;
  readonly text: string;
}

/** Ways to write a unit in a plain literal in double quotes, with the text that Python makes of it. */
const units: readonly Unit[] = [
  ...["word ", "ü", "😀", "'", "#", "{", "}", "%", "\t"].map((text) => ({ source: text, text })),
  { source: "\\n", text: "\n" },
  { source: "\\t", text: "\t" },
  { source: '\\"', text: '"' },
  { source: "\\\\", text: "\\" },
  { source: "\\x41", text: "A" },
  { source: "\\101", text: "A" },
  { source: "\\0", text: "\0" },
  { source: "\\u00e9", text: "é" },
  { source: "\\U0001F600", text: "😀" },
  { source: "\\N{BULLET}", text: "•" },
  { source: "\\\n", text: "" },
  { source: "\\\r\n", text: "" },
  { source: "\\d", text: "\\d" },
  { source: '" "', text: "" },
  { source: '"\n  "', text: "" },
];

/** A digit right behind an octal escape would belong to it. */
const start: Unit = { source: "Say these words: ", text: "Say these words: " };

test("escapes, and literals side by side, in any order", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...units), { maxLength: 30 }), (drawn) => {
      const written = [start, ...drawn, { source: ".", text: "." }];
      const head = 'PROMPT = ("';
      const document = { path: "a.py", text: `${head}${written.map(({ source }) => source).join("")}")\n` };
      const [template] = parseDocument(document, parseTools).value;
      const texts = textsOf(template?.segments ?? []);
      // Places of a format string are no text: where there are any, only the places of the rest are compared.
      const whole = written.map(({ text }) => text).join("");
      if (!/[{}]/.test(whole)) expect(texts.map(({ text }) => text).join("")).toBe(whole);
      for (const text of texts) expectUnits(text, document.text);
    }),
    { numRuns: 400 },
  );
});

/** What the source says between the places of a unit and of the next other one must begin with the unit, as written. */
function expectUnits(segment: TextSegment, source: string): void {
  for (let unit = 0; unit < segment.text.length; unit++) {
    const at = segment.sourceOffsets?.[unit] ?? segment.range.start + unit;
    const character = segment.text.slice(unit, unit + 1);
    if (source[at] === character && character !== "\\") continue;
    const written = units.find(
      (candidate) => candidate.text.includes(character) && source.startsWith(candidate.source, at),
    );
    const isDoubled = source.slice(at, at + 2) === character.repeat(2);
    expect(written !== undefined || isDoubled, `${JSON.stringify(character)} at ${at} of ${source}`).toBe(
      true,
    );
  }
}

function textsOf(segments: readonly Segment[]): readonly TextSegment[] {
  return [...walkSegments(segments)].filter((segment) => segment.kind === "text");
}
