/** The entries of the pickers: what helps to choose stands beside each. */
import type { Change, ChosenKind, Outlook } from "../analysis/choices.ts";
import { longestInList } from "../core/longest-tried.ts";
import type {
  Catalogue,
  ChoiceGroup,
  ChoiceItem,
  GpuEntry,
  ModelEntry,
  PolicyEntry,
} from "../protocol/catalogue.ts";
import type { DashboardState } from "../protocol/dashboard.ts";
import { bytes, count, plural } from "../words/numbers.ts";

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
  const byId = ({ id }: { readonly id: string }) => ({ id, label: id });
  const all = <T>(groups: readonly Group<T>[]) => groups.flatMap(({ items }) => items);
  return {
    models: all(modelsByKind(catalogue, byId)),
    gpus: all(gpusByRoom(catalogue, () => true, byId)),
    policies: all(policiesByKind(catalogue, ({ id, name }) => ({ id, label: name }))),
  };
}

export function choiceItems(catalogue: Catalogue, kind: ChosenKind): readonly ChoiceItem[] {
  return choiceGroups(catalogue, kind, []).flatMap(({ items }) => items);
}

/**
 * By kind, the kinds that the product is about first. `outlooks` are told of each where they are known, and say what else to set
 * where a choice does not fit.
 */
export function choiceGroups(
  catalogue: Catalogue,
  kind: ChosenKind,
  outlooks: readonly Outlook[],
): readonly ChoiceGroup[] {
  const outlookOf = new Map(outlooks.map((outlook) => [outlook.id, outlook]));
  const withOutlook = (item: ChoiceItem) => told(item, outlookOf.get(item.id));
  switch (kind) {
    case "model":
      return modelsByKind(catalogue, (model) => withOutlook(modelItem(model)));
    case "gpu": {
      const hasRoom = ({ id }: GpuEntry) => (outlookOf.get(id)?.freeBytes ?? 1) > 0;
      return gpusByRoom(catalogue, hasRoom, (gpu) => withOutlook(gpuItem(gpu)));
    }
    case "policy":
      return policiesByKind(catalogue, (policy) => withOutlook(policyItem(policy)));
  }
}

interface Group<T> {
  readonly name: string;
  readonly items: readonly T[];
}

function modelsByKind<T>({ models }: Catalogue, item: (model: ModelEntry) => T): readonly Group<T>[] {
  return grouped(modelKinds, models, kindOfModel, item);
}

function gpusByRoom<T>(
  { gpus }: Catalogue,
  hasRoom: (gpu: GpuEntry) => boolean,
  item: (gpu: GpuEntry) => T,
): readonly Group<T>[] {
  const names = ["Room for the model", "Too small for the model"] as const;
  return grouped(names, gpus, (gpu) => (hasRoom(gpu) ? names[0] : names[1]), item);
}

function policiesByKind<T>({ policies }: Catalogue, item: (policy: PolicyEntry) => T): readonly Group<T>[] {
  return grouped(Object.values(policyGroups), policies, ({ kind }) => policyGroups[kind], item);
}

function grouped<E, T>(
  names: readonly string[],
  entries: readonly E[],
  groupOf: (entry: E) => string,
  item: (entry: E) => T,
): readonly Group<T>[] {
  return names
    .map((name) => ({ name, items: entries.filter((entry) => groupOf(entry) === name).map(item) }))
    .filter(({ items }) => items.length > 0);
}

/** From how many tokens on it hits and what memory it leaves, in front of what it is; where it does not fit, that. */
function told(item: ChoiceItem, outlook: Outlook | undefined): ChoiceItem {
  if (outlook === undefined) return item;
  const { smallestPrefixTokens, freeBytes, fits, refusal } = outlook;
  const hits =
    smallestPrefixTokens === undefined
      ? []
      : [
          smallestPrefixTokens === null
            ? `nothing hits up to ${plural(longestInList, "token")}`
            : `hits from ${plural(smallestPrefixTokens, "token")} on`,
        ];
  const room =
    freeBytes === undefined
      ? []
      : [freeBytes > 0 ? `${bytes(freeBytes)} left for the cache` : `${bytes(-freeBytes)} too little memory`];
  const isShort = freeBytes !== undefined && freeBytes <= 0;
  const mark = isShort || (refusal !== null && freeBytes === undefined) ? "$(warning) " : "";
  const why = refusal !== null && !isShort ? [refusal] : [];
  return {
    ...item,
    label: `${mark}${item.label}`,
    detail: [...hits, ...room, ...why, item.detail].join(" · "),
    fits,
  };
}

