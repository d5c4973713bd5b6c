import { describe, expect, it } from "vitest";
import { gpus } from "../../../src/core/cost/catalogue/gpus.ts";
import { models } from "../../../src/core/cost/catalogue/models.ts";
import { CostError } from "../../../src/core/cost/cost-error.ts";
import { findGpu, findModel } from "../../../src/core/cost/find.ts";
import { vocabularyOfModel } from "../../../src/tokenizers/vocabulary-of-model.ts";
import { shippedVocabularies } from "../../../src/tokenizers/vocabulary-row.ts";

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
    for (const model of models) {
      const vocabulary = vocabularyOfModel(model);
      expect(shippedVocabularies).toContain(vocabulary.id);
      expect(vocabulary.substituteFor === undefined, model.id).toBe(vocabulary.isExact);
      expect(vocabulary.note).toMatch(vocabulary.isExact ? /^Tokens are the model's own: / : / in place of /);
    }
    expect(vocabularyOfModel(findModel("ibm-granite/granite-4.0-h-small"))).toEqual({
      id: "cl100k",
      isExact: true,
      note: "Tokens are the model's own: GGUF metadata: 100,352 rows over the 100,256 cl100k ranks, pre-tokenizer dbrx; special tokens differ.",
    });
    expect(vocabularyOfModel(findModel("tiiuae/Falcon-H1-7B-Base"))).toEqual({
      id: "qwen3",
      isExact: false,
      substituteFor: "Falcon-H1 7B (130,048)",
      note: "Tokens are counted with qwen3 in place of Falcon-H1 7B (130,048): nearest in size; each size of Falcon-H1 has its own vocabulary.",
    });
  });
});
