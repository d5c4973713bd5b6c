/** The short texts of status bar and CodeLens. */

import type { Finding, Report, Scenario, TemplateRow } from "../analysis/report.ts";
import { isUndeclared } from "../findings/finding.ts";
import { lostMoney } from "../findings/lost-price.ts";
import { isOfWorkspace, isShownAtPrompt } from "../findings/workspace-finding.ts";
import { t } from "../words/l10n.ts";
import { count, percent, plural, seconds } from "../words/numbers.ts";
import { approximation } from "./approximation.ts";
import { isBelow } from "./below.ts";
import { costText } from "./price-text.ts";

/** Characters of a name that have room beside the numbers. */
const longestName = 24;

/** `612/1,240 stable · 83.0 % hit`. */
export function templateStatus(
  report: Pick<Report, "scenario">,
  template: TemplateRow,
  smallestPrefixTokens: number | null = null,
): string {
  const about = approximation(report.scenario);
  const stable = t("{about}{stable}/{tokens} stable", {
    about,
    stable: count(template.stablePrefixTokens),
    tokens: count(template.promptTokensMean),
  });
  const shown = withBelow(stable, template, smallestPrefixTokens);
  return template.requests === 0 ? shown : `${shown} · ${hitText(template)}`;
}

function hitText({ tokenHitRate }: Pick<TemplateRow, "tokenHitRate">): string {
  return t("{0} hit", percent(tokenHitRate));
}

/** `838 of 871 tokens stable, below the 528 that can hit`; the text alone where that many are stable. */
function withBelow(text: string, template: TemplateRow, smallestPrefixTokens: number | null): string {
  if (!isBelow(template, smallestPrefixTokens)) return text;
  return t("{text}, below the {least} that can hit", { text, least: count(smallestPrefixTokens ?? 0) });
}

/** `12 prompts · 61.2 % hit`, in the steady state as soon as that is known. */
export function workspaceStatus(report: {
  readonly templates: readonly Pick<TemplateRow, "usage">[];
  readonly totals: Pick<Report["totals"], "tokenHitRate">;
  readonly steadyTokenHitRate: number | null;
}): string {
  const prompts = report.templates.filter((template) => template.usage !== "partial").length;
  const rate = report.steadyTokenHitRate ?? report.totals.tokenHitRate;
  return `${plural(prompts, "prompt")} · ${hitText({ tokenHitRate: rate })}`;
}

/** What the number of the status bar is, and the other one: one line. */
export function coldStartStatus(tokenHitRate: number, steadyTokenHitRate: number | null): string {
  const cold = t("{0} from an empty cache", percent(tokenHitRate));
  return steadyTokenHitRate === null
    ? cold
    : t("{steadyTokenHitRate} in the steady state, {cold}", {
        steadyTokenHitRate: percent(steadyTokenHitRate),
        cold,
      });
}

/** The first of what concerns the workspace as a whole; `null` where there is nothing. */
export function largestLoss(findings: readonly Finding[]): string | null {
  return findings.find(isOfWorkspace)?.message ?? null;
}

/** What findings say of a prompt. */
export interface AtStake {
  readonly seconds: number;
  readonly tokens: number;
  /** Findings that an edit mends. */
  readonly fixes: number;
}

const nothingAtStake: AtStake = { seconds: 0, tokens: 0, fixes: 0 };

/** What the shown findings of each template add up to, by its id. */
export function atStakeOf(findings: readonly Finding[]): ReadonlyMap<string, AtStake> {
  const all = new Map<string, AtStake>();
  for (const finding of findings) {
    if (!isShownAtPrompt(finding) || isUndeclared(finding)) continue;
    const { templateId, stake, fixes = [] } = finding;
    const known = all.get(templateId) ?? nothingAtStake;
    all.set(templateId, {
      seconds: known.seconds + stake.ttftSecondsPerRequest,
      tokens: known.tokens + stake.tokensPerRequest,
      fixes: known.fixes + (fixes.length > 0 ? 1 : 0),
    });
  }
  return all;
}

