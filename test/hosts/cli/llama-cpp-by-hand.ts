/**
 * A small file of llama.cpp's server, and the trace that it names, with numbers worked out by hand from the server's rules.
 *
 * Micro-batches of 8 tokens, so that checkpoints stand 12 and 4 tokens before the end of a prompt. A letter of the trace is a
 * token of its own; all answers but the last have 3 tokens, of which the slot holds 2. The model answers with the successors
 * of the prompt's last token, and later prompts carry that.
 *
 *   request   prompt                                   slot holds   shares with
 *   0         a × 20 (ids 100 to 119)                  22           nothing: slot 3 of 4, the last one; checkpoints at 8 and 16
 *   1         b × 20 (ids 200 to 219)                  22           nothing: of the empty slots 2, where 3 is saved and emptied
 *   2         request 0, its answer and c × 5          30           22 tokens of the saved one: 28 prompt tokens
 *   3         a × 10, then d × 10                      20           10 tokens of slot 1
 *
 * Request 2: no slot shares anything; 1 is the next one that was never used. It takes the saved sequence back (all of its 22
 * tokens are kept, 22 of 28 are shared) and goes on at its end. Before request 2 stores its checkpoints, at 28 − 4 = 24 and, as
 * the prefill begins there, at 22, those of request 0 are thinned: 16 is less than 8,192 behind 8. Left: 8, 22, 24.
 * Request 3 shares 10 of its 20 tokens with slot 1, more than a tenth, of which 10 of 30 would be kept, less than half: it is
 * saved first, and no saved one is better. It goes on at the checkpoint at 8.
 */
const traced = {
  format: "marconi-oracle/1",
  id: "llama-cpp-by-hand-trace",
  vocab: 1000,
  models: {},
  segments: [
    { t: Array.from({ length: 20 }, (_, i) => 100 + i) },
    { t: [1, 2, 3] },
    { t: Array.from({ length: 20 }, (_, i) => 200 + i) },
    { t: [4, 5, 6, 7, 8] },
    { t: Array.from({ length: 10 }, (_, i) => 300 + i) },
    { t: [9] },
  ],
  requests: [
    { i: [0], o: [1] },
    { i: [2], o: [1] },
    { b: 0, i: [3], o: [1] },
    { i: [[0, 10], 4], o: [5] },
  ],
  runs: [],
};

export const llamaCppTrace = traced;

export const llamaCppByHand = {
  engine: "llama.cpp",
  commit: "by hand",
  config: {
    model: "hybrid (by hand)",
    args: "(defaults)",
    kv_bytes_per_token: 4,
    state_bytes: 100,
    n_batch: 64,
    n_ubatch: 8,
    n_ctx: 4096,
  },
  trace: { file: "traces/by-hand.json", requests: 4, mapping: "successor-outputs" },
  runs: [{ reused: [0, 0, 22, 8], slot: [3, 2, 1, 1] }],
};
