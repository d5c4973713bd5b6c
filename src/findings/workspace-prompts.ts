/** Known text stands behind values that change: what all prompts together would gain if it stood in front. */

import { t } from "../words/l10n.ts";
import { count, percent } from "../words/numbers.ts";
import type { Rule } from "./finding.ts";
import { workspaceFinding } from "./workspace-finding.ts";

export const workspacePrompts: Rule = {
  id: "workspace-prompts",
  get title() {
    return t("Prompts whose shared text stands too late");
  },
  scope: "workspace-advice",
  check({ workspace, ttftSeconds }) {
    if (!workspace?.prompts) return [];
    const { present, prompts, promptTokens, requests } = workspace;
    const reusedTokens = present.reusedTokens + prompts.tokens * prompts.reachableShare;
    const mean = promptTokens / requests;
    const saved =
      ttftSeconds(present.reusedTokens / requests, mean) - ttftSeconds(reusedTokens / requests, mean);
    const effect = {
      reusedTokens,
      tokenHitRate: reusedTokens / promptTokens,
      ttftSecondsMean: Math.max(0, present.ttftSecondsMean - saved),
    };
    return workspaceFinding(workspace, workspacePrompts.id, effect, {
      message: t(
        "{0} of prompt tokens were sent before, behind another prefix",
        percent(prompts.tokens / promptTokens),
      ),
      detail: [
        movedText(effect.tokenHitRate, present.tokenHitRate, prompts.reachableShare),
        t("The findings in the prompts say what to move."),
        ...undeclared(prompts.unknownTokens / promptTokens),
      ].join(" "),
      related: prompts.worst.map(({ path, range, tokens }) => ({
        path,
        range,
        message: t("{0} of these tokens", count(tokens)),
      })),
    });
  },
};

/** `reachable` is how far the memory goes. */
function movedText(moved: number, now: number, reachable: number): string {
  const rates = { moved: percent(moved), now: percent(now) };
  if (reachable > 0.995)
    return t(
      "If all of that text stood in front of what changes, up to {moved} would be reused instead of {now}, in the same memory at best.",
      rates,
    );
  return t(
    "If all of that text stood in front of what changes, up to {moved} would be reused instead of {now}, in the same memory: of what already stands in the same place, a cache that knows all requests reuses {reachable} there, and more is not counted.",
    { ...rates, reachable: percent(reachable) },
  );
}

/** A share of the prompt tokens. */
function undeclared(share: number): readonly string[] {
  if (share === 0) return [];
  return [
    t(
      "Left out are {0} behind values of which nothing is known: whether that is lost shows when they are declared.",
      percent(share),
    ),
  ];
}
