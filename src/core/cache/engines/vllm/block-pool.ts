/**
 * The pool that all groups take their blocks from: reference counts, the queue of free blocks, and which block holds which
 * prefix. Source: vllm-project/vllm `v1/core/block_pool.py`, `FreeKVCacheBlockQueue` in `v1/core/kv_cache_utils.py`.
 *
 * The queue is kept in three parts, in the order in which they are taken: blocks that were freed without a hash (the last
 * one first), blocks that nobody has used, and a list of the others, least recently freed first. A pool may be infinite.
 */

import { invariant } from "../../../invariant.ts";
import { Int32Column } from "../../../tokens/columns.ts";

/** Stands in a block table where no block is held. */
export const NULL_BLOCK = 0;
const NONE = -1;

export class BlockPool {
  /** Blocks that can be held, without the null block. */
  readonly capacityBlocks: number;
  /** Blocks that lost their content to make room, since whoever counts them set it to 0. */
  evictedBlocks = 0;
  /** Blocks with a hash, by group. */
  readonly cachedBlocks: number[];
  private readonly freesUnhashedFirst: boolean;
  private readonly holders: readonly Holders[];
  private readonly references = new Int32Column(64);
  /** Prefix, group and length of a block's own hash; further ones are aliases. */
  private readonly prefixes = new Int32Column(64);
  private readonly groups = new Int32Column(64);
  private readonly prefixTokens = new Int32Column(64);
  private readonly aliases = new Map<number, number[]>();
  private readonly unhashed: number[] = [];
  private used = 0;
  private readonly older = new Int32Column(64);
  private readonly newer = new Int32Column(64);
  private oldest = NONE;
  private newest = NONE;
  private listed = 0;

  constructor(capacityBlocks: number, groups: number, freesUnhashedFirst: boolean) {
    this.capacityBlocks = capacityBlocks;
    this.freesUnhashedFirst = freesUnhashedFirst;
    this.holders = Array.from({ length: groups }, () => new Holders());
    this.cachedBlocks = this.holders.map(() => 0);
  }

  get freeBlocks(): number {
    return this.unhashed.length + (this.capacityBlocks - this.used) + this.listed;
  }

  isFree(block: number): boolean {
    return block !== NULL_BLOCK && this.references.data[block] === 0;
  }

  /** The first block with that content; `NULL_BLOCK` when there is none. */
  find(group: number, prefix: number): number {
    return this.holders[group].first(prefix);
  }

  isCached(block: number): boolean {
    return this.prefixes.data[block] !== NONE;
  }

  /** Prefix of the block's own hash, and how many tokens it ends behind; only of a block that has one. */
  prefixOf(block: number): number {
    return this.prefixes.data[block];
  }

  /** Takes a block from the head of the queue; what it held is forgotten. */
  take(): number {
    let block: number;
    if (this.unhashed.length > 0) block = this.unhashed.pop()!;
    else if (this.used < this.capacityBlocks) block = this.addBlock();
    else {
      invariant(this.oldest !== NONE, "vLLM asks for a block, and none is free");
      block = this.oldest;
      this.unlist(block);
    }
    if (this.isCached(block)) {
      this.forget(block);
      this.evictedBlocks++;
    }
    this.references.data[block] = 1;
    return block;
  }

  /** A further request, or the cache, holds the block. */
  hold(block: number): void {
    if (block === NULL_BLOCK) return;
    if (this.references.data[block] === 0) this.unlist(block);
    this.references.data[block]++;
  }

  /** Gives blocks up in this order; those with a hash go behind all others, those without before them. */
  release(blocks: readonly number[]): void {
    const first: number[] = [];
    for (const block of blocks) {
      if (block === NULL_BLOCK || --this.references.data[block] > 0) continue;
      if (this.freesUnhashedFirst && !this.isCached(block)) first.push(block);
      else this.list(block);
    }
    for (let index = first.length - 1; index >= 0; index--) this.unhashed.push(first[index]);
  }

