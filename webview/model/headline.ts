/** The few numbers at the top, each with what it was computed from. */
import type { Money, Report } from "../../src/analysis/report.ts";
import type { TokenPrice } from "../../src/findings/lost-price.ts";
import type { ReportOverview } from "../../src/protocol/report-parts.ts";
import { servedPhrase } from "../../src/show/labels.ts";
import { priceBeside } from "../../src/show/price-text.ts";
import { headlineOf, roundText } from "../../src/show/steady-text.ts";
import { hitsFrom, verdictPhrase } from "../../src/show/verdict-text.ts";
import {
  basisText,
  countedPhrase,
  cutNote,
  hitRateLines,
  promptsPhrase,
  workloadPhrase,
} from "../../src/show/workload-text.ts";
import { t } from "../../src/words/l10n.ts";
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
      label: steady === null ? t("Prompt tokens reused") : t("Prompt tokens reused, steady"),
      value: percent(shown.tokenHitRate),
      detail: t("{reused} / {promptTokens} tokens{scenario}", {
        reused: count(shown.ledger.reused),
        promptTokens: count(shown.promptTokens),
        scenario: cutNote(scenario),
      }),
      outlook: outlook(totals),
      // The marks are those of other caches that begin empty.
      meter: steady === null ? headroomScale(totals) : steady.tokenHitRate,
    },
    {
      id: "requestHitRate",
      label: t("Requests with reuse"),
      value: percent(shown.requestHitRate),
      detail: t("{reusing} / {requests} requests", { reusing: count(reusing), requests: count(requests) }),
      outlook: steady === null ? null : t("{0} from an empty cache", percent(totals.requestHitRate)),
      meter: shown.requestHitRate,
    },
    ...(scenario.billing === undefined || totals.money === null
      ? [
          ttft("ttftP50", t("TTFT p50"), shown.ttftSeconds.p50, without.p50),
          ttft("ttftP95", t("TTFT p95"), shown.ttftSeconds.p95, without.p95),
          capacity(memory, scenario),
        ]
      : [price(scenario.billing, totals.money, totals.requests)]),
  ];
}

function capacity(
  { endBytes, capacityBytes }: ReportOverview["memory"],
  scenario: Report["scenario"],
): Headline {
  return {
    id: "capacity",
    label: t("Cache capacity used"),
    value: shareOf(endBytes, capacityBytes),
    detail: `${bytes(endBytes)} / ${bytes(capacityBytes)} (${basisText(scenario)})`,
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
    detail: t("{without} without cache ({inputUnitsWithoutCache})", {
      without,
      inputUnitsWithoutCache: changeOf(inputUnitsWithoutCache, inputUnits),
    }),
    outlook: money.note,
    meter: null,
  };
}

/** What any cache that reuses prefixes could reach, beside what this one does; both from an empty cache. */
function outlook({ promptTokens, headroom, steady, tokenHitRate }: Report["totals"]): string | null {
  if (promptTokens === 0) return null;
  const ideal = t("{0} is ideal for any prefix cache", shareOf(headroom.idealTokens, promptTokens));
  return steady === null
    ? ideal
    : t("{tokenHitRate} from an empty cache, where {ideal}", { tokenHitRate: percent(tokenHitRate), ideal });
}

function ttft(id: "ttftP50" | "ttftP95", label: string, cached: number, without: number): Headline {
  return {
    id,
    label,
    value: seconds(cached),
    detail: t("{without} without cache ({change})", {
      without: seconds(without),
      change: changeOf(without, cached),
    }),
    outlook: null,
    meter: null,
  };
}

/** Which round the steady numbers are of, and what one would stumble over; empty where there is none. */
export function steadyLines({ totals: { steady } }: Pick<ReportOverview, "totals">): readonly string[] {
  return steady === null ? [] : [t("Steady state: {0}.", roundText(steady)), ...steady.notes];
}

/** What to warn of beside token numbers; `null` when they are exact. */
export function approximation(report: Pick<Report, "scenario">): string | null {
  const { vocabulary } = report.scenario;
  return vocabulary.isExact ? null : t("Token numbers are approximate: {0}", vocabulary.note);
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
    t("Prompts: {0}", promptsPhrase(scenario)),
    workloadPhrase(scenario),
    ...(counted === null ? [] : [countedPhrase(counted)]),
    t("tensor parallel {tensorParallel}{scenario}", {
      tensorParallel: scenario.tensorParallel,
      scenario: servedPhrase(scenario),
    }),
    scenario.blockTokens === 1
      ? t("matches at any token")
      : t("blocks of {0} tokens", count(scenario.blockTokens)),
    hitsFrom(smallestPrefixTokens),
    t("vocabulary {0}", scenario.vocabulary.id),
  ].join(" · ");
}
