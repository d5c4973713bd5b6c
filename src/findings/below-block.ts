/** The part of a prompt that requests share is shorter than the cache's unit of reuse, so none of it is ever reused. */

import { fates } from "../core/fates.ts";
import { fateIndex } from "../core/replay/ledger.ts";
import { bytes, count, plural, seconds } from "../words/numbers.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { headline } from "./sentences.ts";

/** A prefix shorter than this is no prefix yet: what ends it is the finding. */
const worthSaying = 32;

export const belowBlock: Rule = {
  id: "below-block",
  title: "A stable prefix below one cache block",
  scope: "template",
  check(context) {
    if (context.policy.blockTokens <= 1) return [];
    return context.templates.flatMap((_, index) => {
      const finding = checkTemplate(context, index);
      return finding === null ? [] : [finding];
    });
  },
};

function checkTemplate(context: FindingContext, index: number): Finding | null {
  const template = context.templates[index];
  const prefix = context.prefixes[index];
  const requests = context.workload.requestsOf[index] ?? [];
  if (template === undefined || prefix === undefined || requests.length === 0) return null;
  const { blockTokens } = context.policy;
  const stable = prefix.tokens.length;
  if (stable < worthSaying || stable >= blockTokens) return null;
  const lost = lostToRounding(context, requests);
  if (lost.tokens === 0 || lost.reused > 0) return null;
  const stake = {
    tokensPerRequest: lost.tokens / requests.length,
    ttftSecondsPerRequest: lost.ttftSeconds / requests.length,
    bytes: 0,
  };
  return {
    rule: belowBlock.id,
    severity: "warning",
    templateId: template.id,
    path: template.path,
    range: { start: template.range.start, end: prefix.end ?? template.range.end },
    message: headline(
      `${plural(stable, "token")} are shared, less than a block of ${count(blockTokens)}: nothing is ever reused`,
    ),
    detail:
      `${context.policy.name} reuses whole blocks. ${plural(blockTokens - stable, "token")} more of stable text in front, or a smaller block, would ` +
      `save ${seconds(stake.ttftSecondsPerRequest)} per request; a block costs ${bytes(blockTokens * context.kvBytesPerToken + context.checkpointBytes)}.`,
    stake,
    assumptions: ["hole-values"],
    related: [],
  };
}

/** Tokens that others had sent before and that rounding to blocks lost, and the time they cost. */
function lostToRounding(context: FindingContext, requests: readonly number[]) {
  const { outcomes } = context;
  const lost = { tokens: 0, ttftSeconds: 0, reused: 0 };
  for (const request of requests) {
    const unaligned = outcomes.fates[request * fates.length + fateIndex.unaligned] ?? 0;
    const promptTokens = outcomes.promptTokens[request] ?? 0;
    const reused = outcomes.reusedTokens[request] ?? 0;
    lost.tokens += unaligned;
    lost.reused += reused;
    const couldReuse = Math.min(promptTokens - 1, reused + unaligned);
    lost.ttftSeconds +=
      context.ttftSeconds(reused, promptTokens) - context.ttftSeconds(Math.max(0, couldReuse), promptTokens);
  }
  return lost;
}
