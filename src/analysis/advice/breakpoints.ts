/**
 * The best places for the cache breakpoints of a hosted API, by search: the provider's own rules serve the workload once
 * for each choice of places. It starts from the present marks and takes only what costs less, so that a proposal is never
 * worse than what is there, however early the search ends.
 */

import type { CacheSystem } from "../../core/cache/cache-system.ts";
import type { AuthoredBreakpoints } from "../../core/policies/policy.ts";
import type { Marker } from "../../core/providers/request.ts";
import type { KnownRequests } from "../../core/replay/serve-request.ts";
import { commonPrefixLength } from "../../core/tokens/common-prefix.ts";
import type {
  BreakpointBill,
  BreakpointProposal,
  LifetimeChoices,
} from "../../findings/breakpoint-proposal.ts";
import type { StaticPrefix } from "../../prompt/static-prefix.ts";
import type { Template } from "../../prompt/template.ts";
import { t } from "../../words/l10n.ts";
import { count } from "../../words/numbers.ts";
import type { Assumption } from "../report.ts";
import type { ResolvedScenario } from "../scenario.ts";
import { bestSubsetSteps } from "./best-subset.ts";
import { type Candidate, candidatePlaces, type PlacesInput } from "./breakpoint-places.ts";
import { type ServedColumns, serveSteps, sumOf } from "./serve-all.ts";

export interface BreakpointsInput extends PlacesInput {
  readonly scenario: ResolvedScenario;
  readonly prefixes: readonly StaticPrefix[];
}

export interface BreakpointAdvice {
  /** One for each template that is called, in their order; also where nothing better was found. */
  readonly proposals: readonly BreakpointProposal[];
  /** Templates that were not searched, or not to the end, because it would have taken too long. */
  readonly unfinished: number;
}

/** Prompt tokens that all trials of one analysis may serve: a few seconds. */
const mostServedTokens = 150_000_000;
/** Rounds over templates that share a prefix: what one marks, another reads. */
const rounds = 2;

/** What a report says where the search had to end early; nothing where it did not. */
export function unfinishedAssumption(advice: BreakpointAdvice | null): readonly Assumption[] {
  if (advice === null || advice.unfinished === 0) return [];
  const text = t(
    "For {unfinished} templates not all places for cache breakpoints were tried: it would have taken more than {mostServedTokens} prompt tokens. Ask for fewer conversations, or exclude files.",
    { unfinished: advice.unfinished, mostServedTokens: count(mostServedTokens) },
  );
  return [{ id: "breakpoint-budget", text }];
}

/** `null` where the policy has no breakpoints that an author can set. Yields now and then. */
export function* breakpointSteps(
  input: BreakpointsInput,
  budgetTokens: number = mostServedTokens,
): Generator<void, BreakpointAdvice | null, void> {
  const { breakpoints } = input.scenario.policy;
  if (breakpoints === undefined) return null;
  const search = new Search(input, breakpoints, budgetTokens);
  for (const group of groupsOf(input, breakpoints.minimumTokens)) yield* search.improve(group);
  return search.advice;
}

/** One template of the search. */
interface Subject {
  readonly template: number;
  readonly rows: readonly number[];
  readonly promptTokens: number;
  readonly basis: BreakpointProposal["basis"];
  /** Markers of the present state, by position in `rows`. */
  readonly present: readonly (readonly Marker[])[];
  readonly candidates: readonly Candidate[];
}

/** Which candidates of a subject are marked, `null` standing for the present markers, and for which lifetime. */
interface Choice {
  readonly items: readonly number[] | null;
  /** Whether all of them ask for the longer lifetime. */
  readonly isLonger: boolean;
}

const asPresent: Choice = { items: null, isLonger: false };

class Search {
  private readonly input: BreakpointsInput;
  private readonly breakpoints: AuthoredBreakpoints;
  private readonly proposals: BreakpointProposal[] = [];
  private budgetTokens: number;
  private unfinished = 0;

  constructor(input: BreakpointsInput, breakpoints: AuthoredBreakpoints, budgetTokens: number) {
    this.input = input;
    this.breakpoints = breakpoints;
    this.budgetTokens = budgetTokens;
  }

