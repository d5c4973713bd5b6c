/** Models small enough to work out by hand: a few bytes per token and per checkpoint. */
import type { StateCost } from "../../src/core/cache/cache-system.ts";

export function tinyCost(kvBytesPerToken: number, checkpointBytes: number): StateCost {
  return {
    kvBytesPerToken,
    checkpointBytes,
    // A part that grows with the length and a part that grows with its square, as in a hybrid's prefill.
    prefillFlops: (reusedTokens, promptTokens) =>
      10 * (promptTokens - reusedTokens) + promptTokens ** 2 - reusedTokens ** 2,
  };
}

export const tinyCosts = {
  hybrid: tinyCost(1, 4),
  "attention-only": tinyCost(3, 0),
  recurrent: tinyCost(0, 5),
} as const;
