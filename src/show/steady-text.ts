/** The steady state in words, the same in the terminal, the Markdown report and the dashboard. */
import type { Report, SteadyState } from "../analysis/report.ts";
import { t } from "../words/l10n.ts";
import { count, percent } from "../words/numbers.ts";

type Totals = Pick<
  Report["totals"],
  "tokenHitRate" | "requestHitRate" | "ledger" | "promptTokens" | "steady" | "ttftSeconds"
>;

/** The round to look at first: the steady one, where there is one. */
export function headlineOf(
  totals: Totals,
): Pick<Totals, "tokenHitRate" | "requestHitRate" | "ledger" | "promptTokens" | "ttftSeconds"> {
  return totals.steady ?? totals;
}

/** How the round is called behind its numbers. */
export function roundName({ steady }: Pick<Totals, "steady">): string {
  return steady === null ? t("from an empty cache") : t("in the steady state");
}

/** `from an empty cache 36.2 % (1,200 of 3,300), 80.0 % of requests hit`; `null` where that is the headline. */
export function coldStart({
  steady,
  tokenHitRate,
  requestHitRate,
  ledger,
  promptTokens,
}: Totals): string | null {
  if (steady === null) return null;
  return t(
    "from an empty cache {tokenHitRate} ({reused} of {promptTokens}), {requestHitRate} of requests hit",
    {
      tokenHitRate: percent(tokenHitRate),
      reused: count(ledger.reused),
      promptTokens: count(promptTokens),
      requestHitRate: percent(requestHitRate),
    },
  );
}

/** `round 3 of the workload, alpha 0.2, tuned after 3,834 requests`. */
export function roundText({ round, tuning }: SteadyState): string {
  const parts = [t("round {0} of the workload", count(round))];
  if (tuning !== null) {
    const { alpha, tunedAfterRequests: after } = tuning;
    parts.push(
      after === null
        ? t("alpha {0}, not tuned", alpha)
        : t("alpha {alpha}, tuned after {requests} requests", { alpha, requests: count(after) }),
    );
  }
  return parts.join(", ");
}
