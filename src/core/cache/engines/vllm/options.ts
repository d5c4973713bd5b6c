/**
 * What decides the prefix cache of a vLLM server: its flags, its version, and the groups that it deals a model's layers to.
 * Source: vllm-project/vllm `config/{cache,scheduler,speculative}.py`, `v1/core/kv_cache_utils.py`.
 */

export interface VllmOptions {
  /** `--enable-prefix-caching`; off by default for hybrid models of old versions. */
  readonly hasPrefixCaching: boolean;
  /** `--mamba-cache-mode`: `all` keeps a state at every block end of a step, `align` where a step ends on one. */
  readonly mambaCacheMode: "align" | "all" | "none";
  /** `prefix_cache_retention_interval` in tokens; 0 keeps what a repeat or a junction needs, `null` whatever exists (dense). */
  readonly retentionInterval: number | null;
  /** Whether a prefill stops where the request leaves what is cached (#37898). */
  readonly hasJunctions: boolean;
  /** `max_num_batched_tokens`: tokens of all requests in one step. */
  readonly maxBatchedTokens: number;
  /** `--prefix-match-unit` in tokens; `null` is the block. */
  readonly matchUnitTokens: number | null;
  /** Draft tokens of EAGLE or MTP; 0 without a draft model. */
  readonly draftTokens: number;
  /** Whether a hit gives up its last block, which the draft model has not seen; `disable_eagle_block_drop` (#53388) keeps it. */
  readonly dropsDraftBlock: boolean;
  /** Whether a step is planned before the one before it has answered. */
  readonly hasAsyncScheduling: boolean;
  /** Blocks without a hash are taken first (#42656); before, they went behind the others like any freed block. */
  readonly freesUnhashedFirst: boolean;
  readonly maxModelTokens: number;
}

/** The code of 20 August 2026 with its defaults, on an H100. */
export const vllmDefaults: VllmOptions = {
  hasPrefixCaching: true,
  mambaCacheMode: "align",
  retentionInterval: 0,
  hasJunctions: true,
  maxBatchedTokens: 8192,
  matchUnitTokens: null,
  draftTokens: 0,
  dropsDraftBlock: true,
  hasAsyncScheduling: true,
  freesUnhashedFirst: true,
  maxModelTokens: Number.POSITIVE_INFINITY,
};

/** `full`: attention to all tokens; `window`: to the last ones; `recurrent`: one state. */
export type GroupKind = "full" | "window" | "recurrent";

/** Layers of one kind that share a block table: a KV cache group. A block of any group is one page of the pool. */
export interface VllmGroup {
  readonly kind: GroupKind;
  readonly blockTokens: number;
  /** Tokens that a window looks back on, itself included; `null` for the other kinds. */
  readonly windowTokens: number | null;
}
