/**
 * Where the step of a prefill ends when states are kept at block ends: the only source of states in `align`.
 * Source: `_mamba_block_aligned_split` in vllm-project/vllm `v1/core/sched/scheduler.py`.
 */
import type { VllmRequest } from "./request.ts";

export interface StepRules {
  readonly blockTokens: number;
  /** See `VllmOptions.matchUnitTokens`; the block where hits end on blocks only. */
  readonly unitTokens: number;
  readonly maxBatchedTokens: number;
  readonly dropsBlock: boolean;
}

/** Of the `newTokens` behind `start` that the budget allows, those that one step may compute; 0 to wait for more. */
export function alignedTokens(
  request: VllmRequest,
  start: number,
  newTokens: number,
  { blockTokens, unitTokens, maxBatchedTokens, dropsBlock }: StepRules,
): number {
  // A request that goes on after a preemption computes its output again.
  const prefillEnd = Math.max(request.promptTokens, request.tokens - 1);
  if (start >= prefillEnd) return newTokens;
  let end = start + newTokens;
  if (end < prefillEnd) {
    const aligned = end - (end % blockTokens);
    // A block that no step can hold is filled by several.
    if (aligned > start || blockTokens <= maxBatchedTokens) end = aligned;
  }
  const last = request.tokens - (request.tokens % blockTokens);
  // The last block of a hit is given up for the draft model, so that the state has to be one block earlier.
  const lastState = dropsBlock ? Math.max(last - blockTokens, 0) : last;
  const stops = [lastState];
  if (start % blockTokens !== 0) stops.push(start - (start % blockTokens) + blockTokens);
  if (unitTokens < blockTokens) {
    const unitEnd = request.promptTokens - (request.promptTokens % unitTokens);
    if (lastState < unitEnd && unitEnd < request.promptTokens) stops.push(unitEnd);
  }
  if (start < request.junction && request.junction < end)
    stops.push(start + Math.floor((request.junction - start) / blockTokens) * blockTokens);
  for (const stop of stops) if (start < stop && stop < end) end = stop;
  return Math.max(end - start, 0);
}
