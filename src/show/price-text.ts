/** What a prompt costs and how it is served: at a provider in money, on a server of one's own in time. */
import type { Scenario, TemplateRow } from "../analysis/report.ts";
import { dollars, percent, seconds } from "../words/numbers.ts";

type Priced = Pick<
  TemplateRow,
  "inputUnitsMean" | "promptTokensMean" | "ttftSeconds" | "ttftSecondsWithoutCache"
>;

/** Prices of requests are told for so many. */
const priced = 1000;

/** `TTFT 42.0 ms`; `$1.20 per 1,000 requests`; `31.2 % of the price`, where that is not known. */
export function costText({ billing }: Pick<Scenario, "billing">, row: Priced): string {
  if (billing === undefined) return row.ttftSeconds.mean > 0 ? `TTFT ${seconds(row.ttftSeconds.mean)}` : "";
  const { inputUnitsMean = 0, promptTokensMean } = row;
  const usd = billing.usdPerMillionTokens;
  if (promptTokensMean === 0) return "";
  if (usd === null) return `${percent(inputUnitsMean / promptTokensMean)} of the price`;
  return `${dollars(perThousand(inputUnitsMean, usd))} per 1,000 requests`;
}

/** The same beside what it would be without a cache, for a table: what it is, and how much. */
export function costRow(
  { billing }: Pick<Scenario, "billing">,
  row: Priced,
): readonly [name: string, value: string] {
  const { inputUnitsMean = 0, promptTokensMean, ttftSeconds, ttftSecondsWithoutCache } = row;
  if (billing === undefined) {
    const [mean, without] = [ttftSeconds.mean, ttftSecondsWithoutCache.mean];
    return ["TTFT of this prompt (mean)", `${seconds(mean)}; ${seconds(without)} without cache`];
  }
  const usd = billing.usdPerMillionTokens;
  const share = percent(promptTokensMean === 0 ? 0 : inputUnitsMean / promptTokensMean);
  if (usd === null) return ["Price of its input", `${share} of that without cache`];
  const [now, without] = [inputUnitsMean, promptTokensMean].map((units) => dollars(perThousand(units, usd)));
  return ["Input of 1,000 requests", `${now}; ${without} without cache`];
}

function perThousand(units: number, usdPerMillion: number): number {
  return (units * priced * usdPerMillion) / 1_000_000;
}
