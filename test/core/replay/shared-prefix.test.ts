import { describe, expect, it } from "vitest";
import { modelContext } from "../../../src/analysis/scenario.ts";
import { findGpu, findModel } from "../../../src/core/cost/find.ts";
import type { Policy } from "../../../src/core/policies/policy.ts";
import { findPolicy, policies } from "../../../src/core/policies/registry.ts";
import {
  curveLengths,
  reuseOfSharedPrefix,
  smallestSharedPrefix,
} from "../../../src/core/replay/shared-prefix.ts";
import { drain } from "../../../src/core/steps.ts";

const gpu = findGpu("H100-SXM");
const hybrid = "ibm-granite/granite-4.0-h-small";
const attention = "Qwen/Qwen3-8B";
const most = 8192;

function creatorOf(policy: Policy, model: string) {
  const known = modelContext(findModel(model), gpu);
  return () => policy.create({ ...known, capacityBytes: 40 * 2 ** 30 });
}

const smallest = (id: string, model: string) =>
  drain(smallestSharedPrefix(creatorOf(findPolicy(id)!, model), most));

describe("the smallest prefix that can hit", () => {
  it.each([
    ["marconi", hybrid, 1],
    ["vllm", hybrid, 528],
    ["vllm", attention, 16],
    ["sglang", attention, 1],
    ["no-cache", hybrid, null],
    ["openai-classic", hybrid, 1024],
    ["anthropic:claude-opus-5", hybrid, 512],
  ])("of %s with %s is %d tokens", (id, model, tokens) => {
    expect(smallest(id, model)).toBe(tokens);
  });

  it.each(policies.map((policy) => [policy.id, policy] as const))(
    "is no longer than needed: %s",
    (_, policy) => {
      const create = creatorOf(policy, hybrid);
      const tokens = drain(smallestSharedPrefix(create, most));
      if (tokens === null) {
        for (const longer of [most / 2, most]) expect(reuseOfSharedPrefix(create(), longer)).toBe(0);
        return;
      }
      expect(reuseOfSharedPrefix(create(), tokens)).toBeGreaterThan(0);
      if (tokens > 1) expect(reuseOfSharedPrefix(create(), tokens - 1)).toBe(0);
    },
  );
});

it("is reused in steps of a block, between which it is lost", () => {
  const create = creatorOf(findPolicy("vllm")!, hybrid);
  for (const length of curveLengths(create().blockTokens, 2200, 16)) {
    expect(reuseOfSharedPrefix(create(), length)).toBe(Math.floor(length / 528) * 528);
  }
});

it("is looked at on both sides of each end of a block, or evenly", () => {
  expect(curveLengths(528, 2200, 16)).toEqual([0, 527, 528, 1055, 1056, 1583, 1584, 2111, 2112, 2200]);
  expect(curveLengths(16, 2048, 4)).toEqual([0, 512, 1024, 1536, 2048]);
  expect(curveLengths(1, 10, 4)).toEqual([0, 3, 5, 8, 10]);
});
