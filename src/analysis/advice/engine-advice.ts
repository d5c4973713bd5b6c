/** Settings of a server, and the lengths of shared prefixes, tried one after the other on the workload. */
import type { SettingValue, TunableEngine } from "../../core/policies/policy.ts";
import type { Request } from "../../core/replay/request.ts";
import type { KnownRequests } from "../../core/replay/serve-request.ts";
import { indices, ratio } from "../statistics.ts";
import { type RoundsInput, SteadyRounds } from "../steady-rounds.ts";
import { serveSteps, sumOf } from "./serve-all.ts";

export interface EngineInput extends RoundsInput {
  readonly known: KnownRequests;
}

export interface Reuse {
  readonly tokenHitRate: number;
  readonly ttftSecondsMean: number;
  readonly reusedTokens: number;
}

/** What the workload gets under one choice of settings: in the steady state where choices are compared there, else as `cold`. */
export interface Effect extends Reuse {
  /** From an empty cache. */
  readonly cold: Reuse;
  /** The most that the cache held after a request, from an empty cache. */
  readonly peakBytes: number;
}

export interface TriedValue extends Effect {
  readonly value: SettingValue;
}

export interface SettingAdvice {
  readonly name: string;
  readonly present: SettingValue;
  /** The present value where none is better. */
  readonly proposed: SettingValue;
  /** All values, the present one first, with the other settings as they are proposed. */
  readonly tried: readonly TriedValue[];
}

/** A stable prefix that ends between two positions from which a server resumes. */
export interface LengthAdvice {
  readonly templateId: string;
  readonly path: string;
  readonly stableTokens: number;
  readonly unitTokens: number;
  /** What is done to the end of the stable prefix: tokens to add, negative for tokens to take away. */
  readonly changeTokens: number;
  readonly ttftSecondsMean: number;
  readonly ttftSecondsMeanAfter: number;
  readonly reusedTokens: number;
  readonly reusedTokensAfter: number;
}

export interface EngineAdvice {
  /** By what choices are compared: the workload sent again and again, or once from an empty cache. */
  readonly basis: "steady" | "cold";
  readonly before: Effect;
  /** With all proposed values together. */
  readonly after: Effect;
  readonly settings: readonly SettingAdvice[];
  /** How the server is started with all proposed values; `null` where none is better than the present one. */
  readonly launch: string | null;
  /** See `TunableEngine.besides`; of the launch line. */
  readonly besides: readonly string[];
  /** With the present settings; of templates whose mean TTFT it shortens, the most first. */
  readonly lengths: readonly LengthAdvice[];
}

/** Share by which a mean TTFT must be shorter for a change to be worth it. */
const worthChanging = 0.001;

/** A server that only has less to do, because the prompt is shorter or its states are not written, reuses no more. */
function isBetter(effect: Reuse, best: Reuse): boolean {
  const isFaster = effect.ttftSecondsMean < best.ttftSecondsMean * (1 - worthChanging);
  return isFaster && effect.reusedTokens > best.reusedTokens;
}

/** Times that all settings are gone through until none changes; what still changes then is left. */
const mostPasses = 4;
/** Prompt tokens that all trials of the steady state may serve, as far as it is known before: some ten seconds. */
const mostSteadyTokens = 200_000_000;
const roundsOfTrial = 2;

/** `null` where the policy is no server, or has nothing to set for this model. Yields now and then. */
export function* engineSteps(input: EngineInput): Generator<void, EngineAdvice | null, void> {
  const { policy } = input.scenario;
  const engine = input.scenario.createWith((context) => policy.tuning?.(context) ?? null);
  if (engine === null) return null;
  const trials = new Trials(input, engine, yield* roundsOf(input, engine));
  const present = engine.settings.map(({ values }) => values[0]!);
  const before = yield* trials.effect(present);
  const chosen = yield* searchSteps(engine, trials, present);
  const proposed = inForce(engine, chosen);
  const settings: SettingAdvice[] = [];
  for (const [at, { name }] of engine.settings.entries()) {
    const now = present[at]!;
    const tried = yield* triedSteps(engine, trials, chosen, at);
    settings.push({ name, present: now, proposed: chosen[at] === now ? now : proposed[at]!, tried });
  }
  const lengths = yield* lengthSteps(input, engine, present);
  const isChanged = settings.some(({ present: now, proposed: then }) => now !== then);
  return {
    basis: trials.isSteady ? "steady" : "cold",
    before,
    after: yield* trials.effect(chosen),
    settings,
    launch: isChanged ? engine.launch(chosen) : null,
    besides: isChanged ? (engine.besides?.(chosen) ?? []) : [],
    lengths,
  };
}