/** The prompt that loses most in each of its requests; where nothing is lost, the one of which least is reused. */
export function worstPrompt<T extends Pick<TemplateRow, "id" | "requests" | "tokenHitRate">>(
  templates: readonly T[],
  findings: readonly Finding[],
): T | null {
  const stakes = atStakeOf(findings);
  const stakeOf = ({ id }: T) => stakes.get(id) ?? nothingAtStake;
  const called = templates.filter(({ requests }) => requests > 0);
  // Where time costs nothing, as at a provider, tokens decide.
  const [worst] = called.toSorted((a, b) => {
    const [one, other] = [stakeOf(a), stakeOf(b)];
    return other.seconds - one.seconds || other.tokens - one.tokens || a.tokenHitRate - b.tokenHitRate;
  });
  return worst ?? templates[0] ?? null;
}

/** `$(flame) Loses 33.0 ms · 1.2 % hit · fix · 838 of 871 tokens stable · TTFT 42.0 ms`; `$(pass) 83.0 % hit · …`. */
export function lensTitle(
  report: Pick<Report, "scenario">,
  template: TemplateRow,
  smallestPrefixTokens: number | null = null,
  stake: AtStake = nothingAtStake,
): string {
  const about = approximation(report.scenario);
  const stable = t("{about}{stable} of {tokens} stable", {
    about,
    stable: count(template.stablePrefixTokens),
    tokens: plural(template.promptTokensMean, "token"),
  });
  const shared = withUnknownEnd(withBelow(stable, template, smallestPrefixTokens), template);
  if (template.requests === 0) {
    const why =
      template.usage === "partial" ? t("used by other prompts only") : t("not called in this workload");
    return `${shared} · ${why}`;
  }
  const hit = hitText(template);
  const told = costText(report.scenario, template);
  const cost = told === "" ? [] : [told];
  if (stake.tokens === 0) {
    // Nothing to mend is no success where little is reused.
    const icon = template.tokenHitRate >= 0.5 ? "$(pass)" : "$(circle-outline)";
    return `${icon} ${[hit, shared, ...cost].join(" · ")}`;
  }
  // A provider bills tokens, and not the time of a model on a GPU that it does not run on.
  const { billing } = report.scenario;
  const time = stake.seconds > 0 ? seconds(stake.seconds) : null;
  const lostCost = billing === undefined ? time : lostMoney(stake.tokens, billing);
  const lost = lostCost ?? plural(stake.tokens, "token");
  const fix = stake.fixes === 0 ? [] : [stake.fixes === 1 ? t("fix") : t("{0} fixes", count(stake.fixes))];
  return `$(flame) ${[t("Loses {0}", lost), hit, ...fix, shared, ...cost].join(" · ")}`;
}

/** How the model is served, where that is not the usual: `, fp8 KV, 3 draft tokens, 16 in flight`. */
export function servedPhrase({
  kvType,
  draftTokens,
  inFlight,
}: Pick<Scenario, "kvType" | "draftTokens" | "inFlight">): string {
  const parts = [
    ...(kvType === "bf16" ? [] : [t("{0} KV", kvType)]),
    ...(draftTokens === 0 ? [] : [plural(draftTokens, "draft token")]),
    ...(inFlight === 1 ? [] : [t("{0} in flight", count(inFlight))]),
  ];
  return parts.map((part) => `, ${part}`).join("");
}

/** With where the prefix ends for want of a declaration; the text alone where it is known how often the value there changes. */
function withUnknownEnd(text: string, { segments }: TemplateRow): string {
  const end = segments.find(
    ({ kind, scope }) => (kind === "hole" || kind === "block") && scope?.scope !== "constant",
  );
  if (end?.scope?.basis !== "unknown") return text;
  const name = end.name.length <= longestName ? end.name : `${end.name.slice(0, longestName - 1)}…`;
  return t("{text}, ends at {name}: declare how often it changes", { text, name });
}

/** Which scenario the numbers belong to: one line. */
export function scenarioLine({ scenario }: Pick<Report, "scenario">): string {
  if (scenario.billing !== undefined)
    return t("{policy}, {requests}, tokens by the vocabulary of {model}", {
      policy: scenario.policy.id,
      requests: plural(scenario.requests, "request"),
      model: scenario.model.id,
    });
  const ranks = scenario.tensorParallel > 1 ? `${scenario.tensorParallel} × ` : "";
  return t("{model} on {ranks}{gpu}{served}, {policy}, {requests}", {
    model: scenario.model.id,
    ranks,
    gpu: scenario.gpu.name,
    served: servedPhrase(scenario),
    policy: scenario.policy.id,
    requests: plural(scenario.requests, "request"),
  });
}
