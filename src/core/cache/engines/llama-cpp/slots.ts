/**
 * The slots of llama.cpp's server: each holds one sequence, and one of them serves a request.
 * Source: ggml-org/llama.cpp tools/server/server-context.cpp, `get_available_slot`.
 */
import type { Sequence } from "./sequence.ts";

export interface Slot {
  readonly id: number;
  /** `null` where it is empty. */
  sequence: Sequence | null;
  /** The number of the last request that it served; 0 for none. */
  lastUsed: number;
}

/** A slot that keeps less of its sequence has it saved before. */
const leastKept = 0.5;

export interface ChosenSlot {
  readonly slot: Slot;
  /** Whether much of what it holds would be lost, or it shares next to nothing with the prompt. */
  readonly exchanges: boolean;
}

/**
 * The first of those that share the most with the prompt, if that is more than `similarity` of it; else the one used longest
 * ago, the last of several that never were. What is shared was measured. Ratios are those of 32 bits that the server has.
 */
export function chooseSlot(slots: readonly Slot[], promptTokens: number, similarity: number): ChosenSlot {
  let chosen: Slot | null = null;
  let best = 0;
  const least = Math.fround(similarity);
  for (const slot of similarity > 0 ? slots : []) {
    if (slot.sequence === null) continue;
    const share = Math.fround(slot.sequence.shared / promptTokens);
    if (share <= best || share <= least) continue;
    best = share;
    chosen = slot;
  }
  if (chosen?.sequence) {
    const kept = Math.fround(Math.fround(best * promptTokens) / chosen.sequence.tokens.length);
    return { slot: chosen, exchanges: kept < leastKept };
  }
  const oldest = slots.reduce((found, slot) => (slot.lastUsed <= found.lastUsed ? slot : found));
  return { slot: oldest, exchanges: true };
}
