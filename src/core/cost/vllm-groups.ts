/** How vLLM deals the layers of a model to KV cache groups. */

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
