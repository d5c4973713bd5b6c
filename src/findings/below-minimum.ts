/** What requests share is shorter than the prefixes that the provider keeps: nothing is cached, and nothing says so. */
import { fates } from "../core/fates.ts";
import type { ByModel } from "../core/providers/provider.ts";
import { fateIndex } from "../core/replay/ledger.ts";
import { t } from "../words/l10n.ts";
import { listed } from "../words/lists.ts";
import { count, plural } from "../words/numbers.ts";
import { byTemplate } from "./by-template.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { lostPrice } from "./lost-price.ts";
import { paddingFix } from "./padding.ts";
import { isWorthEdit, type Loss, stakeOf } from "./stake.ts";

/** A stable prefix of fewer tokens is none yet. */
const worthCalling = 32;

export const belowMinimum: Rule = {
  id: "below-minimum",
  get title() {
    return t("A prompt below the provider's minimum");
  },
  scope: "template",
  check: (context) => byTemplate(context, checkTemplate),
};

function* checkTemplate(context: FindingContext, index: number): Generator<void, Finding | null, void> {
  const { limits, name } = context.policy;
  const template = context.templates[index];
  const rows = context.workload.requestsOf[index] ?? [];
  if (template === undefined || limits === undefined || limits.minimumTokens === 0) return null;
  const { loss, longest } = lostToMinimum(context, rows, limits.minimumTokens);
  if (loss.requests === 0) return null;
  const stake = stakeOf(context, loss, rows.length);
  const stable = context.prefixes[index]?.tokens.length ?? 0;
  // What a conversation shares grows by itself; what all requests share is what its author can make longer.
  const shared = stable < worthCalling ? longest : Math.min(stable, longest);
  const missing = limits.minimumTokens - shared;
  // Short prompts are no mistake; who marks one expects it to be cached, and who is nearly there can have it.
  const prompts = rows.reduce((sum, row) => sum + (context.outcomes.promptTokens[row] ?? 0), 0);
  const price = lostPrice(limits, stake.tokensPerRequest, prompts / rows.length);
  const isMarked = (template.cacheMarkers?.length ?? 0) > 0;
  const isNear = missing <= limits.minimumTokens / 4;
  const least = count(limits.minimumTokens);
  const severity = !isWorthEdit(stake) ? "hint" : isMarked ? "warning" : isNear ? "information" : "hint";
  const prefix = context.prefixes[index];
  const canPad = severity !== "hint" && isNear && stable >= worthCalling && prefix !== undefined;
  const fix = canPad ? yield* paddingFix(context, template, prefix, missing) : null;
  const losses = {
    shared: plural(shared, "token"),
    lost: plural(stake.tokensPerRequest, "token"),
    price,
  };
  return {
    rule: belowMinimum.id,
    severity,
    templateId: template.id,
    path: template.path,
    range: template.cacheMarkers?.[0]?.range ?? { start: template.range.start, end: template.range.end },
    message: t("{tokens} short of the minimum of {least}: nothing is cached", {
      tokens: plural(missing, "token"),
      least,
    }),
    detail: [
      t("{name} keeps prefixes from {least} tokens on, without a word where they are shorter.", {
        name,
        least,
      }),
      stable < worthCalling
        ? t(
            "Requests share {shared}, so that {lost} per request that had been sent before are paid in full: {price} more than reading them.",
            losses,
          )
        : t(
            "All requests share {shared}, so that {lost} per request that had been sent before are paid in full: {price} more than reading them.",
            losses,
          ),
      remedy(limits.minimumsByModel, shared, limits.minimumTokens),
    ].join(" "),
    stake: { ...stake, bytes: 0 },
    assumptions: ["hole-values"],
    related: [],
    ...(fix !== null && { fixes: [fix] }),
  };
}

/** Tokens of requests that read nothing although shorter prefixes had been sent; none where any of them is cached. */
function lostToMinimum({ outcomes }: FindingContext, rows: readonly number[], minimumTokens: number) {
  const none: { loss: Loss; longest: number } = {
    loss: { tokens: 0, ttftSeconds: 0, requests: 0 },
    longest: 0,
  };
  const found = { loss: { ...none.loss }, longest: 0 };
  for (const row of rows) {
    if ((outcomes.reusedTokens[row] ?? 0) > 0) return none;
    const lost = outcomes.fates[row * fates.length + fateIndex.ruledOut] ?? 0;
    const sent = outcomes.sentTokens[row] ?? 0;
    if (lost === 0 || sent >= minimumTokens) continue;
    found.loss.tokens += lost;
    found.loss.requests++;
    found.longest = Math.max(found.longest, sent);
  }
  return found;
}

function remedy(minimums: readonly ByModel[], shared: number, minimumTokens: number): string {
  const lower = minimums.filter(({ value }) => value <= shared).sort((a, b) => a.value - b.value);
  const models = lower.map(({ models: names, value }) =>
    names.length === 0
      ? t("other models from {0} on", count(value))
      : t("{names} from {tokens} on", { names: listed(names), tokens: count(value) }),
  );
  const tokens = count(minimumTokens);
  return models.length === 0
    ? t("Stable text in front that makes it {0} tokens would be cached.", tokens)
    : t(
        "Stable text in front that makes it {tokens} tokens would be cached; so would this prompt by other models: {models}.",
        { tokens, models: models.join("; ") },
      );
}
