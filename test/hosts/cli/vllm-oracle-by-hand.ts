/**
 * Small files whose numbers were worked out by hand from vLLM's rules, so that a clone without the large golden files still
 * tests reader, scheduler and comparison. Blocks of 4; one layer of attention (A) and one recurrent (M), a group each.
 */
const config = {
  mambaCacheMode: "align",
  retentionInterval: 0,
  maxNumBatchedTokens: 64,
  maxModelLen: 1024,
  layers: "MA",
  blockTokens: 4,
  prefixCaching: true,
  speculativeTokens: 0,
  prefixMatchUnit: null,
  asyncScheduling: true,
};

const nine = { prompt: [[1, 9]], output: [[50, 1]] };
const otherNine = { prompt: [[2, 9]], output: [[51, 1]] };
const eight = { prompt: [[1, 8]], output: [[52, 1]] };

/**
 * A prompt of 9 steps to 8 and 9: a step ends on the last whole block, and the state there serves a repeat.
 * A prompt of 8 needs no further step, so that its state lies at 8; a repeat may use 7 tokens, the mask keeps what ends at 4,
 * and no step has ended there. The first repeat finds the KV of one block and no state: it stops at 4, and the next uses it.
 */
const repeats = [
  { id: "nine", requests: [nine, nine], cached: [0, 8], stepEnds: [[8, 9], [9]] },
  { id: "eight", requests: [eight, eight, eight], cached: [0, 0, 4], stepEnds: [[8], [4, 8], [8]] },
];

/**
 * A takes five blocks: a state at 8 (x), one for 9 (y), three of KV (a0 a1 a2). When it ends, y and a2 have no hash and come
 * first, x, a1 and a0 last. B takes the same number: a2 and y for the step to 8 with one that is unused, then two for 9.
 * In a pool of 7 one of the two is unused and the other is x: the state of A is gone. In a pool of 8 both are unused.
 */
const pools = [
  { id: "seven", capacityBlocks: 7, cached: [0, 0, 0] },
  { id: "eight blocks", capacityBlocks: 8, cached: [0, 0, 8] },
].map((row) => ({ ...row, requests: [nine, otherNine, nine] }));

export const vllmCasesByHand = {
  format: "vllm-oracle-cases/1",
  date: "2026-08-20",
  vocab: 1000,
  cases: [...repeats.map((row) => ({ ...row, capacityBlocks: 100 })), ...pools].map((row) => ({
    ...row,
    config,
  })),
};

/** `1 2 3 4 5 | 6`, its next turn, and the first again; the turn waits for what it continues, and the repeat overtakes it. */
export const vllmTraceByHand = {
  format: "marconi-oracle/1",
  id: "toy",
  vocab: 100,
  models: {},
  segments: [{ t: [1, 2, 3, 4, 5] }, { t: [6] }, { t: [7, 8, 9] }],
  requests: [
    { i: [0], o: [1] },
    { b: 0, i: [2], o: [] },
    { i: [0], o: [1] },
  ],
  token_hash: [64_115_370, 2_196_698_316, 64_115_370],
  runs: [],
};

/**
 * Attention alone. The turn's prompt of 9 and the repeat reuse 1234; at the end that block is held, and 5678 of the turn. With
 * two in flight the repeat is sent in the step after the first: its block counts as held from the moment it is planned.
 */
export const vllmFileByHand = {
  format: "vllm-oracle/1",
  commit: "by hand",
  date: "2026-08-20",
  config: { ...config, mambaCacheMode: "none", layers: "A" },
  groups: [{ kind: "FullAttentionSpec", layers: 1, pageBytes: 16, blockTokens: 4 }],
  trace: { file: "somewhere/toy.json", requests: 3 },
  runs: [
    { capacityBlocks: 100, cached: [0, 4, 4], finalCachedBlocksByGroup: [2], stepEnds: [[5], [9], [5]] },
    { capacityBlocks: 100, inFlight: 2, order: [0, 2, 1], cached: [0, 4, 4] },
  ],
};
