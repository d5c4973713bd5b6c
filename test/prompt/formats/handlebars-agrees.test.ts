import { type AST, parse } from "@handlebars/parser";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCurly } from "../../../src/prompt/curly/segments.ts";
import { readFrontmatter } from "../../../src/prompt/frontmatter.ts";
import type { Segment } from "../../../src/prompt/template.ts";
import { hasCorpora, readCorpus } from "../../support/corpora.ts";

/** Everything that can print, in source order: text as it renders, `@` for values, `>` for partials. */
function ofHandlebars(program: AST.Program | undefined): string {
  return (program?.body ?? []).map(ofStatement).join("");
}

function ofStatement(statement: AST.Statement): string {
  switch (statement.type) {
    case "ContentStatement":
      return (statement as AST.ContentStatement).value;
    case "CommentStatement":
      return "";
    case "PartialStatement":
    case "PartialBlockStatement":
      return ">";
    case "BlockStatement": {
      const block = statement as AST.BlockStatement & { program?: AST.Program; inverse?: AST.Program };
      const isInverted = block.program !== undefined && isBefore(block.inverse, block.program);
      const [first, second] = isInverted ? [block.inverse, block.program] : [block.program, block.inverse];
      return ofHandlebars(first) + ofHandlebars(second);
    }
    default:
      return "@";
  }
}

function isBefore(one: AST.Program | undefined, other: AST.Program): boolean {
  const [a, b] = [one?.body[0]?.loc.start, other.body[0]?.loc.start];
  if (a === undefined || b === undefined) return false;
  return a.line < b.line || (a.line === b.line && a.column < b.column);
}

function ofSegments(segments: readonly Segment[]): string {
  return segments
    .map((segment) => {
      if (segment.kind === "text") return segment.text;
      if (segment.kind === "block") return ofSegments(segment.body) + ofSegments(segment.otherwise);
      return segment.kind === "include" ? ">" : "@";
    })
    .join("");
}

function ours(source: string): string {
  const range = { start: 0, end: source.length };
  return ofSegments(readCurly("x.hbs", source, range, "handlebars").value.segments);
}

function theirs(source: string): string | null {
  try {
    return ofHandlebars(parse(source));
  } catch {
    return null;
  }
}

describe("what Handlebars itself renders", () => {
  test.skipIf(!hasCorpora())("every corpus file that Handlebars accepts renders the same text", () => {
    let compared = 0;
    for (const { path, text } of readCorpus("dotprompt").filter(({ path }) => path.endsWith(".prompt"))) {
      const source = text.slice(readFrontmatter(text).value.bodyStart);
      const expected = theirs(source);
      if (expected === null) continue;
      expect(ours(source), path).toBe(expected);
      compared++;
    }
    expect(compared).toBeGreaterThan(18);
  });

  const piece = fc.constantFrom(
    ..."a| |\n|  |\n\n|{{x}}|{{~x}}|{{x~}}|{{{x}}}|{{&x}}|{{! note }}|{{!-- {{x}} --}}|{{>p}}|{{#if x}}|{{/if}}".split(
      "|",
    ),
    ..."{{else}}|{{^}}|{{~#if x~}}|{{~/if~}}|{{#each xs}}|{{/each}}|{{else if y}}|\r\n|\\{{x}}|\\\\{{x}}|{{^x}}|{{/x}}".split(
      "|",
    ),
  );

  test("any sequence of tags and blanks that Handlebars accepts", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const source = pieces.join("");
        const expected = theirs(source);
        fc.pre(expected !== null);
        expect(ours(source)).toBe(expected);
      }),
      { numRuns: 1500, seed: 20_251 },
    );
  });
});
