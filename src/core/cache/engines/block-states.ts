/**
 * A prefix cache for hybrid models on blocks: attention KV in whole blocks, one recurrent state at the ends of some, which are
 * given. The least recently used leaf goes first, with its KV and its state.
 *
 * A node of the tree is one block. A block without KV and without a state stays only while others hang below it.
 */

import { Int32Column } from "../../tokens/columns.ts";
import { concatTokens } from "../../tokens/common-prefix.ts";
import { PageSymbols } from "../../tokens/page-symbols.ts";
import { NONE, type NodeId, RadixTree, ROOT } from "../../tree/radix-tree.ts";
import type { CacheContents, CacheSystem, Inspection, Served } from "../cache-system.ts";
import { checkMemory } from "../check-memory.ts";
import { RecencyList } from "../recency-list.ts";

/** What is known of a request when its prefill is planned; in blocks, but for the prompt. */
export interface PrefillPlan {
  readonly promptTokens: number;
  readonly blockTokens: number;
  /** Leading blocks that need no prefill, and those whose KV is there. */
  readonly reusedBlocks: number;
  readonly matchedBlocks: number;
}

export interface BlockStateRules {
  /** Blocks, counted from 1 and ascending, at whose ends the prefill leaves a state. */
  stateBlocks(plan: PrefillPlan): number[];
}

export interface BlockStateOptions {
  readonly blockTokens: number;
  /** Bytes of one block's KV in all attention layers, and of one state in all recurrent layers, padding included. */
  readonly kvBlockBytes: number;
  readonly stateBytes: number;
  readonly capacityBytes: number;
  readonly rules: BlockStateRules;
}

/** The two kinds of pages of a block, and their entries in the recency list. */
const kinds = ["kv", "state"] as const;
type Kind = (typeof kinds)[number];

export class BlockStateCache implements CacheSystem {
  readonly computedTokensAtLeast = 1;
  readonly needsCheckpoints = true;
  readonly keepsAnything = true;
  readonly blockTokens: number;
  private readonly options: BlockStateOptions;
  private readonly tree = new RadixTree();
  private readonly pages: PageSymbols;
  private readonly held: Readonly<Record<Kind, Int32Column>> = {
    kv: new Int32Column(64),
    state: new Int32Column(64),
  };
  private readonly counts: Record<Kind, number> = { kv: 0, state: 0 };
  private readonly recency = new RecencyList();
  private readonly pinnedBy = new Int32Column(64);
  private now = 0;

