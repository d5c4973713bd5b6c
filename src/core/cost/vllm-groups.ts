/** How vLLM deals the layers of a model to KV cache groups, and what one block of its pool takes. */
import { kvBytesPerTokenPerLayer, latentBytesPerTokenPerLayer } from "./kv-bytes.ts";
import { countKvCaches, type LayerKind, layerKindsInOrder } from "./layer-counts.ts";
import type { ModelSpec } from "./model-spec.ts";
import { bytesOfDtype, stateDtypes, stateElements } from "./state-bytes.ts";
import { type VllmBlockOptions, vllmHybridBlock } from "./vllm-block.ts";

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
