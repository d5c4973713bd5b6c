/**
 * The artifact's block cache ("vLLM+"): fixed blocks, one full set of states per block, LRU over leaf blocks.
 * A last block may be partial; it can be reused, and later grows in place.
 * Blocks are nodes of the shared radix tree; as the artifact does, a walk compares the sequence with the tokens of every
 * child, so that each node has a symbol of its own and nothing is looked up by symbol. Start reading at `serve`.
 */

import { type PaperModel, paperCheckpointBytes, paperKvBytesPerToken } from "../../cost/paper-formulas.ts";
import { Float64Column, Int32Column } from "../../tokens/columns.ts";
import { commonPrefixLength } from "../../tokens/common-prefix.ts";
import { NONE, type NodeId, RadixTree, ROOT } from "../../tree/radix-tree.ts";
import type { EvictionListener } from "./eviction-log.ts";
import { evictLeastRecentLeaves } from "./leaf-lru.ts";

export class ArtifactBlockCache {
  readonly tree = new RadixTree();
  clock = 0;
  evictCalls = 0;
  cachedTokens = 0;
  onEviction: EvictionListener | null = null;
  private readonly capacityBytes: number;
  private readonly blockTokens: number;
  private readonly stateBytes: number;
  private readonly tokenBytes: number;
  private readonly lastAccess = new Float64Column(64);
  /** By node: the tokens of its block, from `node * blockTokens` on, and how many they are. */
  private readonly tokens: Int32Column;
  private readonly lengths = new Int32Column(64);
  /** The root and the cached full blocks that begin the sequence at hand; evictions take from its end. */
  private readonly path = new Int32Column(64);
  private pathBlocks = 0;
  private blocksAdded = 0;
  /** The symbol of the block to add, as the tree takes it. */
  private readonly serial = new Int32Array(1);

  constructor(model: PaperModel, capacityBytes: number, blockTokens: number) {
    this.capacityBytes = capacityBytes;
    this.blockTokens = blockTokens;
    this.stateBytes = paperCheckpointBytes(model);
    this.tokenBytes = paperKvBytesPerToken(model);
    this.tokens = new Int32Column(64 * blockTokens);
  }

  get sizeBytes(): number {
    return this.tree.nodeCount * this.stateBytes + this.cachedTokens * this.tokenBytes;
  }

  timeOf(node: NodeId): number {
    return this.lastAccess.data[node];
  }

  /** Tokens in the node's block. */
  tokensOf(node: NodeId): number {
    return this.lengths.data[node];
  }

  firstTokenOf(node: NodeId): number {
    return this.tokens.data[node * this.blockTokens];
  }

  /**
   * One request: a lookup with the first `inputLength` tokens, then an insertion of all of them, input and output.
   * Returns the tokens that the artifact reports as reusable for the input.
   */
  serve(tokens: Int32Array, inputLength: number): number {
    this.findPath(tokens);
    // What the lookup touches, the insertion's own walk touches again before any time is read.
    this.clock++;
    const inputBlocks = Math.min(this.pathBlocks, Math.floor(inputLength / this.blockTokens));
    const partial = this.firstCompleteChild(tokens, inputBlocks, inputLength);
    const reusable = inputBlocks * this.blockTokens + (partial === NONE ? 0 : this.tokensOf(partial));
    this.insert(tokens);
    return reusable;
  }

  private insert(tokens: Int32Array): void {
    this.clock += 2;
    this.touchPath();
    const partial = this.firstCompleteChild(tokens, this.pathBlocks, tokens.length);
    const nodesAccessed = 1 + this.pathBlocks + (partial === NONE ? 0 : 1);
    const extra = tokens.length - this.blockTokens * nodesAccessed;
    const needed = (extra / this.blockTokens) * this.stateBytes + this.tokenBytes * extra;
    const excess = this.sizeBytes + needed - this.capacityBytes;
    if (excess > 0) {
      this.evict(excess);
      this.touchPath();
    }
    this.extendPath(tokens);
  }

