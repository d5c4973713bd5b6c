/** The models, GPUs and policies as the pickers show them. */

import { gpus } from "../core/cost/catalogue/gpus.ts";
import { models } from "../core/cost/catalogue/models.ts";
import { countLayers } from "../core/cost/layer-counts.ts";
import { createModelCost } from "../core/cost/model-cost.ts";
import { vllmHybridBlock } from "../core/cost/vllm-block.ts";
import { policies } from "../core/policies/registry.ts";
import type { Catalogue } from "../protocol/catalogue.ts";

export function buildCatalogue(): Catalogue {
  return {
    models: models.map((model) => {
      const { kvBytesPerToken, checkpointBytes, hasRecurrentLayers } = createModelCost(model);
      const layers = Object.fromEntries(Object.entries(countLayers(model)).filter(([, count]) => count > 0));
      const vllmBlockTokens = vllmHybridBlock(model)?.blockTokens ?? null;
      return {
        ...{ id: model.id, family: model.family, layers, kvBytesPerToken, checkpointBytes },
        hasRecurrentLayers,
        vllmBlockTokens,
      };
    }),
    gpus: gpus.map((gpu) => ({
      id: gpu.id,
      name: gpu.name,
      memoryGb: gpu.memoryMarketedGb,
      memoryBytesPerSecond: gpu.memoryBytesPerSecond,
      bf16Tflops: gpu.bf16Tflops,
    })),
    policies: policies.map(({ id, name, kind, description }) => ({ id, name, kind, description })),
  };
}
