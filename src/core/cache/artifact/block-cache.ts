/**
 * The artifact's block cache ("vLLM+"): fixed blocks, one full set of states per block, LRU over leaf blocks.
 * A last block may be partial; it can be reused, and later grows in place.
 * Blocks are nodes of the shared radix tree with one symbol each; a table keeps every symbol's tokens.
 */

import { type PaperModel, paperCheckpointBytes, paperKvBytesPerToken } from "../../cost/paper-formulas.ts";
import { TokenArena } from "../../tokens/arena.ts";
import { Float64Column, Int32Column } from "../../tokens/columns.ts";
import { commonPrefixLength } from "../../tokens/common-prefix.ts";
import { NONE, type NodeId, RadixTree, ROOT } from "../../tree/radix-tree.ts";
import { evictLeastRecentLeaves } from "./leaf-lru.ts";
import type { ArtifactEviction } from "./radix-cache.ts";

export class ArtifactBlockCache {
  readonly tree = new RadixTree();
  clock = 0;
  evictCalls = 0;
  cachedTokens = 0;
  onEviction: ((eviction: ArtifactEviction) => void) | null = null;
  private readonly capacityBytes: number;
  private readonly blockTokens: number;
  private readonly stateBytes: number;
  private readonly tokenBytes: number;
  private readonly lastAccess = new Float64Column(64);
  private readonly blocks = new BlockSymbols();
  /** Symbols of the full blocks of the sequence at hand: a request asks for them again and again. */
  private fullBlocks: { readonly tokens: Int32Array; readonly symbols: Int32Array } | null = null;

  constructor(model: PaperModel, capacityBytes: number, blockTokens: number) {
    this.capacityBytes = capacityBytes;
    this.blockTokens = blockTokens;
    this.stateBytes = paperCheckpointBytes(model);
    this.tokenBytes = paperKvBytesPerToken(model);
  }

  get sizeBytes(): number {
    return this.tree.nodeCount * this.stateBytes + this.cachedTokens * this.tokenBytes;
  }

  timeOf(node: NodeId): number {
    return this.lastAccess.data[node];
  }

  /** Tokens in the node's block. */
  tokensOf(node: NodeId): number {
    return node === ROOT ? 0 : this.blocks.lengthOf(this.tree.edgeSymbol(node, 0));
  }

  firstTokenOf(node: NodeId): number {
    return this.blocks.firstToken(this.tree.edgeSymbol(node, 0));
  }

  serve(tokens: Int32Array, inputLength: number): number {
    const { reusable } = this.probe(tokens, inputLength);
    this.insert(tokens);
    return reusable;
  }

  insert(tokens: Int32Array): void {
    this.clock++;
    const { nodesAccessed } = this.probe(tokens, tokens.length);
    const extra = tokens.length - this.blockTokens * nodesAccessed;
    const needed = (extra / this.blockTokens) * this.stateBytes + this.tokenBytes * extra;
    const excess = this.sizeBytes + needed - this.capacityBytes;
    if (excess > 0) this.evict(excess);
    this.descendAndInsert(tokens);
  }

  private probe(tokens: Int32Array, length: number): { reusable: number; nodesAccessed: number } {
    this.clock++;
    let node: NodeId = ROOT;
    let reusable = 0;
    let nodesAccessed = 0;
    for (;;) {
      this.touch(node);
      nodesAccessed++;
      const full = this.fullChild(node, tokens, reusable, length);
      if (full !== NONE) {
        reusable += this.blockTokens;
        node = full;
        continue;
      }
      const partial = this.firstCompletePartial(node, tokens, reusable, length);
      if (partial === NONE) return { reusable, nodesAccessed };
      return { reusable: reusable + this.tokensOf(partial), nodesAccessed: nodesAccessed + 1 };
    }
  }

  private descendAndInsert(tokens: Int32Array): void {
    let node: NodeId = ROOT;
    let position = 0;
    for (;;) {
      this.touch(node);
      const next = this.longestComplete(node, tokens, position);
      if (next !== NONE) {
        position += this.tokensOf(next);
        node = next;
        continue;
      }
      if (position >= tokens.length) return;
      const held = this.tokensOf(node);
      const isPartial = node !== ROOT && held < this.blockTokens;
      const start = isPartial ? position - held : position;
      const parent = isPartial ? this.tree.parent(node) : node;
      if (isPartial) this.remove(node);
      const end = Math.min(start + this.blockTokens, tokens.length);
      node = this.add(parent, tokens, start, end);
      position = end;
    }
  }

  private fullChild(node: NodeId, tokens: Int32Array, start: number, length: number): NodeId {
    if (start + this.blockTokens > length || start % this.blockTokens !== 0) return NONE;
    return this.tree.child(node, this.symbolsOf(tokens)[start / this.blockTokens]);
  }