  constructor(options: BlockStateOptions) {
    checkMemory(options.capacityBytes, {
      kvBytesPerToken: options.kvBlockBytes / options.blockTokens,
      checkpointBytes: options.stateBytes,
    });
    this.options = options;
    this.blockTokens = options.blockTokens;
    this.pages = new PageSymbols(options.blockTokens);
  }

  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served): void {
    this.now++;
    out.evictedNodes = 0;
    out.evictedBytes = 0;
    out.checkpoints.length = 0;
    const sequence = this.pages.symbols(concatTokens(promptTokens, outputTokens));
    const limit = Math.floor(Math.max(0, promptTokens.length - 1) / this.blockTokens);
    const path = this.path(sequence, limit);
    let reusedBlocks = path.length;
    while (reusedBlocks > 0 && !this.holds("state", path[reusedBlocks - 1])) reusedBlocks--;
    out.reusedTokens = reusedBlocks * this.blockTokens;
    const states = this.options.rules.stateBlocks({
      promptTokens: promptTokens.length,
      blockTokens: this.blockTokens,
      reusedBlocks,
      matchedBlocks: path.length,
    });
    this.store(sequence, new Set(states), out);
  }

  contents(): CacheContents {
    return {
      kvBytes: this.counts.kv * this.options.kvBlockBytes,
      checkpointBytes: this.counts.state * this.options.stateBytes,
      checkpoints: this.counts.state,
    };
  }

  inspect(tokens: Int32Array): Inspection {
    const path = this.path(this.pages.symbols(tokens), Math.floor(tokens.length / this.blockTokens));
    const checkpoints: number[] = [];
    for (const [index, node] of path.entries()) {
      if (this.holds("state", node)) checkpoints.push((index + 1) * this.blockTokens);
    }
    return { cachedTokens: path.length * this.blockTokens, checkpoints };
  }

  /** Nodes of the leading blocks whose KV is there, at most `limit`. */
  private path(sequence: Int32Array, limit: number): NodeId[] {
    const nodes: NodeId[] = [];
    let node: NodeId = ROOT;
    while (nodes.length < limit && nodes.length < sequence.length) {
      node = this.tree.child(node, sequence[nodes.length]);
      if (node === NONE || !this.holds("kv", node)) break;
      nodes.push(node);
    }
    return nodes;
  }

  /** Allocates front to back, evicting what others left; what does not fit is not kept. */
  private store(sequence: Int32Array, states: ReadonlySet<number>, out: Served): void {
    const used: NodeId[] = [];
    let node: NodeId = ROOT;
    for (let index = 0; index < sequence.length; index++) {
      let next = this.tree.child(node, sequence[index]);
      const isNew = next === NONE;
      if (isNew) next = this.addNode(node, sequence, index);
      this.pinnedBy.data[next] = this.now;
      if (!this.holds("kv", next) && !this.allocate("kv", next, out)) {
        if (isNew) this.dropIfBare(next, true);
        break;
      }
      used.push(next);
      node = next;
      const block = index + 1;
      if (!states.has(block)) continue;
      if (this.holds("state", next) || this.allocate("state", next, out)) {
        out.checkpoints.push(block * this.blockTokens);
      }
    }
    out.insertedTokens = used.length * this.blockTokens;
    this.refresh(used);
  }

  /** A finished request frees its pages in reverse, so that its tail goes first. */
  private refresh(used: readonly NodeId[]): void {
    for (let index = used.length - 1; index >= 0; index--) {
      for (const kind of kinds) {
        if (!this.holds(kind, used[index])) continue;
        const entry = entryOf(kind, used[index]);
        this.recency.remove(entry);
        this.recency.append(entry);
      }
    }
  }

  private addNode(parent: NodeId, sequence: Int32Array, index: number): NodeId {
    const node = this.tree.addLeaf(parent, sequence, index, index + 1);
    this.pinnedBy.reserve(node + 1);
    for (const kind of kinds) {
      this.held[kind].reserve(node + 1);
      this.held[kind].data[node] = 0;
    }
    return node;
  }

  private holds(kind: Kind, node: NodeId): boolean {
    return this.held[kind].data[node] === 1;
  }

  private bytesOf(kind: Kind): number {
    return kind === "kv" ? this.options.kvBlockBytes : this.options.stateBytes;
  }

  /** False when there is no room beside what this request itself uses. */
  private allocate(kind: Kind, node: NodeId, out: Served): boolean {
    const used = () =>
      this.counts.kv * this.options.kvBlockBytes + this.counts.state * this.options.stateBytes;
    while (used() + this.bytesOf(kind) > this.options.capacityBytes) {
      const victim = this.victim();
      if (victim < 0) return false;
      this.evict(victim, out);
    }
    this.held[kind].data[node] = 1;
    this.counts[kind]++;
    this.recency.append(entryOf(kind, node));
    return true;
  }

  /** Oldest entry that may go; -1 when everything is in use. */
  private victim(): number {
    let entry = this.recency.oldest;
    while (entry >= 0) {
      const node = entry >> 1;
      const isInUse = this.pinnedBy.data[node] === this.now;
      if (!isInUse && this.tree.childCount(node) === 0) return entry;
      entry = this.recency.newerThan(entry);
    }
    return -1;
  }

  private evict(entry: number, out: Served): void {
    const node = entry >> 1;
    for (const kind of kinds) {
      if (!this.holds(kind, node)) continue;
      this.recency.remove(entryOf(kind, node));
      this.held[kind].data[node] = 0;
      this.counts[kind]--;
      out.evictedNodes++;
      out.evictedBytes += this.bytesOf(kind);
    }
    this.dropIfBare(node, false);
  }

  /** Removes a node that holds nothing and has nothing below it, and then its parents. */
  private dropIfBare(node: NodeId, isOwn: boolean): void {
    let bare = node;
    while (
      bare !== ROOT &&
      this.tree.childCount(bare) === 0 &&
      !kinds.some((kind) => this.holds(kind, bare))
    ) {
      if (!isOwn && this.pinnedBy.data[bare] === this.now) return;
      const parent = this.tree.parent(bare);
      this.tree.removeLeaf(bare);
      bare = parent;
    }
  }
}

function entryOf(kind: Kind, node: NodeId): number {
  return node * 2 + kinds.indexOf(kind);
}
