/** A trace in spans, cut once more where static parts of its prompts end, for caches that take hints. */
import { drain, every } from "../steps.ts";
import type { StaticEnd } from "./cache-system.ts";
import type { SpanTrace } from "./span-trace.ts";
import type { SymbolRequest } from "./symbols.ts";

/** Requests between two steps, so that a step takes a few milliseconds. */
const stepRequests = 500;

/** All at once; see `staticEndSteps`. */
export function cutAtStaticEnds<R extends SymbolRequest>(
  trace: SpanTrace<R>,
  staticEnds: (request: number) => readonly StaticEnd[],
): SpanTrace<R> {
  return drain(staticEndSteps(trace, staticEnds));
}

/** The requests with their static ends, given in tokens; each becomes the end of a span. O(spans) and one search per end. */
export function* staticEndSteps<R extends SymbolRequest>(
  trace: SpanTrace<R>,
  staticEnds: (request: number) => readonly StaticEnd[],
): Generator<void, SpanTrace<R>, void> {
  const isDue = every(stepRequests);
  const endsOf: (readonly StaticEnd[])[] = [];
  for (const index of trace.requests.keys()) {
    endsOf.push(staticEnds(index));
    if (isDue(1)) yield;
  }
  const cut = yield* cutBehind(trace, (request) => endsOf[request].map(({ end }) => end));
  const { ends } = cut.spans;
  const requests: R[] = [];
  for (const [index, request] of cut.requests.entries()) {
    const inSymbols = (end: number) => (end === 0 ? 0 : spanAt(request.sequence, ends, end) + 1);
    requests.push({
      ...request,
      staticEnds: endsOf[index].map(({ end, sharedBy }) => ({ end: inSymbols(end), sharedBy })),
    });
    if (isDue(1)) yield;
  }
  return { ...cut, requests };
}

/** The requests with more ends of spans, given in tokens of each; those at 0 are none. O(spans) and one search per end. */
export function* cutBehind<R extends SymbolRequest>(
  trace: SpanTrace<R>,
  endsOf: (request: number) => readonly number[],
): Generator<void, SpanTrace<R>, void> {
  const isDue = every(stepRequests);
  const { ends: known, lengths: knownLengths } = trace.spans;
  const cuts = new Map<number, Set<number>>();
  for (const [index, { sequence }] of trace.requests.entries()) {
    for (const end of endsOf(index)) {
      const span = sequence[spanAt(sequence, known, end)];
      if (end === 0 || known[span] === end) continue;
      const positions = cuts.get(span);
      if (positions === undefined) cuts.set(span, new Set([end]));
      else positions.add(end);
    }
    if (isDue(1)) yield;
  }
  if (cuts.size === 0) return trace;
  const ends = [...known];
  const lengths = [...knownLengths];
  /** The span keeps its id for its last piece, which ends where it did. */
  const piecesOf = new Map<number, readonly number[]>();
  for (const [span, positions] of cuts) {
    const pieces: number[] = [];
    let start = known[span] - knownLengths[span];
    for (const end of [...positions].sort((a, b) => a - b)) {
      pieces.push(ends.length);
      ends.push(end);
      lengths.push(end - start);
      start = end;
    }
    lengths[span] = known[span] - start;
    piecesOf.set(span, pieces);
  }
  const requests: R[] = [];
  for (const request of trace.requests) {
    requests.push(inPieces(request, piecesOf));
    if (isDue(1)) yield;
  }
  return {
    ...trace,
    requests,
    spans: { ends: Int32Array.from(ends), lengths: Int32Array.from(lengths) },
  };
}

/** Index of the span that holds the last of so many tokens. */
function spanAt(sequence: Int32Array, ends: Int32Array, tokens: number): number {
  let low = 0;
  let high = sequence.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[sequence[middle]] >= tokens) high = middle;
    else low = middle + 1;
  }
  return low;
}

function inPieces<R extends SymbolRequest>(request: R, piecesOf: ReadonlyMap<number, readonly number[]>): R {
  const sequence: number[] = [];
  let promptSymbols = 0;
  let resumeLimit = 0;
  for (const [index, span] of request.sequence.entries()) {
    sequence.push(...(piecesOf.get(span) ?? []), span);
    if (index + 1 === request.promptSymbols) promptSymbols = sequence.length;
    if (index + 1 === request.resumeLimit) resumeLimit = sequence.length;
  }
  return { ...request, sequence: Int32Array.from(sequence), promptSymbols, resumeLimit };
}
