/** A parameter that changes from request to request keeps apart what the prompts have in common. */
import { namesTheCache } from "../prompt/request-parameters.ts";
import type { RequestParameter } from "../prompt/template.ts";
import { percent, plural } from "../words/numbers.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { headline } from "./sentences.ts";
import { isWorthEdit } from "./stake.ts";

export const changingParameters: Rule = {
  id: "changing-parameters",
  title: "A parameter that changes between requests",
  scope: "template",
  check: (context) =>
    context.templates.flatMap((template, index) =>
      (template.parameters ?? []).flatMap((parameter) => checkParameter(context, index, parameter) ?? []),
    ),
};

function checkParameter(context: FindingContext, index: number, parameter: RequestParameter): Finding | null {
  const { templates, workload, outcomes, policy } = context;
  const { name, scope, range } = parameter;
  const { limits } = policy;
  const template = templates[index];
  const rows = workload.requestsOf[index] ?? [];
  if (template === undefined || limits === undefined || rows.length === 0) return null;
  const changes = scope?.basis !== "unknown" && (scope?.scope === "volatile" || scope?.scope === "request");
  const keepsAll = namesTheCache(name);
  if (scope === null || !changes || (!keepsAll && !limits.parametersInvalidate)) return null;
  const isStanding = template.segments.some(
    (segment) => segment.kind === "marker" && segment.role === "system",
  );
  // What stands in front of the messages is read all the same.
  const standing = (row: number) =>
    keepsAll || !isStanding ? 0 : (workload.requests[row]?.messageEnds?.[0] ?? 0);
  const lost = rows.reduce(
    (sum, row) => sum + Math.max(0, (outcomes.reusedTokens[row] ?? 0) - standing(row)),
    0,
  );
  const sent = rows.reduce((sum, row) => sum + (outcomes.promptTokens[row] ?? 0), 0);
  const stake = { tokensPerRequest: lost / rows.length, ttftSecondsPerRequest: 0, bytes: 0 };
  return {
    rule: changingParameters.id,
    severity: !isWorthEdit(stake) ? "hint" : scope.scope === "volatile" ? "warning" : "information",
    templateId: template.id,
    path: template.path,
    range,
    message: headline(
      `${plural(stake.tokensPerRequest, "token")} per request hang on «${name}», which changes`,
    ),
    detail:
      `${keepsAll ? "Prefixes are kept apart by it" : "A change of it keeps messages from being read; tools and the system message stay"}, and ${scope.reason}. ` +
      `The numbers here count it as the same in all requests: ${percent((lost * (1 - limits.readMultiplier)) / Math.max(1, sent))} of the price hangs on it. ` +
      `Keep it the same for all requests of one conversation.`,
    stake,
    assumptions: [],
    related: [],
  };
}
