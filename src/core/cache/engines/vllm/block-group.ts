/**
 * One KV cache group: what it finds, takes, makes reachable and gives up for a request. Kinds of layers differ in
 * `longestHit`, `isReachable` and `skippedTokens`; recurrent states also in what they take.
 * Source: `SingleTypeKVCacheManager` in vllm-project/vllm `v1/core/single_type_kv_cache_manager.py`.
 */
import { type BlockPool, NULL_BLOCK } from "./block-pool.ts";
import type { VllmGroup } from "./options.ts";
import type { HeldBlocks, VllmRequest } from "./request.ts";

/** What all groups of a pool have in common. */
export interface GroupContext {
  readonly pool: BlockPool;
  /** Tokens of one prefix id: the block, or the match unit. */
  readonly unitTokens: number;
  /** Hits end on multiples of it: the scheduler's block, or the match unit where hits may end inside a block. */
  readonly hitUnitTokens: number;
  /** `null` keeps whatever exists. */
  readonly retentionInterval: number | null;
  readonly draftTokens: number;
  /** Whether hits of this group's KV give up their last block, which the draft model has to see again. */
  readonly dropsLast: boolean;
  readonly mambaCacheMode: "align" | "all" | "none";
  /** Tokens of steps that may be on their way at once. */
  readonly mostInFlightTokens: number;
  readonly maxModelTokens: number;
}

/** A hit of several groups of one kind: tokens, and a block table for each. */
export interface Hit {
  tokens: number;
  readonly tables: readonly number[][];
}

/** Blocks whose content moves to another, held until the step that copies them is planned. */
export type Copies = number[];

export abstract class BlockGroup {
  readonly index: number;
  readonly spec: VllmGroup;
  protected readonly context: GroupContext;
  protected readonly pool: BlockPool;
  protected readonly blockTokens: number;

  constructor(index: number, spec: VllmGroup, context: GroupContext) {
    this.index = index;
    this.spec = spec;
    this.context = context;
    this.pool = context.pool;
    this.blockTokens = spec.blockTokens;
  }

  /** Whether a hit gives up its last block, which a draft model has to see again. */
  get dropsLast(): boolean {
    return this.context.dropsLast;
  }

  /** Blocks that a request holds at most at once, where it gives some up on the way. */
  get mostBlocksOfRequest(): number {
    return Number.POSITIVE_INFINITY;
  }

  /**
   * The longest prefix of at most `maxTokens` that all of `groups`, which are of one kind, can go on from; with `drops`
   * without the last block that agrees.
   */
  abstract longestHit(
    groups: readonly BlockGroup[],
    request: VllmRequest,
    maxTokens: number,
    drops: boolean,
  ): Hit;

  /** Leading tokens of which no later one needs anything, when so many are computed. */
  abstract skippedTokens(computedTokens: number): number;

  /** Whether a full block at that place can serve a hit, and is worth its hash. */
  protected abstract isReachable(place: number, boundaries: readonly number[]): boolean;

  /** A new step begins. */
  beginStep(): void {}

  /** Blocks that the pool must have free for the request to have a place for `tokens`, those included that the hit holds. */
  blocksNeeded(
    request: VllmRequest,
    { tokens, hit, hitTokens, mostBlocks = Number.POSITIVE_INFINITY }: Demand,
  ): number {
    const held = request.held[this.index];
    const required = Math.min(Math.ceil(tokens / this.blockTokens), mostBlocks);
    if (held.cached >= 0) return Math.max(required - held.blocks.length, 0);
    const skipped = Math.floor(this.skippedTokens(hitTokens) / this.blockTokens);
    let needed = Math.max(required - Math.max(skipped, hit.length + held.blocks.length), 0);
    if (this.endsInside(hit, hitTokens)) needed++;
    return needed + this.countFree(hit, skipped);
  }

  /** Holds the blocks of a hit; the request is new. */
  adopt(request: VllmRequest, hit: readonly number[], hitTokens: number): void {
    const held = request.held[this.index];
    const skipped = Math.floor(this.skippedTokens(hitTokens) / this.blockTokens);
    for (let place = 0; place < skipped; place++) held.blocks.push(NULL_BLOCK);
    for (let place = skipped; place < hit.length; place++) {
      this.pool.hold(hit[place]);
      held.blocks.push(hit[place]);
    }
    held.cached = held.blocks.length;
    if (!this.endsInside(hit, hitTokens)) return;
    const place = Math.floor(hitTokens / this.blockTokens);
    held.partial = { place, block: hit[hit.length - 1] };
    held.cached = place;
  }

