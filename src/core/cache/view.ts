/** What an eviction policy sees of a prefix cache. */
import type { NodeId, RadixTree } from "../tree/radix-tree.ts";
import type { States } from "./components/states.ts";
import type { EdgeTokens } from "./edge-tokens.ts";
import type { EvictionView } from "./eviction/eviction.ts";
import type { Pins } from "./pins.ts";
import type { SequenceHistory } from "./sequence-history.ts";

export class CacheView implements EvictionView {
  readonly tree: RadixTree;
  readonly history: SequenceHistory | null;
  private readonly edges: EdgeTokens;
  private readonly states: States;
  private readonly pins: Pins;

  constructor(
    tree: RadixTree,
    edges: EdgeTokens,
    states: States,
    pins: Pins,
    history: SequenceHistory | null,
  ) {
    this.tree = tree;
    this.edges = edges;
    this.states = states;
    this.pins = pins;
    this.history = history;
  }

  get now(): number {
    return this.pins.now;
  }

  endTokens(node: NodeId): number {
    return this.edges.end(node);
  }

  edgeTokens(node: NodeId): number {
    return this.edges.edge(node);
  }

  isPinned(node: NodeId): boolean {
    return this.pins.isPinned(node);
  }

  bytesAt(node: NodeId): number {
    return this.states.bytesAt(node);
  }

  canResumeAt(node: NodeId): boolean {
    return this.states.areUsable(node);
  }

  freedBytes(node: NodeId): number {
    const isLeaf = this.tree.childCount(node) === 0;
    return isLeaf ? this.states.bytesAt(node) : this.states.boundaryBytesAt(node);
  }
}
