/**
 * The workload sent round after round, each with other conversations (core/replay/rounds.ts), through caches of any make: the
 * rounds are made once, and every cache is given as many of them as it takes to settle.
 */
import { serveLoop } from "../core/cache/serve-loop.ts";
import { isSpanCache } from "../core/cache/span-cache.ts";
import type { TtftModel } from "../core/cost/ttft.ts";
import type { Policy } from "../core/policies/policy.ts";
import { Remembered } from "../core/remembered.ts";
import type { ReplayInput } from "../core/replay/replay.ts";
import { type Rounds, roundSteps } from "../core/replay/rounds.ts";
import { serveRequest } from "../core/replay/serve-request.ts";
import {
  knownInLaterRounds,
  type Novelties,
  novelty,
  noveltySteps,
  repeatedRows,
} from "../workload/repeats.ts";
import { type CacheMaker, overSpans, replayInput } from "./replay-input.ts";
import { Settling } from "./settling.ts";
import type { Studied } from "./study.ts";

/** First two, which many caches need; where those are too few, as many as this. */
const fewRounds = 2;
const mostRounds = 8;

export type RoundsInput = Pick<
  Studied,
  "templates" | "config" | "workload" | "scenario" | "prefixes" | "spans"
>;

export type Maker = CacheMaker & {
  readonly policy: Pick<Policy, "memory">;
  /** Left out where it is that of the scenario. */
  readonly ttft?: TtftModel;
};

/** What a cache that has settled does with one round. */
export interface RoundSums {
  readonly requests: number;
  readonly promptTokens: number;
  /** Leading and linked. */
  readonly reusedTokens: number;
  readonly ttftSeconds: number;
  /** In prices of a plain input token; see `Served.inputUnits`. */
  readonly inputUnits: number;
}

/** Tokens between two steps of a replay over tokens, and what a request of one over spans counts as. */
const stepTokens = 50_000;
const spanRequestTokens = 4000;

interface Made {
  readonly rows: readonly number[];
  readonly novelties: Novelties;
  readonly knownRuns: readonly Uint8Array[];
  readonly periodSeconds: number;
}

const noSums: RoundSums = { requests: 0, promptTokens: 0, reusedTokens: 0, ttftSeconds: 0, inputUnits: 0 };

export class SteadyRounds {
  /** Requests of the workload of which each round consists. */
  readonly rows: readonly number[];
  readonly #input: RoundsInput;
  private readonly known: Omit<ReplayInput, "cache" | "createCache">;
  readonly #rounds = new Map<string, Remembered<Rounds>>();
  readonly #novelties: Novelties;
  readonly #knownRuns: readonly Uint8Array[];
  readonly #periodSeconds: number;

  private constructor(input: RoundsInput, known: SteadyRounds["known"], made: Made) {
    this.#input = input;
    this.known = known;
    this.rows = made.rows;
    this.#novelties = made.novelties;
    this.#knownRuns = made.knownRuns;
    this.#periodSeconds = made.periodSeconds;
  }

  /** Yields now and then. */
  static *of(input: RoundsInput): Generator<void, SteadyRounds, void> {
    const { templates, workload, config } = input;
    const { cache: _cache, createCache: _createCache, ...known } = replayInput(input);
    const rows = repeatedRows(workload, templates);
    const periodSeconds = periodOf(rows.map((row) => workload.requests[row]!.arrivalSeconds));
    const endSeconds = periodSeconds * mostRounds;
    const stableTokens = (row: number) => known.stableTokens?.(row) ?? 0;
    const novelties = yield* noveltySteps({ templates, workload, config, endSeconds, stableTokens });
    const knownRuns = yield* knownInLaterRounds(workload, novelties);
    return new SteadyRounds(input, known, { rows, novelties, knownRuns, periodSeconds });
  }

  /** The request of the workload for which one of all rounds stands. */
  rowOf(index: number): number {
    return this.rows[index % this.rows.length]!;
  }

  /**
   * Calls `serve` with two rounds, and where the cache has not settled in those, with more. It must end where the input is
   * over, and tell the settling of each request.
   */
  *settled<T>(
    maker: Maker,
    serve: (input: ReplayInput, settling: Settling) => Generator<unknown, T, void>,
  ): Generator<void, { readonly result: T; readonly settling: Settling }, void> {
    for (let rounds = fewRounds; ; rounds = mostRounds) {
      const input = yield* this.#inputFor(maker, rounds);
      const settling = new Settling({
        cache: input.cache,
        memory: maker.policy.memory,
        capacityBytes: maker.capacityBytes,
        roundRequests: this.rows.length,
        mostRounds,
      });
      const steps = serve({ ...input, isOver: () => settling.isOver() }, settling);
      let step = steps.next();
      for (; step.done !== true; step = steps.next()) yield;
      if (rounds === mostRounds || settling.isOver()) return { result: step.value, settling };
    }
  }

