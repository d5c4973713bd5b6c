/**
 * A trace and what SGLang's rules give on it, worked out by hand, so that a clone without the large golden files still
 * tests reader, cache and comparison. Prefill chunks of 8, kernel chunks of 4, states of the output every 4 tokens.
 *
 * Requests, as prompt | output:
 *   0: `1..10 | 21 22 23`   1: `1..10 21 22 31 | 41`   2: `1..6 51 52 53 | 61`   3: the same as 2
 *
 * extra_buffer, room for everything:
 *   0: chunk [0, 8) leaves a state at 8, chunk [8, 10) is shorter than 4. The output ends at 13: the last multiple of 4 is
 *      12, which is prompt + 2: a state at 12.
 *   1: matches 12 tokens, all that it may, and resumes there. One token is left: no state. Its output is one token.
 *   2: matches 6, no state above: 0 reused. Chunk [0, 8) with the branch point 4 inside: a state at 4, none at 8.
 *   3: matches 6, resumes at 4. Chunk [4, 9): the branch point is 4, which does not lie inside: a state at 8.
 *   At the end `1..10 21 22` and `51 52` are held: 14 tokens; states at 4, 8, 12 and, behind `52`, 8.
 *
 * extra_buffer, four slots, of which a running request takes three:
 *   0: its first chunk leaves a state at 8; its end gives slots back, and leaves one at 12.
 *   1: resumes at 12; its copy takes a slot, and three more have to be free: the state at 8 goes, the one at 12 is in use.
 *   2: matches 6. Three slots are free: 12 stays, until caching at 4 takes one more: it goes with its leaf `9 10 21 22`.
 *      What lies above, up to 8, stays without a state.
 *   3: resumes at 4, and keeps 8.
 *
 * Attention alone, pool of 16 tokens:
 *   0: 10 + 3 tokens are kept: the step behind the last token is run.   1: resumes at 12, 13 + 1 tokens: 15 held.
 *   2: resumes at 6 and asks for 3 tokens, 1 is free: the leaves `23` and `31 41` go. 12 + 4 are held.
 *   3: resumes at 8 and asks for 1, none is free: the leaf `21 22` goes (`9 10` were kept with
 *      their chunk). 14 are held.
 */
const requests = [
  { i: [[0, 10]], o: [[1, 3]] },
  { i: [[0, 10], [1, 2], 2], o: [3] },
  { i: [[0, 6], 4], o: [5] },
  { i: [[0, 6], 4], o: [5] },
];

export const traceByHand = {
  format: "marconi-oracle/1",
  id: "by-hand",
  vocab: 100,
  models: {},
  segments: [
    { t: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
    { t: [21, 22, 23] },
    { t: [31] },
    { t: [41] },
    { t: [51, 52, 53] },
    { t: [61] },
  ],
  requests,
  token_hash: [3_881_572_794, 2_833_811_537, 505_012_671, 505_012_671],
  runs: [],
};

export const sglangByHand = {
  engine: "sglang",
  commit: "by hand",
  config: {
    tree: "UnifiedRadixCache(FULL,MAMBA)",
    page_size: 1,
    chunked_prefill_size: 8,
    overlap_schedule: true,
    eviction_policy: "lru",
    mamba_radix_cache_strategy: "extra_buffer",
    mamba_cache_chunk_size: 4,
    mamba_track_interval: 4,
  },
  trace: { file: "traces/by-hand.json", requests: 4, mapping: "identity" },
  runs: [
    { kv_pool_tokens: null, state_slots: null, reused: [0, 12, 0, 4], final_kv_tokens: 14, final_states: 4 },
    { kv_pool_tokens: null, state_slots: 4, reused: [0, 12, 0, 4] },
  ],
};

export const attentionByHand = {
  ...sglangByHand,
  config: {
    tree: "RadixCache",
    page_size: 1,
    chunked_prefill_size: 8,
    overlap_schedule: true,
    eviction_policy: "lru",
  },
  runs: [{ kv_pool_tokens: 16, state_slots: null, reused: [0, 12, 6, 8], final_kv_tokens: 14 }],
};