  private symbolsOf(tokens: Int32Array): Int32Array {
    if (this.fullBlocks?.tokens === tokens) return this.fullBlocks.symbols;
    const size = this.blockTokens;
    const symbols = new Int32Array(Math.floor(tokens.length / size));
    for (let block = 0; block < symbols.length; block++) {
      symbols[block] = this.blocks.intern(tokens, block * size, (block + 1) * size);
    }
    this.fullBlocks = { tokens, symbols };
    return symbols;
  }

  /** The first child, in table order, all of whose tokens stand next in the sequence. */
  private firstCompletePartial(node: NodeId, tokens: Int32Array, start: number, length: number): NodeId {
    for (let child = this.tree.firstChild(node); child !== NONE; child = this.tree.nextSibling(child)) {
      const held = this.tokensOf(child);
      if (held <= length - start && this.agreement(child, tokens, start, length) === held) return child;
    }
    return NONE;
  }

  /** The child that agrees longest with the sequence, if it agrees completely. */
  private longestComplete(node: NodeId, tokens: Int32Array, start: number): NodeId {
    const full = this.fullChild(node, tokens, start, tokens.length);
    if (full !== NONE) return full;
    let longest = 0;
    for (let child = this.tree.firstChild(node); child !== NONE; child = this.tree.nextSibling(child)) {
      longest = Math.max(longest, this.agreement(child, tokens, start, tokens.length));
    }
    if (longest === 0) return NONE;
    for (let child = this.tree.firstChild(node); child !== NONE; child = this.tree.nextSibling(child)) {
      const held = this.tokensOf(child);
      if (held === longest && this.agreement(child, tokens, start, tokens.length) === held) return child;
    }
    return NONE;
  }

  private agreement(child: NodeId, tokens: Int32Array, start: number, length: number): number {
    return this.blocks.agreement(this.tree.edgeSymbol(child, 0), tokens, start, length);
  }

  private add(parent: NodeId, tokens: Int32Array, start: number, end: number): NodeId {
    const symbol = this.blocks.intern(tokens, start, end);
    const node = this.tree.addLeaf(parent, Int32Array.of(symbol), 0, 1);
    this.cachedTokens += end - start;
    this.touch(node);
    return node;
  }

  private remove(node: NodeId): void {
    this.cachedTokens -= this.tokensOf(node);
    this.tree.removeLeaf(node);
  }

  private touch(node: NodeId): void {
    this.lastAccess.reserve(node + 1);
    this.lastAccess.data[node] = this.clock;
  }

  private evict(target: number): void {
    this.clock++;
    this.evictCalls++;
    evictLeastRecentLeaves(
      this.tree,
      (node) => this.timeOf(node),
      target,
      (leaf) => {
        const edgeTokens = this.tokensOf(leaf);
        this.onEviction?.({ kind: 0, endTokens: -1, edgeTokens, lastAccess: this.timeOf(leaf) });
        this.remove(leaf);
        return this.stateBytes + this.tokenBytes * edgeTokens;
      },
    );
  }
}

/** Token runs of one block or less, each with a symbol of its own. */
class BlockSymbols {
  private readonly arena = new TokenArena();
  private readonly offsets = new Int32Column(64);
  private readonly lengths = new Int32Column(64);
  private readonly byHash = new Map<number, number[]>();
  private count = 0;

  lengthOf(symbol: number): number {
    return this.lengths.data[symbol];
  }

  firstToken(symbol: number): number {
    return this.arena.data[this.offsets.data[symbol]];
  }

  agreement(symbol: number, tokens: Int32Array, start: number, length: number): number {
    const limit = Math.min(this.lengths.data[symbol], length - start);
    return commonPrefixLength(this.arena.data, this.offsets.data[symbol], tokens, start, limit);
  }

  find(tokens: Int32Array, start: number, end: number): number {
    for (const symbol of this.byHash.get(hashOf(tokens, start, end)) ?? []) {
      if (this.lengths.data[symbol] !== end - start) continue;
      if (this.agreement(symbol, tokens, start, end) === end - start) return symbol;
    }
    return NONE;
  }

  intern(tokens: Int32Array, start: number, end: number): number {
    const known = this.find(tokens, start, end);
    if (known !== NONE) return known;
    const symbol = this.count++;
    this.offsets.reserve(this.count);
    this.lengths.reserve(this.count);
    this.offsets.data[symbol] = this.arena.append(tokens, start, end);
    this.lengths.data[symbol] = end - start;
    const hash = hashOf(tokens, start, end);
    const same = this.byHash.get(hash);
    if (same === undefined) this.byHash.set(hash, [symbol]);
    else same.push(symbol);
    return symbol;
  }
}

function hashOf(tokens: Int32Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ tokens[i], 0x01000193);
  return hash;
}