  get advice(): BreakpointAdvice {
    const proposals = this.proposals.toSorted((a, b) => a.template - b.template);
    return { proposals, unfinished: this.unfinished };
  }

  /** Templates that may read each other's prefixes, and no others'. */
  *improve(templates: readonly number[]): Generator<void, void, void> {
    const subjects = templates.map((template) => this.subject(template));
    const choices: Choice[] = subjects.map(() => asPresent);
    const before = yield* this.served(subjects, choices);
    let cost = sumOf(before.inputUnits);
    let isFinished = true;
    const expires = subjects.map(
      ({ rows }) => this.mayLiveLonger && hasExpired(before, this.columnsOf(subjects), rows),
    );
    for (let round = 0; round < (subjects.length === 1 ? 1 : rounds); round++) {
      for (const [at, { candidates }] of subjects.entries()) {
        for (const isLonger of expires[at] === true ? [false, true] : [false]) {
          const found = yield* bestSubsetSteps({
            items: candidates.length,
            most: this.breakpoints.most,
            cost: (items) => this.cost(subjects, choices.with(at, { items, isLonger })),
          });
          if (found.cost === Number.POSITIVE_INFINITY) isFinished = false;
          // Sums of products differ in their last digits.
          if (found.cost >= cost * (1 - 1e-9)) continue;
          choices[at] = { items: found.subset, isLonger };
          cost = found.cost;
        }
      }
    }
    if (this.budgetTokens <= 0) isFinished = false;
    if (!isFinished) this.unfinished += subjects.length;
    const after = yield* this.served(subjects, choices);
    const lifetimes: (LifetimeChoices | null)[] = [];
    for (const at of subjects.keys()) lifetimes.push(yield* this.lifetimesOf(subjects, at, before));
    this.propose(subjects, choices, { before, after, lifetimes });
  }

  private get mayLiveLonger(): boolean {
    return this.breakpoints.lifetimes.longerSeconds !== null;
  }

  /** By row, where in the columns of what was served a request stands. */
  private columnsOf(subjects: readonly Subject[]): ReadonlyMap<number, number> {
    const all = subjects.flatMap(({ rows }) => rows).sort((a, b) => a - b);
    return new Map(all.map((row, column) => [row, column]));
  }

  /** What the present marks of one subject would cost for longer, and if their prefixes were read before they expire. */
  private *lifetimesOf(
    subjects: readonly Subject[],
    at: number,
    before: ServedColumns,
  ): Generator<void, LifetimeChoices | null, void> {
    const { rows, present: marks } = subjects[at]!;
    const columnOf = this.columnsOf(subjects);
    if (!hasExpired(before, columnOf, rows)) return null;
    const { renewalMultiplier, createLasting, ...sold } = this.breakpoints.lifetimes;
    const longerSeconds = areLong(marks) ? null : sold.longerSeconds;
    const seconds = areLong(marks) ? (sold.longerSeconds ?? sold.seconds) : sold.seconds;
    const gaps = this.gapsOf(rows);
    const late = new Map([...gaps].filter(([, gapSeconds]) => gapSeconds > seconds));
    // What expires from one conversation to the next is no matter of the turns.
    if (!hasExpired(before, columnOf, [...late.keys()])) return null;
    const unitsOf = ({ inputUnits }: ServedColumns) =>
      rows.reduce((sum, row) => sum + inputUnits[columnOf.get(row)!]!, 0);
    const present = subjects.map(() => asPresent);
    const longer =
      longerSeconds === null
        ? null
        : yield* this.served(subjects, present.with(at, { items: null, isLonger: true }));
    const lasting =
      renewalMultiplier === null ? null : yield* this.served(subjects, present, createLasting());
    let units = 0;
    let renewals = 0;
    for (const [row, gapSeconds] of late) {
      const times = Math.ceil(gapSeconds / seconds) - 1;
      renewals += times;
      units += times * (renewalMultiplier ?? 0) * (lasting?.reusedTokens[columnOf.get(row)!] ?? 0);
    }
    return {
      seconds,
      gapSeconds: median([...gaps.values()]),
      gaps: gaps.size,
      lateGaps: late.size,
      longer: longer && { seconds: longerSeconds!, inputUnits: unitsOf(longer) },
      keptAlive: lasting && { inputUnits: unitsOf(lasting) + units, requests: renewals },
    };
  }

