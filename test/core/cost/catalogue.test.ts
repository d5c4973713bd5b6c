import { describe, expect, it } from "vitest";
import { gpus } from "../../../src/core/cost/catalogue/gpus.ts";
import { models } from "../../../src/core/cost/catalogue/models.ts";
import { derive } from "./derived.ts";
import { gpuFacts, hasFacts, modelFacts } from "./facts.ts";

describe.skipIf(!hasFacts)("every derived number of the reference facts", () => {
  it("covers the same models and GPUs, in the same order", () => {
    expect(models.map((model) => model.id)).toEqual(modelFacts.map((facts) => facts.id));
    expect(gpus.map((gpu) => gpu.id)).toEqual(gpuFacts.map((facts) => facts.id));
  });

  it.each(modelFacts.map((facts) => [facts.id, facts] as const))("%s", (id, facts) => {
    const model = models.find((candidate) => candidate.id === id);
    if (!model) throw new Error(`${id} is not in the catalogue`);
    const ours = derive(model);
    expect(ours.layers.counts).toEqual(facts.layers.counts);
    expect(ours.parameters.total_recomputed).toBe(facts.parameters.total_recomputed);
    expect(ours.parameters.active_recomputed).toBe(facts.parameters.active_recomputed);
    expect(ours.derived).toEqual(facts.derived);
  });
});
