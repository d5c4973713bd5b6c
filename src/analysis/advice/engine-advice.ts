/** Settings of a server, and the lengths of shared prefixes, tried one after the other on the workload. */
import type { SettingValue, TunableEngine } from "../../core/policies/policy.ts";
import type { Request } from "../../core/replay/request.ts";
import type { KnownRequests } from "../../core/replay/serve-request.ts";
import type { StaticPrefix } from "../../prompt/static-prefix.ts";
import type { Template } from "../../prompt/template.ts";
import type { Workload } from "../../workload/workload.ts";
import type { ResolvedScenario } from "../scenario.ts";
import { indices } from "../statistics.ts";
import { serveSteps, sumOf } from "./serve-all.ts";

export interface EngineInput {
  readonly scenario: ResolvedScenario;
  readonly templates: readonly Template[];
  readonly prefixes: readonly StaticPrefix[];
  readonly workload: Workload;
  readonly known: KnownRequests;
}

/** What the workload gets under one choice of settings. */
export interface Effect {
  readonly tokenHitRate: number;
  readonly ttftSecondsMean: number;
  /** The most that the cache held after a request. */
  readonly peakBytes: number;
  readonly reusedTokens: number;
}

export interface TriedValue extends Effect {
  readonly value: SettingValue;
}

export interface SettingAdvice {
  readonly name: string;
  readonly present: SettingValue;
  /** The present value where none is better. */
  readonly proposed: SettingValue;
  /** All values, the present one first, with the other settings as they were proposed up to here. */
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
function isBetter(effect: Effect, best: Effect): boolean {
  const isFaster = effect.ttftSecondsMean < best.ttftSecondsMean * (1 - worthChanging);
  return isFaster && effect.reusedTokens > best.reusedTokens;
}

/** `null` where the policy is no server, or has nothing to set for this model. Yields now and then. */
export function* engineSteps(input: EngineInput): Generator<void, EngineAdvice | null, void> {
  const { policy } = input.scenario;
  const engine = input.scenario.createWith((context) => policy.tuning?.(context) ?? null);
  if (engine === null) return null;
  const present = engine.settings.map(({ values }) => values[0]!);
  const before = yield* effectOf(input, engine, present);
  let chosen: readonly SettingValue[] = present;
  let best = before;
  const triedOf: (readonly TriedValue[])[] = [];
  for (const [at, { values, isForOtherEnds }] of engine.settings.entries()) {
    const tried: { readonly chosen: readonly SettingValue[]; readonly effect: Effect }[] = [];
    for (const value of values) {
      const others = chosen.with(at, value);
      if (value !== chosen[at] && engine.accepts?.(others) === false) continue;
      const effect = value === chosen[at] ? best : yield* effectOf(input, engine, others);
      tried.push({ chosen: others, effect });
    }
    for (const { chosen: others, effect } of tried) {
      if (!isBetter(effect, best)) continue;
      if (
        isForOtherEnds &&
        !isBetter(yield* effectOf(input, engine, present.with(at, others[at]!)), before)
      ) {
        continue;
      }
      best = effect;
      chosen = others;
    }
    triedOf.push(
      tried.map(({ chosen: others, effect }) => ({ value: inForce(engine, others)[at]!, ...effect })),
    );
  }
  // What a later setting has made pointless is not proposed.
  for (const at of engine.settings.keys()) {
    const without = chosen.with(at, present[at]!);
    const isChosen =
      chosen[at] !== present[at] && chosen.some((value, other) => other !== at && value !== present[other]);
    if (!isChosen || engine.accepts?.(without) === false) continue;
    const effect = yield* effectOf(input, engine, without);
    if (isBetter(best, effect)) continue;
    chosen = without;
    best = effect;
  }
  const proposed = inForce(engine, chosen);
  const settings = engine.settings.map(({ name }, at): SettingAdvice => {
    const now = present[at]!;
    return { name, present: now, proposed: chosen[at] === now ? now : proposed[at]!, tried: triedOf[at]! };
  });
  const lengths = yield* lengthSteps(input, engine, present);
  const isChanged = settings.some(({ present: now, proposed }) => now !== proposed);
  return {
    before,
    after: best,
    settings,
    launch: isChanged ? engine.launch(chosen) : null,
    besides: isChanged ? (engine.besides?.(chosen) ?? []) : [],
    lengths,
  };
}

function inForce(engine: TunableEngine, chosen: readonly SettingValue[]): readonly SettingValue[] {
  return engine.inForce?.(chosen) ?? chosen;
}

function* effectOf(
  { scenario, known }: EngineInput,
  engine: TunableEngine,
  chosen: readonly SettingValue[],
  rows: readonly number[] = indices(known.requests.length),
): Generator<void, Effect, void> {
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
    tokenHitRate: promptTokens === 0 ? 0 : reusedTokens / promptTokens,
    ttftSecondsMean: rows.length === 0 ? 0 : seconds / rows.length,
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
    const before = yield* effectOf(input, engine, present, rows);
    let best: { readonly changeTokens: number; readonly effect: Effect } | null = null;
    const isCutSmall = stableTokens > unitTokens && beyond <= unitTokens * largestCut;
    for (const changeTokens of isCutSmall ? [-beyond, unitTokens - beyond] : [unitTokens - beyond]) {
      const known = changedRequests(input.known, rows, stableTokens, changeTokens);
      const effect = yield* effectOf({ ...input, known }, engine, present, rows);
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
