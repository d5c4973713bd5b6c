/**
 * The hit rate as it follows from the rules, as it is to be expected, and as the user has measured it: three numbers where
 * they differ, and why.
 */
import type { Measured } from "../config/measured.ts";
import type { Finding } from "../findings/finding.ts";
import { uncountedBy } from "../findings/rules.ts";
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
  readonly totals: Pick<Totals, "steady" | "tokenHitRate" | "promptTokens">;
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
      : [`What is expected leaves out what a replay takes as given: ${lost.largest.message}.`];
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
function reasonOf({ assumptions, isHosted }: HitRatesInput, compared: Compared): string {
  const { ruled, expected, rate, largest, atRisk } = compared;
  if (Math.abs(rate - ruled) <= sameRate) return "What was measured agrees with the rules.";
  const points = percent(Math.abs(ruled - rate));
  if (rate > ruled) {
    const assumed = assumptions.find(({ id }) => id === "hole-values");
    return assumed === undefined
      ? `What was measured is ${points} of the prompt tokens more: the real traffic repeats more than the workload here does.`
      : `What was measured is ${points} of the prompt tokens more. Most likely: values that the workload draws anew repeat. ${assumed.text}`;
  }
  const lost = `What was measured is ${points} of the prompt tokens less.`;
  if (Math.abs(rate - expected) <= sameRate) return `${lost} It agrees with what is expected.`;
  if (largest !== null && atRisk >= explainingShare * (ruled - rate))
    return `${lost} Most likely: ${largest.message}.`;
  const leading = assumptions.find(({ isLeading }) => isLeading === true);
  if (leading !== undefined) return `${lost} Most likely: ${leading.text}`;
  return isHosted
    ? `${lost} No finding explains it: requests that reach other machines, and traffic that is not in these prompts, are not simulated.`
    : `${lost} No finding explains it: other traffic in the same memory, and servers among which requests are spread, are not simulated.`;
}
