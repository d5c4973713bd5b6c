/** How vLLM deals the layers of a model to KV cache groups, and what one block of its pool takes. */
import { entryBytes, indexScaleBytes } from "./compressed-attention.ts";
import { kvBytesPerTokenPerLayer, latentBytesPerTokenPerLayer } from "./kv-bytes.ts";
import { countKvCaches, countLayers, type LayerKind, layerKindsInOrder } from "./layer-counts.ts";
import type { CompressedAttentionGeometry, ModelSpec } from "./model-spec.ts";
import { bytesOfDtype, stateDtypes, stateElements } from "./state-bytes.ts";
import { compressedBlockTokens, type VllmBlockOptions, vllmHybridBlock } from "./vllm-block.ts";

/** Layers of one kind that share a block table. */
export interface VllmGroupLayout {
  readonly kind: "full" | "window" | "recurrent";
  readonly blockTokens: number;
  /** Tokens that a window looks back on, itself included; `null` for the other kinds. */
  readonly windowTokens: number | null;
}

export interface VllmLayout {
  readonly groups: readonly VllmGroupLayout[];
  /** Bytes of one block over all ranks: a page of each layer of the largest group. Blocks of all groups are equal. */
  readonly blockBytes: number;
}

/** A model with several kinds of layers whose numbers differ by less has one group of each. */
const nearlyEqual = 1.5;

/**
 * The layers of each group, by kind: groups have as many as the rarest kind has, or, where the kinds are nearly as many,
 * as the most frequent one. `layers` holds the number of each kind, all positive.
 * Source: vllm-project/vllm `v1/core/kv_cache_utils.py`, `_get_kv_cache_groups_uniform_page_size`.
 */
export function vllmLayerGroups(layers: readonly number[]): number[][] {
  const fewest = Math.min(...layers);
  const most = Math.max(...layers);
  const size = most < fewest * nearlyEqual ? most : fewest;
  return layers.map((count) => {
    const groups = Math.ceil(count / size);
    return Array.from({ length: groups }, (_, index) => Math.ceil((count - index) / groups));
  });
}

export interface VllmLayoutOptions extends VllmBlockOptions {
  /** Tokens of a block where no state makes it grow: `--block-size`. */
  readonly blockTokens: number;
}

/** What layers of one kind keep, over all ranks. */
interface LayerPages {
  readonly kind: VllmGroupLayout["kind"];
  readonly layers: number;
  readonly pageBytes: number;
  /** Where the kind first stands in the model. */
  readonly place: number;
}

/** `null` for a model that keeps nothing. A draft model adds one layer of full attention. */
export function vllmLayout(model: ModelSpec, options: VllmLayoutOptions): VllmLayout | null {
  if (model.compressedAttention !== undefined)
    return compressedLayout(model, model.compressedAttention, options);
  const { speculativeTokens = 0 } = options;
  const order = layerKindsInOrder(model);
  const place = (...kinds: LayerKind[]) => order.findIndex((kind) => kinds.includes(kind));
  const caches = countKvCaches(model);
  const perToken = kvBytesPerTokenPerLayer(model, options);
  const latent = latentBytesPerTokenPerLayer(model, options);
  const full = caches.full + caches.latent;
  const dtypes = stateDtypes(model, "vllm");
  const recurrentDtype = options.stateDtype ?? dtypes.recurrent;
  const states = stateElements(model, options).map((state) => ({
    kind: "recurrent" as const,
    layers: state.layers,
    pageBytes: state.conv * bytesOfDtype[dtypes.conv] + state.recurrent * bytesOfDtype[recurrentDtype],
    place: place(state.kind),
  }));
  const attentionBytes = Math.max(
    caches.latent > 0 ? latent : 0,
    caches.full + caches.sliding > 0 ? perToken : 0,
  );
  const blockTokens =
    vllmHybridBlock(model, options)?.blockTokens ??
    grownBlock(options.blockTokens, attentionBytes, Math.max(0, ...states.map(({ pageBytes }) => pageBytes)));
  const kinds: LayerPages[] = [
    {
      kind: "full" as const,
      layers: full > 0 && speculativeTokens > 0 ? full + 1 : full,
      pageBytes: Math.max(caches.full > 0 ? perToken : 0, caches.latent > 0 ? latent : 0) * blockTokens,
      place: place("attention", "latentAttention"),
    },
    {
      kind: "window" as const,
      layers: caches.sliding,
      pageBytes: perToken * blockTokens,
      place: place("slidingAttention"),
    },
    ...states,
  ].filter(({ layers }) => layers > 0);
  if (kinds.length === 0) return null;
  kinds.sort((a, b) => a.place - b.place);
  const dealt = vllmLayerGroups(kinds.map(({ layers }) => layers));
  return {
    groups: dealt.flatMap((groups, index) => {
      const { kind } = kinds[index];
      const windowTokens = kind === "window" ? (model.attention?.windowTokens ?? 1) : null;
      return groups.map(() => ({ kind, blockTokens, windowTokens }));
    }),
    // Pages are padded to the largest.
    blockBytes: Math.max(...kinds.map(({ pageBytes }) => pageBytes)) * Math.max(...dealt.flat()),
  };
}

