/** The few numbers at the top, each with what it was computed from. */
import type { Money, Report } from "../../src/analysis/report.ts";
import type { TokenPrice } from "../../src/findings/lost-price.ts";
import type { ReportOverview } from "../../src/protocol/report-parts.ts";
import { servedPhrase } from "../../src/show/labels.ts";
import { priceBeside } from "../../src/show/price-text.ts";
import { headlineOf, roundText } from "../../src/show/steady-text.ts";
import { hitsFrom, verdictPhrase } from "../../src/show/verdict-text.ts";
import {
  countedPhrase,
  cutNote,
  hitRateLines,
  promptsPhrase,
  workloadPhrase,
} from "../../src/show/workload-text.ts";
import { bytes, changeOf, count, percent, seconds, shareOf } from "../../src/words/numbers.ts";
import { type HeadroomScale, headroomScale } from "./headroom.ts";

export interface Headline {
  readonly id: "tokenHitRate" | "requestHitRate" | "ttftP50" | "ttftP95" | "capacity" | "price";
  readonly label: string;
  readonly value: string;
  readonly detail: string;
  /** Under the detail; `null` for nothing. */
  readonly outlook: string | null;
  /** Filled part of the meter under the number, 0 to 1, with marks where there are any; `null` for none. */
  readonly meter: number | HeadroomScale | null;
}

export function headlines(report: Pick<ReportOverview, "scenario" | "totals" | "memory">): Headline[] {
  const { totals, memory, scenario } = report;
  const shown = headlineOf(totals);
  const { steady, ttftSecondsWithoutCache: without } = totals;
  const { requests } = steady ?? totals;
  const reusing = Math.round(shown.requestHitRate * requests);
  return [
    {
      id: "tokenHitRate",
      label: steady === null ? "Prompt tokens reused" : "Prompt tokens reused, steady",
      value: percent(shown.tokenHitRate),
      detail: `${count(shown.ledger.reused)} / ${count(shown.promptTokens)} tokens${cutNote(scenario)}`,
      outlook: outlook(totals),
      // The marks are those of other caches that begin empty.
      meter: steady === null ? headroomScale(totals) : steady.tokenHitRate,
    },
    {
      id: "requestHitRate",
      label: "Requests with reuse",
      value: percent(shown.requestHitRate),
      detail: `${count(reusing)} / ${count(requests)} requests`,
      outlook: steady === null ? null : `${percent(totals.requestHitRate)} from an empty cache`,
      meter: shown.requestHitRate,
    },
    ...(scenario.billing === undefined || totals.money === null
      ? [
          ttft("ttftP50", "TTFT p50", shown.ttftSeconds.p50, without.p50),
          ttft("ttftP95", "TTFT p95", shown.ttftSeconds.p95, without.p95),
          capacity(memory, scenario),
        ]
      : [price(scenario.billing, totals.money, totals.requests)]),
  ];
}

function capacity(
  { endBytes, capacityBytes }: ReportOverview["memory"],
  { capacityBasis }: Report["scenario"],
): Headline {
  return {
    id: "capacity",
    label: "Cache capacity used",
    value: shareOf(endBytes, capacityBytes),
    detail: `${bytes(endBytes)} / ${bytes(capacityBytes)} (${capacityBasis})`,
    outlook: null,
    meter: capacityBytes === 0 ? null : endBytes / capacityBytes,
  };
}

/** At a provider nobody waits for a GPU of their own, or knows how much memory there is. */
function price(billing: TokenPrice, money: Money, requests: number): Headline {
  const { inputUnits, inputUnitsWithoutCache } = money;
  const of = (units: number) => (requests === 0 ? 0 : units / requests);
  const { name, now, without } = priceBeside(billing, of(inputUnits), of(inputUnitsWithoutCache));
  return {
    id: "price",
    label: name,
    value: now,
    detail: `${without} without cache (${changeOf(inputUnitsWithoutCache, inputUnits)})`,
    outlook: money.note,
    meter: null,
  };
}

/** What any cache that reuses prefixes could reach, beside what this one does; both from an empty cache. */
function outlook({ promptTokens, headroom, steady, tokenHitRate }: Report["totals"]): string | null {
  if (promptTokens === 0) return null;
  const ideal = `${shareOf(headroom.idealTokens, promptTokens)} is ideal for any prefix cache`;
  return steady === null ? ideal : `${percent(tokenHitRate)} from an empty cache, where ${ideal}`;
}

function ttft(id: "ttftP50" | "ttftP95", label: string, cached: number, without: number): Headline {
  return {
    id,
    label,
    value: seconds(cached),
    detail: `${seconds(without)} without cache (${changeOf(without, cached)})`,
    outlook: null,
    meter: null,
  };
}

/** Which round the steady numbers are of, and what one would stumble over; empty where there is none. */
export function steadyLines({ totals: { steady } }: Pick<ReportOverview, "totals">): readonly string[] {
  return steady === null ? [] : [`Steady state: ${roundText(steady)}.`, ...steady.notes];
}

/** What to warn of beside token numbers; `null` when they are exact. */
export function approximation(report: Pick<Report, "scenario">): string | null {
  const { vocabulary } = report.scenario;
  return vocabulary.isExact ? null : `Token numbers are approximate: ${vocabulary.note}`;
}

/** What else is to be read beside the rates: how they were measured, or hang on something; the steady state, and the verdict. */
export function rateLines(
  report: Pick<ReportOverview, "totals" | "hitRates" | "verdict">,
): readonly string[] {
  const [rates, ...reasons] = hitRateLines(report);
  return [
    ...(rates === undefined ? [] : [`${rates}.`, ...reasons]),
    ...steadyLines(report),
    `${verdictPhrase(report)}.`,
  ];
}

/** The scenario in one line. */
export function scenarioLine({
  scenario,
  counted,
  smallestPrefixTokens,
}: Pick<Report, "scenario" | "counted" | "smallestPrefixTokens">): string {
  return [
    `Prompts: ${promptsPhrase(scenario)}`,
    workloadPhrase(scenario),
    ...(counted === null ? [] : [countedPhrase(counted)]),
    `tensor parallel ${scenario.tensorParallel}${servedPhrase(scenario)}`,
    scenario.blockTokens === 1 ? "matches at any token" : `blocks of ${count(scenario.blockTokens)} tokens`,
    hitsFrom(smallestPrefixTokens),
    `vocabulary ${scenario.vocabulary.id}`,
  ].join(" · ");
}
