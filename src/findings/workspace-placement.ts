/** States are kept, and in the wrong places: another block, another interval, hints. */
import { percent, seconds } from "../words/numbers.ts";
import type { Rule } from "./finding.ts";
import { headline } from "./sentences.ts";
import { workspaceFinding } from "./workspace-finding.ts";

export const workspacePlacement: Rule = {
  id: "workspace-placement",
  title: "Checkpoints in other places",
  scope: "workspace-advice",
  check({ workspace }) {
    if (!workspace?.placement) return [];
    const { present, placement } = workspace;
    const { effect, change, instead } = placement;
    return workspaceFinding(workspace, workspacePlacement.id, effect, {
      message: headline(
        `${percent(effect.tokenHitRate)} of prompt tokens reused with «${change}», ${percent(present.tokenHitRate)} now`,
      ),
      detail: `With ${change} instead of ${instead}, states lie where later requests resume: TTFT would be ${seconds(effect.ttftSecondsMean)} instead of ${seconds(present.ttftSecondsMean)} on average, in the same memory.`,
    });
  },
};