  /** Makes a full block reachable under its prefix; a shorter hash that it had ends. */
  cacheFull(group: number, prefix: number, block: number, tokens: number): void {
    if (this.isCached(block)) this.forget(block);
    this.insert(group, prefix, block, tokens);
  }

  /** Makes a block reachable under a prefix that ends inside of it. */
  cachePartial(group: number, prefix: number, block: number, tokens: number): void {
    const isKnown = this.holders[group].has(prefix, block);
    if (!isKnown && this.isCached(block) && this.prefixTokens.data[block] < tokens) this.forget(block);
    this.insert(group, prefix, block, tokens);
  }

  /** The content is that of another block now, as its owner goes on to write into the first. */
  moveHashes(from: number, to: number): void {
    const tokens = this.prefixTokens.data[from];
    const group = this.groups.data[from];
    for (const prefix of this.forget(from)) this.insert(group, prefix, to, tokens);
  }

  private insert(group: number, prefix: number, block: number, tokens: number): void {
    if (this.holders[group].has(prefix, block)) return;
    if (this.isCached(block)) {
      const aliases = this.aliases.get(block);
      if (aliases === undefined) this.aliases.set(block, [prefix]);
      else aliases.push(prefix);
    } else {
      this.prefixes.data[block] = prefix;
      this.groups.data[block] = group;
      this.prefixTokens.data[block] = tokens;
      this.cachedBlocks[group]++;
    }
    this.holders[group].add(prefix, block);
  }

  /** The prefixes that the block was reachable under. */
  private forget(block: number): number[] {
    if (!this.isCached(block)) return [];
    const group = this.groups.data[block];
    const prefixes = [this.prefixes.data[block], ...(this.aliases.get(block) ?? [])];
    this.aliases.delete(block);
    for (const prefix of prefixes) this.holders[group].remove(prefix, block);
    this.prefixes.data[block] = NONE;
    this.cachedBlocks[group]--;
    return prefixes;
  }

  private addBlock(): number {
    const block = ++this.used;
    for (const column of [
      this.references,
      this.prefixes,
      this.groups,
      this.prefixTokens,
      this.older,
      this.newer,
    ])
      column.reserve(block + 1);
    this.references.data[block] = 0;
    this.prefixes.data[block] = NONE;
    return block;
  }

  private list(block: number): void {
    this.older.data[block] = this.newest;
    this.newer.data[block] = NONE;
    if (this.newest === NONE) this.oldest = block;
    else this.newer.data[this.newest] = block;
    this.newest = block;
    this.listed++;
  }

  private unlist(block: number): void {
    const older = this.older.data[block];
    const newer = this.newer.data[block];
    if (older === NONE) this.oldest = newer;
    else this.newer.data[older] = newer;
    if (newer === NONE) this.newest = older;
    else this.older.data[newer] = older;
    this.listed--;
  }
}

/** Which blocks of a group hold a prefix. Equal ones are not merged; the one that came first is found. */
class Holders {
  private readonly firsts = new Int32Column(64);
  private readonly others = new Map<number, number[]>();

  first(prefix: number): number {
    return prefix < this.firsts.data.length ? this.firsts.data[prefix] : NULL_BLOCK;
  }

  has(prefix: number, block: number): boolean {
    return this.first(prefix) === block || this.others.get(prefix)?.includes(block) === true;
  }

  add(prefix: number, block: number): void {
    this.firsts.reserve(prefix + 1);
    if (this.firsts.data[prefix] === NULL_BLOCK) {
      this.firsts.data[prefix] = block;
      return;
    }
    const others = this.others.get(prefix);
    if (others === undefined) this.others.set(prefix, [block]);
    else others.push(block);
  }

  remove(prefix: number, block: number): void {
    const others = this.others.get(prefix);
    if (this.firsts.data[prefix] === block) this.firsts.data[prefix] = others?.shift() ?? NULL_BLOCK;
    else others?.splice(others.indexOf(block), 1);
    if (others?.length === 0) this.others.delete(prefix);
  }
}
