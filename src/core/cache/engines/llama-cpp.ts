/**
 * llama.cpp's server on hybrid models: a slot holds one sequence; its recurrent state cannot be cut back, so that the server
 * keeps context checkpoints, and goes on from the newest one that the next prompt still shares.
 * Source: ggml-org/llama.cpp tools/server/server-context.cpp and common/arg.cpp, 2026.
 */

import { commonPrefixLength, concatTokens } from "../../tokens/common-prefix.ts";
import type { CacheContents, CacheSystem, Inspection, Served } from "../cache-system.ts";
import { checkMemory } from "../check-memory.ts";

export interface LlamaCppOptions {
  readonly kvBytesPerToken: number;
  /** One checkpoint: both states in float32. */
  readonly stateBytes: number;
  readonly capacityBytes: number;
  readonly slots: number;
  /** `--ctx-checkpoints`, `--checkpoint-min-step`, `--ubatch-size`. */
  readonly checkpointsPerSlot: number;
  readonly minStepTokens: number;
  readonly microBatchTokens: number;
}

/** What the server's own options set. */
export type LlamaCppServerOptions = Pick<
  LlamaCppOptions,
  "slots" | "checkpointsPerSlot" | "minStepTokens" | "microBatchTokens"
>;

export const llamaCppDefaults: LlamaCppServerOptions = {
  slots: 4,
  checkpointsPerSlot: 32,
  minStepTokens: 8192,
  microBatchTokens: 512,
};

/** No checkpoint stands nearer to the start. */
const smallestPosition = 64;
/** Tokens that the server leaves behind a checkpoint near the prompt's end. */
const endMargin = 4;

interface Slot {
  tokens: Int32Array;
  /** Ascending positions. */
  checkpoints: number[];
  lastUsed: number;
}

export class LlamaCppCache implements CacheSystem {
  readonly blockTokens = 1;
  readonly computedTokensAtLeast = 1;
  readonly keepsAnything = true;
  private readonly options: LlamaCppOptions;
  private readonly slots: Slot[];
  private now = 0;

  constructor(options: LlamaCppOptions) {
    checkMemory(options.capacityBytes, {
      kvBytesPerToken: options.kvBytesPerToken,
      checkpointBytes: options.stateBytes,
    });
    this.options = options;
    this.slots = Array.from({ length: options.slots }, () => ({
      tokens: new Int32Array(0),
      checkpoints: [],
      lastUsed: 0,
    }));
  }

