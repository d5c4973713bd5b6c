/**
 * What decides what llama.cpp's server reuses. Names of the server's options stand beside each.
 * Source: ggml-org/llama.cpp common/arg.cpp and common/common.h, b10573+14 of 2026-08-22 and de3ff815 of 2026-09-28.
 */

export interface LlamaCppServerOptions {
  /** `--parallel`. */
  readonly slots: number;
  /** `--kv-unified`: the slots share one pool of KV; on by itself where `--parallel` is left to the server. */
  readonly isKvUnified: boolean;
  /** `--cache-ram`, in bytes; 0: no host prompt cache, infinite: as many tokens as the context has. */
  readonly promptCacheBytes: number;
  /** `--cache-idle-slots`; without a host prompt cache it does nothing. */
  readonly savesIdleSlots: boolean;
  /** `--slot-prompt-similarity`: a slot serves if it shares more of the prompt than that. */
  readonly slotSimilarity: number;
  /** `--ctx-checkpoints`: the most that one sequence keeps. */
  readonly checkpointsPerSequence: number;
  /** `--checkpoint-min-step`, in tokens: what lies nearer to the one before is thinned. */
  readonly minStepTokens: number;
  /** Whether checkpoints are thinned only where there is no room for another (September 2026), or before each one. */
  readonly thinsOnlyWhenFull: boolean;
  /** Whether a checkpoint takes the place of one at the same position (September 2026), or stands beside it. */
  readonly replacesEqual: boolean;
  /** `--batch-size`, `--ubatch-size`. */
  readonly batchTokens: number;
  readonly microBatchTokens: number;
}

export interface LlamaCppOptions extends LlamaCppServerOptions {
  readonly kvBytesPerToken: number;
  /** The states of all recurrent layers of one sequence, which is one checkpoint too; 0 for attention-only models. */
  readonly stateBytes: number;
  /** `--ctx-size`: tokens of KV of all slots together. */
  readonly contextTokens: number;
  /** Between host memory and the GPUs; infinite where it is not known. */
  readonly hostBytesPerSecond: number;
}

/** `--parallel` is left to the server, which takes four slots and one pool of KV. */
export const llamaCppDefaults: LlamaCppServerOptions = {
  slots: 4,
  isKvUnified: true,
  promptCacheBytes: 8192 * 2 ** 20,
  savesIdleSlots: true,
  slotSimilarity: 0.1,
  checkpointsPerSequence: 32,
  minStepTokens: 8192,
  thinsOnlyWhenFull: false,
  replacesEqual: false,
  batchTokens: 2048,
  microBatchTokens: 512,
};

/** The states of all slots are set aside when the server starts; what is left of the memory is KV. Tokens. */
export function contextThatFits(
  capacityBytes: number,
  kvBytesPerToken: number,
  stateBytes: number,
  slots: number,
): number {
  const left = capacityBytes - slots * stateBytes;
  if (left < 0) return 0;
  return kvBytesPerToken === 0 ? Number.POSITIVE_INFINITY : Math.floor(left / kvBytesPerToken);
}
