/**
 * A trace cut into spans, for many replays: the trie of all its sequences, built once, whose edges become the symbols of
 * a cache. Requests part at a span boundary only, and resume, branch and end at one only, so a replay over spans does to
 * a tree what a replay over tokens does, and pays for branch points instead of tokens.
 * Why that is exact, and where it is not: docs/adr/0009-replay-over-spans.md.
 */
import { drain, every } from "../steps.ts";
import { concatTokens } from "../tokens/common-prefix.ts";
import { Match, type NodeId, RadixTree, ROOT } from "../tree/radix-tree.ts";
import { boundaryAt, insertSequence } from "../tree/walk.ts";
import type { SharedBy, StateCost } from "./cache-system.ts";
import type { Spans } from "./edge-tokens.ts";
import type { SymbolRequest } from "./symbols.ts";

/** A request of a known trace. */
export interface TraceRequest extends SymbolRequest {
  /** More than its symbols stand for, where a last block is not whole. */
  readonly promptTokens: number;
}

/** Plain data, so that it can be sent to a worker. The sequences consist of the spans. */
export interface SpanTrace<R extends SymbolRequest = TraceRequest> {
  readonly requests: readonly R[];
  readonly spans: Spans;
  /** Tokens of each symbol before the trace was cut: every span is a multiple of it. */
  readonly symbolTokens: number;
}

/** The request over tokens; see `CacheSystem.computedTokensAtLeast`. */
export function tokenRequest(
  promptTokens: Int32Array,
  outputTokens: Int32Array,
  computedTokensAtLeast: number,
): TraceRequest {
  return {
    sequence: concatTokens(promptTokens, outputTokens),
    promptSymbols: promptTokens.length,
    resumeLimit: Math.max(0, promptTokens.length - computedTokensAtLeast),
    promptTokens: promptTokens.length,
  };
}

/** Symbols between two steps, so that a step takes a few milliseconds. */
const stepSymbols = 500_000;
/** The same in spans. */
const stepSpans = 20_000;

/** In one go; see `cutSteps`. */
export function cutIntoSpans<R extends SymbolRequest>(
  requests: readonly R[],
  symbolTokens = 1,
  trie = new RadixTree(),
): SpanTrace<R> {
  return drain(cutSteps(requests, symbolTokens, trie));
}

/**
 * O(tokens). Yields now and then. A span has the id of the node of `trie` at its end. The trie may hold other sequences already; they
 * are cut where its nodes end, and its nodes keep their ids.
 */
export function* cutSteps<R extends SymbolRequest>(
  requests: readonly R[],
  symbolTokens: number,
  trie: RadixTree,
): Generator<void, SpanTrace<R>, void> {
  const match = new Match();
  const split = (node: NodeId, keep: number) => trie.split(node, keep);
  // A node that is split keeps its id and its end, so these stay valid while others are added.
  const ends: {
    readonly end: NodeId;
    readonly prompt: NodeId;
    readonly resume: NodeId;
    readonly statics: readonly { readonly node: NodeId; readonly sharedBy: SharedBy }[];
  }[] = [];
  const isDue = every(stepSymbols);
  for (const { sequence, promptSymbols, resumeLimit, staticEnds = [] } of requests) {
    const end = insertSequence(trie, sequence, match);
    ends.push({
      end,
      prompt: boundaryAt(trie, end, promptSymbols, split),
      resume: boundaryAt(trie, end, resumeLimit, split),
      statics: staticEnds.map((at) => ({
        node: boundaryAt(trie, end, at.end, split),
        sharedBy: at.sharedBy,
      })),
    });
    if (isDue(sequence.length)) yield;
  }
  const depths = new Int32Array(trie.idCount);
  trie.forEachPreorder((node) => {
    depths[node] = depths[trie.parent(node)] + 1;
  });
  return {
    requests: requests.map((request, index) => {
      const { end, prompt, resume, statics } = ends[index];
      return {
        ...request,
        sequence: spansBetween(trie, ROOT, end, depths[end]),
        promptSymbols: depths[prompt],
        resumeLimit: depths[resume],
        staticEnds: statics.map(({ node, sharedBy }) => ({ end: depths[node], sharedBy })),
      };
    }),
    spans: spansOf(trie, symbolTokens),
    symbolTokens,
  };
}

/**
 * How many leading symbols of each request, up to where it may resume, are marked as sent or come in an earlier one. No
 * cache that reuses prefixes of what it was sent reuses more. The sequences are marked on the way.
 */
