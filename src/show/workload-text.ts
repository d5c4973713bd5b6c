/** What the numbers of a report rest on, in one or two lines: prompts, and the requests that were made of them or captured. */

import type { Counted, HitRates, Report, Scenario } from "../analysis/report.ts";
import { t } from "../words/l10n.ts";
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
  return phrases.length === 0 ? t("none") : phrases.join(", ");
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
  const requests = plural(captured.requests, "captured request");
  const conversations = plural(captured.conversations, "conversation");
  if (captured.leftOut === 0)
    return t("{requests} of {conversations}, sent once each in their order", { requests, conversations });
  const all = count(captured.requests + captured.leftOut);
  return t("{requests} (of {all}) of {conversations}, sent once each in their order", {
    ...{ requests, all, conversations },
  });
}

function simulatedPhrase({
  workload: { simulated },
  sessions,
  turnsPerSession,
  seed,
}: WorkloadScenario): string {
  const requests = plural(simulated.requests, "simulated request");
  const prompts = plural(simulated.prompts, "prompt");
  const shape = t("{sessions} of {turns} per prompt unless declared otherwise, seed {seed}", {
    sessions: plural(sessions, "conversation"),
    turns: plural(turnsPerSession, "turn"),
    seed,
  });
  const cut = scenarioCut(simulated);
  if (cut === null) return t("{requests} of {prompts}: {shape}", { requests, prompts, shape });
  const [sent, asked] = [count(cut.requests), count(cut.askedFor)];
  return t("{requests} of {prompts}, cut to {sent} of {asked} requests per prompt: {shape}", {
    ...{ requests, prompts, sent, asked, shape },
  });
}

function scenarioCut({ prompts, requests, askedFor }: Scenario["workload"]["simulated"]) {
  return requests >= askedFor || prompts === 0
    ? null
    : { requests: requests / prompts, askedFor: askedFor / prompts };
}

/** Where the size of the cache comes from. */
export function basisText({ capacityBasis }: Pick<Scenario, "capacityBasis">): string {
  return capacityBasis === "auto" ? t("auto") : t("given");
}

/** Beside a figure of a workload that was cut: ` (9 of 24 requests per prompt)`; empty where all was sent. */
export function cutNote({ workload: { simulated, captured } }: Pick<Scenario, "workload">): string {
  const cut = scenarioCut(simulated);
  const notes = [
    ...(cut === null
      ? []
      : [
          t("{requests} of {askedFor} requests per prompt", {
            requests: count(cut.requests),
            askedFor: count(cut.askedFor),
          }),
        ]),
    ...(captured.leftOut === 0
      ? []
      : [
          t("{requests} of {all} captured requests", {
            requests: count(captured.requests),
            all: count(captured.requests + captured.leftOut),
          }),
        ]),
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
    measuredTokens === null
      ? ""
      : t(" ({cached} of {prompt})", {
          cached: count(measuredTokens.cached),
          prompt: count(measuredTokens.prompt),
        });
  const rates = [
    money === null
      ? t("{0} simulated", percent(documented))
      : t("{0} by the provider's rules", percent(documented)),
    ...(expected === documented ? [] : [t("{0} expected", percent(expected))]),
    ...(measured === null ? [] : [t("{measured} measured{tokens}", { measured: percent(measured), tokens })]),
  ];
  return [t("Token hit rate: {0}", rates.join(", ")), ...notes];
}

/** The provider's own numbers beside ours; empty where no record has any. */
export function countedPhrase(counted: Counted | null): string {
  if (counted === null) return "";
  const { requests, readTokens, predictedTokens } = counted;
  return t("Of {capturedRequests} the provider counted {tokens} read; predicted {predictedTokens}", {
    capturedRequests: plural(requests, "captured request"),
    tokens: plural(readTokens, "token"),
    predictedTokens: count(predictedTokens),
  });
}
