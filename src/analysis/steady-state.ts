/** The steady state of a report: what a cache that has served the workload before does with the next round of it. */
import { type OutcomeTable, replaySteps } from "../core/replay/replay.ts";
import { t } from "../words/l10n.ts";
import { count, percent, plural } from "../words/numbers.ts";
import { hitsOf } from "./hits.ts";
import type { Assumption, SteadyState } from "./report.ts";
import type { Settling } from "./settling.ts";
import { indices, ledgerOf, ledgerTokens, ratio, secondsOf } from "./statistics.ts";
import { type RoundsInput, SteadyRounds } from "./steady-rounds.ts";
import type { Studied } from "./study.ts";

export interface SteadyRound {
  readonly rounds: SteadyRounds;
  /** `null` where nothing comes again. */
  readonly state: SteadyState | null;
  /** By template; `null` where it sends nothing in the round. */
  readonly tokenHitRates: readonly (number | null)[];
  readonly assumption: Assumption;
}

type Input = RoundsInput & Pick<Studied, "outcomes">;

/** Yields now and then. */
export function* steadySteps(input: Input): Generator<void, SteadyRound, void> {
  const { workload, templates, scenario } = input;
  const rounds = yield* SteadyRounds.of(input);
  const leftOut = workload.requests.length - rounds.rows.length;
  const assumption = { id: "steady-state", text: assumptionText(rounds.rows.length, leftOut) };
  const none = templates.map(() => null);
  if (rounds.rows.length === 0) return { rounds, state: null, tokenHitRates: none, assumption };
  const { result, settling } = yield* rounds.settled(scenario, (known, watched) =>
    replaySteps({ ...known, onServed: (_, { evictedNodes }) => watched.served(evictedNodes) }),
  );
  yield;
  const first = settling.round * rounds.rows.length;
  const lastRound = indices(rounds.rows.length).map((at) => first + at);
  const byTemplate = templates.map((): number[] => []);
  for (const row of lastRound) byTemplate[workload.templateOf[rounds.rowOf(row)] ?? -1]?.push(row);
  return {
    rounds,
    state: stateOf(input, result, settling, rounds, lastRound),
    tokenHitRates: byTemplate.map((rows) => (rows.length === 0 ? null : hitRateOf(result, rows))),
    assumption,
  };
}

function stateOf(
  input: Input,
  outcomes: OutcomeTable,
  settling: Settling,
  rounds: SteadyRounds,
  rows: readonly number[],
): SteadyState {
  const ledger = ledgerOf(outcomes.fates, rows);
  const promptTokens = ledgerTokens(ledger);
  const hits = hitsOf(outcomes, rows, input.workload, (row) => rounds.rowOf(row));
  const { tuned } = settling;
  const sum = (column: Int32Array | Float64Array) => rows.reduce((all, row) => all + (column[row] ?? 0), 0);
  return {
    round: settling.round + 1,
    isSettled: settling.isSettled,
    requests: rows.length,
    promptTokens,
    ledger,
    tokenHitRate: ratio(ledger.reused, promptTokens),
    requestHitRate: ratio(hits, rows.length),
    ttftSeconds: secondsOf(outcomes.ttftSeconds, rows),
    ttftSecondsWithoutCache: secondsOf(outcomes.ttftSecondsWithoutCache, rows),
    inputUnits: input.scenario.policy.bills === true ? sum(outcomes.inputUnits) : null,
    evictions: sum(outcomes.evictedNodes),
    tuning: tuned && { alpha: tuned.alpha ?? 0, tunedAfterRequests: tuned.afterRequests },
    notes: notesOf(input, settling, rows.length),
  };
}

function hitRateOf({ fates }: OutcomeTable, rows: readonly number[]): number {
  const ledger = ledgerOf(fates, rows);
  return ratio(ledger.reused, ledgerTokens(ledger));
}

function notesOf({ scenario }: Input, settling: Settling, roundRequests: number): string[] {
  const notes: string[] = [];
  const { tuned, firstEvictionAt, isSettled, round } = settling;
  if (firstEvictionAt === null && scenario.policy.memory === "own") {
    const rounds = plural(round + 1, "round");
    notes.push(
      tuned === null
        ? t("In {0} nothing had to be evicted.", rounds)
        : t("In {0} nothing had to be evicted; alpha stays 0, and chooses nothing.", rounds),
    );
  } else if (tuned !== null && firstEvictionAt !== null) {
    notes.push(tuningNote(tuned.afterRequests, firstEvictionAt, roundRequests));
  }
  if (!isSettled && firstEvictionAt !== null && tuned === null) {
    notes.push(t("Even round {0} began before the memory was full.", count(round + 1)));
  }
  return notes;
}

/** The bootstrap is why more memory can give less at a cold start. */
function tuningNote(afterRequests: number | null, firstEvictionAt: number, roundRequests: number): string {
  const why = t(
    "alpha is 0 for a bootstrap that begins with the first eviction and is longer the more memory there is, so that from a cold start more memory can give less",
  );
  if (afterRequests === null) {
    return t("Alpha is not tuned yet: {why}. Here nothing was evicted before request {firstEvictionAt}.", {
      why,
      firstEvictionAt: count(firstEvictionAt),
    });
  }
  const share = percent(Math.min(1, afterRequests / roundRequests));
  return t(
    "Alpha was 0 for {share} of the cold start: {why}. Here nothing was evicted before request {firstEvictionAt}.",
    { share, why, firstEvictionAt: count(firstEvictionAt) },
  );
}

function assumptionText(rows: number, leftOut: number): string {
  if (rows === 0 && leftOut === 0) return t("There is no steady state: nothing is sent.");
  if (rows === 0) {
    return t(
      "There is no steady state: all requests were captured, and are sent once each in their order; what of them would be sent again is not known.",
    );
  }
  const steady = t(
    "Steady state: the workload is sent again and again with the same templates and times and other conversations, until the memory is full and alpha is tuned, at most 8 times; text of templates, constants, values of tenants and values that are declared as lists come again, all other values of conversations and calls are new.",
  );
  if (leftOut === 0) return steady;
  const requests = plural(leftOut, "captured request");
  const without =
    leftOut === 1
      ? t("{0} is left out of it: what of them would come again is not known.", requests)
      : t("{0} are left out of it: what of them would come again is not known.", requests);
  return `${steady} ${without}`;
}
