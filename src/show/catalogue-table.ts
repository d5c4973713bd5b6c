/** The catalogue as Markdown tables, for people; `catalogue models` and `catalogue gpus` on the command line print them. */
import { gpuMemoryBytes } from "../core/cost/capacity.ts";
import { gpus } from "../core/cost/catalogue/gpus.ts";
import { models } from "../core/cost/catalogue/models.ts";
import { attentionRate, halfPrecisionTflops, matrixShare } from "../core/cost/gpu-rates.ts";
import { countLayers, type LayerKind } from "../core/cost/layer-counts.ts";
import { createModelCost } from "../core/cost/model-cost.ts";
import type { ModelSpec } from "../core/cost/model-spec.ts";
import { vllmHybridBlock } from "../core/cost/vllm-block.ts";
import { parametersOf, weightBytes } from "../core/cost/weights.ts";
import { vocabularyOfModel } from "../tokenizers/vocabulary-of-model.ts";
import { bytes, count, decimal, nothing, percent, tenths } from "../words/numbers.ts";
import { table } from "./markdown.ts";

const layerNames: Readonly<Record<LayerKind, string>> = {
  attention: "attention",
  slidingAttention: "sliding",
  latentAttention: "latent",
  crossAttention: "cross",
  windowEntries: "window",
  sparseEntries: "compressed sparse",
  denseEntries: "heavily compressed",
  mamba1: "Mamba",
  mamba2: "Mamba-2",
  gatedDeltaNet: "delta net",
  kimiDelta: "KDA",
  lightning: "lightning",
  shortConv: "convolution",
  rgLru: "RG-LRU",
  gatedMemoryUnit: "memory unit",
  mlp: "MLP",
  moe: "MoE",
};

/** From how many shared tokens on a prefix hits, under a policy. */
export interface HitsColumn {
  readonly name: string;
  of(model: ModelSpec): string;
}

/** One row per model: bytes as vLLM keeps them, weights as released, bf16 KV, one GPU. */
export function catalogueTable(hits: HitsColumn | null = null): string {
  const rows = models.map((model) => {
    const cost = createModelCost(model);
    const counts = Object.entries(countLayers(model)).filter(([, layers]) => layers > 0);
    const blockTokens = vllmHybridBlock(model)?.blockTokens;
    const vocabulary = vocabularyOfModel(model);
    return [
      model.id,
      counts.map(([kind, layers]) => `${layers} ${layerNames[kind as LayerKind]}`).join(", "),
      billions(parametersOf(model)),
      bytes(weightBytes(model)),
      count(cost.kvBytesPerToken),
      cost.checkpointBytes === 0 ? nothing : bytes(cost.checkpointBytes),
      cost.checkpointKvTokens === null || cost.checkpointBytes === 0
        ? nothing
        : count(cost.checkpointKvTokens),
      blockTokens === undefined ? nothing : count(blockTokens),
      `${vocabulary.id}${vocabulary.isExact ? "" : " (substitute)"}`,
      model.confidence.replace(/[ :;(].*/, ""),
      ...(hits === null ? [] : [hits.of(model)]),
    ];
  });
  const head = [
    "model",
    "layers",
    "parameters",
    "weights",
    "KV B/token",
    "checkpoint",
    "= KV tokens",
    "vLLM block",
    "counted by",
    "confidence",
    ...(hits === null ? [] : [hits.name]),
  ];
  return table(head, rows, (column) => (column >= 2 && column <= 7) || column === 10);
}

/** One row per GPU, with the rates that TTFT is predicted from. */
export function gpuTable(): string {
  const rows = gpus.map((gpu) => [
    gpu.id,
    bytes(gpuMemoryBytes(gpu)),
    `${count(gpu.memoryBytesPerSecond / 1e9)} GB/s`,
    tenths(halfPrecisionTflops(gpu)),
    percent(matrixShare(gpu)),
    count(attentionRate(gpu)(16384) / 1e12),
    gpu.kernels ? "kernels" : gpu.matmulBf16Tflops === null ? "typical share" : "matrix benchmark",
    gpu.confidence.replace(/[ :;(].*/, ""),
  ]);
  const head = [
    "GPU",
    "memory",
    "bandwidth",
    "dense TFLOPS",
    "matrices reach",
    "attention TFLOPS",
    "from",
    "confidence",
  ];
  return table(head, rows, (column) => column >= 1 && column <= 5);
}

function billions(parameters: number): string {
  return `${decimal(parameters / 1e9)} B`;
}
