import { expect, test } from "vitest";
import type { Segment, Template } from "../../src/prompt/template.ts";
import { Coverage } from "./coverage.ts";

const source = ["first", "", "second", "code", "third {x}", "if", "fourth"].join("\n");
const at = (words: string) => ({
  start: source.indexOf(words),
  end: source.indexOf(words) + words.length,
});
const text = (words: string): Segment => ({ kind: "text", range: at(words), text: words });

function linesOf(segments: readonly Segment[]): unknown {
  const range = { start: 0, end: source.length };
  const template: Template = {
    ...{ id: "a", path: "a", format: "x", name: "a", range, usage: "request", segments },
    samples: new Map(),
  };
  const lines = new Coverage(() => source).ofTexts(template);
  return Object.fromEntries([...lines].map(([path, numbers]) => [path, [...numbers]]));
}

test("a text is on the lines of its words, not on empty ones nor on those that it passes over", () => {
  expect(linesOf([text("first\n\nsecond\n")])).toEqual({ a: [1, 3] });
  const joined = "second third";
  const { start } = at("second");
  const offsets = [...joined].map((_, unit) => (unit < 7 ? start + unit : at("third").start + unit - 7));
  const range = { start, end: at("third").end };
  const sourceOffsets = Int32Array.from([...offsets, range.end]);
  expect(linesOf([{ kind: "text", range, text: "second\nthird", sourceOffsets }])).toEqual({ a: [3, 5] });
});

test("a block is where what it holds is; an include, where that is written", () => {
  const scope = { scope: "request", basis: "unknown", reason: "" } as const;
  const hole: Segment = {
    ...{ kind: "hole", range: at("{x}"), form: "variable", name: "x", expression: "x", scope },
  };
  const block: Segment = {
    ...{ kind: "block", range: at("if\nfourth"), form: "conditional", name: "y", expression: "y", scope },
    ...{ body: [text("fourth")], otherwise: [hole], item: null, isHistory: false },
  };
  const include: Segment = {
    ...{ kind: "include", range: at("code"), target: "b" },
    resolved: { path: "b", segments: [text("second")] },
  };
  expect(linesOf([block, include])).toEqual({ a: [7, 5], b: [3] });
});
