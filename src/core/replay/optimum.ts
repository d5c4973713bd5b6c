/**
 * The most tokens that any choice of what to keep could reuse of a known trace, exactly, where the trace is small.
 *
 * *Decides*: after each request, at which span ends behind the position that it resumed from a state is kept, and which kept states
 * go. A request resumes from the deepest state on its way. Costs what a prefix cache holds: the KV of every token on the way to a kept
 * state, once however many states lie behind it, and the bytes of each state; after each request it fits.
 * Without recurrent states the same with states of no bytes: the KV that is kept is whole spans from the start.
 * *Does not decide*: places inside a span. A state there would be reused less and weigh less KV; cut the trace there to allow it.
 *
 * *Relaxed*: a state may also be kept before the position that a request resumed from, where its prefill makes none. The greedy
 * clairvoyant cache does that, so it can reuse more than the optimum, and not more than the relaxed one. In tokens reused over the
 * whole trace: policies over spans <= optimum <= relaxed optimum <= ideal.
 *
 * How it is searched: a held state is reused by the next request that passes it, or by a later one. Requests are gone through in
 * order, over sets of held states; equal sets are one. The relaxed problem is solved first. There each state is of use to the next
 * request that passes it only, as that one could keep it again; so what the later requests reuse on their own, from an empty cache,
 * bounds what can still come, and they are solved shortest first (Russian doll search: Verfaillie, Lemaitre and Schiex, AAAI 1996).
 * What they give bounds the search of the optimum as well.
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

/** The same where states may be kept anywhere on the way of a request. */
export function* relaxedOptimalReuse(
  trace: SpanTrace,
  cost: StateCost,
  capacityBytes: number,
  mostSchedules: number,
): Generator<void, Int32Array | null, void> {
  return yield* new OptimumSearch(trace, cost, capacityBytes, mostSchedules).solveRelaxed();
}

/** A state kept behind one request, until the next one that passes it at least. */
interface Choice {
  readonly id: number;
  readonly span: number;
  /** The next request that passes it; it could resume there. */
  readonly user: number;
  /** That its user reuses, unless it finds a deeper state. */
  readonly tokens: number;
  /** Whether a request behind its user could resume there too. */
  readonly isUsedLater: boolean;
}

/** What a request reuses. */
interface Reuse {
  readonly user: number;
  readonly tokens: number;
}

/** What is decided up to some request. */
interface Schedule {
  /** In ascending order of id. */
  readonly held: readonly Choice[];
  /** Reused by requests so far, and by the next users of what is held. */
  readonly tokens: number;
  readonly bound: number;
  readonly added: readonly Reuse[];
  readonly before: Schedule | null;
}

