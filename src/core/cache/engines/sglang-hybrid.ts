/**
 * SGLang's prefix cache for hybrid models: a radix tree over tokens whose nodes own the KV of their edge and at most one
 * recurrent state, valid at the node's end. KV and states live in two pools with a recency list each; a node that loses
 * its state and has others below it stays as a tombstone: KV that can be matched, but not resumed from.
 * Source: sgl-project/sglang `python/sglang/srt/mem_cache/mamba_radix_cache.py` and `unified_radix_cache.py`, 2026.
 */

import { invariant } from "../../invariant.ts";
import { Int32Column } from "../../tokens/columns.ts";
import { concatTokens } from "../../tokens/common-prefix.ts";
import { Match, NONE, type NodeId, RadixTree, ROOT } from "../../tree/radix-tree.ts";
import type { CacheContents, CacheSystem, Inspection, Served } from "../cache-system.ts";
import { checkMemory } from "../check-memory.ts";
import { RecencyList } from "../recency-list.ts";

export interface SglangModeOptions {
  /** `no_buffer` keeps states exactly at ends; `extra_buffer` at multiples of the chunk, and one at the branch point. */
  readonly strategy: "no_buffer" | "extra_buffer";
  readonly chunkTokens: number;
  /** Distance of states during decoding with `extra_buffer`. */
  readonly trackIntervalTokens: number;
  /** States to KV by memory: `--mamba-full-memory-ratio`. */
  readonly stateToKvRatio: number;
}

export interface SglangHybridOptions extends SglangModeOptions {
  readonly kvBytesPerToken: number;
  readonly stateBytes: number;
  readonly capacityBytes: number;
}

/** As SGLang has them, for one model. */
export const sglangDefaults: SglangModeOptions = {
  strategy: "extra_buffer",
  chunkTokens: 64,
  trackIntervalTokens: 256,
  stateToKvRatio: 0.9,
};

/** Slots of the state pool that a running request holds for itself. */
const runningSlots = { extra_buffer: 5, no_buffer: 3 } as const;

export class SglangHybridCache implements CacheSystem {
  readonly blockTokens = 1;
  readonly computedTokensAtLeast = 1;
  readonly needsCheckpoints = true;
  readonly keepsAnything = true;
  /** What the two pools hold at most: states, beside those of the running request, and tokens. */
  readonly stateSlots: number;
  readonly kvTokens: number;
  private readonly options: SglangHybridOptions;
  private readonly tree = new RadixTree();
  private readonly hasState = new Int32Column(64);
  /** The request that uses the node's KV, and the one that uses its state: a path locks KV only, its end the state too. */
  private readonly pinnedBy = new Int32Column(64);
  private readonly statePinnedBy = new Int32Column(64);
  private readonly kvRecency = new RecencyList();
  private readonly stateRecency = new RecencyList();
  private stateCount = 0;
  private tokenCount = 0;
  private now = 0;