  private findPath(tokens: Int32Array): void {
    const { blockTokens, path } = this;
    path.reserve(1 + Math.floor(tokens.length / blockTokens));
    path.data[0] = ROOT;
    this.pathBlocks = 0;
    for (let start = 0; start + blockTokens <= tokens.length; start += blockTokens) {
      const child = this.fullChild(path.data[this.pathBlocks], tokens, start);
      if (child === NONE) return;
      path.data[++this.pathBlocks] = child;
    }
  }

  private touchPath(): void {
    for (let block = 0; block <= this.pathBlocks; block++) this.touch(this.path.data[block]);
  }

  /** Puts all tokens behind the path into blocks; a partial block that agrees longest grows in place. */
  private extendPath(tokens: Int32Array): void {
    const { blockTokens } = this;
    const first = this.pathBlocks * blockTokens;
    let node = this.path.data[this.pathBlocks];
    const partial = this.longestCompleteChild(node, tokens, first);
    if (partial !== NONE && first + this.tokensOf(partial) === tokens.length) {
      this.touch(partial);
      return;
    }
    if (partial !== NONE) this.remove(partial);
    for (let start = first; start < tokens.length; start += blockTokens) {
      node = this.add(node, tokens, start, Math.min(start + blockTokens, tokens.length));
    }
  }

  private fullChild(node: NodeId, tokens: Int32Array, start: number): NodeId {
    const { tree, blockTokens } = this;
    for (let child = tree.firstChild(node); child !== NONE; child = tree.nextSibling(child)) {
      if (this.agreement(child, tokens, start, tokens.length) === blockTokens) return child;
    }
    return NONE;
  }

  /** The first child of so many blocks of the path, in table order, all of whose tokens stand next before `limit`. */
  private firstCompleteChild(tokens: Int32Array, blocks: number, limit: number): NodeId {
    const { tree, path } = this;
    const start = blocks * this.blockTokens;
    for (let child = tree.firstChild(path.data[blocks]); child !== NONE; child = tree.nextSibling(child)) {
      if (this.agreement(child, tokens, start, limit) === this.tokensOf(child)) return child;
    }
    return NONE;
  }

  /** The child that agrees longest with the sequence, if it agrees completely. */
  private longestCompleteChild(node: NodeId, tokens: Int32Array, start: number): NodeId {
    const { tree } = this;
    let longest = 0;
    let complete: NodeId = NONE;
    for (let child = tree.firstChild(node); child !== NONE; child = tree.nextSibling(child)) {
      const agreed = this.agreement(child, tokens, start, tokens.length);
      if (agreed < longest || agreed === 0) continue;
      const isComplete = agreed === this.tokensOf(child);
      if (agreed > longest) complete = isComplete ? child : NONE;
      else if (isComplete && complete === NONE) complete = child;
      longest = agreed;
    }
    return complete;
  }

  /** Tokens of the child's block that the sequence has at `start`, before `limit`. */
  private agreement(child: NodeId, tokens: Int32Array, start: number, limit: number): number {
    const held = Math.min(this.lengths.data[child], limit - start);
    return commonPrefixLength(this.tokens.data, child * this.blockTokens, tokens, start, held);
  }

  private add(parent: NodeId, tokens: Int32Array, start: number, end: number): NodeId {
    const { blockTokens } = this;
    this.serial[0] = this.blocksAdded++;
    const node = this.tree.addLeaf(parent, this.serial, 0, 1);
    this.tokens.reserve((node + 1) * blockTokens);
    this.lengths.reserve(node + 1);
    const { data } = this.tokens;
    for (let i = start, at = node * blockTokens; i < end; i++, at++) data[at] = tokens[i];
    this.lengths.data[node] = end - start;
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
    evictLeastRecentLeaves(this.tree, this.lastAccess.data, target, (leaf) => {
      const edgeTokens = this.tokensOf(leaf);
      this.onEviction?.(0, -1, edgeTokens, this.timeOf(leaf));
      if (leaf === this.path.data[this.pathBlocks]) this.pathBlocks--;
      this.remove(leaf);
      return this.stateBytes + this.tokenBytes * edgeTokens;
    });
  }
}
