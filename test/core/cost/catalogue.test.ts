import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { autoCapacityBytes } from "../../../src/core/cost/capacity.ts";
import { gpus } from "../../../src/core/cost/catalogue/gpus.ts";
import { models } from "../../../src/core/cost/catalogue/models.ts";
import { findGpu, findModel } from "../../../src/core/cost/find.ts";
import { createModelCost } from "../../../src/core/cost/model-cost.ts";
import type { ModelSpec } from "../../../src/core/cost/model-spec.ts";
import { catalogueTable, gpuTable } from "../../../src/show/catalogue-table.ts";
import { derive } from "./derived.ts";
import { gpuFacts, modelFacts } from "./facts.ts";
import { gpuExamples, workedExamples } from "./worked-examples.ts";

/** Those who derived the numbers of the facts left indexers out. */
function withoutIndexer(model: ModelSpec): ModelSpec {
  const { attention, latentAttention: latent } = model;
  return {
    ...model,
    attention: attention && { ...attention, indexer: null },
    latentAttention: latent && { ...latent, indexer: null },
  };
}

describe("every derived number of the facts", () => {
  it("covers the same models and GPUs, in the same order", () => {
    expect(models.map((model) => model.id)).toEqual(modelFacts.map((facts) => facts.id));
    expect(gpus.map((gpu) => gpu.id)).toEqual(gpuFacts.map((facts) => facts.id));
  });

  it.each(modelFacts.map((facts) => [facts.id, facts] as const))("%s", (id, facts) => {
    const model = models.find((candidate) => candidate.id === id);
    if (!model) throw new Error(`${id} is not in the catalogue`);
    const ours = derive(withoutIndexer(model));
    const { total_recomputed: total, active_recomputed: active } = facts.parameters;
    if (facts.layers.counts !== undefined) expect(ours.counts).toEqual(facts.layers.counts);
    if (total !== undefined) expect(ours.parameters.total_recomputed).toBe(total);
    if (active !== undefined) expect(ours.parameters.active_recomputed).toBe(active);
    if (facts.derived !== undefined) expect(ours.derived).toMatchObject(facts.derived);
  });

  it("was worked out by somebody else, or by hand in worked-examples.ts, for every model", () => {
    const byHand = new Set(workedExamples.map(([id]) => id));
    const unchecked = modelFacts.filter(({ id, derived }) => derived === undefined && !byHand.has(id));
    expect(
      unchecked.map(({ id }) => id),
      "add a row to test/core/cost/worked-examples.ts, with the bytes worked out by hand",
    ).toEqual([]);
  });
});

describe("worked examples", () => {
  it.each(workedExamples)("%s", (id, kvBytesPerToken, checkpointBytes, weightBytes) => {
    const { kv_bytes_per_token_bf16, weight_bytes_bf16 } = derive(findModel(id)).derived;
    expect(kv_bytes_per_token_bf16).toBe(kvBytesPerToken);
    expect(createModelCost(findModel(id)).checkpointBytes).toBe(checkpointBytes);
    expect(weight_bytes_bf16).toBe(weightBytes);
  });

  it.each(gpuExamples)("%s: what it leaves of its memory beside %s", (gpu, model, capacityBytes) => {
    expect(autoCapacityBytes({ model: findModel(model), gpu: findGpu(gpu) })).toBe(capacityBytes);
  });
});

describe("catalogue", () => {
  it("names every model and GPU differently", () => {
    const names = models.flatMap((model) => [model.id, ...model.aliases.map((alias) => alias.id)]);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect(new Set(gpus.map((gpu) => gpu.id.toLowerCase())).size).toBe(gpus.length);
  });

  it("says of every entry where it comes from", () => {
    for (const entry of [...models, ...gpus]) expect(entry.confidence, entry.id).not.toBe("");
    for (const name of ["models", "gpus"]) {
      const facts = JSON.parse(readFileSync(new URL(`../../../facts/${name}.json`, import.meta.url), "utf8"));
      for (const { id, sources } of facts[name]) expect(sources.length, id).toBeGreaterThan(0);
    }
  });

  it("stands in the documentation as it is", () => {
    const page = readFileSync(new URL("../../../docs/models-and-gpus.md", import.meta.url), "utf8");
    expect(page).toContain(`<!-- models -->\n${catalogueTable()}\n<!-- /models -->`);
    expect(page).toContain(`<!-- gpus -->\n${gpuTable()}\n<!-- /gpus -->`);
  });

  it("prints one table row per entry", () => {
    expect(catalogueTable().split("\n")).toHaveLength(2 + models.length);
    expect(gpuTable().split("\n")).toHaveLength(2 + gpus.length);
    expect(catalogueTable()).toContain(
      "| ibm-granite/granite-4.0-h-small | 4 attention, 36 Mamba-2, 40 MoE | 32.2 B | 60.0 GiB | 16,384 | 73.7 MiB | 4,719 | 528 | cl100k | high |",
    );
  });
});
