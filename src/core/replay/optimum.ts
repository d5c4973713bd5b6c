/**
 * The most tokens that any choice of what to keep could reuse of a known trace, exactly, where the trace is small.
 *
 * *Decides*: after each request, at which span ends of its sequence a state is kept (also before the position it resumed from),
 * and which kept states go. A request resumes from the deepest state on its way. Costs what a prefix cache holds: the KV of every
 * token on the way to a kept state, once however many states lie behind it, and the bytes of each state; after each request it fits.
 * Without recurrent states the same with states of no bytes: the KV that is kept is whole spans from the start.
 * *Does not decide*: places inside a span. A state there would be reused less and weigh less KV; cut the trace there to allow it.
 *
 * Policies over spans <= optimum <= ideal, in tokens reused over the whole trace; so is the greedy clairvoyant cache.
 *
 * What makes it searchable: a state is of use to the next request that passes it only, which could keep it again. So a schedule is
 * one choice for each request, from where it resumes; the state is held from the last request that passed there to this one.
 * Requests are gone through in order, over sets of held states; equal sets are one. What can still come is bounded by the optimum of
 * the later requests alone, from an empty cache, so these are solved first, shortest first (Russian doll search: Verfaillie,
 * Lemaitre and Schiex, AAAI 1996).
 */
import type { StateCost } from "../cache/cache-system.ts";
import type { SpanTrace } from "../cache/span-trace.ts";
import { every } from "../steps.ts";

const TOP = 0;
const NEVER = -1;

/** Schedules looked at between two steps, so that a step takes a few milliseconds. */
const stepSchedules = 2_000;
/** Sets that a first, incomplete pass keeps per request: it finds a good schedule, and so what need not be looked at. */
const beam = 24;

/** Tokens that each request reuses under a best schedule; `null` once more than so many schedules were looked at. Yields now and then. */
export function* optimalReuse(
  trace: SpanTrace,
  cost: StateCost,
  capacityBytes: number,
  mostSchedules: number,
): Generator<void, Int32Array | null, void> {
  return yield* new OptimumSearch(trace, cost, capacityBytes, mostSchedules).solve();
}

/** A state kept behind one request for the next one that passes it. */
interface Choice {
  readonly id: number;
  readonly span: number;
  readonly user: number;
  /** That its user reuses. */
  readonly tokens: number;
}

/** What is decided up to some request. */
interface Schedule {
  /** In ascending order of id; each for another user. */
  readonly held: readonly Choice[];
  /** Reused by requests so far, and by the users of what is held. */
  readonly tokens: number;
  readonly bound: number;
  readonly made: readonly Choice[];
  readonly before: Schedule | null;
}

class OptimumSearch {
  private readonly trace: SpanTrace;
  private readonly cost: StateCost;
  private readonly capacityBytes: number;
  private readonly mostSchedules: number;
  private readonly parents: Int32Array;
  /** Behind each request, the choices for each of the later requests that pass its spans next. */
  private readonly choices: readonly (readonly (readonly Choice[])[])[];
  /** For each request, from which request on it can still get how many tokens; fewer from later ones. */
  private readonly offers: readonly (readonly { readonly from: number; readonly tokens: number }[])[];
  /** From each request on, the sum of what each request can still get. */
  private readonly offered: Float64Array;
  /** The best schedule of the requests from each one on alone, and what it reuses. */
  private readonly best: (Schedule | null)[];
  private readonly bestTokens: Float64Array;
  private readonly visited: Int32Array;
  private visits = 0;
  private looked = 0;
  private readonly isDue = every(stepSchedules);

  constructor(trace: SpanTrace, cost: StateCost, capacityBytes: number, mostSchedules: number) {
    const count = trace.requests.length;
    this.trace = trace;
    this.cost = cost;
    this.capacityBytes = capacityBytes;
    this.mostSchedules = mostSchedules;
    this.parents = new Int32Array(trace.spans.ends.length).fill(TOP);
    for (const { sequence } of trace.requests) {
      for (let i = 1; i < sequence.length; i++) this.parents[sequence[i]] = sequence[i - 1];
    }
    this.visited = new Int32Array(trace.spans.ends.length);
    this.choices = this.allChoices();
    this.offers = this.allOffers();
    this.offered = new Float64Array(count + 1);
    for (let from = count - 1; from >= 0; from--) {
      this.offered[from] = this.offered[from + 1];
      for (const group of this.choices[from]) {
        this.offered[from] += mostTokens(group) - this.offeredTo(group[0].user, from + 1);
      }
    }
    this.best = Array.from({ length: count + 1 }, () => null);
    this.bestTokens = new Float64Array(count + 1);
  }

  *solve(): Generator<void, Int32Array | null, void> {
    const { requests } = this.trace;
    for (let start = requests.length - 1; start >= 0; start--) {
      this.best[start] = this.best[start + 1];
      this.bestTokens[start] = this.bestTokens[start + 1];
      const mostGained = this.choices[start].reduce((sum, group) => sum + mostTokens(group), 0);
      const most = Math.min(this.offered[start], this.bestTokens[start + 1] + mostGained);
      for (const width of [beam, Number.POSITIVE_INFINITY]) {
        if (this.bestTokens[start] >= most) break;
        if (!(yield* this.search(start, width))) return null;
      }
    }
    const reused = new Int32Array(requests.length);
    for (let at = this.best[0]; at !== null && at !== undefined; at = at.before) {
      for (const { user, tokens } of at.made) reused[user] = tokens;
    }
    return reused;
  }

