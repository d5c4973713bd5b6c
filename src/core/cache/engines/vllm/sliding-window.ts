/** KV of the last tokens: `SlidingWindowManager` in vllm-project/vllm `v1/core/single_type_kv_cache_manager.py`. */
import { BlockGroup, findInAll, type Hit } from "./block-group.ts";
import { NULL_BLOCK } from "./block-pool.ts";
import type { VllmRequest } from "./request.ts";

export class SlidingWindowGroup extends BlockGroup {
  /**
   * As many blocks in a row as the window needs, as far to the right as possible; or all blocks from the start on.
   * With a draft model one more, which is given up.
   */
  longestHit(groups: readonly BlockGroup[], request: VllmRequest, maxTokens: number, drops: boolean): Hit {
    const size = this.blockTokens;
    const { hitUnitTokens } = this.context;
    const needed = this.blocksOfHit(drops);
    const isAligned = (blocks: number) => (blocks * size) % hitUnitTokens === 0;
    const most = Math.floor(maxTokens / size);
    const tables: number[][] = groups.map(() => new Array<number>(most).fill(NULL_BLOCK));
    const found: number[] = [];
    let run = 0;
    let length = -1;
    for (let place = most - 1; place >= 0; place--) {
      if (!findInAll(this.pool, groups, this.prefixAt(request, (place + 1) * size), found)) {
        run = 0;
        continue;
      }
      if (run === 0 && !isAligned(drops ? place : place + 1)) continue;
      for (let index = 0; index < tables.length; index++) tables[index][place] = found[index];
      run++;
      if (run < needed) continue;
      length = place + run;
      break;
    }
    if (length < 0) {
      length = run;
      while (!isAligned(length)) length--;
    }
    if (drops && length > 0) {
      length--;
      while (!isAligned(length)) length--;
    }
    for (const table of tables) table.length = length;
    return { tokens: length * size, tables };
  }

  skippedTokens(computedTokens: number): number {
    return Math.max(0, computedTokens - this.windowTokens + 1);
  }

  /** The window, and the steps that are on their way. */
  override get mostBlocksOfRequest(): number {
    const { mostInFlightTokens, maxModelTokens } = this.context;
    const tokens = Math.min(this.windowTokens - 1 + mostInFlightTokens, maxModelTokens);
    return Math.ceil(tokens / this.blockTokens) + 1;
  }

  protected isReachable(place: number, boundaries: readonly number[]): boolean {
    const { retentionInterval, hitUnitTokens, dropsLast } = this.context;
    const size = this.blockTokens;
    if (hitUnitTokens % size !== 0) return true;
    const need = this.blocksOfHit(dropsLast);
    const shift = dropsLast ? 1 : 0;
    const segmentTokens = retentionInterval ?? hitUnitTokens;
    if (segmentTokens > 0) {
      const perSegment = Math.floor(segmentTokens / size);
      if (need >= perSegment) return true;
      if (place >= shift && (place - shift) % perSegment >= perSegment - need) return true;
    }
    if (retentionInterval === null) return false;
    return boundaries.some((boundary) => {
      const end = (boundary - (boundary % hitUnitTokens)) / size + shift;
      return place < end && place >= end - need;
    });
  }

  private get windowTokens(): number {
    return this.spec.windowTokens!;
  }

  /** The token itself is in its window, hence one less. */
  private blocksOfHit(drops: boolean): number {
    return Math.ceil((this.windowTokens - 1) / this.blockTokens) + (drops ? 1 : 0);
  }
}
