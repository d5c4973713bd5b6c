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
import { t } from "../words/l10n.ts";
import { bytes, count, plural } from "../words/numbers.ts";

const layerNames: Readonly<Record<string, () => string>> = {
  attention: () => t("attention"),
  slidingAttention: () => t("sliding attention"),
  latentAttention: () => t("latent attention"),
  crossAttention: () => t("cross attention"),
  windowEntries: () => t("window attention"),
  sparseEntries: () => t("compressed sparse attention"),
  denseEntries: () => t("heavily compressed attention"),
  mamba1: () => "Mamba-1",
  mamba2: () => "Mamba-2",
  gatedDeltaNet: () => t("gated DeltaNet"),
  kimiDelta: () => t("Kimi delta attention"),
  lightning: () => t("lightning attention"),
  shortConv: () => t("short convolution"),
  rgLru: () => "RG-LRU",
  gatedMemoryUnit: () => t("gated memory unit"),
};

/** Only what a list shows of each: a page is told them with every state, and numbers in words take their time. */
export function choicesOf(catalogue: Catalogue): DashboardState["choices"] {
  const before = choicesKnown.get(catalogue);
  if (before !== undefined) return before;
  const choices = listed(catalogue);
  choicesKnown.set(catalogue, choices);
  return choices;
}

const choicesKnown = new WeakMap<Catalogue, DashboardState["choices"]>();

function listed(catalogue: Catalogue): DashboardState["choices"] {
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
  return grouped(Object.values(modelKinds), models, (model) => modelKinds[kindOfModel(model)], item);
}

function gpusByRoom<T>(
  { gpus }: Catalogue,
  hasRoom: (gpu: GpuEntry) => boolean,
  item: (gpu: GpuEntry) => T,
): readonly Group<T>[] {
  const room = { group: () => t("Room for the model") };
  const noRoom = { group: () => t("Too small for the model") };
  return grouped([room, noRoom], gpus, (gpu) => (hasRoom(gpu) ? room : noRoom), item);
}

function policiesByKind<T>({ policies }: Catalogue, item: (policy: PolicyEntry) => T): readonly Group<T>[] {
  return grouped(Object.values(policyKinds), policies, ({ kind }) => policyKinds[kind], item);
}

/** What is listed under one name. */
interface Kind {
  group(): string;
}

function grouped<E, T>(
  kinds: readonly Kind[],
  entries: readonly E[],
  kindOf: (entry: E) => Kind,
  item: (entry: E) => T,
): readonly Group<T>[] {
  return kinds
    .map((kind) => ({
      name: kind.group(),
      items: entries.filter((entry) => kindOf(entry) === kind).map(item),
    }))
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
            ? t("nothing hits up to {0}", plural(longestInList, "token"))
            : t("hits from {0} on", plural(smallestPrefixTokens, "token")),
        ];
  const room =
    freeBytes === undefined
      ? []
      : [
          freeBytes > 0
            ? t("{0} left for the cache", bytes(freeBytes))
            : t("{0} too little memory", bytes(-freeBytes)),
        ];
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
  if (tensorParallel === undefined) return t("on {0}", gpu ?? gpuInForce);
  return t("on {tensorParallel} × {gpu} (tensor parallel)", {
    tensorParallel: count(tensorParallel),
    gpu: gpu ?? gpuInForce,
  });
}

/** By what they are listed, and what somebody types who looks for one. */
const modelKinds = {
  hybrid: {
    group: () => t("Hybrid: attention beside recurrent layers"),
    word: () => t("hybrid"),
  },
  recurrent: { group: () => t("Recurrent layers alone"), word: () => t("recurrent") },
  sliding: { group: () => t("Sliding windows"), word: () => t("sliding window") },
  compressed: { group: () => t("Compressed attention"), word: () => t("compressed attention") },
  attention: { group: () => t("Attention alone"), word: () => t("attention alone") },
} as const;

function kindOfModel({ layers, hasRecurrentLayers, kvBytesPerToken }: ModelEntry): keyof typeof modelKinds {
  // Unfinished groups of its entries are state, too.
  if ("sparseEntries" in layers || "denseEntries" in layers) return "compressed";
  const isSliding = "slidingAttention" in layers;
  if (hasRecurrentLayers) return kvBytesPerToken > 0 || isSliding ? "hybrid" : "recurrent";
  return isSliding ? "sliding" : "attention";
}

function modelItem(model: ModelEntry): ChoiceItem {
  const { id, family, layers, kvBytesPerToken, checkpointBytes, vllmBlockTokens } = model;
  const mixers = Object.entries(layers)
    // Feed-forward layers keep no state.
    .filter(([kind]) => kind in layerNames)
    .map(([kind, layerCount]) => `${count(layerCount)} ${layerNames[kind]!()}`);
  const kv = kvBytesPerToken > 0 ? t("KV {0} per token", bytes(kvBytesPerToken)) : t("no KV");
  const checkpoint = checkpointBytes > 0 ? t("checkpoint {0}", bytes(checkpointBytes)) : t("no checkpoints");
  const block = vllmBlockTokens === null ? [] : [t("blocks of {0} in vLLM", count(vllmBlockTokens))];
  const description = `${family} · ${modelKinds[kindOfModel(model)].word()}`;
  return { id, label: id, description, detail: [kv, checkpoint, ...block, ...mixers].join(" · "), fits: [] };
}

function gpuItem({ id, name, memoryGb, memoryBytesPerSecond, bf16Tflops }: GpuEntry): ChoiceItem {
  const parts = [`${count(memoryGb)} GB`, `${count(memoryBytesPerSecond / 1e9)} GB/s`];
  if (bf16Tflops !== null) parts.push(t("{0} TFLOPS bf16", count(bf16Tflops)));
  return { id, label: id, description: name, detail: parts.join(" · "), fits: [] };
}

const policyKinds = {
  engine: { group: () => t("Servers"), word: () => t("server") },
  hosted: { group: () => t("Hosted APIs"), word: () => t("hosted API") },
  research: { group: () => t("As published"), word: () => t("as published") },
  proposed: { group: () => t("Proposed here"), word: () => t("proposed here") },
  bound: { group: () => t("Bounds"), word: () => t("bound") },
} as const;

function policyItem({ id, name, kind, description }: PolicyEntry): ChoiceItem {
  const word = policyKinds[kind].word();
  return { id, label: name, description: `${id} · ${word}`, detail: description, fits: [] };
}
