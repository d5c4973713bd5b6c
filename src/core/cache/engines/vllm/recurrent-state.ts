/**
 * Recurrent states, one block each: `MambaManager` in vllm-project/vllm `v1/core/single_type_kv_cache_manager.py`.
 * A state is that of the end of its block, and exists only where a step has ended there (`align`), or at each block end (`all`).
 */
import { BlockGroup, type Copies, type Demand, findInAll, type Hit } from "./block-group.ts";
import { NULL_BLOCK } from "./block-pool.ts";
import type { HeldBlocks, VllmRequest } from "./request.ts";

export class RecurrentStateGroup extends BlockGroup {
  /** Prefixes whose states the step that is being planned will write; nobody can read them in it. */
  private readonly writtenInStep = new Set<number>();

  private get isAligned(): boolean {
    return this.context.mambaCacheMode === "align";
  }

  override beginStep(): void {
    if (this.writtenInStep.size > 0) this.writtenInStep.clear();
  }

  /** The last state at or before `maxTokens`. */
  longestHit(groups: readonly BlockGroup[], request: VllmRequest, maxTokens: number): Hit {
    const { hitUnitTokens } = this.context;
    const step = Math.min(hitUnitTokens, this.blockTokens);
    const tables: number[][] = groups.map(() => []);
    const found: number[] = [];
    for (let end = Math.floor(maxTokens / step) * step; end > 0; end -= step) {
      if (!findInAll(this.pool, groups, this.prefixAt(request, end), found)) continue;
      if (end % hitUnitTokens !== 0) continue;
      const place = Math.ceil(end / this.blockTokens) - 1;
      for (let index = 0; index < tables.length; index++) {
        for (let before = 0; before < place; before++) tables[index].push(NULL_BLOCK);
        tables[index].push(found[index]);
      }
      return { tokens: end, tables };
    }
    return { tokens: 0, tables };
  }

  skippedTokens(computedTokens: number): number {
    return Math.max(0, computedTokens - 1);
  }

  override blocksNeeded(request: VllmRequest, demand: Demand): number {
    const { hit, hitTokens, tokens, mainTokens } = demand;
    const last = hit.at(-1) ?? NULL_BLOCK;
    if (last !== NULL_BLOCK && this.writtenInStep.has(this.pool.prefixOf(last)))
      return Number.POSITIVE_INFINITY;
    const { draftTokens } = this.context;
    if (!this.isAligned)
      return super.blocksNeeded(request, { ...demand, tokens: tokens + draftTokens * this.blockTokens });
    const held = request.held[this.index];
    let needed = Math.ceil(mainTokens / this.blockTokens) + draftTokens - hit.length - held.blocks.length;
    const isPartial = this.endsInside(hit, hitTokens) || held.partial !== null;
    if (isPartial) needed = Math.max(needed, 0) + 1;
    if (needed > 0) needed = 1 + (held.hasTaken ? 0 : draftTokens) + (isPartial ? 1 : 0);
    return needed + this.countFree(hit, 0);
  }

  override take(request: VllmRequest, tokens: number, mainTokens: number, copies: Copies): void {
    const { draftTokens } = this.context;
    if (this.isAligned) this.takeAligned(request.held[this.index], mainTokens, copies);
    else super.take(request, tokens + draftTokens * this.blockTokens, mainTokens, copies);
  }

  /** One state for the step, and one for each draft token; between the last state and them nothing is held. */
  private takeAligned(held: HeldBlocks, tokens: number, copies: Copies): void {
    const { draftTokens } = this.context;
    const { blocks, partial } = held;
    const required = Math.ceil(tokens / this.blockTokens) + draftTokens;
    if (required <= blocks.length && partial === null) {
      held.hasTaken = true;
      return;
    }
    const before = blocks.length;
    if (held.hasTaken) held.lastState = before - 1 - draftTokens;
    else if (before > 0) held.lastState = before - 1;
    const skipped = required - draftTokens - 1;
    while (blocks.length < skipped) blocks.push(NULL_BLOCK);
    if (held.hasTaken) {
      for (let place = before - draftTokens; place < before && place < skipped; place++) {
        blocks.push(blocks[place]);
        blocks[place] = NULL_BLOCK;
      }
    }
    const missing = Math.max(required - blocks.length, 0);
    if (partial !== null) {
      const own = this.pool.take();
      if (held.hasTaken) this.keepStateElsewhere(held, own, copies);
      else this.takePrivateCopy(held, copies, own);
    }
    for (let count = 0; count < missing; count++) blocks.push(this.pool.take());
    held.hasTaken = true;
  }

  /** The request goes on to write into its state: the cache keeps a copy. */
  private keepStateElsewhere(held: HeldBlocks, copy: number, copies: Copies): void {
    const { block } = held.partial!;
    held.partial = null;
    this.pool.moveHashes(block, copy);
    this.pool.hold(block);
    copies.push(block, copy);
    if (this.pool.isCached(copy)) this.writtenInStep.add(this.pool.prefixOf(copy));
  }

  override cache(request: VllmRequest, tokens: number): void {
    const held = request.held[this.index];
    const from = Math.max(0, held.cached);
    super.cache(request, tokens);
    const to = Math.max(0, held.cached);
    if (this.isAligned) this.cachePromptEnd(request, tokens);
    for (let place = from; place < to; place++) {
      const block = held.blocks[place];
      if (block !== NULL_BLOCK && this.pool.isCached(block))
        this.writtenInStep.add(this.pool.prefixOf(block));
    }
  }

  /** With a match unit: the state at the prompt's last whole unit, if the step has ended there. */
  private cachePromptEnd(request: VllmRequest, tokens: number): void {
    const { unitTokens } = this.context;
    if (this.blockTokens === unitTokens || tokens % this.blockTokens === 0) return;
    if (tokens !== Math.floor(request.promptTokens / unitTokens) * unitTokens) return;
    const held = request.held[this.index];
    const place = Math.floor(tokens / this.blockTokens);
    const block = held.blocks[place] ?? NULL_BLOCK;
    if (block === NULL_BLOCK) return;
    const prefix = this.prefixAt(request, tokens);
    this.pool.cachePartial(this.index, prefix, block, tokens);
    this.writtenInStep.add(prefix);
    held.partial = { place, block };
    held.cached = place;
  }

  override dropSkipped(request: VllmRequest, processedTokens: number): void {
    super.dropSkipped(request, processedTokens);
    if (!this.isAligned) return;
    const { blocks, lastState } = request.held[this.index];
    if (lastState < 0 || lastState >= Math.ceil(processedTokens / this.blockTokens) - 1) return;
    if (blocks[lastState] === NULL_BLOCK) return;
    const dropped = blocks[lastState];
    this.pool.release([dropped]);
    blocks[lastState] = NULL_BLOCK;
  }

  protected isReachable(place: number, boundaries: readonly number[]): boolean {
    const { retentionInterval, hitUnitTokens } = this.context;
    if (retentionInterval === null) return true;
    if (retentionInterval > 0) {
      const perSegment = Math.floor(retentionInterval / this.blockTokens);
      if (perSegment <= 1 || (place + 1) % perSegment === 0) return true;
    }
    return boundaries.some(
      (boundary) => Math.floor((boundary - (boundary % hitUnitTokens)) / this.blockTokens) - 1 === place,
    );
  }
}
