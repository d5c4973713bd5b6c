/** The catalogue as Markdown tables, for people; `catalogue models` and `catalogue gpus` on the command line print them. */
import { formatBytes } from "../core/cost/bytes.ts";
import { gpuMemoryBytes } from "../core/cost/capacity.ts";
import { gpus } from "../core/cost/catalogue/gpus.ts";
import { models } from "../core/cost/catalogue/models.ts";
import { attentionRate, halfPrecisionTflops, matrixShare } from "../core/cost/gpu-rates.ts";
import { countLayers, type LayerKind } from "../core/cost/layer-counts.ts";
import { createModelCost } from "../core/cost/model-cost.ts";
import { vllmHybridBlock } from "../core/cost/vllm-block.ts";
import { parametersOf, weightBytes } from "../core/cost/weights.ts";
import { vocabularyOfModel } from "../tokenizers/vocabulary-of-model.ts";

const layerNames: Readonly<Record<LayerKind, string>> = {
  attention: "attention",
  slidingAttention: "sliding",
  latentAttention: "latent",
  crossAttention: "cross",
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

/** One row per model: bytes as vLLM keeps them, bf16 weights and KV, one GPU. */
export function catalogueTable(): string {
  const rows = models.map((model) => {
    const cost = createModelCost(model);
    const counts = Object.entries(countLayers(model)).filter(([, count]) => count > 0);
    const vocabulary = vocabularyOfModel(model.id);
    return [
      model.id,
      counts.map(([kind, count]) => `${count} ${layerNames[kind as LayerKind]}`).join(", "),
      billions(parametersOf(model)),
      formatBytes(weightBytes(model)),
      cost.kvBytesPerToken.toLocaleString("en"),
      cost.checkpointBytes === 0 ? "–" : formatBytes(cost.checkpointBytes),
      cost.checkpointKvTokens === null || cost.checkpointBytes === 0
        ? "–"
        : Math.round(cost.checkpointKvTokens).toLocaleString("en"),
      `${vllmHybridBlock(model)?.blockTokens ?? "–"}`,
      `${vocabulary.id}${vocabulary.isExact ? "" : " (substitute)"}`,
      model.confidence.replace(/[ :;(].*/, ""),
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
  ];
  return markdown(head, rows, new Set([2, 3, 4, 5, 6, 7]));
}

/** One row per GPU, with the rates that TTFT is predicted from. */
export function gpuTable(): string {
  const rows = gpus.map((gpu) => [
    gpu.id,
    formatBytes(gpuMemoryBytes(gpu)),
    `${Math.round(gpu.memoryBytesPerSecond / 1e9).toLocaleString("en")} GB/s`,
    `${halfPrecisionTflops(gpu)}`,
    `${Math.round(matrixShare(gpu) * 100)} %`,
    `${Math.round(attentionRate(gpu)(16384) / 1e12)}`,
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
  return markdown(head, rows, new Set([1, 2, 3, 4, 5]));
}

function billions(parameters: number): string {
  return `${(parameters / 1e9).toFixed(parameters < 10e9 ? 2 : 1)} B`;
}

function markdown(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: ReadonlySet<number>,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = line(head.map((_, column) => (rightAligned.has(column) ? "--:" : "---")));
  return [line(head), rule, ...rows.map(line)].join("\n");
}
