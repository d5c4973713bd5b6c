import type { StaticEnd } from "../cache-system.ts";

/** What is known when a request has been looked up. All positions in symbols. */
export interface AdmissionRequest {
  /** Leading prompt symbols that agree with the cache, and those that need no prefill. */
  readonly matched: number;
  readonly reused: number;
  /** Deepest position from which this very prompt could resume. */
  readonly resumeLimit: number;
  readonly promptSymbols: number;
  /** Prompt and output. */
  readonly sequenceSymbols: number;
  /** The deepest known fork of the prompt, whether its KV is cached or not; 0 where the cache keeps no history. */
  readonly deepestFork: number;
  /** Where static parts of the prompt end, as far as its template says so; ascending. None unless the admission takes them. */
  readonly staticEnds: readonly StaticEnd[];
  /** Whether the cache has been full. */
  readonly hasEvicted: boolean;
}

/** Which checkpoints of a request are worth keeping. */
export interface Admission {
  /** Whether it wants to know where static parts of prompts end. */
  readonly takesStaticEnds?: true;
  /** Writes positions, ascending and without repeats, into the empty list `out`. */
  positions(request: AdmissionRequest, out: number[]): void;
}