  /** Finds what is better than the best from this request on, with so many sets per request; `false` at the limit. */
  private *search(start: number, width: number): Generator<void, boolean, void> {
    const { requests } = this.trace;
    let layer: readonly Schedule[] = [
      { held: [], tokens: 0, bound: Number.POSITIVE_INFINITY, made: [], before: null },
    ];
    for (let request = start; request < requests.length && layer.length > 0; request++) {
      const next = new Map<string, Schedule>();
      for (const schedule of layer) {
        if (schedule.bound <= this.bestTokens[start]) continue;
        for (const child of this.following(schedule, request)) {
          if (++this.looked > this.mostSchedules) return false;
          if (this.isDue(1)) yield;
          if (child.tokens > this.bestTokens[start]) {
            this.bestTokens[start] = child.tokens;
            this.best[start] = child;
          }
          if (child.bound <= this.bestTokens[start]) continue;
          const key = child.held.map(({ id }) => id).join();
          const known = next.get(key);
          if (known === undefined || known.tokens < child.tokens) next.set(key, child);
        }
      }
      layer = [...next.values()];
      if (layer.length > width) {
        layer = [...layer].sort((a, b) => b.bound - a.bound || b.tokens - a.tokens).slice(0, width);
      }
    }
    return true;
  }

  /** The schedule with everything that may be decided behind the request. */
  private *following(schedule: Schedule, request: number): Generator<Schedule, void, void> {
    const held = schedule.held.filter(({ user }) => user !== request);
    const groups = this.choices[request].filter(([first]) => held.every(({ user }) => user !== first.user));
    const made: Choice[] = [];
    const search = this;
    function* choose(group: number): Generator<Schedule, void, void> {
      if (group === groups.length) {
        const all = [...held, ...made].sort((a, b) => a.id - b.id);
        const tokens = schedule.tokens + made.reduce((sum, choice) => sum + choice.tokens, 0);
        const bound = tokens + search.mostBehind(all, request + 1);
        yield { held: all, tokens, bound, made: [...made], before: schedule };
        return;
      }
      for (const choice of groups[group]) {
        made.push(choice);
        if (search.fits(held, made)) yield* choose(group + 1);
        made.pop();
      }
      yield* choose(group + 1);
    }
    yield* choose(0);
  }

  /** At most so many tokens are reused thanks to what is kept behind this request and later ones. */
  private mostBehind(held: readonly Choice[], request: number): number {
    let free = this.offered[request];
    for (const { user } of held) free -= this.offeredTo(user, request);
    return Math.min(free, this.bestTokens[request]);
  }

  private offeredTo(user: number, from: number): number {
    for (const offer of this.offers[user]) if (offer.from >= from) return offer.tokens;
    return 0;
  }

  private fits(held: readonly Choice[], made: readonly Choice[]): boolean {
    const { lengths } = this.trace.spans;
    this.visits++;
    let kvTokens = 0;
    for (const choices of [held, made]) {
      for (const { span } of choices) {
        for (let at = span; at !== TOP && this.visited[at] !== this.visits; at = this.parents[at]) {
          this.visited[at] = this.visits;
          kvTokens += lengths[at];
        }
      }
    }
    return this.bytes(held.length + made.length, kvTokens) <= this.capacityBytes;
  }

  private bytes(states: number, kvTokens: number): number {
    return states * this.cost.checkpointBytes + kvTokens * this.cost.kvBytesPerToken;
  }

  private allChoices(): Choice[][][] {
    const { requests, spans } = this.trace;
    const nextOf = new Int32Array(spans.ends.length).fill(NEVER);
    const all: Choice[][][] = requests.map(() => []);
    let id = 0;
    for (let request = requests.length - 1; request >= 0; request--) {
      const groups = new Map<number, Choice[]>();
      for (const [index, span] of requests[request].sequence.entries()) {
        const user = nextOf[span];
        nextOf[span] = request;
        const tokens = spans.ends[span];
        if (user === NEVER || index >= requests[user].resumeLimit) continue;
        if (this.bytes(1, tokens) > this.capacityBytes) continue;
        const group = groups.get(user) ?? [];
        // Where KV weighs nothing, the deepest weighs what the others do.
        if (this.cost.kvBytesPerToken === 0) group.length = 0;
        group.push({ id: id++, span, user, tokens });
        groups.set(user, group);
      }
      // Deepest first, so that good schedules are found early.
      all[request] = [...groups.values()].map((group) => group.reverse());
    }
    return all;
  }

  private allOffers(): { readonly from: number; readonly tokens: number }[][] {
    const offers: { readonly from: number; readonly tokens: number }[][] = this.trace.requests.map(() => []);
    for (const [from, groups] of this.choices.entries()) {
      for (const group of groups) offers[group[0].user].push({ from, tokens: mostTokens(group) });
    }
    return offers;
  }
}

function mostTokens(group: readonly Choice[]): number {
  return group.reduce((most, { tokens }) => Math.max(most, tokens), 0);
}