  /** Seconds since the request of the same conversation before, by row; none for first requests. */
  private gapsOf(rows: readonly number[]): ReadonlyMap<number, number> {
    const { requests } = this.input.workload;
    const last = new Map<number, number>();
    const gaps = new Map<number, number>();
    for (const row of rows) {
      const { session, arrivalSeconds } = requests[row]!;
      const before = last.get(session);
      if (before !== undefined) gaps.set(row, arrivalSeconds - before);
      last.set(session, arrivalSeconds);
    }
    return gaps;
  }

  private subject(template: number): Subject {
    const { input, breakpoints } = this;
    const { workload, known, templates } = input;
    const rows = workload.requestsOf[template]!;
    const present = rows.map((row) => {
      const { promptTokens, messageEnds } = workload.requests[row]!;
      return breakpoints.present(promptTokens.length, {
        arrivalSeconds: 0,
        stableTokens: known.stableTokens?.(row) ?? 0,
        ...(messageEnds !== undefined && { blockEnds: messageEnds }),
        ...presentMarkers(known.markers?.(row)),
      });
    });
    return {
      template,
      rows,
      present,
      promptTokens: rows.reduce((sum, row) => sum + workload.requests[row]!.promptTokens.length, 0),
      basis: basisOf(templates[template]!),
      candidates: candidatePlaces(input, template, rows, breakpoints.minimumTokens),
    };
  }

  /** Infinite once the budget is spent, so that nothing more is taken. */
  private *cost(subjects: readonly Subject[], choices: readonly Choice[]): Generator<void, number, void> {
    if (this.budgetTokens <= 0) return Number.POSITIVE_INFINITY;
    this.budgetTokens -= subjects.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
    const { inputUnits } = yield* this.served(subjects, choices);
    return sumOf(inputUnits);
  }

  private served(
    subjects: readonly Subject[],
    choices: readonly Choice[],
    cache: CacheSystem = this.breakpoints.createUnmarked(),
  ): Generator<void, ServedColumns, void> {
    const { requests, known } = { ...this.input.workload, known: this.input.known };
    const markers = new Map<number, readonly Marker[]>();
    for (const [at, { rows, present, candidates }] of subjects.entries()) {
      const { items, isLonger } = choices[at] ?? asPresent;
      for (const [position, row] of rows.entries()) {
        const own = items === null ? present[position]! : chosenMarkers(candidates, items, position);
        markers.set(row, isLonger ? own.map(({ end }) => ({ end, isLong: true })) : own);
      }
    }
    const rows = [...markers.keys()].sort((a, b) => a - b);
    const served: KnownRequests = {
      requests,
      ...(known.stableTokens !== undefined && { stableTokens: known.stableTokens }),
      markers: (row) => markers.get(row) ?? [],
    };
    return serveSteps(served, cache, rows);
  }

  private propose(
    subjects: readonly Subject[],
    choices: readonly Choice[],
    { before, after, lifetimes }: SearchResults,
  ): void {
    const columnOf = this.columnsOf(subjects);
    for (const [at, { template, rows, promptTokens, basis, candidates, present }] of subjects.entries()) {
      const columns = rows.map((row) => columnOf.get(row)!);
      const { items, isLonger } = choices[at]!;
      const places = (items ?? []).map((candidate) => candidates[candidate]!);
      this.proposals.push({
        template,
        basis,
        isChanged: items !== null,
        isLonger: isLonger && !areLong(present),
        isShorter: !isLonger && areLong(present) && places.some(({ isLong }) => !isLong),
        lifetimes: lifetimes[at] ?? null,
        standsStill: this.standsStill(rows, present),
        places: places
          .toSorted((a, b) => sumOf(a.ends) - sumOf(b.ends))
          .map(({ name, path, range }) => ({ name, path, range })),
        promptTokens,
        present: this.bill(before, rows, columns),
        proposed: this.bill(after, rows, columns),
      });
    }
  }

