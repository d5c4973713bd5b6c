/** What of an SGLang server's settings decides what its prefix cache keeps. */

/** How a running request keeps states: `--mamba-radix-cache-strategy`. */
export interface StrategyRules {
  /** States stand exactly where chunks and requests end, and not at multiples of a chunk. */
  readonly isExact: boolean;
  /** Slots that a prefill wants to find free. */
  readonly prefillSlots: number;
  /** Slots that a running request holds: its state, and those that it copies to in turn. */
  readonly runningSlots: number;
  /** Whether the server runs the overlap scheduler with it. */
  readonly hasOverlap: boolean;
}

/** Slots: `mem_cache/common.py`, `MAMBA_STATE_PER_REQ_PREFIX_CACHE` and its lazy sibling. */
export const sglangStrategies = {
  no_buffer: { isExact: true, prefillSlots: 3, runningSlots: 1, hasOverlap: false },
  extra_buffer: { isExact: false, prefillSlots: 3, runningSlots: 3, hasOverlap: true },
  extra_buffer_lazy: { isExact: false, prefillSlots: 2, runningSlots: 2, hasOverlap: true },
} as const satisfies Readonly<Record<string, StrategyRules>>;

export type SglangStrategy = keyof typeof sglangStrategies;

export interface SglangModeOptions {
  readonly strategy: SglangStrategy;
  readonly level: SglangLevel;
  /** Whether the next step is launched before the last one's token is known; off with `--disable-overlap-schedule`. */
  readonly hasOverlap: boolean;
  /** `--page-size`: KV is kept and matched in whole pages. */
  readonly pageTokens: number;
  /** `--chunked-prefill-size`: so many tokens of a prompt are prefilled at a time; whole pages. */
  readonly prefillChunkTokens: number;
  /** Distance of positions at which the kernels of recurrent layers can leave a state; whole pages. */
  readonly chunkTokens: number;
  /** `--mamba-max-states-per-path`; left out where the level decides. */
  readonly statesPerPath?: number;
  /** `--mamba-track-interval`: distance of states during decoding, unless they stand exactly at ends; whole pages. */
  readonly trackIntervalTokens: number;
}

/**
 * Which of the states that a strategy can leave are kept: `--hybrid-cache-checkpoints-level`, from the documentation of
 * November 2026 (advanced_features/hybrid_cache_checkpoints) and #31230, not checked against code.
 */
export interface StateThinning {
  /** Ends of prefill chunks, before that of the prompt. */
  readonly keepsChunkEnds: boolean;
  /** Soft cap on the states of one path, unless `--mamba-max-states-per-path` says another; see `PooledTree.thinPath`. */
  readonly statesPerPath: number;
}

/** Level 3 is what there was before. Level 1 is not documented. */
export const sglangLevels = {
  2: { keepsChunkEnds: false, statesPerPath: 1 },
  3: { keepsChunkEnds: true, statesPerPath: Number.POSITIVE_INFINITY },
} as const satisfies Readonly<Record<number, StateThinning>>;

export type SglangLevel = keyof typeof sglangLevels;

/** Sizes of the two pools. */
export interface SglangPools {
  /** Tokens, those of the running request included; infinite where nothing runs out. */
  readonly kvTokens: number;
  /** Recurrent states, those of the running request included; `null` for models without recurrent layers. */
  readonly stateSlots: number | null;
  /**
   * States of the tree in a pool of their own, so that those of the running request alone lie in the other
   * (`--enable-int8-mamba-checkpoint`); left out where they share one.
   */
  readonly checkpointSlots?: number;
  /** `--enable-hierarchical-cache`; left out where there is none. */
  readonly host?: HostPools;
}

/** HiCache's pools in host memory. */
export interface HostPools {
  readonly kvTokens: number;
  readonly stateSlots: number;
  /** Insertions that pass a node before it is copied: 1 for `write_through`, 2 for `write_through_selective`. */
  readonly copiedAfter: number;
  /** Of KV alone, fewer are not brought back: `load_back_threshold`. */
  readonly leastLoadedTokens: number;
  /** To all GPUs of the model together. */
  readonly bytesPerSecond: number;
}
