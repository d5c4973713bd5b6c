/** What the numbers of a report rest on, in one or two lines: prompts, and the requests that were made of them or captured. */
import type { Counted, HitRates, Report, Scenario } from "../analysis/report.ts";
import { count, percent, plural } from "../words/numbers.ts";

/** `12 whole requests, 3 files of instructions, 5 parts of others; 1 captured conversation`. */
export function promptsPhrase({ workload: { prompts, captured } }: Pick<Scenario, "workload">): string {
  const phrases = [
    ...(prompts.requests > 0 ? [plural(prompts.requests, "whole request")] : []),
    ...(prompts.instructions > 0
      ? [plural(prompts.instructions, "prompt of instructions", "prompts of instructions")]
      : []),
    ...(prompts.parts > 0 ? [plural(prompts.parts, "part of others", "parts of others")] : []),
    ...(captured.conversations > 0 ? [plural(captured.conversations, "captured conversation")] : []),
  ];
  return phrases.length === 0 ? "none" : phrases.join(", ");
}

type WorkloadScenario = Pick<Scenario, "workload" | "sessions" | "turnsPerSession" | "seed">;

/** Where the requests come from, and which of those that were asked for are missing. */
export function workloadPhrase(scenario: WorkloadScenario): string {
  const { captured, simulated } = scenario.workload;
  const phrases = [
    ...(captured.requests > 0 ? [capturedPhrase(scenario)] : []),
    ...(simulated.requests > 0 || captured.requests === 0 ? [simulatedPhrase(scenario)] : []),
  ];
  return phrases.join("; ");
}

function capturedPhrase({ workload: { captured } }: WorkloadScenario): string {
  const cut = captured.leftOut === 0 ? "" : ` (of ${count(captured.requests + captured.leftOut)})`;
  return `${plural(captured.requests, "captured request")}${cut} of ${plural(captured.conversations, "conversation")}, sent once each in their order`;
}

function simulatedPhrase({
  workload: { simulated },
  sessions,
  turnsPerSession,
  seed,
}: WorkloadScenario): string {
  const { prompts, requests } = simulated;
  const shape = `${plural(sessions, "conversation")} of ${plural(turnsPerSession, "turn")} per prompt unless declared otherwise, seed ${seed}`;
  return `${plural(requests, "simulated request")} of ${plural(prompts, "prompt")}${cutPhrase(simulated)}: ${shape}`;
}

function scenarioCut({ prompts, requests, askedFor }: Scenario["workload"]["simulated"]) {
  return requests >= askedFor || prompts === 0
    ? null
    : { requests: requests / prompts, askedFor: askedFor / prompts };
}

function cutPhrase(simulated: Scenario["workload"]["simulated"]): string {
  const cut = scenarioCut(simulated);
  return cut === null ? "" : `, cut to ${count(cut.requests)} of ${count(cut.askedFor)} requests per prompt`;
}

/** Beside a figure of a workload that was cut: ` (9 of 24 requests per prompt)`; empty where all was sent. */
export function cutNote({ workload: { simulated, captured } }: Pick<Scenario, "workload">): string {
  const cut = scenarioCut(simulated);
  const notes = [
    ...(cut === null ? [] : [`${count(cut.requests)} of ${count(cut.askedFor)} requests per prompt`]),
    ...(captured.leftOut === 0
      ? []
      : [`${count(captured.requests)} of ${count(captured.requests + captured.leftOut)} captured requests`]),
  ];
  return notes.length === 0 ? "" : ` (${notes.join(", ")})`;
}

/** The three hit rates, and why they differ: a line, and sentences; nothing where they are one. */
export function hitRateLines({
  hitRates,
  totals: { money },
}: {
  readonly hitRates: HitRates | null;
  readonly totals: Pick<Report["totals"], "money">;
}): readonly string[] {
  if (hitRates === null) return [];
  const { documented, expected, measured, measuredTokens, notes } = hitRates;
  const tokens =
    measuredTokens === null ? "" : ` (${count(measuredTokens.cached)} of ${count(measuredTokens.prompt)})`;
  const rates = [
    `${percent(documented)} ${money === null ? "simulated" : "by the provider's rules"}`,
    ...(expected === documented ? [] : [`${percent(expected)} expected`]),
    ...(measured === null ? [] : [`${percent(measured)} measured${tokens}`]),
  ];
  return [`Token hit rate: ${rates.join(", ")}`, ...notes];
}

/** The provider's own numbers beside ours; empty where no record has any. */
export function countedPhrase(counted: Counted | null): string {
  if (counted === null) return "";
  const { requests, readTokens, predictedTokens } = counted;
  return `Of ${plural(requests, "captured request")} the provider counted ${plural(readTokens, "token")} read; predicted ${count(predictedTokens)}`;
}
