/** Marks of the author as positions in the prompts that are sent. */
import { describe, expect, test } from "vitest";
import { runOfToken } from "../../src/core/replay/ledger.ts";
import type { PromptRuns } from "../../src/core/replay/request.ts";
import { endInPrompt, markedPlaces, markersOf } from "../../src/workload/cache-markers.ts";
import type { SourceSegment } from "../../src/workload/workload.ts";
import { prepareAdvice } from "../analysis/advice/prepare.ts";
import { policyText } from "../support/analyze.ts";

const segment = (start: number, end: number, more: Partial<SourceSegment> = {}): SourceSegment => ({
  template: 0,
  path: "a.json",
  range: { start, end },
  kind: "text",
  name: "",
  scope: null,
  parent: -1,
  loop: -1,
  role: null,
  isHistory: false,
  ...more,
});

/** A message, a block with two texts, a value. */
const table = [
  segment(0, 0, { kind: "marker" }),
  segment(1, 10),
  segment(11, 30, { kind: "block" }),
  segment(12, 20, { parent: 2 }),
  segment(20, 30, { parent: 2 }),
  segment(31, 40, { kind: "hole" }),
  segment(1, 5, { template: 1 }),
];

/** One run per segment, ten tokens each. */
function runsOf(segments: readonly number[]): PromptRuns {
  return {
    starts: Int32Array.from(segments, (_, run) => 10 * run),
    segments: Int32Array.from(segments),
    contents: new Int32Array(segments.length),
  };
}

const mark = (end: number, isLong = false) => ({ range: { start: end, end }, end, isLong });
const positions = (ends: readonly number[], segments: readonly number[]) => {
  const places = markedPlaces({ path: "a.json", cacheMarkers: ends.map((end) => mark(end)) }, 0, table);
  return markersOf(places, runsOf(segments), 10 * segments.length, table).map(({ end }) => end);
};

describe("marks", () => {
  test.each<[string, number[], number[], number[]]>([
    ["the end of a text", [10], [0, 1, 5], [20]],
    ["a little behind it, as quotes are", [11], [0, 1, 5], [20]],
    ["the end of a block, shown in rounds", [30], [0, 1, 3, 4, 3, 4, 5], [60]],
    ["the end of the prompt", [40], [0, 1, 5], [30]],
    ["behind a value that is empty: what stands before it", [40], [0, 1, 3, 4], [40]],
    ["nothing in front of it", [0], [0, 1], []],
    ["in the order of the prompt", [40, 10], [0, 1, 5], [20, 30]],
  ])("%s", (_, ends, segments, expected) => {
    expect(positions(ends, segments)).toEqual(expected);
  });

  test("a prompt that shows nothing of a segment has no end of it", () => {
    expect(endInPrompt(runsOf([0, 1]), 20, 5, table)).toBe(0);
  });
});

test("cache_control of a request in JSON: behind the last tool and behind the rules, whatever follows", () => {
  const request = {
    model: "claude-opus-5",
    tools: [{ name: "search", input_schema: {}, cache_control: { type: "ephemeral" } }],
    system: [{ type: "text", text: policyText(20), cache_control: { type: "ephemeral", ttl: "1h" } }],
    messages: [{ role: "user", content: "{{question}}" }],
  };
  const text = JSON.stringify(request);
  const { templates, workload, known } = prepareAdvice({ "prompts/request.json": text });
  expect(templates[0]?.cacheMarkers).toHaveLength(2);
  expect(workload.requests.length).toBeGreaterThan(1);
  for (const [row, request] of workload.requests.entries()) {
    const { promptTokens, runs } = request;
    const markers = known.markers?.(row) ?? [];
    const kindAt = (token: number) => workload.segments[runs!.segments[runOfToken(runs!, token)]!]!.kind;
    // Each mark lies where its part ends; this chat template writes the tools behind the rules.
    expect(markers.map(({ end, isLong }) => [kindAt(end - 1), isLong])).toEqual([
      ["text", true],
      ["tool", false],
    ]);
    for (const { end } of markers) expect(["chat", "marker"]).toContain(kindAt(end));
    expect(markers).toEqual(known.markers?.(0));
    const { end } = markers[1]!;
    expect(promptTokens.subarray(0, end)).toEqual(workload.requests[0]!.promptTokens.subarray(0, end));
  }
});
