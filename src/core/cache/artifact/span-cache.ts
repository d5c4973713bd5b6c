/**
 * V1, V2 and V3 over the spans of a known trace, with the same results as over tokens. Only a false continuation, which
 * may leave a span anywhere, is followed token by token; it reads and never changes the tree.
 */
import type { PaperModel } from "../../cost/paper-formulas.ts";
import { commonPrefixLength } from "../../tokens/common-prefix.ts";
import { NONE, type NodeId, RadixTree } from "../../tree/radix-tree.ts";
import { SpanEdges, type Spans } from "../edge-tokens.ts";
import { cutIntoSpans } from "../span-trace.ts";
import { ArtifactRadixCache, type ArtifactRadixPolicy, type Probe } from "./radix-cache.ts";
import type { ArtifactRequest } from "./request.ts";

export interface ArtifactSpans {
  readonly spans: Spans;
  /** Holds the tokens: span = node of the trie. */
  readonly trie: RadixTree;
  /** The same requests, in spans. */
  readonly requests: readonly ArtifactRequest[];
}

export function cutArtifactTrace(requests: readonly ArtifactRequest[]): ArtifactSpans {
  const trie = new RadixTree();
  const uncut = requests.map(({ tokens, inputLength }) => ({
    sequence: tokens,
    promptSymbols: inputLength,
    resumeLimit: inputLength,
  }));
  const trace = cutIntoSpans(uncut, 1, trie);
  return {
    trie,
    spans: trace.spans,
    requests: trace.requests.map(({ sequence, promptSymbols }) => ({
      tokens: sequence,
      inputLength: promptSymbols,
    })),
  };
}

/** Over the spans where the trace is cut into those, else over tokens. */
export function createRadixCache(
  model: PaperModel,
  capacityBytes: number,
  policy: ArtifactRadixPolicy,
  spans: ArtifactSpans | null,
): ArtifactRadixCache {
  return spans === null
    ? new ArtifactRadixCache(model, capacityBytes, policy)
    : new ArtifactSpanCache(model, capacityBytes, policy, spans);
}

class ArtifactSpanCache extends ArtifactRadixCache {
  private readonly trie: RadixTree;

  constructor(model: PaperModel, capacityBytes: number, policy: ArtifactRadixPolicy, spans: ArtifactSpans) {
    super(model, capacityBytes, policy, (tree) => new SpanEdges(tree, spans.spans));
    this.trie = spans.trie;
  }

  override firstTokenOf(node: NodeId): number {
    return this.trie.edgeSymbol(this.tree.edgeSymbol(node, 0), 0);
  }

  /** Token by token, because it may leave a span anywhere. */
  protected override continueFalsely(
    symbols: Int32Array,
    position: number,
    length: number,
    probe: Probe,
  ): void {
    let node = this.match.partial;
    if (this.childWithToken(node, this.trie.edgeSymbol(symbols[position], 0)) === NONE) return;
    const rest = this.tokensOfSpans(symbols.subarray(position, length));
    for (let used = 0; used < rest.length; ) {
      node = this.childWithToken(node, rest[used]);
      if (node === NONE) return;
      const edge = this.tokensOfSpans(this.symbolsOn(node));
      const agreed = commonPrefixLength(edge, 0, rest, used, Math.min(edge.length, rest.length - used));
      used += agreed;
      this.countFalsely(node, agreed, agreed === edge.length, probe);
    }
  }

  private childWithToken(node: NodeId, token: number): NodeId {
    let child = this.tree.firstChild(node);
    while (child !== NONE && this.firstTokenOf(child) !== token) child = this.tree.nextSibling(child);
    return child;
  }

  private symbolsOn(node: NodeId): Int32Array {
    return Int32Array.from({ length: this.tree.edgeLength(node) }, (_, index) =>
      this.tree.edgeSymbol(node, index),
    );
  }

  private tokensOfSpans(spans: Int32Array): Int32Array {
    const { trie } = this;
    let length = 0;
    for (const span of spans) length += trie.edgeLength(span);
    const tokens = new Int32Array(length);
    let place = 0;
    for (const span of spans) {
      for (let i = 0; i < trie.edgeLength(span); i++) tokens[place++] = trie.edgeSymbol(span, i);
    }
    return tokens;
  }
}
