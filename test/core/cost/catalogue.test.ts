import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { gpus } from "../../../src/core/cost/catalogue/gpus.ts";
import { models } from "../../../src/core/cost/catalogue/models.ts";
import { catalogueTable, gpuTable } from "../../../src/show/catalogue-table.ts";
import { derive } from "./derived.ts";
import { gpuFacts, hasFacts, modelFacts } from "./facts.ts";

describe.skipIf(!hasFacts)("every derived number of the reference facts", () => {
  it("covers the same models and GPUs, in the same order", () => {
    expect(models.map((model) => model.id)).toEqual(modelFacts.map((facts) => facts.id));
    expect(gpus.map((gpu) => gpu.id)).toEqual(gpuFacts.map((facts) => facts.id));
  });

  it("is what the import script gives, byte for byte", () => {
    const script = fileURLToPath(new URL("../../../scripts/import-facts.mjs", import.meta.url));
    expect(() => execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" })).not.toThrow();
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

describe("catalogue", () => {
  it("has 50 models and 19 GPUs under different names", () => {
    const names = models.flatMap((model) => [model.id, ...model.aliases.map((alias) => alias.id)]);
    expect(models).toHaveLength(50);
    expect(gpus).toHaveLength(19);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect(new Set(gpus.map((gpu) => gpu.id.toLowerCase())).size).toBe(19);
  });

  it("says of every entry where it comes from", () => {
    for (const entry of [...models, ...gpus]) {
      expect(entry.sources.length, entry.id).toBeGreaterThan(0);
      expect(entry.confidence, entry.id).not.toBe("");
    }
  });

  it("stands in the documentation as it is", () => {
    const page = readFileSync(new URL("../../../docs/models-and-gpus.md", import.meta.url), "utf8");
    expect(page).toContain(`<!-- models -->\n${catalogueTable()}\n<!-- /models -->`);
    expect(page).toContain(`<!-- gpus -->\n${gpuTable()}\n<!-- /gpus -->`);
  });

  it("prints one table row per entry", () => {
    expect(catalogueTable().split("\n")).toHaveLength(2 + 50);
    expect(gpuTable().split("\n")).toHaveLength(2 + 19);
    expect(catalogueTable()).toContain(
      "| ibm-granite/granite-4.0-h-small | 4 attention, 36 Mamba-2, 40 MoE | 32.2 B | 60.0 GiB | 16,384 | 73.7 MiB | 4,719 | 528 | cl100k | high |",
    );
  });
});
