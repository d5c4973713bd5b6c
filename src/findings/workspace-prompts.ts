/** Known text stands behind values that change: what all prompts together would gain if it stood in front. */
import { count, percent } from "../words/numbers.ts";
import type { Rule } from "./finding.ts";
import { headline } from "./sentences.ts";
import { workspaceFinding } from "./workspace-finding.ts";

export const workspacePrompts: Rule = {
  id: "workspace-prompts",
  title: "Prompts whose shared text stands too late",
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
      message: headline(
        `${percent(prompts.tokens / promptTokens)} of prompt tokens were sent before, behind another prefix`,
      ),
      detail: `If all of that text stood in front of what changes, up to ${percent(effect.tokenHitRate)} would be reused instead of ${percent(present.tokenHitRate)}, in the same memory${held(prompts.reachableShare)}. The findings in the prompts say what to move.${undeclared(prompts.unknownTokens / promptTokens)}`,
      related: prompts.worst.map(({ path, range, tokens }) => ({
        path,
        range,
        message: `${count(tokens)} of these tokens`,
      })),
    });
  },
};

/** How far the memory goes. */
function held(share: number): string {
  if (share > 0.995) return " at best";
  return `: of what already stands in the same place, a cache that knows all requests reuses ${percent(share)} there, and more is not counted`;
}

/** A share of the prompt tokens. */
function undeclared(share: number): string {
  if (share === 0) return "";
  return ` Left out are ${percent(share)} behind values of which nothing is known: whether that is lost shows when they are declared.`;
}
