/** What requests share ends short of the cache's unit of reuse: the rest of the last unit is never reused. */

import { fates } from "../core/fates.ts";
import { fateIndex } from "../core/replay/ledger.ts";
import type { StaticPrefix } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { bytes, count, plural, seconds } from "../words/numbers.ts";
import { byTemplate } from "./by-template.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { paddingFix } from "./padding.ts";
import { lossHeadline } from "./sentences.ts";
import { isWorthTriedEdit } from "./stake.ts";
import { stakeOfGain } from "./tried.ts";

/** A prefix shorter than this is no prefix yet: what ends it is the finding. */
const worthSaying = 32;

/** Where so small a part of a block is missing, text can be added; of a prefix of several blocks it has to pay. */
const nearlyThere = { first: 1 / 4, further: 1 / 8 };

export const belowBlock: Rule = {
  id: "below-block",
  get title() {
    return t("A stable prefix that ends short of a block");
  },
  scope: "template",
  check: (context) => (context.policy.blockTokens <= 1 ? [] : byTemplate(context, checkTemplate)),
};

function* checkTemplate(context: FindingContext, index: number): Generator<void, Finding | null, void> {
  const prefix = context.prefixes[index];
  const requests = context.workload.requestsOf[index] ?? [];
  const stable = prefix?.tokens.length ?? 0;
  if (prefix === undefined || requests.length === 0 || stable < worthSaying) return null;
  const lost = lostToRounding(context, requests);
  if (lost.tokens === 0) return null;
  const { blockTokens } = context.policy;
  if (stable >= blockTokens) return yield* shortOfNext(context, index, prefix);
  return lost.reused > 0 ? null : yield* belowFirst(context, index, prefix, lost);
}

/** Nothing is reused at all. */
function* belowFirst(
  context: FindingContext,
  index: number,
  prefix: StaticPrefix,
  lost: Lost,
): Generator<void, Finding, void> {
  const template = context.templates[index]!;
  const requests = context.workload.requestsOf[index]!.length;
  const { blockTokens } = context.policy;
  const stable = prefix.tokens.length;
  const missing = blockTokens - stable;
  const isNear = missing <= blockTokens * nearlyThere.first;
  const fix = isNear ? yield* paddingFix(context, template, prefix, missing) : null;
  const stake = {
    tokensPerRequest: lost.tokens / requests,
    ttftSecondsPerRequest: lost.ttftSeconds / requests,
    bytes: 0,
  };
  return {
    ...placeOf(template, prefix),
    severity: "warning",
    message: t("{tokens} are shared, less than a block of {blockTokens}: nothing is ever reused", {
      tokens: plural(stable, "token"),
      blockTokens: count(blockTokens),
    }),
    detail: t(
      "{name} reuses whole blocks. {tokens} more of stable text in front, or a smaller block, would save {ttftSecondsPerRequest} per request; a block costs {blockTokens}.",
      {
        name: context.policy.name,
        tokens: plural(missing, "token"),
        ttftSecondsPerRequest: seconds(stake.ttftSecondsPerRequest),
        blockTokens: bytes(blockTokens * context.kvBytesPerToken + context.checkpointBytes),
      },
    ),
    stake,
    ...(fix !== null && { fixes: [fix] }),
  };
}

/** Blocks are reused, and one more would be with a little more text: said where that was tried, and pays. */
function* shortOfNext(
  context: FindingContext,
  index: number,
  prefix: StaticPrefix,
): Generator<void, Finding | null, void> {
  const template = context.templates[index]!;
  const { blockTokens, name } = context.policy;
  const over = prefix.tokens.length % blockTokens;
  const missing = blockTokens - over;
  if (over === 0 || missing > blockTokens * nearlyThere.further) return null;
  const fix = yield* paddingFix(context, template, prefix, missing);
  if (fix === null) return null;
  const stake = stakeOfGain(context, fix.effect);
  if (!isWorthTriedEdit(stake)) return null;
  return {
    ...placeOf(template, prefix),
    severity: "information",
    message: lossHeadline(
      context,
      stake,
      t("{tokens} short of a block of {blockTokens}", {
        tokens: plural(missing, "token"),
        blockTokens: count(blockTokens),
      }),
    ),
    detail: t(
      "{name} reuses whole blocks: of the {tokens} that requests share, the last {over} are prefilled in each. {missing} more of stable text in front of what changes, such as an example, would make them a block.",
      {
        name,
        tokens: plural(prefix.tokens.length, "token"),
        over: count(over),
        missing: plural(missing, "token"),
      },
    ),
    stake,
    fixes: [fix],
  };
}

function placeOf({ id, path, range }: Template, { end }: StaticPrefix) {
  return {
    rule: belowBlock.id,
    templateId: id,
    path,
    range: { start: range.start, end: end ?? range.end },
    assumptions: ["hole-values"],
    related: [],
  };
}

type Lost = ReturnType<typeof lostToRounding>;

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
