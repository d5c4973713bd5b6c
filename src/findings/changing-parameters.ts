/** A parameter that changes from request to request keeps apart what the prompts have in common. */
import type { HostedLimits } from "../core/policies/policy.ts";
import { namesTheCache } from "../prompt/request-parameters.ts";
import type { CapturedRequest, RequestParameter, Template } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { percent, plural } from "../words/numbers.ts";
import { excerpt } from "./excerpt.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { type Difference, differencesOf, keptText, keptTokens } from "./kept-prefix.ts";
import { headline } from "./sentences.ts";
import { isWorthEdit } from "./stake.ts";

export const changingParameters: Rule = {
  id: "changing-parameters",
  get title() {
    return t("A parameter that changes between requests");
  },
  scope: "template",
  uncounted: "lost",
  check: (context) => {
    const { limits } = context.policy;
    return limits === undefined ? [] : context.templates.flatMap((_, index) => check(context, index, limits));
  },
};

/** Whether the provider minds a change of it. */
export function isMinded(limits: HostedLimits, name: string): boolean {
  return limits.parametersInvalidate || namesTheCache(name);
}

function check(context: FindingContext, index: number, limits: HostedLimits): readonly Finding[] {
  const template = context.templates[index]!;
  if (template.captured !== undefined) return capturedFindings(context, index, template.captured, limits);
  return (template.parameters ?? []).flatMap(
    (parameter) => drawnFinding(context, index, parameter, limits) ?? [],
  );
}

/** Of a value that only a run knows. */
function drawnFinding(
  context: FindingContext,
  index: number,
  { name, scope, range }: RequestParameter,
  limits: HostedLimits,
): Finding | null {
  const { templates, workload, outcomes } = context;
  const template = templates[index]!;
  const rows = workload.requestsOf[index] ?? [];
  const changes = scope?.basis !== "unknown" && (scope?.scope === "volatile" || scope?.scope === "request");
  if (scope === null || !changes || !isMinded(limits, name) || rows.length === 0) return null;
  const lost = rows.reduce(
    (sum, row) =>
      sum +
      Math.max(0, (outcomes.reusedTokens[row] ?? 0) - keptTokens(workload, row, name, template.segments)),
    0,
  );
  return findingOf(context, index, {
    ...{ name, range, lost, limits },
    path: template.path,
    isSure: scope.scope === "volatile",
    says: t("{name}, and {reason}.", { name: keptText(name), reason: scope.reason }),
    related: [],
  });
}

/** Of values that two requests of one conversation write out. */
function capturedFindings(
  context: FindingContext,
  index: number,
  captured: readonly CapturedRequest[],
  limits: HostedLimits,
): readonly Finding[] {
  const { workload, outcomes } = context;
  const rows = workload.requestsOf[index] ?? [];
  const changed = new Map<string, { first: Change; lost: number; requests: number }>();
  for (const [turn, row] of rows.entries()) {
    const [before, now] = [captured[turn - 1], captured[turn]];
    if (before?.parameters === undefined || now?.parameters === undefined) continue;
    const [worst] = differencesOf(now.parameters, before.parameters)
      .filter(({ name }) => isMinded(limits, name))
      .map((each) => ({ each, kept: keptTokens(workload, row, each.name, now.segments) }))
      .sort((a, b) => a.kept - b.kept);
    if (worst === undefined) continue;
    // Of several that change together the one that keeps least counts, so that no token is lost twice.
    const { each, kept } = worst;
    const known = changed.get(each.name) ?? { first: { ...each, before, now }, lost: 0, requests: 0 };
    known.lost += Math.max(0, (outcomes.reusedTokens[row] ?? 0) - kept);
    known.requests++;
    changed.set(each.name, known);
  }
  return [...changed].flatMap(([name, { first, lost, requests }]) => {
    if (lost === 0) return [];
    const place = first.here ?? { range: first.now.range };
    const other = first.there ?? { range: first.before.range };
    const often = t("{requests} of {all} of this conversation", {
      ...{ requests: plural(requests, "request"), all: rows.length },
    });
    return findingOf(context, index, {
      ...{ name, lost, limits },
      path: first.now.path,
      range: place.range,
      isSure: true,
      says: t("{name}, and {here} stands where the request before had {there}; it changes in {often}.", {
        name: keptText(name),
        here: valueText(first.here),
        there: valueText(first.there),
        often,
      }),
      related: [{ path: first.before.path, range: other.range, message: t("The request before it.") }],
    });
  });
}

interface Change extends Difference {
  readonly before: CapturedRequest;
  readonly now: CapturedRequest;
}

/** Characters of a value in a sentence. */
const shownValue = 60;

export function valueText(parameter: RequestParameter | null): string {
  return parameter?.value == null ? t("none") : excerpt(parameter.value, shownValue);
}

interface Found extends Pick<Finding, "path" | "range" | "related"> {
  readonly name: string;
  /** Tokens that count as read, over all requests, and would not be. */
  readonly lost: number;
  readonly limits: HostedLimits;
  /** Whether nothing about it was inferred from less than the expression itself. */
  readonly isSure: boolean;
  readonly says: string;
}

function findingOf(
  { templates, workload, outcomes }: FindingContext,
  index: number,
  { name, lost, limits, isSure, says, ...place }: Found,
): Finding {
  const template: Template = templates[index]!;
  const rows = workload.requestsOf[index] ?? [];
  const sent = rows.reduce((sum, row) => sum + (outcomes.promptTokens[row] ?? 0), 0);
  const stake = { tokensPerRequest: lost / rows.length, ttftSecondsPerRequest: 0, bytes: 0 };
  return {
    rule: changingParameters.id,
    severity: !isWorthEdit(stake) ? "hint" : isSure ? "warning" : "information",
    templateId: template.id,
    ...place,
    message: headline(name, (shown) =>
      t("{tokens} per request hang on {name}, which changes", {
        ...{ tokens: plural(stake.tokensPerRequest, "token"), name: shown },
      }),
    ),
    detail: t(
      "{says} The numbers here count it as the same in all requests: {lost} of the price hangs on it. Keep it the same for all requests of one conversation.",
      { says, lost: percent((lost * (1 - limits.readMultiplier)) / Math.max(1, sent)) },
    ),
    stake,
    assumptions: [],
  };
}
