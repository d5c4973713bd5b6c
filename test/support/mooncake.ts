/** The recorded Mooncake trace beside the repository, where it is present, and what a plain program does with it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type MooncakeTrace, readMooncake } from "../../src/log/mooncake.ts";

const shared = join(import.meta.dirname, "../../../shared");
const traceFile = join(shared, "traces/mooncake/conversation_trace.jsonl");
const factsFile = join(shared, "facts/traces.json");

/** Why the trace cannot be used; `null` where it is present. */
export const mooncakeMissing =
  existsSync(traceFile) && existsSync(factsFile) ? null : "no Mooncake trace beside the repository";

export interface MooncakeFacts {
  readonly requests: number;
  readonly inputTokens: number;
  readonly blocks: number;
  readonly uniqueBlocks: number;
  readonly idealHitBlocks: number;
  readonly idealHitTokens: number;
  readonly bounded: readonly {
    readonly capacityPercentOfUnique: number;
    readonly capacityBlocks: number;
    readonly lruHeadToTailHitBlocks: number;
    readonly lruHeadToTail: number;
    readonly lruTailFirstHitBlocks: number;
  }[];
}

export function mooncakeFacts(): MooncakeFacts {
  const facts = JSON.parse(readFileSync(factsFile, "utf8"));
  return facts.files["mooncake/conversation_trace.jsonl"];
}

export function mooncakeTrace(): MooncakeTrace {
  return readMooncake(readFileSync(traceFile, "utf8"));
}

/**
 * Blocks that hit in one flat list: touched from head to tail, a miss inserts, the least recent block goes when there are
 * too many, and only the leading run counts.
 */
export function plainLruHits(requests: readonly { blocks: Int32Array }[], capacityBlocks: number): number {
  // Every touch stands in a queue; one that was followed by another touch of its block is passed over.
  const touches: number[] = [];
  const lastTouch = new Map<number, number>();
  let oldest = 0;
  let hits = 0;
  for (const { blocks } of requests) {
    let isLeading = true;
    for (const block of blocks) {
      isLeading &&= lastTouch.has(block);
      if (isLeading) hits++;
      lastTouch.set(block, touches.length);
      touches.push(block);
      while (lastTouch.size > capacityBlocks) {
        const candidate = touches[oldest]!;
        if (lastTouch.get(candidate) === oldest) lastTouch.delete(candidate);
        oldest++;
      }
    }
  }
  return hits;
}
