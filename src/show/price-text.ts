/** What a prompt costs and how it is served: at a provider in money, on a server of one's own in time. */
import type { Scenario, TemplateRow } from "../analysis/report.ts";
import type { TokenPrice } from "../findings/lost-price.ts";
import { t } from "../words/l10n.ts";
import { dollars, percent, seconds } from "../words/numbers.ts";

type Priced = Pick<
  TemplateRow,
  "inputUnitsMean" | "promptTokensMean" | "ttftSeconds" | "ttftSecondsWithoutCache"
>;

/** Prices of requests are told for so many. */
const priced = 1000;

/** `TTFT 42.0 ms`; `$1.20 per 1,000 requests`; `31.2 % of the price`, where that is not known. */
export function costText({ billing }: Pick<Scenario, "billing">, row: Priced): string {
  if (billing === undefined)
    return row.ttftSeconds.mean > 0 ? t("TTFT {0}", seconds(row.ttftSeconds.mean)) : "";
  const { inputUnitsMean = 0, promptTokensMean } = row;
  const usd = billing.usdPerMillionTokens;
  if (promptTokensMean === 0) return "";
  if (usd === null) return t("{0} of the price", percent(inputUnitsMean / promptTokensMean));
  return t("{0} per 1,000 requests", dollars(perThousand(inputUnitsMean, usd)));
}

/** The same beside what it would be without a cache. */
export interface CostBeside {
  readonly name: string;
  readonly now: string;
  readonly without: string;
  /** In seconds, dollars or a share of the price: for an order. */
  readonly amount: number;
}

/** Of time the mean, or another of its figures. */
export function costBeside(
  { billing }: Pick<Scenario, "billing">,
  row: Priced,
  figure: "mean" | "p50" = "mean",
): CostBeside {
  const { inputUnitsMean = 0, promptTokensMean, ttftSeconds, ttftSecondsWithoutCache } = row;
  if (billing === undefined) {
    const [amount, without] = [ttftSeconds[figure], ttftSecondsWithoutCache[figure]];
    return {
      name: figure === "mean" ? t("TTFT") : t("TTFT {0}", figure),
      now: seconds(amount),
      without: seconds(without),
      amount,
    };
  }
  return priceBeside(billing, inputUnitsMean, promptTokensMean);
}

/** The price of so many plain input tokens, per request, beside that of what they would be without a cache. */
export function priceBeside(
  { usdPerMillionTokens: usd }: TokenPrice,
  units: number,
  unitsWithoutCache: number,
): CostBeside {
  if (usd === null) {
    const amount = unitsWithoutCache === 0 ? 0 : units / unitsWithoutCache;
    return { name: t("Price of its input"), now: percent(amount), without: percent(1), amount };
  }
  const [amount, without] = [perThousand(units, usd), perThousand(unitsWithoutCache, usd)];
  return { name: t("Input of 1,000 requests"), now: dollars(amount), without: dollars(without), amount };
}

/** For a table. */
export function costRow(
  scenario: Pick<Scenario, "billing">,
  row: Priced,
): readonly [name: string, value: string] {
  const { name, now, without } = costBeside(scenario, row);
  const isTime = scenario.billing === undefined;
  return [
    isTime ? t("{0} of this prompt (mean)", name) : name,
    t("{now}; {without} without cache", { now, without }),
  ];
}

function perThousand(units: number, usdPerMillion: number): number {
  return (units * priced * usdPerMillion) / 1_000_000;
}