/** Every page has the same size: whole blocks of attention that cover a state, beside sliding windows as well. */
function grownBlock(blockTokens: number, attentionBytesPerToken: number, stateBytes: number): number {
  if (attentionBytesPerToken === 0) return blockTokens;
  return blockTokens * Math.max(1, Math.ceil(stateBytes / (blockTokens * attentionBytesPerToken)));
}

/** Pages of compressed attention in fp8 are whole numbers of so many bytes. */
const compressedPageBytes = 576;
/** Tokens of a block whose compressed entries share a page, of a window, and of groups that are not compressed yet. */
const windowBlockTokens = 64;
const sparseStateTokens = 4;
const denseStateTokens = 8;

/**
 * DeepSeek-V4: entries and index keys of 256 tokens are a page; windows, and the unfinished groups as windows of 8 and 128
 * tokens, have short blocks of their own. The first group has the largest pages, and windows fill as many groups as they need
 * below that. Source: vllm-project/vllm `models/deepseek_v4/compressor.py`, `v1/attention/backends/mla/sparse_swa.py`; pages as
 * issue 54703 logs them.
 */
function compressedLayout(
  model: ModelSpec,
  geometry: CompressedAttentionGeometry,
  options: VllmLayoutOptions,
): VllmLayout {
  const { windowEntries, sparseEntries, denseEntries } = countLayers(model);
  const { entryWidth, indexWidth, sparseTokens, denseTokens, windowTokens } = geometry;
  const entry = entryBytes(geometry, options);
  const page = (bytes: number) =>
    options.kvDtype === "fp8" ? Math.ceil(bytes / compressedPageBytes) * compressedPageBytes : bytes;
  const sparsePage =
    page((compressedBlockTokens / sparseTokens) * entry) +
    page((compressedBlockTokens / sparseTokens) * (indexWidth + indexScaleBytes));
  const densePage = page((compressedBlockTokens / denseTokens) * entry);
  const blockBytes = sparseEntries * sparsePage + denseEntries * densePage;
  const layers = windowEntries + sparseEntries + denseEntries;
  const windowGroups = Math.ceil((layers * page(windowBlockTokens * entry)) / blockBytes);
  const window = (blockTokens: number, tokens: number): VllmGroupLayout => ({
    kind: "window",
    blockTokens,
    windowTokens: tokens,
  });
  const statePage =
    sparseEntries *
    (page(sparseStateTokens * 4 * entryWidth * 4) + page(sparseStateTokens * 4 * indexWidth * 4));
  const stateGroups = Math.ceil(statePage / blockBytes);
  const denseStatePage = denseEntries * page(denseStateTokens * 2 * entryWidth * 4);
  return {
    groups: [
      { kind: "full", blockTokens: compressedBlockTokens, windowTokens: null },
      ...Array.from({ length: windowGroups }, () => window(windowBlockTokens, windowTokens)),
      ...Array.from({ length: stateGroups }, () => window(sparseStateTokens, 2 * sparseTokens)),
      ...Array.from({ length: Math.ceil(denseStatePage / blockBytes) }, () =>
        window(denseStateTokens, denseTokens),
      ),
    ],
    blockBytes: blockBytes * (options.tensorParallel ?? 1),
  };
}