  /** Takes the blocks that `tokens` need; `mainTokens` of them are no guesses of a draft model. */
  take(request: VllmRequest, tokens: number, _mainTokens: number, copies: Copies): void {
    const held = request.held[this.index];
    if (held.partial !== null) this.takePrivateCopy(held, copies);
    const missing = Math.ceil(tokens / this.blockTokens) - held.blocks.length;
    for (let count = 0; count < missing; count++) held.blocks.push(this.pool.take());
  }

  /** Makes the blocks reachable that `tokens` fill. */
  cache(request: VllmRequest, tokens: number): void {
    const held = request.held[this.index];
    const full = Math.floor(tokens / this.blockTokens);
    const from = Math.max(0, held.cached);
    if (from >= full) return;
    // The last position that a repeat of the prompt can go on from, and where others leave it.
    const boundaries =
      request.junction > 0 ? [request.promptTokens - 1, request.junction] : [request.promptTokens - 1];
    for (let place = from; place < full; place++) {
      const block = held.blocks[place];
      if (block === NULL_BLOCK || !this.isReachable(place, boundaries)) continue;
      const end = (place + 1) * this.blockTokens;
      this.pool.cacheFull(this.index, this.prefixAt(request, end), block, end);
    }
    held.cached = full;
  }

  /** Gives up what no token behind the processed ones needs. */
  dropSkipped(request: VllmRequest, processedTokens: number): void {
    const skipped = this.skippedTokens(processedTokens);
    if (skipped <= 0) return;
    const { blocks } = request.held[this.index];
    const end = Math.min(Math.floor(skipped / this.blockTokens), blocks.length);
    const dropped: number[] = [];
    // From the end: what is before a gap was dropped earlier.
    for (let place = end - 1; place >= 0 && blocks[place] !== NULL_BLOCK; place--) {
      dropped.push(blocks[place]);
      blocks[place] = NULL_BLOCK;
    }
    if (dropped.length > 0) this.pool.release(dropped);
  }

  /** Gives up all blocks, the last one first. */
  free(request: VllmRequest): void {
    const held = request.held[this.index];
    this.pool.release(held.blocks.reverse());
    held.blocks.length = 0;
    held.cached = -1;
    held.partial = null;
    held.lastState = -1;
    held.hasTaken = false;
  }

  protected prefixAt(request: VllmRequest, tokens: number): number {
    return request.prefixes[tokens / this.context.unitTokens - 1];
  }

  /** Whether the hit ends inside its last block, which others go on to share. */
  protected endsInside(hit: readonly number[], hitTokens: number): boolean {
    return hit.length > 0 && hitTokens % this.blockTokens !== 0;
  }

  protected countFree(blocks: readonly number[], from: number): number {
    let count = 0;
    for (let place = from; place < blocks.length; place++) if (this.pool.isFree(blocks[place])) count++;
    return count;
  }

  /** The request writes behind a shared prefix into a block of its own. */
  protected takePrivateCopy(held: HeldBlocks, copies: Copies, own: number = this.pool.take()): void {
    const { place, block } = held.partial!;
    held.blocks[place] = own;
    held.partial = null;
    this.pool.hold(own);
    copies.push(block, own);
  }
}

/** A place for so many tokens, for a request whose hit, if it is new, is this one. */
export interface Demand {
  readonly tokens: number;
  readonly mainTokens: number;
  readonly hit: readonly number[];
  readonly hitTokens: number;
  readonly mostBlocks?: number;
}

/** The first block of each group with that content; `null` where one has none. */
export function findInAll(
  pool: BlockPool,
  groups: readonly BlockGroup[],
  prefix: number,
  found: number[],
): boolean {
  for (let index = 0; index < groups.length; index++) {
    const block = pool.find(groups[index].index, prefix);
    if (block === NULL_BLOCK) return false;
    found[index] = block;
  }
  return true;
}