  constructor(options: SglangHybridOptions) {
    checkMemory(options.capacityBytes, {
      kvBytesPerToken: options.kvBytesPerToken,
      checkpointBytes: options.stateBytes,
    });
    this.options = options;
    const stateShare = options.stateToKvRatio / (1 + options.stateToKvRatio);
    const slots = Math.floor((options.capacityBytes * stateShare) / options.stateBytes);
    this.stateSlots = Math.max(0, slots - runningSlots[options.strategy]);
    const kvBytes = options.capacityBytes * (1 - stateShare);
    this.kvTokens =
      options.kvBytesPerToken > 0 ? Math.floor(kvBytes / options.kvBytesPerToken) : Number.POSITIVE_INFINITY;
  }

  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served): void {
    this.now++;
    out.evictedNodes = 0;
    out.evictedBytes = 0;
    out.checkpoints.length = 0;
    const promptLength = promptTokens.length;
    const sequence = concatTokens(promptTokens, outputTokens);
    // The key is one token short, so that the last one is always computed.
    const match = this.tree.match(sequence, Math.max(0, promptLength - 1), new Match());
    const resume = this.resumeNode(match.node);
    out.reusedTokens = this.tree.end(resume);
    this.touch(resume);
    this.pin(resume);
    for (const position of this.prefillPositions(promptLength, match.matched, out.reusedTokens)) {
      this.insert(sequence, position, out);
    }
    const end = this.finalPosition(promptLength, sequence.length);
    if (end > 0) this.insert(sequence, end, out);
    out.checkpoints.sort((a, b) => a - b);
    out.insertedTokens = this.tree.match(sequence, sequence.length, match).matched;
  }

  contents(): CacheContents {
    return {
      kvBytes: this.tokenCount * this.options.kvBytesPerToken,
      checkpointBytes: this.stateCount * this.options.stateBytes,
      checkpoints: this.stateCount,
    };
  }

  inspect(tokens: Int32Array): Inspection {
    const match = this.tree.match(tokens, tokens.length, new Match());
    const checkpoints: number[] = [];
    for (let node = match.node; node !== ROOT; node = this.tree.parent(node)) {
      if (this.holdsState(node)) checkpoints.push(this.tree.end(node));
    }
    return { cachedTokens: match.matched, checkpoints: checkpoints.reverse() };
  }

  /** Positions at which prefill leaves a state, ascending. */
  private prefillPositions(promptLength: number, matched: number, reused: number): number[] {
    if (this.options.strategy === "no_buffer") return [promptLength].filter((position) => position > 0);
    const { chunkTokens } = this.options;
    const branch = Math.floor(matched / chunkTokens) * chunkTokens;
    const last = Math.floor(promptLength / chunkTokens) * chunkTokens;
    return [...new Set([branch, last])].filter((position) => position > reused).sort((a, b) => a - b);
  }

  /** Position of the state that the finished request leaves; 0 for none. */
  private finalPosition(promptLength: number, length: number): number {
    if (this.options.strategy === "no_buffer") return length;
    const { trackIntervalTokens } = this.options;
    const tracked = Math.floor(length / trackIntervalTokens) * trackIntervalTokens;
    return tracked > promptLength ? tracked : 0;
  }

  private resumeNode(deepest: NodeId): NodeId {
    let node = deepest;
    while (node !== ROOT && !this.holdsState(node)) node = this.tree.parent(node);
    return node;
  }

  /** Caches the tokens up to `position`, with a state there; nothing where a pool cannot make room. */
  private insert(sequence: Int32Array, position: number, out: Served): void {
    const match = this.tree.match(sequence, position, new Match());
    let node = match.partial === NONE ? match.node : this.split(match.partial, match.partialLength);
    this.pin(node);
    const missing = position - match.matched;
    if (this.makeRoom(missing, this.holdsState(node) && missing === 0 ? 0 : 1, out)) {
      if (missing > 0) node = this.addLeaf(node, sequence, match.matched, position);
      if (!this.holdsState(node)) {
        this.hasState.data[node] = 1;
        this.stateCount++;
        this.stateRecency.append(node);
        out.checkpoints.push(position);
      }
      this.pin(node);
    }
    this.touch(node);
  }

  /** The node becomes the newest, its ancestors step by step older. */
  private touch(node: NodeId): void {
    const path: NodeId[] = [];
    for (let visited = node; visited !== ROOT; visited = this.tree.parent(visited)) path.push(visited);
    for (const visited of path.reverse()) {
      this.kvRecency.remove(visited);
      this.kvRecency.append(visited);
      if (!this.holdsState(visited)) continue;
      this.stateRecency.remove(visited);
      this.stateRecency.append(visited);
    }
  }

  private pin(node: NodeId): void {
    if (node !== ROOT) this.statePinnedBy.data[node] = this.now;
    for (let visited = node; visited !== ROOT; visited = this.tree.parent(visited))
      this.pinnedBy.data[visited] = this.now;
  }

  private split(node: NodeId, keep: number): NodeId {
    const upper = this.tree.split(node, keep);
    this.enter(upper);
    this.kvRecency.insertAfter(upper, node);
    return upper;
  }

  private addLeaf(parent: NodeId, sequence: Int32Array, start: number, end: number): NodeId {
    const leaf = this.tree.addLeaf(parent, sequence, start, end);
    this.enter(leaf);
    this.kvRecency.append(leaf);
    this.tokenCount += end - start;
    return leaf;
  }

  private enter(node: NodeId): void {
    this.hasState.reserve(node + 1);
    this.pinnedBy.reserve(node + 1);
    this.statePinnedBy.reserve(node + 1);
    this.statePinnedBy.data[node] = 0;
    this.hasState.data[node] = 0;
    this.pinnedBy.data[node] = 0;
  }

  private holdsState(node: NodeId): boolean {
    return this.hasState.data[node] === 1;
  }

  private makeRoom(tokens: number, states: number, out: Served): boolean {
    while (this.stateCount + states > this.stateSlots) if (!this.evictState(out)) return false;
    while (this.tokenCount + tokens > this.kvTokens) if (!this.evictLeaf(out)) return false;
    return true;
  }

  /** Oldest state that is not in use: of a leaf everything goes, of an inner node the state alone. */
  private evictState(out: Served): boolean {
    const node = this.oldest(
      this.stateRecency,
      (candidate) =>
        this.statePinnedBy.data[candidate] !== this.now &&
        (this.tree.childCount(candidate) > 0 || this.isUnpinned(candidate)),
    );
    if (node === NONE) return false;
    if (this.tree.childCount(node) === 0) {
      this.removeLeaf(node, out);
    } else {
      this.dropState(node, out);
      out.evictedNodes++;
    }
    return true;
  }

  /** Oldest leaf that is not in use, with its KV and its state. */
  private evictLeaf(out: Served): boolean {
    const leaf = this.oldest(
      this.kvRecency,
      (node) => this.isUnpinned(node) && this.tree.childCount(node) === 0,
    );
    if (leaf === NONE) return false;
    this.removeLeaf(leaf, out);
    return true;
  }

  private oldest(list: RecencyList, fits: (node: NodeId) => boolean): NodeId {
    let node = list.oldest;
    while (node >= 0 && !fits(node)) node = list.newerThan(node);
    return node < 0 ? NONE : node;
  }

  private isUnpinned(node: NodeId): boolean {
    return this.pinnedBy.data[node] !== this.now;
  }

  private dropState(node: NodeId, out: Served): void {
    invariant(this.holdsState(node), `node ${node} holds no state`);
    this.hasState.data[node] = 0;
    this.stateCount--;
    this.stateRecency.remove(node);
    out.evictedBytes += this.options.stateBytes;
  }

  /** Removes a leaf, and then its ancestors as long as they are tombstones with nothing below them. */
  private removeLeaf(leaf: NodeId, out: Served): void {
    let node = leaf;
    do {
      const parent = this.tree.parent(node);
      if (this.holdsState(node)) this.dropState(node, out);
      const tokens = this.tree.edgeLength(node);
      this.tokenCount -= tokens;
      out.evictedBytes += tokens * this.options.kvBytesPerToken;
      out.evictedNodes++;
      this.kvRecency.remove(node);
      this.tree.removeLeaf(node);
      node = parent;
    } while (
      node !== ROOT &&
      this.tree.childCount(node) === 0 &&
      !this.holdsState(node) &&
      this.isUnpinned(node)
    );
  }
}
