/**
 * The artifact's radix cache as it behaves, slip by slip: V1 ("SGLang+"), V2 (Marconi, alpha tuned once on the fly)
 * and V3 (Marconi, fixed alpha). Every node counts one full set of states, whatever happened to it;
 * nothing is pinned; space is estimated before insertion and never checked after it.
 * docs/adr/0002-paper-and-artifact-arithmetic.md lists what a user's cache does otherwise.
 * Start reading at `serve`.
 */

import { type PaperModel, paperCheckpointBytes, paperKvBytesPerToken } from "../../cost/paper-formulas.ts";
import { Float64Column, Int32Column } from "../../tokens/columns.ts";
import { Match, NONE, type NodeId, RadixTree, ROOT } from "../../tree/radix-tree.ts";
import { BlockEdges, type EdgeTokens } from "../edge-tokens.ts";
import { efficiency } from "./arithmetic.ts";
import type { EvictionListener } from "./eviction-log.ts";
import { evictLeastRecentLeaves } from "./leaf-lru.ts";

export type ArtifactRadixPolicy =
  | { readonly kind: "v1" }
  | { readonly kind: "utility"; readonly alpha: number };

/** What one walk of the artifact finds; the first two in tokens. */
export interface Probe {
  /** Agree with the tree, falsely or not. */
  overlap: number;
  /** On edges that agree completely. */
  reusable: number;
  /** The last node whose edge agrees completely; ROOT when none does. */
  lastMatched: NodeId;
}

export class ArtifactRadixCache {
  readonly tree = new RadixTree();
  clock = 0;
  evictCalls = 0;
  policy: ArtifactRadixPolicy;
  onEviction: EvictionListener | null = null;
  /** Told when an eviction begins, before anything is removed. */
  onEvictCall: (() => void) | null = null;
  cachedTokens = 0;
  private readonly model: PaperModel;
  private readonly capacityBytes: number;
  private readonly stateBytes: number;
  private readonly tokenBytes: number;
  protected readonly edges: EdgeTokens;
  private readonly lastAccess = new Float64Column(64);
  /** By node; changes with the node's edge only. */
  private readonly efficiencyOf = new Float64Column(64);
  /** Scratch of an eviction: nodes, and both parts of their scores by place among them. */
  private readonly candidates = new Int32Column(64);
  private readonly efficiencies = new Float64Column(64);
  private readonly recencies = new Float64Column(64);
  /** Where the sequence at hand leaves the tree; stays true while nodes are evicted. */
  protected readonly match = new Match();

  constructor(
    model: PaperModel,
    capacityBytes: number,
    policy: ArtifactRadixPolicy,
    edgesOf: (tree: RadixTree) => EdgeTokens = (tree) => new BlockEdges(tree, 1),
  ) {
    this.model = model;
    this.capacityBytes = capacityBytes;
    this.policy = policy;
    this.stateBytes = paperCheckpointBytes(model);
    this.tokenBytes = paperKvBytesPerToken(model);
    this.edges = edgesOf(this.tree);
  }

  get sizeBytes(): number {
    return this.tree.nodeCount * this.stateBytes + this.cachedTokens * this.tokenBytes;
  }

  timeOf(node: NodeId): number {
    return this.lastAccess.data[node];
  }

  /** Tokens on the node's edge. */
  tokensOf(node: NodeId): number {
    return this.edges.edge(node);
  }

  /** Tokens of the first `count` symbols of a sequence. */
  leadingTokens(symbols: Int32Array, count: number): number {
    return this.edges.leading(symbols, count);
  }

  firstTokenOf(node: NodeId): number {
    return this.tree.edgeSymbol(node, 0);
  }

