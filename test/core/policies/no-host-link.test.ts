/** GPUs of which nobody has published a link to host memory: they serve, and what restores from there says what it lacks. */
import { describe, expect, test } from "vitest";
import { modelContext } from "../../../src/analysis/scenario.ts";
import { CostError } from "../../../src/core/cost/cost-error.ts";
import { findGpu, findModel } from "../../../src/core/cost/find.ts";
import { policies } from "../../../src/core/policies/registry.ts";

const cards = ["MI455X", "TRN2", "ASCEND-950DT"];

function contextOn(gpu: string) {
  const { ttft, ...known } = modelContext(findModel("Qwen/Qwen3.5-9B"), findGpu(gpu));
  expect(Number.isFinite(ttft.ttftSeconds(0, 8192))).toBe(true);
  return { ...known, capacityBytes: 2 ** 34 };
}

describe.each(cards)("%s", (gpu) => {
  test("serves", () => {
    const context = contextOn(gpu);
    expect(context.deployment.hostBytesPerSecond).toBeNull();
    for (const id of ["vllm", "sglang", "marconi", "llama-cpp"]) {
      const policy = policies.find((each) => each.id === id)!;
      policy.create(context);
      const said = (policy.assumptions?.(context) ?? []).some((text) => text.includes("host memory"));
      expect(said, id).toBe(id === "llama-cpp");
    }
  });

  test.each(["sglang-hicache", "hcache"])("%s needs the link", (id) => {
    const policy = policies.find((each) => each.id === id)!;
    expect(() => policy.create(contextOn(gpu))).toThrow(CostError);
    expect(() => policy.create(contextOn(gpu))).toThrow(/no bandwidth to host memory is known/);
  });
});
