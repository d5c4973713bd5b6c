/**
 * The artifact's radix cache as it behaves, slip by slip: V1 ("SGLang+"), V2 (Marconi, alpha tuned once on the fly)
 * and V3 (Marconi, fixed alpha). Every node counts one full set of states, whatever happened to it;
 * nothing is pinned; space is estimated before insertion and never checked after it.
 * docs/adr/0002-paper-and-artifact-arithmetic.md lists what a user's cache does otherwise.
 * A request is one `lookup` with the input, then one `insert` with input and output.
 */

import { type PaperModel, paperCheckpointBytes, paperKvBytesPerToken } from "../../cost/paper-formulas.ts";
import { Float64Column } from "../../tokens/columns.ts";
import { Match, NONE, type NodeId, RadixTree, ROOT } from "../../tree/radix-tree.ts";
import { BlockEdges, type EdgeTokens } from "../edge-tokens.ts";
import { efficiency } from "./arithmetic.ts";
import { evictLeastRecentLeaves } from "./leaf-lru.ts";

/** One removed node: `kind` 0 for a deleted leaf, 1 for a node merged into its only child. */
export interface ArtifactEviction {
  readonly kind: 0 | 1;
  /** Tokens from the root to the node's end, and on its edge; −1 where the artifact does not know them. */
  readonly endTokens: number;
  readonly edgeTokens: number;
  readonly lastAccess: number;
}

export type ArtifactRadixPolicy =
  | { readonly kind: "v1" }
  | { readonly kind: "utility"; readonly alpha: number };

/** Both in tokens. */
export interface Probe {
  readonly overlap: number;
  readonly reusable: number;
}

export class ArtifactRadixCache {
  readonly tree = new RadixTree();
  clock = 0;
  evictCalls = 0;
  policy: ArtifactRadixPolicy;
  /** Told of every removed node, before it goes. */
  onEviction: ((eviction: ArtifactEviction) => void) | null = null;
  /** Told when an eviction begins, before anything is removed. */
  onEvictCall: (() => void) | null = null;
  cachedTokens = 0;
  private readonly model: PaperModel;
  private readonly capacityBytes: number;
  private readonly stateBytes: number;
  private readonly tokenBytes: number;
  protected readonly edges: EdgeTokens;
  private readonly lastAccess = new Float64Column(64);

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

  /** Tokens that the artifact reports as reusable for this input. */
  lookup(tokens: Int32Array, length: number): number {
    return this.probe(tokens, length).reusable;
  }

  /** `tokens` are input and output of the request just looked up. */
  insert(tokens: Int32Array): void {
    this.clock++;
    const { overlap, reusable } = this.probe(tokens, tokens.length);
    const nodes = overlap > reusable ? 2 : 1;
    const newTokens = this.edges.leading(tokens, tokens.length) - overlap;
    const needed = nodes * this.stateBytes + newTokens * this.tokenBytes;
    const excess = this.sizeBytes + needed - this.capacityBytes;
    if (excess > 0) this.evict(excess);
    this.descendAndInsert(tokens);
  }

  /** After a partly matched edge the walk goes on with that edge's children: the artifact's false continuation. */
  protected probe(tokens: Int32Array, length: number): Probe {
    this.clock++;
    const isV1 = this.policy.kind === "v1";
    let node: NodeId = ROOT;
    let lastMatched: NodeId = NONE;
    let overlap = 0;
    let reusable = 0;
    for (;;) {
      if (isV1) this.touch(node);
      if (overlap >= length) break;
      const child = this.tree.child(node, tokens[overlap]);
      if (child === NONE) break;
      const agreed = this.tree.agreement(child, tokens, overlap, length);
      overlap += agreed;
      if (agreed === this.tree.edgeLength(child)) {
        reusable += agreed;
        lastMatched = child;
      }
      node = child;
    }
    if (!isV1 && lastMatched !== NONE) this.touch(lastMatched);
    return { overlap, reusable };
  }

  private descendAndInsert(tokens: Int32Array): void {
    const isV1 = this.policy.kind === "v1";
    const {
      node: deepest,
      partial,
      partialLength,
      matched,
    } = this.tree.match(tokens, tokens.length, new Match());
    let node = deepest;
    if (partial !== NONE) {
      node = this.tree.split(partial, partialLength);
      this.touch(node);
    }
    if (isV1) {
      // The descent goes on from every node above the last one, and from the last one if tokens are left.
      let visited = matched < tokens.length ? node : this.tree.parent(node);
      for (; visited !== NONE; visited = this.tree.parent(visited)) this.touch(visited);
    }
    if (matched === tokens.length) return;
    this.touch(this.tree.addLeaf(node, tokens, matched, tokens.length));
    this.cachedTokens += this.edges.leading(tokens, tokens.length) - this.edges.leading(tokens, matched);
  }

  protected touch(node: NodeId): void {
    this.lastAccess.reserve(node + 1);
    this.lastAccess.data[node] = this.clock;
  }

  private evict(target: number): void {
    this.clock++;
    this.evictCalls++;
    this.onEvictCall?.();
    if (this.policy.kind === "v1") {
      evictLeastRecentLeaves(
        this.tree,
        (node) => this.timeOf(node),
        target,
        (leaf) => {
          const edgeTokens = this.tokensOf(leaf);
          this.removeLeaf(leaf);
          return this.stateBytes + this.tokenBytes * edgeTokens;
        },
      );
      return;
    }
    let freed = 0;
    while (freed < target && this.tree.nodeCount > 0) freed += this.evictLowestUtility(this.policy.alpha);
  }

  /** Removes one node; returns the bytes that the artifact believes were freed. */
  private evictLowestUtility(alpha: number): number {
    const candidates: NodeId[] = [];
    this.tree.forEachPreorder((node) => {
      if (this.tree.childCount(node) <= 1) candidates.push(node);
    });
    const victim = this.lowestScore(candidates, alpha);
    if (this.tree.childCount(victim) === 1) {
      this.mergeIntoChild(victim);
      return this.stateBytes;
    }
    // A slip: a leaf frees the bytes of the last candidate in pre-order, not its own.
    const last = candidates[candidates.length - 1];
    const freed = this.stateBytes + this.tokenBytes * this.tokensOf(last);
    this.removeLeaf(victim);
    return freed;
  }

  private lowestScore(candidates: readonly NodeId[], alpha: number): NodeId {
    const efficiencies = candidates.map((node) =>
      efficiency(this.model, this.edges.end(node), this.edges.edge(node)),
    );
    const recencies = candidates.map((node) => 1 / (this.clock - this.timeOf(node)));
    normalize(efficiencies);
    normalize(recencies);
    let best = 0;
    let lowest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < candidates.length; i++) {
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
    this.tree.removeLeaf(leaf);
  }

  private mergeIntoChild(node: NodeId): void {
    this.report(1, node);
    const time = this.timeOf(node);
    const child = this.tree.mergeIntoChild(node);
    if (time > this.timeOf(child)) this.lastAccess.data[child] = time;
  }

  private report(kind: 0 | 1, node: NodeId): void {
    this.onEviction?.({
      kind,
      endTokens: this.edges.end(node),
      edgeTokens: this.edges.edge(node),
      lastAccess: this.timeOf(node),
    });
  }
}

/** Scales to [0, 1] in place; all 1 when there is nothing to tell apart. */
function normalize(values: number[]): void {
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  const span = largest - smallest;
  for (let i = 0; i < values.length; i++) values[i] = span === 0 ? 1 : (values[i] - smallest) / span;
}