  /**
   * One request: a lookup with the first `inputLength` tokens, then an insertion of all of them, input and output.
   * Returns the tokens that the artifact reports as reusable for the input.
   */
  serve(tokens: Int32Array, inputLength: number): number {
    // Both walks of the artifact stand on one, because the tree does not change between them.
    this.tree.match(tokens, tokens.length, this.match);
    const { reusable } = this.probe(tokens, inputLength);
    this.clock++;
    const excess = this.sizeBytes + this.neededBytes(tokens) - this.capacityBytes;
    if (excess > 0) this.evict(excess);
    this.insert(tokens);
    return reusable;
  }

  /** An estimate that comes with a walk of its own. */
  private neededBytes(tokens: Int32Array): number {
    const { overlap, reusable } = this.probe(tokens, tokens.length);
    const nodes = overlap > reusable ? 2 : 1;
    const newTokens = this.edges.leading(tokens, tokens.length) - overlap;
    return nodes * this.stateBytes + newTokens * this.tokenBytes;
  }

  /** The artifact's walk with the first `length` symbols of the sequence whose match is known. */
  private probe(symbols: Int32Array, length: number): Probe {
    this.clock++;
    const { tree, match } = this;
    let node = match.node;
    let partial = match.partial;
    while (tree.end(node) > length) {
      partial = node;
      node = tree.parent(node);
    }
    const agreed = Math.min(match.matched, length);
    const probe = {
      overlap: this.edges.leading(symbols, agreed),
      reusable: this.edges.end(node),
      lastMatched: node,
    };
    if (this.policy.kind === "v1") {
      this.touchPath(node);
      if (agreed > tree.end(node)) this.touch(partial);
    }
    if (agreed < length && partial !== NONE) this.continueFalsely(symbols, agreed, length, probe);
    if (this.policy.kind !== "v1" && probe.lastMatched !== ROOT) this.touch(probe.lastMatched);
    return probe;
  }

  /**
   * After a partly matched edge the artifact's walk goes on with that edge's children, as if the whole edge had agreed.
   * `position` is where the sequence leaves the edge; adds what is found to `probe`.
   */
  protected continueFalsely(tokens: Int32Array, position: number, length: number, probe: Probe): void {
    let next = position;
    for (let node = this.match.partial; next < length; ) {
      const child = this.tree.child(node, tokens[next]);
      if (child === NONE) return;
      const agreed = this.tree.agreement(child, tokens, next, length);
      next += agreed;
      this.countFalsely(child, agreed, agreed === this.tree.edgeLength(child), probe);
      node = child;
    }
  }

  protected countFalsely(child: NodeId, agreedTokens: number, isWhole: boolean, probe: Probe): void {
    probe.overlap += agreedTokens;
    if (isWhole) {
      probe.reusable += agreedTokens;
      probe.lastMatched = child;
    }
    if (this.policy.kind === "v1") this.touch(child);
  }

  private insert(tokens: Int32Array): void {
    const isV1 = this.policy.kind === "v1";
    const { partial, partialLength, matched } = this.match;
    let node = this.match.node;
    if (partial !== NONE) {
      node = this.tree.split(partial, partialLength);
      this.measure(partial);
      this.measure(node);
      this.touch(node);
    }
    // The descent goes on from every node above the last one, and from the last one if tokens are left.
    if (isV1) this.touchPath(matched < tokens.length ? node : this.tree.parent(node));
    if (matched === tokens.length) return;
    const leaf = this.tree.addLeaf(node, tokens, matched, tokens.length);
    this.measure(leaf);
    this.touch(leaf);
    this.cachedTokens += this.edges.leading(tokens, tokens.length) - this.edges.leading(tokens, matched);
  }

  /** The node and all above it, the root included. */
  private touchPath(node: NodeId): void {
    for (let visited = node; visited !== NONE; visited = this.tree.parent(visited)) this.touch(visited);
  }

  protected touch(node: NodeId): void {
    this.lastAccess.reserve(node + 1);
    this.lastAccess.data[node] = this.clock;
  }

  private measure(node: NodeId): void {
    this.efficiencyOf.reserve(node + 1);
    this.efficiencyOf.data[node] = efficiency(this.model, this.edges.end(node), this.edges.edge(node));
  }

