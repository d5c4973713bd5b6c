/** Models that the catalogue does not have, because they are no hybrids: what the two papers measured on, and its rivals. */
import { findModel } from "../../../src/core/cost/find.ts";
import type { ModelSpec } from "../../../src/core/cost/model-spec.ts";

export const llama31 = findModel("meta-llama/Llama-3.1-8B-Instruct");
export const llama33 = findModel("meta-llama/Llama-3.3-70B-Instruct");
export const granite = findModel("ibm-granite/granite-4.0-h-small");
export const zamba = findModel("Zyphra/Zamba2-2.7B");
export const falconMamba = findModel("tiiuae/falcon-mamba-7b");

/** As many KV heads as query heads. */
export const llama2: ModelSpec = {
  ...llama31,
  id: "Llama2-7B",
  vocabularyTokens: 32_000,
  attention: { ...llama31.attention!, kvHeads: 32 },
  mlp: { innerWidth: 11_008, matrices: 3 },
};

/** The attention of DeepSeek-V3, with dense layers. */
export const latentModel: ModelSpec = {
  ...llama31,
  id: "latent attention",
  hiddenWidth: 7168,
  mixerPattern: "A".repeat(61),
  ffnPattern: "-".repeat(61),
  attention: null,
  latentAttention: {
    heads: 128,
    kvRank: 512,
    queryRank: 1536,
    queryKeyWidth: 128,
    ropeWidth: 64,
    valueWidth: 128,
    hasOutputGate: false,
    indexer: null,
  },
};

/** Every fourth layer sees everything. */
export const slidingModel: ModelSpec = {
  ...llama31,
  id: "sliding windows",
  mixerPattern: "SSS*".repeat(8),
  attention: { ...llama31.attention!, windowTokens: 1024 },
};
