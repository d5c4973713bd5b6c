// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code stands in strings here.
/** What strings and expressions say is compared with what the language itself makes of them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { walkSegments } from "../../../src/prompt/segments.ts";
import type { Segment, TextSegment } from "../../../src/prompt/template.ts";
import { parseTools } from "../../support/parse-tools.ts";

/** The value of an expression of this test, by JavaScript. */
function run(expression: string): unknown {
  return new Function(`"use strict"; return (${expression});`)();
}

/** Ways to write a unit in any literal; each stands for itself, whatever is beside it. Opening braces could be places. */
const units = [
  ...["word ", "ü", "😀", "#", "}", "%", "\t", "$ ", "\\n", "\\t", "\\v", "\\b", "\\f", "\\r"],
  ...[
    "\\\\",
    "\\'",
    '\\"',
    "\\`",
    "\\x41",
    "\\u00e9",
    "\\u{1F600}",
    "\\u{0041}",
    "\\uD83D\\uDE00",
    "\\d",
    "\\$",
  ],
  ...["\\\n", "\\\r\n", "\\\r", "\\\u2028"],
] as const;

const drawn = fc.array(fc.constantFrom(...units), { maxLength: 30 });

test.each(["'", '"', "`"])("escapes between %s, in any order", (quote) => {
  fc.assert(
    fc.property(drawn, (list) => {
      const inside = `Say these words: ${list.join("")}.`;
      checkLiteral(`${quote}${inside}${quote}`, quote);
    }),
    { numRuns: 200 },
  );
});

test("line breaks in templates", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("\r", "\n", "\r\n", "a ", "\\r", "\\\r\n")), (list) => {
      checkLiteral(`\`Say these words: ${list.join("")}.\``, "`");
    }),
  );
});

function checkLiteral(literal: string, quote: string): void {
  const text = `const prompt = ${literal};\n`;
  const [template] = parseDocument({ path: "a.js", text }, parseTools).value;
  const found = textsOf(template?.segments ?? []);
  const whole = found.map((segment) => segment.text).join("");
  expect(whole).toBe(run(literal));
  for (const segment of found) expectUnits(segment, text, quote);
}

/** The source from the place of a unit to the place of the next one must say that unit, alone. */
function expectUnits(segment: TextSegment, source: string, quote: string): void {
  const { text, range } = segment;
  const at = (unit: number) => segment.sourceOffsets?.[unit] ?? range.start + unit;
  for (let unit = 0; unit < text.length; ) {
    let end = unit + 1;
    while (end < text.length && at(end) === at(unit)) end++;
    const written = source.slice(at(unit), at(end));
    // Half of a pair is no text by itself.
    if (!/^[\uD800-\uDFFF]$/.test(written)) {
      expect(run(`${quote}${written}${quote}`), JSON.stringify(written)).toBe(text.slice(unit, end));
    }
    unit = end;
  }
}

/** Expressions that are texts, whatever they are made of. */
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom('"some words"', "' more of them '", "`a\n  template`", "String.raw`raw \\n`", "7", "''"),
    tie("expression").map((inner) => `\`(\${${inner}})\``),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `("" + ${a} + ${b})`),
    tie("expression").map((inner) => `(\`\${${inner}}\`).trim()`),
    tie("expression").map((inner) => `String(${inner})`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `[${a}, ${b}].join(", ")`),
    tie("expression").map((inner) => `(\`say $1, \${${inner}}\`).replace("$1", "one")`),
    fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `quoted(${a}, { b: ${b} })`),
    tie("expression").map((inner) => `({ a: ${inner} }).a`),
  ),
}));

/** A function of the module that the expressions call. */
const quoted = "const quoted = (a, { b }) => { return `<${a}|${b}>`; };";

test("expressions of any depth say what they say when they run", () => {
  let compared = 0;
  fc.assert(
    fc.property(expression, fc.array(expression, { maxLength: 3 }), (inner, values) => {
      const constants = [quoted, ...values.map((value, index) => `const c${index} = ${value};`)].join("\n");
      const used = values.map((_, index) => `\${c${index}}`).join("");
      const body = `\`Say these words: \${${inner}} ${used}\``;
      const text = `${constants}\nconst prompt = ${body};\n`;
      const template = parseDocument({ path: "a.ts", text }, parseTools).value.at(-1);
      const said = wholeText(template?.segments ?? []);
      // What is called in place is not followed: a hole is no wrong text.
      if (said === null) return;
      compared++;
      expect(said).toBe(new Function(`${constants}; return ${body};`)());
    }),
    { numRuns: 300 },
  );
  expect(compared).toBeGreaterThan(100);
});

/** The text with everything that is included; `null` where only a run knows a part of it. */
function wholeText(segments: readonly Segment[]): string | null {
  let whole = "";
  for (const segment of segments) {
    if (segment.kind === "text") whole += segment.text;
    else if (segment.kind === "include" && segment.resolved !== null) {
      const inner = wholeText(segment.resolved.segments);
      if (inner === null) return null;
      whole += inner;
    } else return null;
  }
  return whole;
}

function textsOf(segments: readonly Segment[]): readonly TextSegment[] {
  return [...walkSegments(segments)].filter((segment) => segment.kind === "text");
}
