/** KV of all tokens: `FullAttentionManager` in vllm-project/vllm `v1/core/single_type_kv_cache_manager.py`. */
import { BlockGroup, findInAll, type Hit } from "./block-group.ts";
import { NULL_BLOCK } from "./block-pool.ts";
import type { VllmRequest } from "./request.ts";

export class FullAttentionGroup extends BlockGroup {
  /** The longest run of blocks from the start, and behind it, with a match unit, a prompt's end inside a block. */
  longestHit(groups: readonly BlockGroup[], request: VllmRequest, maxTokens: number, drops: boolean): Hit {
    const { unitTokens, hitUnitTokens } = this.context;
    const size = this.blockTokens;
    const tables: number[][] = groups.map(() => []);
    const found: number[] = [];
    const push = () => {
      for (let index = 0; index < tables.length; index++) tables[index].push(found[index]);
    };
    let tokens = 0;
    while (tokens + size <= maxTokens) {
      if (!findInAll(this.pool, groups, this.prefixAt(request, tokens + size), found)) break;
      push();
      tokens += size;
    }
    if (hitUnitTokens < size) {
      const most = Math.min(tokens + size - unitTokens, Math.floor(maxTokens / unitTokens) * unitTokens);
      for (let end = most; end > tokens; end -= unitTokens) {
        if (!findInAll(this.pool, groups, this.prefixAt(request, end), found)) continue;
        push();
        tokens = end;
        break;
      }
    }
    if (drops && tokens > 0) tokens -= Math.min(hitUnitTokens, size);
    tokens -= tokens % hitUnitTokens;
    for (const table of tables) table.length = Math.ceil(tokens / size);
    return { tokens, tables };
  }

  skippedTokens(): number {
    return 0;
  }

  override cache(request: VllmRequest, tokens: number): void {
    super.cache(request, tokens);
    if (this.blockTokens !== this.context.unitTokens) this.cachePromptEnd(request, tokens);
  }

  protected isReachable(): boolean {
    return true;
  }

  /** Makes the block reachable that the prompt's last whole unit ends in. */
  private cachePromptEnd(request: VllmRequest, tokens: number): void {
    const { unitTokens } = this.context;
    const end = Math.floor(request.promptTokens / unitTokens) * unitTokens;
    if (end === 0 || end > tokens || end % this.blockTokens === 0) return;
    const block = request.held[this.index].blocks[Math.floor(end / this.blockTokens)] ?? NULL_BLOCK;
    if (block !== NULL_BLOCK) this.pool.cachePartial(this.index, this.prefixAt(request, end), block, end);
  }
}
