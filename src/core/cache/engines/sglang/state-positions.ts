/** At which positions of a request `extra_buffer` leaves states. Positions count tokens from the start of the prompt. */

/** Tokens `[start, end)` of a request. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The prefill of what lies behind the resumed prefix, in chunks; the last one may be short. */
export function prefillChunks(resumed: number, promptTokens: number, chunkTokens: number): Stretch[] {
  const chunks: Stretch[] = [];
  for (let start = resumed; start < promptTokens; start += chunkTokens)
    chunks.push({ start, end: Math.min(start + chunkTokens, promptTokens) });
  return chunks;
}

/**
 * A batch has one place per request to copy a state to: the last multiple of the kernel's chunk, or, where the request
 * left the tree inside of the chunk, the branch point instead. 0 where there is none.
 * Source: `schedule_batch.py`, `_mamba_radix_cache_v2_req_prepare_for_extend`.
 */
export function trackedInPrefill({ start, end }: Stretch, branch: number, chunkTokens: number): number {
  if (branch > start && branch < end) return branch;
  const whole = Math.floor((end - start) / chunkTokens) * chunkTokens;
  return whole === 0 ? 0 : start + whole;
}

/**
 * The last multiple of the interval at whose end decoding is; 0 for none. `decoded` are the tokens that it computes. With
 * the overlap scheduler the first of them is missed.
 * Source: `batch_result_processor.py`, `_mamba_prefix_cache_update`.
 */
export function trackedInDecoding(decoded: Stretch, intervalTokens: number, hasOverlap: boolean): number {
  const last = Math.floor(decoded.end / intervalTokens) * intervalTokens;
  return last > decoded.start + (hasOverlap ? 1 : 0) ? last : 0;
}
