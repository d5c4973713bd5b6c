/**
 * What a cache could reach that knows the trace.
 *
 * *Ideal*: memory without bound and a state wherever a later request needs one. No policy that reuses prefixes reuses
 * more of any request: it is a bound.
 *
 * *Clairvoyant*: the same admission in bounded memory. Evicted is the state with the smallest
 *   FLOPs saved beyond the nearest state above it / (bytes that go with it x requests until its next use),
 * those that are never used again first. It is greedy: a practical reference for what better eviction could give, and
 * not a bound; another order of evictions may reuse more.
 */
import type { StateCost } from "../cache/cache-system.ts";
import { type SpanTrace, sentPositions } from "../cache/span-trace.ts";
import { invariant } from "../invariant.ts";
import { drain } from "../steps.ts";

const TOP = 0;
const NEVER = -1;

/** Tokens that each request would reuse. O(spans). */
export function idealReuse({ requests, spans }: SpanTrace): Int32Array {
  const positions = neededPositions({ requests, spans });
  return positions.map((position, index) =>
    position === 0 ? 0 : spans.ends[requests[index].sequence[position - 1]],
  );
}

/** Tokens that each request reuses. Yields now and then. O(states held) for each eviction. */
export function* clairvoyantReuse(
  trace: SpanTrace,
  cost: StateCost,
  capacityBytes: number,
): Generator<void, Int32Array, void> {
  const reused = yield* boundedClairvoyantReuse(trace, cost, capacityBytes, Number.POSITIVE_INFINITY);
  invariant(reused !== null, "a replay without a limit came to an end before its trace");
  return reused;
}

/** The same, but `null` once the choice of what to evict has visited more than so many spans. */
export function* boundedClairvoyantReuse(
  trace: SpanTrace,
  cost: StateCost,
  capacityBytes: number,
  mostVisitedSpans: number,
): Generator<void, Int32Array | null, void> {
  const cache = new ClairvoyantCache(trace, cost, capacityBytes);
  const reused = new Int32Array(trace.requests.length);
  for (let index = 0; index < reused.length; index++) {
    const steps = cache.serveSteps(index);
    for (let step = steps.next(); ; step = steps.next()) {
      if (cache.visitedSpans > mostVisitedSpans) return null;
      if (step.done) {
        reused[index] = step.value;
        break;
      }
      yield;
    }
    if (index % stepRequests === stepRequests - 1) yield;
  }
  return reused;
}

/** Requests, and spans visited, between two steps, so that a step takes a few milliseconds. */
const stepRequests = 16;
const stepVisits = 50_000;

function neededPositions({ requests, spans }: Pick<SpanTrace, "requests" | "spans">): Int32Array {
  return sentPositions(requests, new Uint8Array(spans.ends.length));
}

/** Serves the requests of its trace in order, from request 0. Spans are positions, for each has one place. */
export class ClairvoyantCache {
  private readonly trace: SpanTrace;
  private readonly cost: StateCost;
  private readonly capacityBytes: number;
  private readonly parents: Int32Array;
  private readonly needs: Needs;
  /** Columns by span: whether a state is kept at its end, whether its KV is, and how many spans with KV follow it. */
  private readonly hasState: Uint8Array;
  private readonly hasKv: Uint8Array;
  private readonly followers: Int32Array;
  private readonly states: number[] = [];
  private kvTokens = 0;
  private visited = 0;

  constructor(trace: SpanTrace, cost: StateCost, capacityBytes: number) {
    const count = trace.spans.ends.length;
    this.trace = trace;
    this.cost = cost;
    this.capacityBytes = capacityBytes;
    this.parents = new Int32Array(count).fill(TOP);
    for (const { sequence } of trace.requests) {
      for (let i = 1; i < sequence.length; i++) this.parents[sequence[i]] = sequence[i - 1];
    }
    // Without recurrent states every span with KV can be resumed from, so every span is needed on its own.
    this.needs = new Needs(trace, cost.checkpointBytes > 0 ? "end" : "all");
    this.hasState = new Uint8Array(count);
    this.hasKv = new Uint8Array(count);
    this.followers = new Int32Array(count);
  }

  get usedBytes(): number {
    return this.states.length * this.cost.checkpointBytes + this.kvTokens * this.cost.kvBytesPerToken;
  }

  /** How many spans were looked at to choose what to evict: what a replay costs beside the spans of its requests. */
  get visitedSpans(): number {
    return this.visited;
  }

  /** Tokens that the request reuses. */
  serve(index: number): number {
    return drain(this.serveSteps(index));
  }

  *serveSteps(index: number): Generator<void, number, void> {
    const { sequence, resumeLimit } = this.trace.requests[index];
    let position = resumeLimit;
    while (position > 0 && this.hasState[sequence[position - 1]] === 0) position--;
    const hit = position === 0 ? TOP : sequence[position - 1];
    this.admit(sequence, index);
    let nextStep = this.visited + stepVisits;
    while (this.usedBytes > this.capacityBytes) {
      this.evict(index, hit);
      if (this.visited < nextStep) continue;
      nextStep = this.visited + stepVisits;
      yield;
    }
    return hit === TOP ? 0 : this.trace.spans.ends[hit];
  }

