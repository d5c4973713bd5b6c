import { describe, expect, test } from "vitest";
import type { AdmissionRequest } from "../../../src/core/cache/admission/admission.ts";
import { branchAndEnd } from "../../../src/core/cache/admission/branch-and-end.ts";
import { forkAndEnd } from "../../../src/core/cache/admission/forks.ts";
import { withTemplateEnds } from "../../../src/core/cache/admission/template-ends.ts";

const request: AdmissionRequest = {
  matched: 0,
  reused: 0,
  resumeLimit: 99,
  promptSymbols: 100,
  sequenceSymbols: 120,
  deepestFork: 0,
  staticEnds: [],
  hasEvicted: false,
};

function kept(admission: typeof branchAndEnd, facts: Partial<AdmissionRequest>): number[] {
  const out: number[] = [];
  admission.positions({ ...request, ...facts }, out);
  return out;
}

describe("forks", () => {
  test.each<[string, Partial<AdmissionRequest>, number[]]>([
    ["nothing known", {}, [120]],
    ["what is cached", { matched: 40 }, [40, 120]],
    ["a fork whose KV was evicted", { matched: 10, deepestFork: 60 }, [60, 120]],
    ["a fork above what is cached adds nothing", { matched: 40, deepestFork: 20 }, [40, 120]],
    ["a fork that is reused", { matched: 40, reused: 60, deepestFork: 60 }, [120]],
    ["the whole prompt known: resumes one token earlier", { matched: 100, deepestFork: 100 }, [99, 120]],
  ])("%s", (_, facts, positions) => {
    expect(kept(forkAndEnd, facts)).toEqual(positions);
  });
});

describe("ends of static parts", () => {
  const ends = [
    { end: 30, sharedBy: "all" },
    { end: 50, sharedBy: "tenant" },
    { end: 70, sharedBy: "session" },
  ] as const;
  const told = withTemplateEnds(branchAndEnd);

  test.each<[string, Partial<AdmissionRequest>, number[]]>([
    ["all of them while there is room", { staticEnds: ends }, [30, 50, 70, 120]],
    [
      "those of one conversation no more, once the cache was full",
      { staticEnds: ends, hasEvicted: true },
      [30, 50, 120],
    ],
    ["none that is reused already", { staticEnds: ends, matched: 50, reused: 50 }, [70, 120]],
    ["each once, beside the branch point", { staticEnds: ends, matched: 50 }, [30, 50, 70, 120]],
    ["none behind the last position to resume from", { staticEnds: ends, resumeLimit: 60 }, [30, 50, 120]],
    ["none where the template says nothing", {}, [120]],
  ])("%s", (_, facts, positions) => {
    expect(kept(told, facts)).toEqual(positions);
  });
});