  /** Of one round of a cache that is only compared, and what it took to serve it. */
  *sums(maker: Maker): Generator<void, { sums: RoundSums; served: number; isOverSpans: boolean }, void> {
    const { result, settling } = yield* this.settled(maker, (input, watched) =>
      this.#sumSteps(input, watched),
    );
    return { ...result, served: settling.servedRequests };
  }

  *#sumSteps(
    input: ReplayInput,
    settling: Settling,
  ): Generator<number, { sums: RoundSums; isOverSpans: boolean }, void> {
    const { requests, cache } = input;
    const isOverSpans = isSpanCache(cache);
    const promptTokens = this.rows.map((row) => this.#input.workload.requests[row]!.promptTokens.length);
    let sums = noSums;
    yield* serveLoop({
      requests: requests.keys(),
      cache,
      conversationOf: (index) => requests[index]!.session,
      before: () => !settling.isOver(),
      serve: (index, out) => serveRequest(input, cache, index, out),
      after(index, served) {
        const tokens = promptTokens[index % promptTokens.length]!;
        const linked = served.reusedRanges.reduce((sum, { start, end }) => sum + end - start, 0);
        const prefixTokens = served.equivalentPrefixTokens ?? served.reusedTokens;
        const before = sums.requests === promptTokens.length ? noSums : sums;
        sums = {
          requests: before.requests + 1,
          promptTokens: before.promptTokens + tokens,
          reusedTokens: before.reusedTokens + served.reusedTokens + linked,
          ttftSeconds: before.ttftSeconds + served.restoreSeconds + input.ttftSeconds(prefixTokens, tokens),
          inputUnits: before.inputUnits + served.inputUnits,
        };
        settling.served(served.evictedNodes);
        return isOverSpans ? spanRequestTokens : tokens;
      },
      stepWork: stepTokens,
    });
    return { sums, isOverSpans };
  }

  *#inputFor(maker: Maker, rounds: number): Generator<void, ReplayInput, void> {
    const isOverSpans = isSpanCache(maker.createCache(this.#input.spans.spans));
    const { requests, spans } = yield* this.#roundsOf(rounds, !isOverSpans);
    const { known } = this;
    const { stableTokens, staticEnds, markers } = known;
    const rowOf = (index: number) => this.rowOf(index);
    const { length } = this.rows;
    const { knownRuns } = this.#input.workload;
    const again = {
      ...known,
      requests,
      ...(maker.ttft && { ttftSeconds: maker.ttft.ttftSeconds }),
      knownRuns: requests.map((_, index) =>
        index < length ? knownRuns[rowOf(index)]! : this.#knownRuns[rowOf(index)]!,
      ),
      ...(stableTokens && { stableTokens: (index: number) => stableTokens(rowOf(index)) }),
      ...(staticEnds && { staticEnds: (index: number) => staticEnds(rowOf(index)) }),
      ...(markers && { markers: (index: number) => markers(rowOf(index)) }),
    };
    return (yield* overSpans(again, spans, maker)).input;
  }

  *#roundsOf(rounds: number, needsTokens: boolean): Generator<void, Rounds, void> {
    const key = `${rounds} ${needsTokens}`;
    const memory = this.#rounds.get(key) ?? new Remembered<Rounds>();
    this.#rounds.set(key, memory);
    const { workload, spans } = this.#input;
    return yield* memory.steps([], () =>
      roundSteps({
        requests: this.rows.map((row) => workload.requests[row]!),
        spans: { ...spans, requests: this.rows.map((row) => spans.requests[row]!) },
        rounds,
        periodSeconds: this.#periodSeconds,
        isNew: (request, run) => this.#novelties[this.rowOf(request)]![run] === novelty.isNew,
        isLastTokenNew: (request, run) =>
          this.#novelties[this.rowOf(request)]![run] === novelty.lastTokenIsNew,
        needsTokens,
      }),
    );
  }
}

/** So long that requests of the next round follow as those of this one do, in seconds. */
function periodOf(arrivals: readonly number[]): number {
  const last = arrivals.at(-1) ?? 0;
  return arrivals.length < 2 ? 1 : (last * arrivals.length) / (arrivals.length - 1);
}