interface Best {
  schedule: Schedule | null;
  tokens: number;
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
  /** The best relaxed schedule of the requests from each one on alone, and what it reuses. */
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
    const relaxed = yield* this.solveRelaxed();
    // Without states that have to be made, nothing was relaxed: what a request resumes from, it holds.
    if (relaxed === null || this.cost.checkpointBytes === 0) return relaxed;
    const best: Best = { schedule: null, tokens: 0 };
    for (const width of [beam, Number.POSITIVE_INFINITY]) {
      if (best.tokens >= this.bestTokens[0]) break;
      if (!(yield* this.search(0, width, best, (schedule, request) => this.following(schedule, request)))) {
        return null;
      }
    }
    return this.reuseOf(best.schedule);
  }

  *solveRelaxed(): Generator<void, Int32Array | null, void> {
    const { requests } = this.trace;
    for (let start = requests.length - 1; start >= 0; start--) {
      this.best[start] = this.best[start + 1];
      this.bestTokens[start] = this.bestTokens[start + 1];
      const mostGained = this.choices[start].reduce((sum, group) => sum + mostTokens(group), 0);
      const most = Math.min(this.offered[start], this.bestTokens[start + 1] + mostGained);
      const best: Best = { schedule: this.best[start], tokens: this.bestTokens[start] };
      for (const width of [beam, Number.POSITIVE_INFINITY]) {
        if (best.tokens >= most) break;
        const relaxed = (schedule: Schedule, request: number) => this.followingRelaxed(schedule, request);
        if (!(yield* this.search(start, width, best, relaxed))) return null;
      }
      this.best[start] = best.schedule;
      this.bestTokens[start] = best.tokens;
    }
    return this.reuseOf(this.best[0]);
  }

  private reuseOf(schedule: Schedule | null): Int32Array {
    const reused = new Int32Array(this.trace.requests.length);
    for (let at = schedule; at !== null; at = at.before) {
      for (const { user, tokens } of at.added) reused[user] = tokens;
    }
    return reused;
  }

  /** Finds what is better than the best from this request on, with so many sets per request; `false` at the limit. */
  private *search(
    start: number,
    width: number,
    best: Best,
    following: (schedule: Schedule, request: number) => Iterable<Schedule>,
  ): Generator<void, boolean, void> {
    const { requests } = this.trace;
    let layer: readonly Schedule[] = [
      { held: [], tokens: 0, bound: Number.POSITIVE_INFINITY, added: [], before: null },
    ];
    for (let request = start; request < requests.length && layer.length > 0; request++) {
      const next = new Map<string, Schedule>();
      for (const schedule of layer) {
        if (schedule.bound <= best.tokens) continue;
        for (const child of following(schedule, request)) {
          if (++this.looked > this.mostSchedules) return false;
          if (this.isDue(1)) yield;
          if (child.tokens > best.tokens) {
            best.tokens = child.tokens;
            best.schedule = child;
          }
          if (child.bound <= best.tokens) continue;
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
    const [here, others] = [new Set<number>(), [] as Choice[]];
    let resumed = 0;
    for (const choice of schedule.held) {
      if (choice.user !== request) {
        others.push(choice);
        continue;
      }
      here.add(choice.span);
      resumed = Math.max(resumed, choice.tokens);
    }
    const deepest = new Map<number, number>();
    for (const { user, tokens } of others) deepest.set(user, Math.max(tokens, deepest.get(user) ?? 0));
    // Deepest first within each user, so that the first one kept is what the user resumes from.
    const choices = this.choices[request]
      .flat()
      .filter(({ tokens, span }) => tokens > resumed || here.has(span));
    const made: Choice[] = [];
    const added: Reuse[] = [];
    const search = this;
    function* choose(at: number): Generator<Schedule, void, void> {
      if (at === choices.length) {
        const held = [...others, ...made].sort((a, b) => a.id - b.id);
        const tokens = schedule.tokens + added.reduce((sum, reuse) => sum + reuse.tokens, 0);
        const bound = tokens + search.mostBehind(held, request + 1);
        yield { held, tokens, bound, added: [...added], before: schedule };
        return;
      }
      const choice = choices[at];
      const isFirst = !deepest.has(choice.user) && added.every(({ user }) => user !== choice.user);
      if (isFirst || choice.isUsedLater) {
        made.push(choice);
        if (isFirst) added.push(choice);
        if (search.fits(others, made)) yield* choose(at + 1);
        if (isFirst) added.pop();
        made.pop();
      }
      yield* choose(at + 1);
    }
    yield* choose(0);
  }

  /** The same where states may be kept anywhere: for each user one at most, as it can keep all others anew. */
  private *followingRelaxed(schedule: Schedule, request: number): Generator<Schedule, void, void> {
    const held = schedule.held.filter(({ user }) => user !== request);
    const groups = this.choices[request].filter(([first]) => held.every(({ user }) => user !== first.user));
    const made: Choice[] = [];
    const search = this;
    function* choose(group: number): Generator<Schedule, void, void> {
      if (group === groups.length) {
        const all = [...held, ...made].sort((a, b) => a.id - b.id);
        const tokens = schedule.tokens + made.reduce((sum, choice) => sum + choice.tokens, 0);
        const bound = tokens + search.mostBehind(all, request + 1);
        yield { held: all, tokens, bound, added: [...made], before: schedule };
        return;
      }
      // Where KV weighs nothing, the deepest weighs what the others do.
      for (const choice of search.cost.kvBytesPerToken === 0 ? groups[group].slice(0, 1) : groups[group]) {
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
    for (const [index, { user }] of held.entries()) {
      if (held.findIndex((other) => other.user === user) === index) free -= this.offeredTo(user, request);
    }
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
    /** How many of the later requests could resume at each span's end. */
    const usersOf = new Int32Array(spans.ends.length);
    const all: Choice[][][] = requests.map(() => []);
    let id = 0;
    for (let request = requests.length - 1; request >= 0; request--) {
      const groups = new Map<number, Choice[]>();
      for (const [index, span] of requests[request].sequence.entries()) {
        const user = nextOf[span];
        nextOf[span] = request;
        const users = usersOf[span];
        if (index < requests[request].resumeLimit) usersOf[span]++;
        const tokens = spans.ends[span];
        if (user === NEVER || index >= requests[user].resumeLimit) continue;
        if (this.bytes(1, tokens) > this.capacityBytes) continue;
        const group = groups.get(user) ?? [];
        group.push({ id: id++, span, user, tokens, isUsedLater: users > 1 });
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
