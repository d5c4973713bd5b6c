/** The largest losses of the workspace as a whole, and what would be better: searches on its steady state. */
import type { Policy, PolicyContext } from "../../core/policies/policy.ts";
import { policies } from "../../core/policies/registry.ts";
import type { References } from "../../core/replay/references.ts";
import { every } from "../../core/steps.ts";
import { culpritOf } from "../../findings/culprit.ts";
import { isShown } from "../../findings/finding.ts";
import { worthSayingShare } from "../../findings/workspace-finding.ts";
import { kneeShare, type RoundEffect, type WorkspaceProposals } from "../../findings/workspace-proposal.ts";
import { t } from "../../words/l10n.ts";
import { count } from "../../words/numbers.ts";
import type { Assumption, SteadyState } from "../report.ts";
import type { ResolvedScenario } from "../scenario.ts";
import { indices } from "../statistics.ts";
import type { Maker, RoundSums, SteadyRounds } from "../steady-rounds.ts";
import type { SteadyRound } from "../steady-state.ts";
import type { Studied } from "../study.ts";
import { sumOf } from "./serve-all.ts";

/** Other memories, in parts of the present one, and all that the GPUs have; fewer of them where more cannot be afforded. */
const largerBy = [1.25, 1.5, 2, 3, 4, 6, 8];
const fewLargerBy = [3, 8];
/** Beyond those, as long as the GPUs have more: how much larger the next one is. */
const stepBeyond = 1.5;
const fewStepBeyond = 4;
/** More than this share of prompt tokens that nobody wrote or declared is a workload of assumptions. */
const mostAssumed = 0.5;
/** Tokens that all searches together may serve, so that they take a second or two at most. */
const mostTokens = 25_000_000;
/** What a request over spans costs, in tokens. */
const spanRequestTokens = 1000;
const roundsOfTrial = 2;
const shownPrompts = 5;
/** Segments between two steps, so that a step takes a few milliseconds. */
const stepSegments = 2000;

type Input = Pick<
  Studied,
  "scenario" | "workload" | "templates" | "outcomes" | "studies" | "configPath" | "cache"
>;

/** `null` where nothing can be said: no steady state, a memory that is not known, or a workload of assumptions. */
export function* workspaceSteps(
  input: Input,
  { rounds, state }: SteadyRound,
  references: () => Generator<void, References | null, void>,
): Generator<void, WorkspaceProposals | null, void> {
  const place = placeOf(input);
  const { policy } = input.scenario;
  if (state === null || place === null || policy.memory !== "own") return null;
  yield;
  if ((yield* assumedShare(input)) > mostAssumed) return null;
  if (affordableTrials(state) < fewLargerBy.length) return null;
  const search = new Search(input, rounds, state);
  const present = effectOf(
    state.requests,
    state.promptTokens,
    state.ledger.reused,
    state.ttftSeconds.mean * state.requests,
  );
  const isLarge = (tokens: number) => tokens >= worthSayingShare * state.promptTokens;
  const { noCheckpoint, unaligned, diverged } = state.ledger;
  const evicted = state.ledger.evicted + state.ledger.windowGone;
  const unknownTokens = divergedAtUnknown(input);
  const known = diverged * (1 - shareOfUnknown(input, unknownTokens));
  const worst = isLarge(known) ? worstPrompts(input, unknownTokens) : [];
  // States that are not there may be those for which there never was room.
  const isShort = isLarge(evicted + noCheckpoint + refusedTokens(input));
  const larger = isShort ? yield* search.capacities(present) : [];
  return {
    place,
    requests: state.requests,
    promptTokens: state.promptTokens,
    present,
    capacity: kneeOf(input, present, larger),
    lessWithMore: lessThan(present, larger),
    placement: isLarge(noCheckpoint + unaligned) ? yield* search.placement(present) : null,
    policy: isLarge(evicted + noCheckpoint + unaligned) ? yield* search.policy(present) : null,
    prompts:
      worst.length > 0
        ? {
            tokens: known,
            reachableShare: reachableShare(input, yield* references()),
            unknownTokens: diverged - known,
            worst,
          }
        : null,
  };
}

