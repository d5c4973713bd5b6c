/**
 * A small golden file whose numbers were worked out by hand from the artifact's rules, so that a clone without the large
 * golden files still tests reader, caches and comparison.
 *
 * One SSM, one attention and one MLP layer, D = 2, N = 2:
 *   S = 2·2·2 + 8·(2·2 + 2·2) = 72 bytes per node, K = 4·2 = 8 bytes per token.
 * Requests, as prompt | output: `1 2 3 | 4`, `1 2 5 | 6`, `1 2 3 4 7 |`, `9 | 8`; 12 prompt tokens. Capacity 320 bytes.
 * A request costs three ticks of the clock (lookup, insertion, its probe) and a fourth when it evicts.
 *
 * Both runs, up to the third request: the first makes the node 1234 (72 + 4·8 = 104 bytes). The second agrees with half of
 * its edge, which is no hit; it splits it into 12 and 34 and adds 56: three nodes, 6 tokens, 264 bytes.
 * The third matches 12 and 34, reuses 4 tokens, and needs 72 + 8 bytes: 24 too many.
 */
const shared = {
  reused: [0, 0, 4, 0],
  states: [1, 3, 3, 3],
  evicted: [0, 0, 1, 1],
};

const final = {
  request_hit_rate: 1 / 4,
  token_hit_rate: 4 / 12,
  tokens_reused: 4,
  tokens_input: 12,
  // Of 4 reused tokens: 12·4·2² + 16·4·2·2 + 10·4·2, then 8·4·2² + 4·4²·2, then 16·4·2².
  flops_saved: { ssm: "528", attn: "256", mlp: "256", total: "1040" },
  nodes: 3,
  cached_states: 3,
  logical_clock: 14,
  evict_calls: 2,
  first_eviction_at: 2,
};

/**
 * V1 refreshes whole paths. Third request, clock 10: of the leaves 34 (time 9) and 56 (time 6) the latter goes and frees
 * 72 + 16 bytes; 7 comes below 34, and 12, 34 and 7 have time 10: 3 nodes, 5 tokens, 256 bytes. Fourth request: needs
 * 72 + 2·8, 24 too many; clock 14; the only leaf is 7 (time 10, 5 tokens from the root), then 98 comes: 264 bytes.
 */
const v1 = {
  policy: "v1",
  model: "toy",
  capacity_bytes: 320,
  ...shared,
  kv_tokens: [4, 6, 5, 6],
  final: {
    ...final,
    cached_kv_tokens: 6,
    tree_bytes: 264,
    peak_tree_bytes: 264,
    leaf_evictions: 2,
    merge_evictions: 0,
    tree_digest: 1_059_351_998,
    tree_digest_no_clock: 205_148_367,
  },
  tree: [
    [1, 2, 1, 10],
    [2, 2, 3, 10],
    [1, 2, 9, 14],
  ],
  evict_log: [
    [2, 0, 4, 2, 6],
    [3, 0, 5, 1, 10],
  ],
};

/**
 * V3 with alpha 0 refreshes the deepest match only and may evict nodes with one child. Third request: 34 has time 9,
 * 56 has 6 and goes; 12 keeps 6 and is no candidate, having two children. Fourth request, clock 14: candidates are 12
 * (time 6, now with one child), 34 (9) and 7 (10). 12 goes: it frees its states, and 1234 with time 9 is one node again.
 * Then 98 comes: 3 nodes, 4 + 1 + 2 tokens, 272 bytes.
 */
const v3 = {
  policy: "v3",
  alpha: 0,
  model: "toy",
  capacity_bytes: 320,
  ...shared,
  kv_tokens: [4, 6, 5, 7],
  final: {
    ...final,
    cached_kv_tokens: 7,
    tree_bytes: 272,
    peak_tree_bytes: 272,
    leaf_evictions: 1,
    merge_evictions: 1,
    tree_digest: 1_369_734_959,
    tree_digest_no_clock: 2_844_222_306,
  },
  tree: [
    [1, 4, 1, 9],
    [2, 1, 7, 10],
    [1, 2, 9, 14],
  ],
  evict_log: [
    [2, 0, 4, 2, 6],
    [3, 1, 2, 2, 6],
  ],
};

export const oracleByHand = {
  format: "marconi-oracle/1",
  id: "by-hand",
  vocab: 100,
  models: { toy: { num_ssm_layers: 1, num_attn_layers: 1, num_mlp_layers: 1, d: 2, n: 2 } },
  segments: [{ t: [1, 2, 3, 50] }, { t: [4] }, { t: [5] }, { t: [6] }, { t: [7] }, { t: [9] }, { t: [8] }],
  requests: [
    { i: [[0, 3]], o: [1] },
    { b: 0, k: 2, i: [2], o: [3] },
    { b: 0, i: [4], o: [] },
    { i: [5], o: [6] },
  ],
  token_hash: [1_463_068_797, 893_615_489, 3_253_024_782, 596_114_756],
  runs: [v1, v3],
};
