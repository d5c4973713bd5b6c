/** The entries of the pickers: what helps to choose stands beside each. */
import type { Catalogue, GpuEntry, ModelEntry, PolicyEntry } from "../protocol/catalogue.ts";
import type { DashboardState } from "../protocol/dashboard.ts";
import { bytes, count } from "../words/numbers.ts";

export interface ChoiceItem {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

const layerNames: Readonly<Record<string, string>> = {
  attention: "attention",
  slidingAttention: "sliding attention",
  latentAttention: "latent attention",
  crossAttention: "cross attention",
  windowEntries: "window attention",
  sparseEntries: "compressed sparse attention",
  denseEntries: "heavily compressed attention",
  mamba1: "Mamba-1",
  mamba2: "Mamba-2",
  gatedDeltaNet: "gated DeltaNet",
  kimiDelta: "Kimi delta attention",
  lightning: "lightning attention",
  shortConv: "short convolution",
  rgLru: "RG-LRU",
  gatedMemoryUnit: "gated memory unit",
};

/** Only what a list shows of each: a page is told them with every state, and numbers in words take their time. */
export function choicesOf(catalogue: Catalogue): DashboardState["choices"] {
  const byId = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => ({ id, label: id }));
  return {
    models: byId(catalogue.models),
    gpus: byId(catalogue.gpus),
    policies: catalogue.policies.map(({ id, name }) => ({ id, label: name })),
  };
}

export function choiceItems(catalogue: Catalogue, kind: "model" | "gpu" | "policy"): readonly ChoiceItem[] {
  switch (kind) {
    case "model":
      return catalogue.models.map(modelItem);
    case "gpu":
      return catalogue.gpus.map(gpuItem);
    case "policy":
      return catalogue.policies.map(policyItem);
  }
}

function modelItem(model: ModelEntry): ChoiceItem {
  const { id, family, layers, kvBytesPerToken, checkpointBytes, vllmBlockTokens } = model;
  const mixers = Object.entries(layers)
    // Feed-forward layers keep no state.
    .filter(([kind]) => kind in layerNames)
    .map(([kind, layerCount]) => `${count(layerCount)} ${layerNames[kind]}`);
  const kv = kvBytesPerToken > 0 ? `KV ${bytes(kvBytesPerToken)} per token` : "no KV";
  const checkpoint = checkpointBytes > 0 ? `checkpoint ${bytes(checkpointBytes)}` : "no checkpoints";
  const block = vllmBlockTokens === null ? [] : [`hits from ${count(vllmBlockTokens)} tokens on in vLLM`];
  return { id, label: id, description: family, detail: [...block, ...mixers, kv, checkpoint].join(" · ") };
}

function gpuItem({ id, name, memoryGb, memoryBytesPerSecond, bf16Tflops }: GpuEntry): ChoiceItem {
  const parts = [`${count(memoryGb)} GB`, `${count(memoryBytesPerSecond / 1e9)} GB/s`];
  if (bf16Tflops !== null) parts.push(`${count(bf16Tflops)} TFLOPS bf16`);
  return { id, label: id, description: name, detail: parts.join(" · ") };
}

const kindNames = {
  research: "as published",
  proposed: "proposed here",
  engine: "server",
  bound: "bound",
  hosted: "hosted API",
} as const;

function policyItem({ id, name, kind, description }: PolicyEntry): ChoiceItem {
  return { id, label: name, description: `${id} · ${kindNames[kind]}`, detail: description };
}
