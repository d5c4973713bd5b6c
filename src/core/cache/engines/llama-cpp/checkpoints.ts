/**
 * Where llama.cpp's server leaves checkpoints while it prefills a prompt, and which it erases for them.
 * Source: ggml-org/llama.cpp tools/server/server-context.cpp, `update_slots` and `create_checkpoint`.
 */
import type { LlamaCppServerOptions } from "./options.ts";
import type { Checkpoint } from "./sequence.ts";

/** Tokens that the server leaves behind the last checkpoint of a prompt. */
const endMargin = 4;

export interface PrefillOf {
  readonly promptTokens: number;
  /** Where the prefill begins. */
  readonly reusedTokens: number;
  /** Where messages of the user begin, ascending; known of chat requests alone. */
  readonly userStarts: readonly number[];
  /** The number of the request. */
  readonly request: number;
}

/**
 * A prefill runs in batches, and a checkpoint is made of the state before a batch, if anything stands before it: where the
 * batch ends less than a micro-batch before the prompt's end, and where it begins at a message of the user that is the last
 * one, or far enough behind the newest checkpoint. `kept` is changed; returned are those that were erased.
 */
export function checkpointPrefill(
  kept: Checkpoint[],
  prefill: PrefillOf,
  options: LlamaCppServerOptions,
): Checkpoint[] {
  if (options.checkpointsPerSequence <= 0) return [];
  const erased: Checkpoint[] = [];
  const { promptTokens, request } = prefill;
  for (let start = prefill.reusedTokens, end = start; start < promptTokens; start = end) {
    end = batchEnd(start, kept, prefill, options);
    if (start === 0 || !isWanted(start, end, kept, prefill, options)) continue;
    makeRoom(kept, request, options, erased);
    if (options.replacesEqual) remove(kept, (old) => old.position === start, erased);
    kept.push({ position: start, request });
  }
  return erased;
}

/** Batches end `endMargin` tokens before the end of the prompt, a micro-batch before that, and at messages of the user. */
function batchEnd(
  start: number,
  kept: readonly Checkpoint[],
  { promptTokens, userStarts }: PrefillOf,
  { batchTokens, microBatchTokens, minStepTokens }: LlamaCppServerOptions,
): number {
  let end = Math.min(promptTokens, start + batchTokens);
  for (const behind of [endMargin + microBatchTokens, endMargin]) {
    const border = promptTokens - Math.min(batchTokens, behind);
    if (border > start && border < end) end = border;
  }
  const last = userStarts.at(-1);
  const newest = kept.at(-1);
  for (const border of userStarts) {
    if (border >= end) break;
    if (border <= start) continue;
    if (border === last || newest === undefined || border > newest.position + minStepTokens) return border;
  }
  return end;
}

function isWanted(
  start: number,
  end: number,
  kept: readonly Checkpoint[],
  { promptTokens, userStarts }: PrefillOf,
  { microBatchTokens, minStepTokens }: LlamaCppServerOptions,
): boolean {
  if (promptTokens < end + microBatchTokens) return true;
  if (!userStarts.includes(start)) return false;
  const newest = kept.at(-1);
  return newest === undefined || start === userStarts.at(-1) || start > newest.position + minStepTokens;
}

/** First those of earlier requests that stand near the one before them, then the oldest. */
function makeRoom(
  kept: Checkpoint[],
  request: number,
  { checkpointsPerSequence, minStepTokens, thinsOnlyWhenFull }: LlamaCppServerOptions,
  erased: Checkpoint[],
): void {
  let previous = -1;
  for (let i = 0; i < kept.length; ) {
    if (thinsOnlyWhenFull && kept.length + 1 < checkpointsPerSequence) break;
    const old = kept[i];
    if (old.request !== request && previous >= 0 && old.position <= previous + minStepTokens) {
      erased.push(...kept.splice(i, 1));
      continue;
    }
    previous = old.position;
    i++;
  }
  while (kept.length >= checkpointsPerSequence) erased.push(...kept.splice(0, 1));
}

function remove(kept: Checkpoint[], isGone: (checkpoint: Checkpoint) => boolean, erased: Checkpoint[]): void {
  for (let i = kept.length - 1; i >= 0; i--) if (isGone(kept[i])) erased.push(...kept.splice(i, 1));
}
