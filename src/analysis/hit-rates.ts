/**
 * The hit rate as it follows from the rules, as it is to be expected, and as the user has measured it: three numbers where
 * they differ, and why.
 */
import type { Measured } from "../config/measured.ts";
import { type Finding, isShown } from "../findings/finding.ts";
import { uncountedBy } from "../findings/rules.ts";
import { t } from "../words/l10n.ts";
import { percent } from "../words/numbers.ts";
import type { Assumption, HitRates, TemplateReport, Totals } from "./report.ts";

/** Rates that lie no further apart are the same: traffic of two days differs by more. */
const sameRate = 0.02;
/** A finding explains a difference if what hangs on it is at least this share of it. */
const explainingShare = 0.5;

export interface HitRatesInput {
  readonly measured: Measured | null;
  /** Whether another's machines serve the requests. */
  readonly isHosted: boolean;
  readonly totals: Pick<Totals, "steady" | "tokenHitRate" | "promptTokens" | "ledger">;
  readonly templates: readonly Pick<TemplateReport, "id" | "requests">[];
  readonly findings: readonly Finding[];
  readonly assumptions: readonly Assumption[];
}

/** `null` where nothing was measured, and what is expected is what the rules give. */
export function hitRatesOf(input: HitRatesInput): HitRates | null {
  const { totals, measured } = input;
  const ruled = totals.steady?.tokenHitRate ?? totals.tokenHitRate;
  const shareOf = (tokens: number) => (totals.promptTokens === 0 ? 0 : tokens / totals.promptTokens);
  const lost = uncountedOf(input, (finding) => uncountedBy(finding) === "lost");
  const any = uncountedOf(input, (finding) => uncountedBy(finding) !== null);
  const expected = Math.max(0, ruled - shareOf(lost.tokens));
  if (measured === null && expected === ruled) return null;
  const rate = measured?.tokenHitRate ?? null;
  const left =
    lost.largest === null
      ? []
      : [t("What is expected leaves out what a replay takes as given: {0}.", lost.largest.message)];
  const compared = { ruled, expected, largest: any.largest, atRisk: shareOf(any.tokens) };
  return {
    documented: ruled,
    expected,
    measured: rate,
    measuredTokens: measured?.tokens ?? null,
    notes: [...left, ...(rate === null ? [] : [reasonOf(input, { ...compared, rate })])],
  };
}

/** Of each template the finding on which most hangs: what hangs on several is lost once. */
function uncountedOf({ findings, templates }: HitRatesInput, isMeant: (finding: Finding) => boolean) {
  const requests = new Map(templates.map((template) => [template.id, template.requests]));
  const worst = new Map<string, { readonly finding: Finding; readonly tokens: number }>();
  for (const finding of findings.filter(isMeant)) {
    const tokens = finding.stake.tokensPerRequest * (requests.get(finding.templateId) ?? 0);
    if (tokens > (worst.get(finding.templateId)?.tokens ?? 0))
      worst.set(finding.templateId, { finding, tokens });
  }
  const all = [...worst.values()].sort((a, b) => b.tokens - a.tokens);
  return {
    tokens: all.reduce((sum, { tokens }) => sum + tokens, 0),
    largest: all[0]?.finding ?? null,
  };
}

interface Compared {
  readonly ruled: number;
  readonly expected: number;
  readonly rate: number;
  readonly largest: Finding | null;
  readonly atRisk: number;
}

/** A sentence. */
function reasonOf(input: HitRatesInput, compared: Compared): string {
  const { assumptions, isHosted } = input;
  const { ruled, expected, rate, largest, atRisk } = compared;
  if (Math.abs(rate - ruled) <= sameRate) return t("What was measured agrees with the rules.");
  const points = percent(Math.abs(ruled - rate));
  if (rate > ruled) {
    const refuted = refutedBy(input, rate - ruled);
    if (refuted !== null)
      return t(
        "What was measured is {points} of the prompt tokens more. Most likely the real requests are not as found here: {message}.",
        { points, message: refuted.message },
      );
    const assumed = assumptions.find(({ id }) => id === "hole-values");
    return assumed === undefined
      ? t(
          "What was measured is {0} of the prompt tokens more: the real traffic repeats more than the workload here does.",
          points,
        )
      : t(
          "What was measured is {points} of the prompt tokens more. Most likely: values that the workload draws anew repeat. {text}",
          { points, text: assumed.text },
        );
  }
  const lost = t("What was measured is {0} of the prompt tokens less.", points);
  if (Math.abs(rate - expected) <= sameRate) return t("{0} It agrees with what is expected.", lost);
  if (largest !== null && atRisk >= explainingShare * (ruled - rate))
    return t("{lost} Most likely: {message}.", { lost, message: largest.message });
  const leading = assumptions.find(({ isLeading }) => isLeading === true);
  if (leading !== undefined) return t("{lost} Most likely: {text}", { lost, text: leading.text });
  return isHosted
    ? t(
        "{0} No finding explains it: requests that reach other machines, and traffic that is not in these prompts, are not simulated.",
        lost,
      )
    : t(
        "{0} No finding explains it: other traffic in the same memory, and servers among which requests are spread, are not simulated.",
        lost,
      );
}

/** Where the cache's rules keep about as much from being read as was read all the same: the finding that says so. */
function refutedBy({ totals, findings, isHosted }: HitRatesInput, gap: number): Finding | null {
  const { ledger, promptTokens } = totals;
  if (!isHosted || ledger.ruledOut < explainingShare * gap * promptTokens) return null;
  const counted = findings.filter(
    (finding) => isShown(finding) && uncountedBy(finding) === null && finding.stake.tokensPerRequest > 0,
  );
  return counted.toSorted((a, b) => b.stake.tokensPerRequest - a.stake.tokensPerRequest)[0] ?? null;
}
