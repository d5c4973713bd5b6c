import { describe, expect, test } from "vitest";
import type { PromptRuns } from "../../src/core/replay/request.ts";
import type { Scope } from "../../src/prompt/template.ts";
import { scopesInForce, staticEndsOf } from "../../src/workload/static-ends.ts";
import type { SourceSegment } from "../../src/workload/workload.ts";

/** One run per scope, ten tokens each. */
function runsOf(scopes: readonly Scope[]): PromptRuns {
  return {
    starts: Int32Array.from(scopes, (_, run) => 10 * run),
    segments: Int32Array.from(scopes, (_, run) => run),
    contents: new Int32Array(scopes.length),
  };
}

describe("where static parts end", () => {
  test.each<[string, Scope[], string]>([
    ["text, then the question", ["constant", "request"], "8 all"],
    ["the tenant's name in the middle", ["constant", "tenant", "constant", "request"], "8 all, 29 tenant"],
    ["all rates in order", ["constant", "tenant", "session", "request"], "8 all, 19 tenant, 29 session"],
    ["nothing is shared behind a clock", ["volatile", "constant", "session"], ""],
    ["a session's value first", ["session", "tenant", "request"], "19 session"],
    ["nothing that changes", ["constant", "constant"], "8 all"],
  ])("%s", (_, scopes, expected) => {
    const ends = staticEndsOf(runsOf(scopes), 10 * scopes.length, scopes, 8);
    expect(ends.map(({ end, sharedBy }) => `${end} ${sharedBy}`).join(", ")).toBe(expected);
  });

  test("a run of an unknown segment ends all of them", () => {
    expect(staticEndsOf(runsOf(["constant", "constant"]), 20, ["constant"], 99)).toEqual([
      { end: 10, sharedBy: "all" },
    ]);
  });
});

describe("scopes in force", () => {
  const segment = (scope: Scope | null, parent: number): SourceSegment => ({
    template: 0,
    path: "a.j2",
    range: { start: 0, end: 1 },
    kind: "text",
    name: "",
    scope: scope === null ? null : { scope, basis: "declared", reason: "" },
    parent,
    loop: -1,
    role: null,
    isHistory: false,
  });

  test("text changes as fast as the fastest block around it", () => {
    const table = [
      segment(null, -1),
      segment("tenant", -1),
      segment("request", 1),
      segment(null, 2),
      segment(null, 1),
    ];
    expect(scopesInForce(table)).toEqual(["constant", "tenant", "request", "request", "tenant"]);
  });
});
