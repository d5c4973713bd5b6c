/**
 * How many tokens the edges of a tree stand for. The tree counts symbols, which are tokens, blocks of equal length, or
 * spans of a known trace; bytes and FLOPs are counted in tokens.
 */
import { type NodeId, type RadixTree, ROOT } from "../tree/radix-tree.ts";

/**
 * Runs of tokens that the requests of one trace share or do not share as a whole: the edges of the trie of all its
 * sequences. Columns by symbol. Whatever sequence a span is in, it stands at the same position, behind the same tokens.
 */
export interface Spans {
  /** Tokens from the start of a sequence to the end of the span. */
  readonly ends: Int32Array;
  /** Tokens of the span. */
  readonly lengths: Int32Array;
}

export interface EdgeTokens {
  /** Tokens on the edge from the parent; the node must not be the root. */
  edge(node: NodeId): number;
  /** Tokens from the root to the node's end. */
  end(node: NodeId): number;
  /** Tokens of the first `count` symbols of a sequence. */
  leading(sequence: Int32Array, count: number): number;
}

export class BlockEdges implements EdgeTokens {
  private readonly tree: RadixTree;
  private readonly blockTokens: number;

  constructor(tree: RadixTree, blockTokens: number) {
    this.tree = tree;
    this.blockTokens = blockTokens;
  }

  edge(node: NodeId): number {
    return this.tree.edgeLength(node) * this.blockTokens;
  }

  end(node: NodeId): number {
    return this.tree.end(node) * this.blockTokens;
  }

  leading(_sequence: Int32Array, count: number): number {
    return count * this.blockTokens;
  }
}

export class SpanEdges implements EdgeTokens {
  private readonly tree: RadixTree;
  private readonly spans: Spans;

  constructor(tree: RadixTree, spans: Spans) {
    this.tree = tree;
    this.spans = spans;
  }

  edge(node: NodeId): number {
    const { ends, lengths } = this.spans;
    const first = this.tree.edgeSymbol(node, 0);
    const last = this.tree.edgeSymbol(node, this.tree.edgeLength(node) - 1);
    return ends[last] - ends[first] + lengths[first];
  }

  end(node: NodeId): number {
    if (node === ROOT) return 0;
    return this.spans.ends[this.tree.edgeSymbol(node, this.tree.edgeLength(node) - 1)];
  }

  leading(sequence: Int32Array, count: number): number {
    return count === 0 ? 0 : this.spans.ends[sequence[count - 1]];
  }
}
