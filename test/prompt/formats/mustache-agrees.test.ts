import fc from "fast-check";
import mustache from "mustache";
import { expect, test } from "vitest";
import { readCurly } from "../../../src/prompt/curly/segments.ts";
import type { Segment } from "../../../src/prompt/template.ts";

/** What renders when every value is there: `@` for each, and nothing for what stands in place of a missing one. */
function ofSegments(segments: readonly Segment[]): string {
  return segments
    .map((segment) => {
      if (segment.kind === "text") return segment.text;
      if (segment.kind === "block")
        return segment.expression.startsWith("not ") ? "" : ofSegments(segment.body);
      return segment.kind === "hole" ? "@" : "";
    })
    .join("");
}

const everything = new Proxy({}, { has: () => true, get: (_, name) => (name === "" ? "" : "@") });

function theirs(source: string): string | null {
  try {
    return mustache.render(source, everything, () => "", { escape: String });
  } catch {
    return null;
  }
}

const piece = fc.constantFrom(
  ..."a| |\n|  |\n\n|\r\n|{{x}}|{{{x}}}|{{&x}}|{{! note }}|{{>p}}|{{#x}}|{{/x}}|{{^x}}|{{#y}}|{{/y}}".split(
    "|",
  ),
  "{{=<% %>=}}",
  "<%x%>",
  "<%={{ }}=%>",
);

test("any sequence of tags and blanks renders what mustache.js renders", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const source = pieces.join("");
      const expected = theirs(source);
      fc.pre(expected !== null);
      const { value } = readCurly("x.mustache", source, { start: 0, end: source.length }, "mustache");
      expect(ofSegments(value.segments)).toBe(expected);
    }),
    { numRuns: 1500, seed: 20_252 },
  );
});
