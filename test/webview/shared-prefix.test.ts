import { describe, expect, test } from "vitest";
import { prefixRows, prefixSeries, unmarkedText } from "../../webview/model/shared-prefix.ts";

const mark = (name: string, stablePrefixTokens: number, reusedTokens: number) => ({
  id: name,
  name,
  path: `prompts/${name}.j2`,
  range: { start: 0, end: 10 },
  requests: 4,
  stablePrefixTokens,
  reusedTokens,
});

const marks = [mark("short", 300, 0), mark("a", 600, 528), mark("b", 600, 528), mark("empty", 0, 0)];
const part = {
  prefixTokens: [0, 300, 527, 528, 600, 1055, 1056],
  reusedTokens: [0, 0, 0, 528, 528, 528, 1056],
  marks,
  unmarked: 0,
};

describe("the curve", () => {
  const series = prefixSeries(part, 528);

  test("is the share of the prefix that is reused, and nothing of no prefix", () => {
    expect(series.hitPercent.map(Math.round)).toEqual([0, 0, 0, 100, 88, 50, 100]);
    expect(series.endTokens).toBe(1056);
  });

  test("has marks where stable prefixes end, which name their templates", () => {
    expect(series.markPercent.map((value) => value && Math.round(value))).toEqual([
      0,
      0,
      null,
      null,
      88,
      null,
      null,
    ]);
    expect(series.markNames.filter((name) => name !== "")).toEqual(["empty", "short", "a, b"]);
  });

  test("names three templates of one length, and counts the others", () => {
    const many = ["a", "b", "c", "d", "e"].map((name) => mark(name, 600, 528));
    expect(prefixSeries({ ...part, marks: many }, 528).markNames[4]).toBe("a, b, c and 2 more");
  });

  test("is told in words", () => {
    expect(series.text).toBe(
      "Share of a shared prefix that is reused, by its length from 0 to 1,056 tokens; a shared prefix hits from 528 tokens on; 100 % of 1,056 tokens; 4 stable prefixes marked, 2 of them too short to hit",
    );
    expect(prefixSeries({ ...part, reusedTokens: part.prefixTokens.map(() => 0) }, null).text).toContain(
      "no shared prefix hits; 0 % of 1,056 tokens",
    );
  });
});

test("rows say how much of each stable prefix is reused, and what is missing for any hit", () => {
  expect(
    prefixRows(marks, 528).map(({ tokens, reused, share, missing }) => [tokens, reused, share, missing]),
  ).toEqual([
    ["300", "0", "0 %", "228 short of a hit"],
    ["600", "528", "88.0 %", null],
    ["600", "528", "88.0 %", null],
    ["0", "0", "–", "528 short of a hit"],
  ]);
});

test("templates without a mark are counted", () => {
  expect(unmarkedText(0, 1024)).toBe("");
  expect(unmarkedText(1, 1024)).toMatch(/^1 template is not marked: .* above 1,024 tokens\.$/);
  expect(unmarkedText(7, 1024)).toMatch(/^7 templates are not marked/);
});
