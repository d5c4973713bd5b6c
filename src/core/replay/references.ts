/**
 * What other caches would reuse of the same requests, to hold a policy against: one that never evicts and one that knows
 * the trace. Both are replayed over spans, so the trace is cut once.
 */
import type { StateCost } from "../cache/cache-system.ts";
import { serveLoop } from "../cache/serve-loop.ts";
import { cutForCapacity, type SpanTrace } from "../cache/span-trace.ts";
import { unlimitedCache } from "../policies/bounds.ts";
import { boundedClairvoyantReuse } from "./clairvoyant.ts";
import { SpanBook, type SpanBookRequest } from "./span-book.ts";

/** Tokens that a server computes even if the whole prompt is cached: the last, for its logits. */
const computedTokensAtLeast = 1;
/** Requests between two steps, so that a step takes a few milliseconds. */
const stepRequests = 64;

export interface ReferenceInput {
  readonly requests: readonly SpanBookRequest[];
  /** The same as a book gives them; cut anew where it is left out. */
  readonly trace?: SpanTrace;
  readonly cost: StateCost;
  /** Of the clairvoyant cache; without a limit there is nothing to know in advance, and it is not replayed. */
  readonly capacityBytes: number;
  /** What the clairvoyant cache may visit; see `boundedClairvoyantReuse`. */
  readonly mostVisitedSpans: number;
}

/** Tokens that each request reuses. */
export interface References {
  /** Two checkpoints per request, as Marconi admits them, and memory without bound: policy `unlimited`. */
  readonly unlimited: Int32Array;
  /** A checkpoint wherever a later request needs one, in the given memory. `null` where it was not replayed to the end. */
  readonly clairvoyant: Int32Array | null;
}

/** Yields now and then. Cutting costs tokens; the replays cost spans, and those visited to evict. */
export function* referenceSteps(input: ReferenceInput): Generator<void, References, void> {
  const trace = input.trace ?? (yield* new SpanBook(computedTokensAtLeast).update(input.requests));
  yield;
  const unlimited = yield* unlimitedReuse(trace, input.cost);
  const { cost, capacityBytes, mostVisitedSpans } = input;
  if (capacityBytes === Number.POSITIVE_INFINITY) return { unlimited, clairvoyant: null };
  const cut = cutForCapacity(trace, cost, capacityBytes);
  const clairvoyant = yield* boundedClairvoyantReuse(cut, cost, capacityBytes, mostVisitedSpans);
  return { unlimited, clairvoyant };
}

function* unlimitedReuse(trace: SpanTrace, cost: StateCost): Generator<void, Int32Array, void> {
  const cache = unlimitedCache({ cost, computedTokensAtLeast, spans: trace.spans });
  const reused = new Int32Array(trace.requests.length);
  let index = 0;
  const steps = serveLoop({
    requests: trace.requests,
    cache,
    serve: (request, out) => cache.serveSymbols(request, out),
    after(_, { reusedTokens }) {
      reused[index++] = reusedTokens;
      return 1;
    },
    stepWork: stepRequests,
  });
  for (const _ of steps) yield;
  return reused;
}