  private admit(sequence: Int32Array, index: number): void {
    let kvTo = 0;
    for (let i = 0; i < sequence.length; i++) {
      const span = sequence[i];
      this.needs.pass(span, index);
      if (this.needs.next(span) === NEVER || this.hasState[span] === 1) continue;
      this.hasState[span] = 1;
      this.states.push(span);
      kvTo = i + 1;
    }
    for (let i = 0; i < kvTo; i++) {
      const span = sequence[i];
      if (this.hasKv[span] === 1) continue;
      this.hasKv[span] = 1;
      this.followers[this.parents[span]]++;
      this.kvTokens += this.trace.spans.lengths[span];
    }
  }

  /** The state that the request resumed from stays while it is served. */
  private evict(index: number, hit: number): void {
    let victim = -1;
    let lowest = Number.POSITIVE_INFINITY;
    // Nothing is worth less than what is never used again.
    for (let i = 0; i < this.states.length && lowest > 0; i++) {
      const span = this.states[i];
      if (span === hit) continue;
      this.visited++;
      const score = this.score(span, index);
      if (score < lowest) {
        lowest = score;
        victim = i;
      }
    }
    invariant(victim >= 0, `nothing to evict, ${this.usedBytes} bytes held`);
    const span = this.states[victim];
    this.states[victim] = this.states[this.states.length - 1];
    this.states.pop();
    this.drop(span);
  }

  /** Infinite where evicting frees nothing. */
  private score(span: number, index: number): number {
    const bytes =
      this.cost.checkpointBytes +
      (this.followers[span] > 0 ? 0 : this.kvGoingWith(span) * this.cost.kvBytesPerToken);
    if (bytes === 0) return Number.POSITIVE_INFINITY;
    const next = this.needs.next(span);
    return next === NEVER ? 0 : this.savedBy(span) / (bytes * (next - index));
  }

  /** KV tokens from the span up to the next state or branching. */
  private kvGoingWith(span: number): number {
    let tokens = this.trace.spans.lengths[span];
    let at = this.parents[span];
    while (at !== TOP && this.hasState[at] === 0 && this.followers[at] === 1) {
      tokens += this.trace.spans.lengths[at];
      at = this.parents[at];
      this.visited++;
    }
    return tokens;
  }

  private savedBy(span: number): number {
    const { ends } = this.trace.spans;
    let above = this.parents[span];
    while (above !== TOP && this.hasState[above] === 0) {
      above = this.parents[above];
      this.visited++;
    }
    const start = above === TOP ? 0 : ends[above];
    return this.cost.prefillFlops(start, ends[span]) - this.cost.prefillFlops(ends[span], ends[span]);
  }

  /** Takes the state away, and the KV above it that nothing else can be resumed from. */
  private drop(span: number): void {
    this.hasState[span] = 0;
    for (let at = span; at !== TOP; at = this.parents[at]) {
      if (this.hasState[at] === 1 || this.followers[at] > 0) return;
      this.hasKv[at] = 0;
      this.kvTokens -= this.trace.spans.lengths[at];
      this.followers[this.parents[at]]--;
    }
  }
}

/** Which requests need each span: resume at its end under the ideal admission, or, for KV alone, read it. */
class Needs {
  private readonly starts: Int32Array;
  private readonly requests: Int32Array;
  /** Per span, the first entry that has not been passed. */
  private readonly places: Int32Array;

  constructor({ requests, spans }: SpanTrace, kind: "end" | "all") {
    const positions = neededPositions({ requests, spans });
    const first = (position: number) => (kind === "end" ? Math.max(0, position - 1) : 0);
    this.starts = new Int32Array(spans.ends.length + 1);
    for (let index = 0; index < requests.length; index++) {
      const { sequence } = requests[index];
      for (let i = first(positions[index]); i < positions[index]; i++) this.starts[sequence[i] + 1]++;
    }
    for (let span = 0; span < spans.ends.length; span++) this.starts[span + 1] += this.starts[span];
    this.requests = new Int32Array(this.starts[spans.ends.length]);
    const filled = this.starts.slice();
    for (let index = 0; index < requests.length; index++) {
      const { sequence } = requests[index];
      for (let i = first(positions[index]); i < positions[index]; i++)
        this.requests[filled[sequence[i]]++] = index;
    }
    this.places = this.starts.slice();
  }

  /** Forgets the needs of this request and of those before it; whoever needs a span passes it. */
  pass(span: number, index: number): void {
    const end = this.starts[span + 1];
    let place = this.places[span];
    while (place < end && this.requests[place] <= index) place++;
    this.places[span] = place;
  }

  /** The next request that needs the span, or `NEVER`. */
  next(span: number): number {
    const place = this.places[span];
    return place < this.starts[span + 1] ? this.requests[place] : NEVER;
  }
}
