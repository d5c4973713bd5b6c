import { describe, expect, it } from "vitest";
import { gpus } from "../../../src/core/cost/catalogue/gpus.ts";
import { models } from "../../../src/core/cost/catalogue/models.ts";
import { CostError } from "../../../src/core/cost/cost-error.ts";
import { findGpu, findModel } from "../../../src/core/cost/find.ts";
import { shippedVocabularies, vocabularyOfModel } from "../../../src/tokenizers/vocabulary-of-model.ts";

describe("findModel", () => {
  it("knows every id, alias and short name, whatever the case", () => {
    for (const model of models) {
      for (const id of [model.id, ...model.aliases.map((alias) => alias.id)]) {
        expect(findModel(id.toUpperCase())).toBe(model);
        expect(findModel(` ${id.slice(id.lastIndexOf("/") + 1)} `)).toBe(model);
      }
    }
    expect(findModel("Qwen/Qwen3.8-27B").id).toBe("Qwen/Qwen3.5-27B");
  });

  it("suggests what is near", () => {
    expect(() => findModel("granite4-h-smal")).toThrow(
      'Unknown model "granite4-h-smal". Did you mean ibm-granite/granite-4.0-h-small',
    );
    expect(() => findModel("jamba 1.5")).toThrow(/AI21-Jamba-1.5-Mini/);
    expect(() => findModel("gpt-17")).toThrow(CostError);
    expect(() => findModel("")).toThrow(/Unknown model "". Known: .* more\./);
  });
});

describe("findGpu", () => {
  it("knows every id and name", () => {
    for (const gpu of gpus) {
      expect(findGpu(gpu.id.toLowerCase())).toBe(gpu);
      expect(findGpu(gpu.name)).toBe(gpu);
    }
  });

  it("suggests what is near", () => {
    expect(() => findGpu("H100")).toThrow('Unknown GPU "H100". Did you mean H100-SXM, or H100-PCIe?');
    expect(() => findGpu("rtx-3080")).toThrow(/Did you mean RTX3090/);
    expect(() => findGpu("abacus")).toThrow(/Known: T4, A10G/);
  });
});

describe("vocabularyOfModel", () => {
  it("names one shipped vocabulary for every model, and says where it is a substitute", () => {
    const exact: string[] = [];
    for (const model of models) {
      const vocabulary = vocabularyOfModel(model.id);
      expect(shippedVocabularies).toContain(vocabulary.id);
      expect(vocabulary.substituteFor === undefined, model.id).toBe(vocabulary.isExact);
      expect(vocabulary.note).toMatch(vocabulary.isExact ? /^Tokens are the model's own: / : / in place of /);
      if (vocabulary.isExact) exact.push(model.id);
    }
    expect(exact).toEqual([
      "ibm-granite/granite-4.0-h-tiny",
      "ibm-granite/granite-4.0-h-small",
      "ibm-granite/granite-4.0-h-micro",
      "ibm-granite/granite-4.0-h-1b",
      "ibm-granite/granite-4.0-h-350m",
      "Qwen/Qwen3-Next-80B-A3B-Instruct",
      "microsoft/Phi-4-mini-flash-reasoning",
      "Qwen/Qwen3-8B",
    ]);
  });
});