  get needsCheckpoints(): boolean {
    return this.options.stateBytes > 0;
  }

  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served): void {
    this.now++;
    out.evictedNodes = 0;
    out.evictedBytes = 0;
    const slot = this.chooseSlot(promptTokens);
    const shared = agreement(slot.tokens, promptTokens);
    const reused = this.resumeAt(slot, promptTokens.length, shared);
    out.reusedTokens = reused;
    this.cut(slot, reused, shared, out);
    slot.lastUsed = this.now;
    slot.tokens = concatTokens(promptTokens, outputTokens);
    const taken = this.needsCheckpoints ? this.prefillCheckpoints(slot, promptTokens.length, reused) : [];
    this.keep(slot, taken, out);
    this.shrink(slot, out);
    out.insertedTokens = slot.tokens.length;
    // The slot itself stands at the end of its sequence, and may go on from there.
    out.checkpoints.length = 0;
    for (const position of [...taken, slot.tokens.length]) {
      if (position > 0 && slot.tokens.length > 0) out.checkpoints.push(position);
    }
  }

  contents(): CacheContents {
    let tokens = 0;
    let checkpoints = 0;
    for (const slot of this.slots) {
      tokens += slot.tokens.length;
      checkpoints += slot.tokens.length > 0 && this.needsCheckpoints ? slot.checkpoints.length + 1 : 0;
    }
    return {
      kvBytes: tokens * this.options.kvBytesPerToken,
      checkpointBytes: checkpoints * this.options.stateBytes,
      checkpoints,
    };
  }

  inspect(tokens: Int32Array): Inspection {
    let best: Inspection = { cachedTokens: 0, checkpoints: [] };
    for (const slot of this.slots) {
      const cachedTokens = agreement(slot.tokens, tokens);
      if (cachedTokens <= best.cachedTokens) continue;
      const checkpoints = slot.checkpoints.filter((position) => position <= cachedTokens);
      if (this.needsCheckpoints && cachedTokens === slot.tokens.length) checkpoints.push(cachedTokens);
      best = { cachedTokens, checkpoints };
    }
    return best;
  }

  /** The slot that shares the longest prefix, else the one used longest ago. */
  private chooseSlot(promptTokens: Int32Array): Slot {
    let chosen = this.slots[0];
    let longest = -1;
    for (const slot of this.slots) {
      const shared = agreement(slot.tokens, promptTokens);
      if (shared > longest || (shared === longest && slot.lastUsed < chosen.lastUsed)) {
        chosen = slot;
        longest = shared;
      }
    }
    return chosen;
  }

  private resumeAt(slot: Slot, promptTokens: number, shared: number): number {
    if (!this.needsCheckpoints) return Math.min(shared, Math.max(0, promptTokens - 1));
    if (shared === slot.tokens.length && shared < promptTokens) return shared;
    return slot.checkpoints.findLast((position) => position <= shared && position < promptTokens) ?? 0;
  }

  /** What lies beyond the place where the slot goes on is erased. */
  private cut(slot: Slot, reused: number, shared: number, out: Served): void {
    const erased = slot.checkpoints.filter((position) => position > shared);
    slot.checkpoints = slot.checkpoints.filter((position) => position <= reused);
    out.evictedNodes += erased.length;
    out.evictedBytes += erased.length * this.options.stateBytes;
    out.evictedBytes += Math.max(0, slot.tokens.length - shared) * this.options.kvBytesPerToken;
  }

  /** Near the end of the prompt, twice, and wherever the last one is far behind. */
  private prefillCheckpoints(slot: Slot, promptTokens: number, reused: number): number[] {
    const { minStepTokens, microBatchTokens } = this.options;
    const wanted = new Set([promptTokens - endMargin - microBatchTokens, promptTokens - endMargin]);
    const newest = slot.checkpoints.at(-1) ?? 0;
    for (
      let position = Math.max(newest, reused) + minStepTokens;
      position < promptTokens;
      position += minStepTokens
    ) {
      wanted.add(position);
    }
    return [...wanted]
      .filter((position) => position >= smallestPosition && position > reused)
      .sort((a, b) => a - b);
  }

  private keep(slot: Slot, taken: readonly number[], out: Served): void {
    slot.checkpoints.push(...taken);
    while (slot.checkpoints.length > this.options.checkpointsPerSlot) {
      slot.checkpoints.shift();
      out.evictedNodes++;
      out.evictedBytes += this.options.stateBytes;
    }
  }

  /** Other slots are emptied, oldest first, until everything fits; then this one's checkpoints go, oldest first. */
  private shrink(slot: Slot, out: Served): void {
    const used = () => this.contents().kvBytes + this.contents().checkpointBytes;
    const others = this.slots.filter((other) => other !== slot).sort((a, b) => a.lastUsed - b.lastUsed);
    for (const other of others) {
      if (used() <= this.options.capacityBytes) return;
      this.empty(other, out);
    }
    while (used() > this.options.capacityBytes && slot.checkpoints.length > 0) {
      slot.checkpoints.shift();
      out.evictedNodes++;
      out.evictedBytes += this.options.stateBytes;
    }
    if (used() > this.options.capacityBytes) this.empty(slot, out);
  }

  private empty(slot: Slot, out: Served): void {
    if (slot.tokens.length === 0) return;
    const before = this.contents();
    slot.tokens = new Int32Array(0);
    slot.checkpoints = [];
    const after = this.contents();
    out.evictedNodes++;
    out.evictedBytes += before.kvBytes + before.checkpointBytes - after.kvBytes - after.checkpointBytes;
  }
}

function agreement(a: Int32Array, b: Int32Array): number {
  return commonPrefixLength(a, 0, b, 0, Math.min(a.length, b.length));
}