/** What else is set with it: `on 4 × H100-SXM`, `on H200-SXM`. */
export function changeText({ tensorParallel, gpu }: Change, gpuInForce: string): string {
  if (tensorParallel === undefined) return `on ${gpu ?? gpuInForce}`;
  return `on ${count(tensorParallel)} × ${gpu ?? gpuInForce} (tensor parallel)`;
}

const modelKinds = [
  "Hybrid: attention beside recurrent layers",
  "Recurrent layers alone",
  "Sliding windows",
  "Compressed attention",
  "Attention alone",
] as const;

const recurrentLayers: ReadonlySet<string> = new Set([
  "mamba1",
  "mamba2",
  "gatedDeltaNet",
  "kimiDelta",
  "lightning",
  "shortConv",
  "rgLru",
  "gatedMemoryUnit",
]);

function kindOfModel({ layers, kvBytesPerToken }: ModelEntry): (typeof modelKinds)[number] {
  const kinds = Object.keys(layers);
  if (kinds.some((kind) => recurrentLayers.has(kind)))
    return kvBytesPerToken > 0 || "slidingAttention" in layers ? modelKinds[0] : modelKinds[1];
  if ("slidingAttention" in layers) return modelKinds[2];
  return "sparseEntries" in layers || "denseEntries" in layers ? modelKinds[3] : modelKinds[4];
}

/** For who types what kind of model they look for. */
const searchWords: Readonly<Record<(typeof modelKinds)[number], string>> = {
  "Hybrid: attention beside recurrent layers": "hybrid",
  "Recurrent layers alone": "recurrent",
  "Sliding windows": "sliding window",
  "Compressed attention": "compressed attention",
  "Attention alone": "attention alone",
};

function modelItem(model: ModelEntry): ChoiceItem {
  const { id, family, layers, kvBytesPerToken, checkpointBytes, vllmBlockTokens } = model;
  const mixers = Object.entries(layers)
    // Feed-forward layers keep no state.
    .filter(([kind]) => kind in layerNames)
    .map(([kind, layerCount]) => `${count(layerCount)} ${layerNames[kind]}`);
  const kv = kvBytesPerToken > 0 ? `KV ${bytes(kvBytesPerToken)} per token` : "no KV";
  const checkpoint = checkpointBytes > 0 ? `checkpoint ${bytes(checkpointBytes)}` : "no checkpoints";
  const block = vllmBlockTokens === null ? [] : [`blocks of ${count(vllmBlockTokens)} in vLLM`];
  const description = `${family} · ${searchWords[kindOfModel(model)]}`;
  return { id, label: id, description, detail: [kv, checkpoint, ...block, ...mixers].join(" · "), fits: [] };
}

function gpuItem({ id, name, memoryGb, memoryBytesPerSecond, bf16Tflops }: GpuEntry): ChoiceItem {
  const parts = [`${count(memoryGb)} GB`, `${count(memoryBytesPerSecond / 1e9)} GB/s`];
  if (bf16Tflops !== null) parts.push(`${count(bf16Tflops)} TFLOPS bf16`);
  return { id, label: id, description: name, detail: parts.join(" · "), fits: [] };
}

const policyGroups = {
  engine: "Servers",
  hosted: "Hosted APIs",
  research: "As published",
  proposed: "Proposed here",
  bound: "Bounds",
} as const;

const kindNames = {
  research: "as published",
  proposed: "proposed here",
  engine: "server",
  bound: "bound",
  hosted: "hosted API",
} as const;

function policyItem({ id, name, kind, description }: PolicyEntry): ChoiceItem {
  return { id, label: name, description: `${id} · ${kindNames[kind]}`, detail: description, fits: [] };
}