export function sentPositions(requests: readonly SymbolRequest[], sent: Uint8Array): Int32Array {
  return drain(sentPositionSteps(requests, sent));
}

/** The same in steps. */
export function* sentPositionSteps(
  requests: readonly SymbolRequest[],
  sent: Uint8Array,
): Generator<void, Int32Array, void> {
  const positions = new Int32Array(requests.length);
  const isDue = every(stepSpans);
  for (const [index, { sequence, resumeLimit }] of requests.entries()) {
    let position = 0;
    while (position < resumeLimit && sent[sequence[position]] === 1) position++;
    for (const span of sequence) sent[span] = 1;
    positions[index] = position;
    if (isDue(sequence.length)) yield;
  }
  return positions;
}

/** The tree with its edges in spans of the trie, which must have grown from a copy of it. */
export function treeInSpans(tree: RadixTree, trie: RadixTree): RadixTree {
  return tree.withSymbols((node) => {
    const above = tree.parent(node);
    let depth = 0;
    for (let at = node; at !== above; at = trie.parent(at)) depth++;
    return spansBetween(trie, above, node, depth);
  });
}

/**
 * The trace as a cache of this capacity needs it: without recurrent states it cuts sequences that are longer than its
 * memory, so one more boundary lies there.
 */
export function cutForCapacity<R extends SymbolRequest>(
  trace: SpanTrace<R>,
  cost: StateCost,
  capacityBytes: number,
): SpanTrace<R> {
  if (cost.checkpointBytes > 0 || capacityBytes === Number.POSITIVE_INFINITY) return trace;
  const symbols = Math.floor(capacityBytes / cost.kvBytesPerToken / trace.symbolTokens);
  return cutAt(trace, symbols * trace.symbolTokens);
}

/** The trace with one more boundary behind so many tokens, in every sequence that goes on there. */
export function cutAt<R extends SymbolRequest>(trace: SpanTrace<R>, tokens: number): SpanTrace<R> {
  const { ends, lengths } = trace.spans;
  const upperOf = new Map<number, number>();
  for (let symbol = 0; symbol < ends.length; symbol++) {
    if (ends[symbol] > tokens && ends[symbol] - lengths[symbol] < tokens) {
      upperOf.set(symbol, ends.length + upperOf.size);
    }
  }
  if (upperOf.size === 0) return trace;
  const spans: Spans = { ends: grown(ends, upperOf.size), lengths: grown(lengths, upperOf.size) };
  for (const [symbol, upper] of upperOf) {
    spans.ends[upper] = tokens;
    spans.lengths[upper] = tokens - (ends[symbol] - lengths[symbol]);
    spans.lengths[symbol] = ends[symbol] - tokens;
  }
  return { ...trace, spans, requests: trace.requests.map((request) => cutRequest(request, upperOf)) };
}

/** A sequence crosses the position in one span at most. */
function cutRequest<R extends SymbolRequest>(request: R, upperOf: ReadonlyMap<number, number>): R {
  const { sequence, promptSymbols, resumeLimit, staticEnds = [] } = request;
  const index = sequence.findIndex((symbol) => upperOf.has(symbol));
  if (index < 0) return request;
  const cut = new Int32Array(sequence.length + 1);
  cut.set(sequence.subarray(0, index));
  cut[index] = upperOf.get(sequence[index])!;
  cut.set(sequence.subarray(index), index + 1);
  const moved = (position: number) => (position > index ? position + 1 : position);
  return {
    ...request,
    sequence: cut,
    promptSymbols: moved(promptSymbols),
    resumeLimit: moved(resumeLimit),
    staticEnds: staticEnds.map(({ end, sharedBy }) => ({ end: moved(end), sharedBy })),
  };
}

function grown(column: Int32Array, by: number): Int32Array {
  const result = new Int32Array(column.length + by);
  result.set(column);
  return result;
}

/** The spans on the way down from `above` to `end`, which are so many. */
function spansBetween(trie: RadixTree, above: NodeId, end: NodeId, count: number): Int32Array {
  const spans = new Int32Array(count);
  for (let node = end, place = count; node !== above; node = trie.parent(node)) spans[--place] = node;
  return spans;
}

function spansOf(trie: RadixTree, symbolTokens: number): Spans {
  const ends = new Int32Array(trie.idCount);
  const lengths = new Int32Array(trie.idCount);
  for (let node = 0; node < trie.idCount; node++) {
    ends[node] = trie.end(node) * symbolTokens;
    lengths[node] = trie.edgeLength(node) * symbolTokens;
  }
  return { ends, lengths };
}