/** One setting after the other, each with the others as they are, until none is better in another way; then without what is pointless. */
function* searchSteps(
  engine: TunableEngine,
  trials: Trials,
  present: readonly SettingValue[],
): Generator<void, readonly SettingValue[], void> {
  const before = yield* trials.effect(present);
  let chosen = present;
  for (let pass = 0; pass < mostPasses; pass++) {
    const atStart = chosen;
    for (const [at, { values, isForOtherEnds }] of engine.settings.entries()) {
      for (const value of values) {
        const others = chosen.with(at, value);
        if (value === chosen[at] || engine.accepts?.(others) === false) continue;
        if (!isBetter(yield* trials.effect(others), yield* trials.effect(chosen))) continue;
        if (isForOtherEnds && !isBetter(yield* trials.effect(present.with(at, value)), before)) continue;
        chosen = others;
      }
    }
    for (const [at, now] of present.entries()) {
      const without = chosen.with(at, now);
      if (chosen[at] === now || without.join() === present.join()) continue;
      if (engine.accepts?.(without) === false) continue;
      if (!isBetter(yield* trials.effect(chosen), yield* trials.effect(without))) chosen = without;
    }
    if (chosen.join() === atStart.join()) break;
  }
  return chosen;
}

/** Each value once, as the server has it in force, the present one first. */
function* triedSteps(
  engine: TunableEngine,
  trials: Trials,
  chosen: readonly SettingValue[],
  at: number,
): Generator<void, readonly TriedValue[], void> {
  const tried = new Map<SettingValue, TriedValue>();
  for (const [index, given] of engine.settings[at]!.values.entries()) {
    const others = chosen.with(at, given);
    if (given !== chosen[at] && engine.accepts?.(others) === false) continue;
    // The present value is named as it is set now, whatever other settings make of it.
    const value = index === 0 ? given : inForce(engine, others)[at]!;
    if (!tried.has(value)) tried.set(value, { value, ...(yield* trials.effect(others)) });
  }
  return [...tried.values()];
}

function inForce(engine: TunableEngine, chosen: readonly SettingValue[]): readonly SettingValue[] {
  return engine.inForce?.(chosen) ?? chosen;
}

/** `null` where nothing comes again, or too much would have to be served. */
function* roundsOf(
  input: EngineInput,
  { settings }: TunableEngine,
): Generator<void, SteadyRounds | null, void> {
  const trials = settings.reduce((sum, { values }) => sum + values.length, 0);
  const tokens = input.known.requests.reduce((sum, { promptTokens }) => sum + promptTokens.length, 0);
  if (trials * tokens * roundsOfTrial > mostSteadyTokens) return null;
  const rounds = yield* SteadyRounds.of(input);
  return rounds.rows.length === 0 ? null : rounds;
}

/** Each choice is served once. */
class Trials {
  readonly #input: EngineInput;
  readonly #engine: TunableEngine;
  readonly #rounds: SteadyRounds | null;
  readonly #known = new Map<string, Effect>();

  constructor(input: EngineInput, engine: TunableEngine, rounds: SteadyRounds | null) {
    this.#input = input;
    this.#engine = engine;
    this.#rounds = rounds;
  }

  get isSteady(): boolean {
    return this.#rounds !== null;
  }

  *effect(chosen: readonly SettingValue[]): Generator<void, Effect, void> {
    const key = JSON.stringify(chosen);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { peakBytes, ...cold } = yield* coldReuse(this.#input, this.#engine, chosen);
    const steady = this.#rounds === null ? cold : yield* this.#steadyReuse(this.#rounds, chosen);
    const effect = { ...steady, cold, peakBytes };
    this.#known.set(key, effect);
    return effect;
  }

  *#steadyReuse(rounds: SteadyRounds, chosen: readonly SettingValue[]): Generator<void, Reuse, void> {
    const { scenario } = this.#input;
    const { cost, capacityBytes, policy } = scenario;
    const engine = this.#engine;
    const { sums } = yield* rounds.sums({
      ...{ cost, capacityBytes, policy },
      ttft: scenario.ttftInSteps(engine.prefillStepTokens?.(chosen)),
      createCache: () => engine.create(chosen),
    });
    return {
      tokenHitRate: ratio(sums.reusedTokens, sums.promptTokens),
      ttftSecondsMean: ratio(sums.ttftSeconds, sums.requests),
      reusedTokens: sums.reusedTokens,
    };
  }
}

