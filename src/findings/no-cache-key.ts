/** A provider that finds prefixes dependably only by a key, and a whole request that sends none. */

import { t } from "../words/l10n.ts";
import { percent, plural } from "../words/numbers.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { isWorthSharing } from "./stake.ts";

export const noCacheKey: Rule = {
  id: "no-cache-key",
  get title() {
    return t("A request without a key for its prefix");
  },
  scope: "template",
  uncounted: "by-chance",
  check: (context) => context.templates.flatMap((_, index) => checkTemplate(context, index) ?? []),
};

function checkTemplate(
  { policy, templates, workload, outcomes }: FindingContext,
  index: number,
): Finding | null {
  const template = templates[index];
  const rows = workload.requestsOf[index] ?? [];
  const { limits } = policy;
  if (template?.parameters === undefined || limits?.needsCacheKey !== true || rows.length === 0) return null;
  if (template.parameters.some(({ name }) => name === "prompt_cache_key")) return null;
  const sum = (column: ArrayLike<number>) => rows.reduce((total, row) => total + (column[row] ?? 0), 0);
  const reused = sum(outcomes.reusedTokens) / rows.length;
  const stake = { tokensPerRequest: reused, ttftSecondsPerRequest: 0, bytes: 0 };
  const atRisk =
    (reused * rows.length * (1 - limits.readMultiplier)) / Math.max(1, sum(outcomes.promptTokens));
  return {
    rule: noCacheKey.id,
    severity: isWorthSharing(stake) ? "information" : "hint",
    templateId: template.id,
    path: template.path,
    range: template.range,
    message: t("{0} per request are read by chance: no prompt_cache_key", plural(reused, "token")),
    detail: t(
      "{name} sends requests with the same key to the same machine; without one a prefix is found where the request happens to land. The numbers here count it as found: {atRisk} of the price hangs on it. Send a prompt_cache_key that the requests of one prefix have in common, each for less than about 15 requests per minute.",
      { name: policy.name, atRisk: percent(atRisk) },
    ),
    stake,
    assumptions: [],
    related: [],
  };
}
