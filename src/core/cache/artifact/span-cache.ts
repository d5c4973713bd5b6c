/**
 * V1, V2 and V3 over the spans of a known trace, with the same results as over tokens. Only a false continuation, which
 * may leave a span anywhere, is followed token by token; it reads and never changes the tree.
 */
import type { PaperModel } from "../../cost/paper-formulas.ts";
import { commonPrefixLength } from "../../tokens/common-prefix.ts";
import { NONE, type NodeId, RadixTree, ROOT } from "../../tree/radix-tree.ts";
import { SpanEdges, type Spans } from "../edge-tokens.ts";
import { cutIntoSpans } from "../span-trace.ts";
import { ArtifactRadixCache, type ArtifactRadixPolicy, type Probe } from "./radix-cache.ts";
import type { ArtifactRequest } from "./replay.ts";

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

export class ArtifactSpanCache extends ArtifactRadixCache {
  private readonly trie: RadixTree;

  constructor(model: PaperModel, capacityBytes: number, policy: ArtifactRadixPolicy, spans: ArtifactSpans) {
    super(model, capacityBytes, policy, (tree) => new SpanEdges(tree, spans.spans));
    this.trie = spans.trie;
  }

  override firstTokenOf(node: NodeId): number {
    return this.trie.edgeSymbol(this.tree.edgeSymbol(node, 0), 0);
  }

  protected override probe(symbols: Int32Array, length: number): Probe {
    this.clock++;
    const { tree, edges } = this;
    const isV1 = this.policy.kind === "v1";
    let node: NodeId = ROOT;
    let position = 0;
    for (;;) {
      if (isV1) this.touch(node);
      const child = position < length ? tree.child(node, symbols[position]) : NONE;
      if (child === NONE) break;
      const agreed = tree.agreement(child, symbols, position, length);
      position += agreed;
      if (agreed < tree.edgeLength(child))
        return this.continueFalsely(node, child, symbols, position, length);
      node = child;
    }
    if (!isV1 && node !== ROOT) this.touch(node);
    const tokens = edges.end(node);
    return { overlap: tokens, reusable: tokens };
  }

  /** The walk goes on at the children of `partial`, as if its whole edge had agreed. */
  private continueFalsely(
    deepest: NodeId,
    partial: NodeId,
    symbols: Int32Array,
    position: number,
    length: number,
  ): Probe {
    const isV1 = this.policy.kind === "v1";
    let lastMatched = deepest;
    let reusable = this.edges.end(deepest);
    let overlap = this.edges.leading(symbols, position);
    let rest: Int32Array | null = null;
    let used = 0;
    for (let node = partial; ; ) {
      if (isV1) this.touch(node);
      if (position >= length || (rest !== null && used >= rest.length)) break;
      const next: number = rest === null ? this.trie.edgeSymbol(symbols[position], 0) : rest[used];
      const child = this.childWithToken(node, next);
      if (child === NONE) break;
      rest ??= this.tokensOfSpans(symbols.subarray(position, length));
      const edge = this.tokensOfSpans(this.symbolsOn(child));
      const agreed = commonPrefixLength(edge, 0, rest, used, Math.min(edge.length, rest.length - used));
      overlap += agreed;
      used += agreed;
      if (agreed === edge.length) {
        reusable += agreed;
        lastMatched = child;
      }
      node = child;
    }
    if (!isV1 && lastMatched !== ROOT) this.touch(lastMatched);
    return { overlap, reusable };
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