/** That nothing was searched, where nothing was because there are too many requests. */
export function unsearchedAssumption({ state }: SteadyRound): Assumption[] {
  if (state === null || affordableTrials(state) >= fewLargerBy.length) return [];
  const text = t(
    "No other memory, placement or policy was tried on the whole workspace: {0} requests are too many to be served again. Analyse a part of it, or run `advise`.",
    count(state.requests),
  );
  return [{ id: "workspace-unsearched", text }];
}

/** Trials of the whole workspace for which there is time. */
function affordableTrials({ requests }: Pick<SteadyState, "requests">): number {
  return Math.floor(mostTokens / (roundsOfTrial * requests * spanRequestTokens));
}

interface Tried {
  readonly bytes: number;
  readonly effect: RoundEffect;
}

class Search {
  readonly #input: Input;
  readonly #rounds: SteadyRounds;
  readonly #state: SteadyState;
  #tokens = 0;

  constructor(input: Input, rounds: SteadyRounds, state: SteadyState) {
    this.#input = input;
    this.#rounds = rounds;
    this.#state = state;
  }

  /** With the present policy: the largest, and on the way to the knee by halving what is left; ascending. */
  *capacities(present: RoundEffect): Generator<void, readonly Tried[], void> {
    const { scenario } = this.#input;
    const { policy } = scenario;
    const tried = new Map<number, Tried>();
    const many = memoriesToTry(scenario, largerBy, stepBeyond);
    const isCheap = affordableTrials(this.#state) >= Math.ceil(Math.log2(many.length)) + 1;
    const memories = isCheap ? many : memoriesToTry(scenario, fewLargerBy, fewStepBeyond);
    let low = 0;
    let high = memories.length - 1;
    for (let index = high; !tried.has(index); index = (low + high) >> 1) {
      const bytes = memories[index]!;
      const effect = yield* this.#effect(policy, bytes, (context) => policy.create(context));
      // Of half a search no knee is told.
      if (effect === null) return [];
      tried.set(index, { bytes, effect });
      // Where all that could be had gives nothing, no search is worth its time.
      if (tried.size === 1 && effect.reusedTokens <= present.reusedTokens) break;
      if (isEnough(effect, present, [...tried.values()])) high = index;
      else low = index + 1;
    }
    return [...tried.values()].sort((a, b) => a.bytes - b.bytes);
  }

  /** One setting of the server at a time, or hints where the cache takes them. */
  *placement(present: RoundEffect): Generator<void, WorkspaceProposals["placement"], void> {
    const { policy, capacityBytes } = this.#input.scenario;
    let best: WorkspaceProposals["placement"] = null;
    const better = (effect: RoundEffect | null): effect is RoundEffect =>
      effect !== null && isBetter(effect, best?.effect ?? present);
    const tuning = this.#input.scenario.createWith((context) => policy.tuning?.(context) ?? null);
    const settings = tuning?.settings ?? [];
    const now = settings.map(({ values }) => values[0]!);
    for (const [index, { name, values }] of settings.entries()) {
      for (const value of values.slice(1)) {
        const chosen = now.with(index, value);
        if (tuning?.accepts?.(chosen) === false) continue;
        const effect = yield* this.#effect(
          policy,
          capacityBytes,
          () => tuning!.create(chosen),
          () => tuning!.prefillStepTokens?.(chosen),
        );
        if (better(effect)) best = { change: `${name} ${value}`, instead: String(now[index]), effect };
      }
    }
    const { withHints } = policy;
    if (withHints !== undefined) {
      const effect = yield* this.#effect(withHints, capacityBytes, (context) => withHints.create(context));
      if (better(effect)) {
        best = { change: t("checkpoint hints of the templates"), instead: t("none"), effect };
      }
    }
    return best;
  }

  /** Variants of the same server; of what is no server, others of its kind. */
  *policy(present: RoundEffect): Generator<void, WorkspaceProposals["policy"], void> {
    const { policy, capacityBytes } = this.#input.scenario;
    const others = policies.filter(
      (other) =>
        other !== policy &&
        other !== policy.withHints &&
        other.memory === policy.memory &&
        other.needsDeployment !== true &&
        other.kind === policy.kind &&
        (policy.tuning === undefined || other.source === policy.source),
    );
    let best: WorkspaceProposals["policy"] = null;
    for (const other of others) {
      const effect = yield* this.#effect(other, capacityBytes, (context) => other.create(context));
      if (effect === null || !isBetter(effect, best?.effect ?? present)) continue;
      best = { id: other.id, name: other.name, effect };
    }
    return best;
  }

