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
}

/** Which checkpoints of a request are worth keeping. */
export interface Admission {
  /** Writes positions, ascending and without repeats, into the empty list `out`. */
  positions(request: AdmissionRequest, out: number[]): void;
}