  /** No mark moves on with the conversation, so that every turn is prefilled again in all that follow. */
  private standsStill(rows: readonly number[], present: Subject["present"]): boolean {
    const { requests } = this.input.workload;
    const first = new Map<number, { readonly end: number; readonly promptTokens: number }>();
    let grown = 0;
    for (const [at, row] of rows.entries()) {
      const { session, promptTokens } = requests[row]!;
      const end = present[at]!.at(-1)?.end ?? 0;
      const before = first.get(session);
      if (before === undefined) first.set(session, { end, promptTokens: promptTokens.length });
      else if (end === 0 || end !== before.end) return false;
      else if (promptTokens.length > before.promptTokens) grown++;
    }
    return grown > 0;
  }

  private bill(served: ServedColumns, rows: readonly number[], columns: readonly number[]): BreakpointBill {
    const { workload, scenario } = this.input;
    const lost = new Map<string, number>();
    const bill = { inputUnits: 0, readTokens: 0, ttftSeconds: 0 };
    for (const [at, column] of columns.entries()) {
      const { length } = workload.requests[rows[at]!]!.promptTokens;
      bill.inputUnits += served.inputUnits[column]!;
      bill.readTokens += served.reusedTokens[column]!;
      for (const [reason, tokens] of served.lost[column]!) lost.set(reason, (lost.get(reason) ?? 0) + tokens);
      bill.ttftSeconds += scenario.ttft.ttftSeconds(served.prefixTokens[column]!, length);
    }
    return { ...bill, lost: Object.fromEntries(lost) };
  }
}

interface SearchResults {
  /** What was served with the present marks, and with the chosen ones. */
  readonly before: ServedColumns;
  readonly after: ServedColumns;
  /** By subject. */
  readonly lifetimes: readonly (LifetimeChoices | null)[];
}

function hasExpired(
  { lost }: ServedColumns,
  columnOf: ReadonlyMap<number, number>,
  rows: readonly number[],
): boolean {
  return rows.some((row) => (lost[columnOf.get(row)!]?.get("expired") ?? 0) > 0);
}

/** Whether there are marks, and all of them ask for the longer lifetime. */
function areLong(marks: Subject["present"]): boolean {
  const all = marks.flat();
  return all.length > 0 && all.every(({ isLong }) => isLong === true);
}

/** 0 for none. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function chosenMarkers(
  candidates: readonly Candidate[],
  choice: readonly number[],
  position: number,
): readonly Marker[] {
  return choice.flatMap((item) => {
    const { ends, isLong } = candidates[item]!;
    return ends[position]! > 0 ? [{ end: ends[position]!, isLong }] : [];
  });
}

/**
 * Templates that are called, those with most tokens first, in groups that share no prefix long enough to be kept: what one
 * group marks is of no use to another.
 */
function groupsOf({ workload, prefixes }: BreakpointsInput, minimumTokens: number): number[][] {
  const tokens = new Map<number, number>();
  for (const [row, template] of workload.templateOf.entries()) {
    const own = workload.requests[row]!.promptTokens.length;
    tokens.set(template, (tokens.get(template) ?? 0) + own);
  }
  const groups: number[][] = [];
  for (const [template] of [...tokens].sort((a, b) => b[1] - a[1] || a[0] - b[0])) {
    const near = groups.filter((group) =>
      group.some((other) => share(prefixes[template]!, prefixes[other]!, minimumTokens)),
    );
    const joined = [...near.flat(), template];
    groups.splice(0, groups.length, ...groups.filter((group) => !near.includes(group)), joined);
  }
  return groups;
}

/** Where no minimum is published, less than a sentence is not worth a common search. */
const sharedAtLeast = 64;

function share(a: StaticPrefix, b: StaticPrefix, minimumTokens: number): boolean {
  const needed = Math.max(minimumTokens, sharedAtLeast);
  const limit = Math.min(a.tokens.length, b.tokens.length);
  return limit >= needed && commonPrefixLength(a.tokens, 0, b.tokens, 0, needed) === needed;
}

function presentMarkers(markers: readonly Marker[] | undefined): { readonly markers?: readonly Marker[] } {
  return markers === undefined ? {} : { markers };
}

function basisOf({ cacheMarkers }: Template): BreakpointProposal["basis"] {
  if (cacheMarkers === undefined) return "assumed";
  return cacheMarkers.length === 0 ? "none" : "written";
}