  /** `null` where there is no time left. */
  *#effect(
    policy: Pick<Policy, "memory" | "prefillStepTokens">,
    capacityBytes: number,
    create: (context: PolicyContext) => ReturnType<Policy["create"]>,
    stepTokens: (context: PolicyContext) => number | undefined = (context) =>
      policy.prefillStepTokens?.(context),
  ): Generator<void, RoundEffect | null, void> {
    if (this.#tokens >= mostTokens) return null;
    const { scenario } = this.#input;
    const maker = scenario.createWith(
      (context): Maker => ({
        cost: scenario.cost,
        capacityBytes,
        policy,
        ttft: scenario.ttftInSteps(stepTokens(context)),
        createCache: (spans) => create({ ...context, capacityBytes, ...(spans !== undefined && { spans }) }),
      }),
    );
    const { sums, served, isOverSpans } = yield* this.#rounds.sums(maker);
    const roundTokens = this.#state.promptTokens / this.#state.requests;
    this.#tokens += served * (isOverSpans ? spanRequestTokens : roundTokens);
    return effectOfSums(sums);
  }
}

/** More is reused, and nobody waits longer for it. */
function isBetter(effect: RoundEffect, than: RoundEffect): boolean {
  return effect.reusedTokens > than.reusedTokens && effect.ttftSecondsMean <= than.ttftSecondsMean;
}

function effectOfSums({ requests, promptTokens, reusedTokens, ttftSeconds }: RoundSums): RoundEffect {
  return effectOf(requests, promptTokens, reusedTokens, ttftSeconds);
}

function effectOf(
  requests: number,
  promptTokens: number,
  reusedTokens: number,
  ttftSeconds: number,
): RoundEffect {
  return {
    reusedTokens,
    tokenHitRate: promptTokens === 0 ? 0 : reusedTokens / promptTokens,
    ttftSecondsMean: requests === 0 ? 0 : ttftSeconds / requests,
  };
}

/** Bytes, ascending: by these factors, then larger ones up to what the GPUs have beside the weights. */
function memoriesToTry(
  { capacityBytes, gpuCapacityBytes }: ResolvedScenario,
  factors: readonly number[],
  step: number,
): readonly number[] {
  const memories = factors.map((factor) => capacityBytes * factor);
  if (gpuCapacityBytes === null || gpuCapacityBytes <= memories.at(-1)!) return memories;
  while (memories.at(-1)! * step < gpuCapacityBytes) memories.push(memories.at(-1)! * step);
  return [...memories, gpuCapacityBytes];
}

/**
 * Of what was sent before in the same place, the share that a cache which knows all requests reuses in this memory: of text
 * that would stand there, no more can be promised. 1 where that was not computed.
 */
function reachableShare({ outcomes, cache }: Input, references: References | null): number {
  if (!references?.clairvoyant) return 1;
  const ideal = sumOf(
    outcomes.sentTokens.map((sent, row) =>
      Math.min(sent, Math.max(0, outcomes.promptTokens[row]! - cache.computedTokensAtLeast)),
    ),
  );
  return ideal === 0 ? 1 : Math.min(1, sumOf(references.clairvoyant) / ideal);
}

/** The smallest memory that gives most of what the best one does. */
function kneeOf(
  { scenario }: Input,
  present: RoundEffect,
  larger: readonly Tried[],
): WorkspaceProposals["capacity"] {
  const knee = larger.find(({ effect }) => isEnough(effect, present, larger));
  if (knee === undefined || knee.effect.reusedTokens <= present.reusedTokens) return null;
  return { presentBytes: scenario.capacityBytes, ...knee, mostBytes: larger.at(-1)!.bytes };
}

function isEnough(effect: RoundEffect, present: RoundEffect, tried: readonly Tried[]): boolean {
  const most = tried.reduce((tokens, each) => Math.max(tokens, each.effect.reusedTokens), 0);
  return effect.reusedTokens >= present.reusedTokens + kneeShare * (most - present.reusedTokens);
}

