/** What the prompts of a workload cost at a hosted provider, and what its cache had to leave. */
import type { Policy } from "../core/policies/policy.ts";
import type { LossReason } from "../core/providers/request.ts";
import type { OutcomeTable } from "../core/replay/replay.ts";
import type { TokenPrice } from "../findings/lost-price.ts";
import { t } from "../words/l10n.ts";
import { count } from "../words/numbers.ts";
import type { Money } from "./report.ts";

/** Of a policy that bills; a read token is as dear as a plain one where nobody says what it costs. */
export function tokenPriceOf({ usdPerMillionTokens, limits }: Policy): TokenPrice {
  return {
    usdPerMillionTokens: usdPerMillionTokens ?? null,
    readMultiplier: limits?.readMultiplier ?? 1,
  };
}

const reasonTexts: Readonly<Record<LossReason, () => string>> = {
  rounding: () => t("rounded down"),
  belowMinimum: () => t("below the minimum length"),
  expired: () => t("expired"),
  noBreakpoint: () => t("not marked there"),
  lookbackExceeded: () => t("marked too many blocks earlier"),
  notYetReadable: () => t("not readable yet"),
  refused: () => t("in requests with more marks than the provider takes"),
  betweenUnits: () => t("not at the end of a unit"),
};

export function moneyOf({ inputUnits, tokensByReason }: OutcomeTable, promptTokens: number): Money {
  const units = inputUnits.reduce((sum, value) => sum + value, 0);
  return {
    inputUnits: units,
    inputUnitsWithoutCache: promptTokens,
    savedShare: promptTokens === 0 ? 0 : 1 - units / promptTokens,
    note: noteOf(tokensByReason),
  };
}

function noteOf(tokensByReason: ReadonlyMap<string, number>): string {
  if (tokensByReason.size === 0) return t("Every token that had been sent before was read from the cache.");
  const reasons = [...tokensByReason]
    .sort((a, b) => b[1] - a[1])
    .map(([reason, tokens]) => `${count(tokens)} ${textOf(reason)}`);
  return t("Tokens that had been sent before and were not read from the cache: {0}.", reasons.join(", "));
}

function textOf(reason: string): string {
  return reason in reasonTexts ? reasonTexts[reason as LossReason]() : reason;
}