  private evict(target: number): void {
    this.clock++;
    this.evictCalls++;
    this.onEvictCall?.();
    if (this.policy.kind === "v1") {
      evictLeastRecentLeaves(this.tree, this.lastAccess.data, target, (leaf) => {
        const edgeTokens = this.tokensOf(leaf);
        this.removeLeaf(leaf);
        return this.stateBytes + this.tokenBytes * edgeTokens;
      });
      return;
    }
    let freed = 0;
    while (freed < target && this.tree.nodeCount > 0) freed += this.evictLowestUtility(this.policy.alpha);
  }

  /** Removes one node; returns the bytes that the artifact believes were freed. */
  private evictLowestUtility(alpha: number): number {
    const count = this.findCandidates();
    const victim = this.lowestScore(count, alpha);
    if (this.tree.childCount(victim) === 1) {
      this.mergeIntoChild(victim);
      return this.stateBytes;
    }
    // A slip: a leaf frees the bytes of the last candidate in pre-order, not its own.
    const last = this.candidates.data[count - 1];
    const freed = this.stateBytes + this.tokenBytes * this.tokensOf(last);
    this.removeLeaf(victim);
    return freed;
  }

  /** Writes all nodes with at most one child to `candidates`, in pre-order; returns how many there are. */
  private findCandidates(): number {
    const { tree, candidates } = this;
    candidates.reserve(tree.nodeCount);
    let count = 0;
    tree.forEachPreorder((node) => {
      if (tree.childCount(node) <= 1) candidates.data[count++] = node;
    });
    return count;
  }

  private lowestScore(count: number, alpha: number): NodeId {
    this.efficiencies.reserve(count);
    this.recencies.reserve(count);
    const efficiencies = this.efficiencies.data;
    const recencies = this.recencies.data;
    const candidates = this.candidates.data;
    for (let i = 0; i < count; i++) {
      efficiencies[i] = this.efficiencyOf.data[candidates[i]];
      recencies[i] = 1 / (this.clock - this.lastAccess.data[candidates[i]]);
    }
    normalize(efficiencies, count);
    normalize(recencies, count);
    let best = 0;
    let lowest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const score = alpha * efficiencies[i] + recencies[i];
      if (score < lowest) {
        lowest = score;
        best = i;
      }
    }
    return candidates[best];
  }

  private removeLeaf(leaf: NodeId): void {
    this.report(0, leaf);
    this.cachedTokens -= this.tokensOf(leaf);
    const { tree, match } = this;
    if (leaf === match.partial) {
      match.matched -= match.partialLength;
      match.partial = NONE;
      match.partialLength = 0;
    } else if (leaf === match.node) {
      match.matched -= tree.edgeLength(leaf);
      match.node = tree.parent(leaf);
    }
    tree.removeLeaf(leaf);
  }

  private mergeIntoChild(node: NodeId): void {
    this.report(1, node);
    const { tree, match } = this;
    const child = tree.firstChild(node);
    if (node === match.node) {
      match.node = tree.parent(node);
      match.partial = child;
      match.partialLength += tree.edgeLength(node);
    } else if (node === match.partial) {
      match.partial = child;
    }
    const time = this.timeOf(node);
    tree.mergeIntoChild(node);
    this.measure(child);
    if (time > this.timeOf(child)) this.lastAccess.data[child] = time;
  }

  private report(kind: 0 | 1, node: NodeId): void {
    this.onEviction?.(kind, this.edges.end(node), this.edges.edge(node), this.timeOf(node));
  }
}

/** Scales the first `count` values to [0, 1] in place; all 1 when there is nothing to tell apart. */
function normalize(values: Float64Array, count: number): void {
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    if (values[i] < smallest) smallest = values[i];
    if (values[i] > largest) largest = values[i];
  }
  const span = largest - smallest;
  for (let i = 0; i < count; i++) values[i] = span === 0 ? 1 : (values[i] - smallest) / span;
}
