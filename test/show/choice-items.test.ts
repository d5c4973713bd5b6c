import { describe, expect, it } from "vitest";
import { defaultSettings } from "../../src/config/settings.ts";
import { buildCatalogue } from "../../src/service/catalogue.ts";
import { choiceItems, choicesOf } from "../../src/show/choice-items.ts";

const catalogue = buildCatalogue();

describe("pickers", () => {
  it("show what a hybrid keeps", () => {
    const granite = choiceItems(catalogue, "model").find(({ id }) => id === defaultSettings.model);
    expect(granite?.detail).toBe(
      "KV 16.0 KiB per token · checkpoint 73.7 MiB · blocks of 528 in vLLM · 4 attention · 36 Mamba-2",
    );
  });

  it("have a name for every kind of layer that keeps state", () => {
    for (const { detail, id } of choiceItems(catalogue, "model")) {
      expect(detail.split(" · ").length, id).toBeGreaterThanOrEqual(3);
      expect(detail, id).not.toContain("undefined");
    }
  });

  it("contain the defaults", () => {
    for (const kind of ["model", "gpu", "policy"] as const) {
      const items = choiceItems(catalogue, kind);
      expect(items.map(({ id }) => id)).toContain(defaultSettings[kind]);
      expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
    }
  });

  it("are the same in the dashboard", () => {
    const { models, gpus, policies } = choicesOf(catalogue);
    const items = (kind: "model" | "gpu" | "policy") =>
      choiceItems(catalogue, kind).map(({ id, label }) => ({ id, label }));
    expect({ models, gpus, policies }).toEqual({
      models: items("model"),
      gpus: items("gpu"),
      policies: items("policy"),
    });
  });
});
