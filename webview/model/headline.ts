/** The few numbers at the top, each with what it was computed from. */
import type { Report } from "../../src/analysis/report.ts";
import type { ReportOverview } from "../../src/protocol/report-parts.ts";
import { countedPhrase, cutNote, promptsPhrase, workloadPhrase } from "../../src/show/workload-text.ts";
import { bytes, changeOf, count, percent, seconds, shareOf } from "../../src/words/numbers.ts";
import { type HeadroomScale, headroomScale } from "./headroom.ts";

export interface Headline {
  readonly id: "tokenHitRate" | "requestHitRate" | "ttftP50" | "ttftP95" | "capacity";
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
  const reusing = Math.round(totals.requestHitRate * totals.requests);
  return [
    {
      id: "tokenHitRate",
      label: "Prompt tokens reused",
      value: percent(totals.tokenHitRate),
      detail: `${count(totals.ledger.reused)} / ${count(totals.promptTokens)} tokens${cutNote(scenario)}`,
      outlook: outlook(totals),
      meter: headroomScale(totals),
    },
    {
      id: "requestHitRate",
      label: "Requests with reuse",
      value: percent(totals.requestHitRate),
      detail: `${count(reusing)} / ${count(totals.requests)} requests`,
      outlook: null,
      meter: totals.requestHitRate,
    },
    ttft("ttftP50", "TTFT p50", totals.ttftSeconds.p50, totals.ttftSecondsWithoutCache.p50),
    ttft("ttftP95", "TTFT p95", totals.ttftSeconds.p95, totals.ttftSecondsWithoutCache.p95),
    {
      id: "capacity",
      label: "Cache capacity used",
      value: shareOf(memory.endBytes, memory.capacityBytes),
      detail: `${bytes(memory.endBytes)} / ${bytes(memory.capacityBytes)} (${scenario.capacityBasis})`,
      outlook: null,
      meter: memory.capacityBytes === 0 ? null : memory.endBytes / memory.capacityBytes,
    },
  ];
}

/** What any cache that reuses prefixes could reach, beside what this one does. */
function outlook({ promptTokens, headroom }: Report["totals"]): string | null {
  if (promptTokens === 0) return null;
  return `${shareOf(headroom.idealTokens, promptTokens)} is ideal for any prefix cache`;
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

/** What to warn of beside token numbers; `null` when they are exact. */
export function approximation(report: Pick<Report, "scenario">): string | null {
  const { vocabulary } = report.scenario;
  return vocabulary.isExact ? null : `Token numbers are approximate: ${vocabulary.note}`;
}

/** The scenario in one line. */
export function scenarioLine({ scenario, counted }: Pick<Report, "scenario" | "counted">): string {
  return [
    `Prompts: ${promptsPhrase(scenario)}`,
    workloadPhrase(scenario),
    ...(counted === null ? [] : [countedPhrase(counted)]),
    `tensor parallel ${scenario.tensorParallel}`,
    scenario.blockTokens === 1 ? "matches at any token" : `blocks of ${count(scenario.blockTokens)} tokens`,
    `vocabulary ${scenario.vocabulary.id}`,
  ].join(" · ");
}