function lessThan(present: RoundEffect, larger: readonly Tried[]): WorkspaceProposals["lessWithMore"] {
  const less = larger.find(({ effect }) => effect.reusedTokens < present.reusedTokens);
  return less === undefined ? null : { bytes: less.bytes, tokenHitRate: less.effect.tokenHitRate };
}

/** Prompt tokens of requests that the memory does not hold. */
function refusedTokens({ outcomes }: Input): number {
  return outcomes.isRefused.reduce(
    (tokens, isRefused, row) => tokens + (isRefused === 1 ? outcomes.promptTokens[row]! : 0),
    0,
  );
}

/** Share of the prompt tokens that stand in for values of which nobody said anything; without what was captured. */
function* assumedShare({ workload, templates, outcomes }: Input): Generator<void, number, void> {
  const { segments } = workload;
  const isDue = every(stepSegments);
  const { segmentFates } = outcomes;
  const width = segmentFates.length / Math.max(1, segments.length);
  let all = 0;
  let assumed = 0;
  for (const [index, { template, kind, scope }] of segments.entries()) {
    if (isDue(1)) yield;
    if (templates[template]?.captured !== undefined) continue;
    const tokens = segmentFates
      .subarray(index * width, (index + 1) * width)
      .reduce((sum, part) => sum + part, 0);
    all += tokens;
    const isValue = kind === "hole" || kind === "block";
    if (isValue && scope?.basis !== "declared") assumed += tokens;
  }
  return all === 0 ? 1 : assumed / all;
}

function placeOf({ configPath, templates, studies }: Input): WorkspaceProposals["place"] | null {
  const lost = (index: number) => {
    // No round of the steady state has it.
    if (templates[index]!.captured !== undefined) return -1;
    const { ledger } = studies[index]!.row;
    return ledger.evicted + ledger.windowGone + ledger.noCheckpoint + ledger.diverged + ledger.unaligned;
  };
  const losses = indices(templates.length).map(lost);
  const most = losses.reduce((tokens, each) => Math.max(tokens, each), 0);
  const template = templates[losses.indexOf(most)];
  if (template === undefined) return null;
  const { id, path, range } = template;
  if (configPath !== null) return { templateId: id, path: configPath, range: { start: 0, end: 0 } };
  return { templateId: id, path, range: { start: range.start, end: range.start } };
}

/** By template, what diverged at values of which nothing is known: that is lost because they are counted as new, not by them. */
function divergedAtUnknown({ workload: { segments }, outcomes, templates }: Input): Float64Array {
  const tokens = new Float64Array(templates.length);
  for (const [index, blamed] of outcomes.blamedTokens.entries()) {
    if (blamed === 0) continue;
    const culprit = segments[culpritOf(segments, index)];
    if (culprit?.scope?.basis === "unknown") tokens[culprit.template]! += blamed;
  }
  return tokens;
}

/** Share of all that diverged, in the round from an empty cache; without what was captured. */
function shareOfUnknown({ studies, templates }: Input, unknownTokens: Float64Array): number {
  let all = 0;
  let unknown = 0;
  for (const [index, { row }] of studies.entries()) {
    if (templates[index]!.captured !== undefined) continue;
    all += row.ledger.diverged;
    unknown += unknownTokens[index]!;
  }
  return all === 0 ? 0 : Math.min(1, unknown / all);
}

/** Of the prompts in which something is said that can be acted on. */
function worstPrompts({ studies, templates }: Input, unknownTokens: Float64Array) {
  return studies
    .map(({ findings, row: { path, range, ledger } }, index) => ({
      path,
      range: { start: range.start, end: range.start },
      tokens: ledger.diverged - unknownTokens[index]!,
      isMeant:
        templates[index]!.captured === undefined &&
        [...findings.values()].some((found) => found.some(isShown)),
    }))
    .filter(({ isMeant }) => isMeant)
    .map(({ isMeant: _, ...each }) => each)
    .filter(({ tokens }) => tokens > 0)
    .sort((a, b) => b.tokens - a.tokens)
    .slice(0, shownPrompts);
}
