/** A request as the scheduler knows it. Source: vllm-project/vllm `v1/request.py`. */

/** What one group holds for a request. */
export interface HeldBlocks {
  /** The block table; `NULL_BLOCK` where nothing is held. */
  readonly blocks: number[];
  /** Leading blocks that need not be cached any more; -1 before the request's first step. */
  cached: number;
  /** A hit that ends inside a block, or an own prefix that does: the block's place, and the block. */
  partial: { readonly place: number; readonly block: number } | null;
  /** Place of the state that the last step read; -1 for none. */
  lastState: number;
  /** Whether a step of the request has taken blocks of this group. */
  hasTaken: boolean;
}

export class VllmRequest {
  readonly promptTokens: number;
  /** Tokens that it will generate; at least one. */
  readonly outputTokens: number;
  /** See `PrefixIds.of`; of prompt and output. */
  readonly prefixes: Int32Array;
  readonly held: HeldBlocks[];
  /** Prompt, and output so far. */
  tokens: number;
  /** Tokens whose states are there, those of steps included that have not answered. */
  computed = 0;
  /** Tokens of steps that have not answered. */
  inFlight = 0;
  /** Of them, output that is not known yet. */
  placeholders = 0;
  /** Of them, what a preemption made void. */
  stale = 0;
  /** Draft tokens that the next step verifies. */
  drafts = 0;
  /** Where other requests' prefix goes on beyond the hit; 0 for nowhere. */
  junction = 0;
  /** Prompt tokens that were hits when it was first scheduled; -1 before. */
  hitTokens = -1;
  isFinished = false;
  /** Finished because the pool is too small for it. */
  isGivenUp = false;
  isRunning = false;
  /** Ends of the steps of its prefill, in tokens. */
  readonly stepEnds: number[] = [];

  constructor(promptTokens: number, outputTokens: number, prefixes: Int32Array, groups: number) {
    this.promptTokens = promptTokens;
    this.outputTokens = Math.max(1, outputTokens);
    this.prefixes = prefixes;
    this.tokens = promptTokens;
    this.held = Array.from({ length: groups }, nothingHeld);
  }
}

function nothingHeld(): HeldBlocks {
  return { blocks: [], cached: -1, partial: null, lastState: -1, hasTaken: false };
}