function* coldReuse(
  { scenario, known }: EngineInput,
  engine: TunableEngine,
  chosen: readonly SettingValue[],
  rows: readonly number[] = indices(known.requests.length),
): Generator<void, Reuse & { readonly peakBytes: number }, void> {
  const served = yield* serveSteps(known, engine.create(chosen), rows);
  const ttft = scenario.ttftInSteps(engine.prefillStepTokens?.(chosen));
  let promptTokens = 0;
  let seconds = 0;
  for (const [at, row] of rows.entries()) {
    const { length } = known.requests[row]!.promptTokens;
    promptTokens += length;
    seconds += served.restoreSeconds[at]! + ttft.ttftSeconds(served.prefixTokens[at]!, length);
  }
  const reusedTokens = sumOf(served.reusedTokens);
  return {
    tokenHitRate: ratio(reusedTokens, promptTokens),
    ttftSecondsMean: ratio(seconds, rows.length),
    peakBytes: served.peakBytes,
    reusedTokens,
  };
}

/** Each template by itself, in a memory of its own. */
function* lengthSteps(
  input: EngineInput,
  engine: TunableEngine,
  present: readonly SettingValue[],
): Generator<void, readonly LengthAdvice[], void> {
  const unitTokens = engine.unitTokens(present);
  if (unitTokens <= 1) return [];
  const found: LengthAdvice[] = [];
  for (const [index, { id, path }] of input.templates.entries()) {
    const rows = input.workload.requestsOf[index]!;
    const stableTokens = input.prefixes[index]!.tokens.length;
    const beyond = stableTokens % unitTokens;
    if (rows.length === 0 || stableTokens < leastStableTokens || beyond === 0) continue;
    const before = yield* coldReuse(input, engine, present, rows);
    let best: { readonly changeTokens: number; readonly effect: Reuse } | null = null;
    const isCutSmall = stableTokens > unitTokens && beyond <= unitTokens * largestCut;
    for (const changeTokens of isCutSmall ? [-beyond, unitTokens - beyond] : [unitTokens - beyond]) {
      const known = changedRequests(input.known, rows, stableTokens, changeTokens);
      const effect = yield* coldReuse({ ...input, known }, engine, present, rows);
      if (isBetter(effect, best?.effect ?? before)) best = { changeTokens, effect };
    }
    if (best === null) continue;
    found.push({
      templateId: id,
      path,
      stableTokens,
      unitTokens,
      changeTokens: best.changeTokens,
      ttftSecondsMean: before.ttftSecondsMean,
      ttftSecondsMeanAfter: best.effect.ttftSecondsMean,
      reusedTokens: before.reusedTokens,
      reusedTokensAfter: best.effect.reusedTokens,
    });
  }
  const saved = (each: LengthAdvice) => each.ttftSecondsMean - each.ttftSecondsMeanAfter;
  return found.toSorted((a, b) => saved(b) - saved(a));
}

/** A prefix shorter than this is no prefix yet: what ends it is the problem. */
const leastStableTokens = 32;
/** Share of a unit that is worth cutting for its end: whoever takes away more saves prefill in any case. */
const largestCut = 1 / 8;

/** A token that no vocabulary has, so that what is added agrees with nothing but itself. */
const addedToken = 0x7fff_ffff;

/** The requests with so many tokens more, or fewer, at the end of what they all begin with. Nothing else is known of them. */
function changedRequests(
  { requests }: KnownRequests,
  rows: readonly number[],
  stableTokens: number,
  changeTokens: number,
): KnownRequests {
  const changed: Request[] = [...requests];
  for (const row of rows) {
    const { promptTokens, messageEnds: _ends, userStarts: _starts, ...rest } = requests[row]!;
    const tokens = new Int32Array(promptTokens.length + changeTokens).fill(addedToken);
    tokens.set(promptTokens.subarray(0, stableTokens + Math.min(0, changeTokens)));
    tokens.set(promptTokens.subarray(stableTokens), stableTokens + changeTokens);
    changed[row] = { ...rest, promptTokens: tokens, runs: null };
  }
  return { requests: changed };
}
