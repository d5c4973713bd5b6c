/** States are kept, and in the wrong places: another block, another interval, hints. */

import { t } from "../words/l10n.ts";
import { percent, seconds } from "../words/numbers.ts";
import type { Rule } from "./finding.ts";
import { headline } from "./sentences.ts";
import { workspaceFinding } from "./workspace-finding.ts";

export const workspacePlacement: Rule = {
  id: "workspace-placement",
  get title() {
    return t("Checkpoints in other places");
  },
  scope: "workspace-advice",
  check({ workspace }) {
    if (!workspace?.placement) return [];
    const { present, placement } = workspace;
    const { effect, change, instead } = placement;
    return workspaceFinding(workspace, workspacePlacement.id, effect, {
      message: headline(change, (shown) =>
        t("{rate} of prompt tokens reused with {name}, {now} now", {
          rate: percent(effect.tokenHitRate),
          name: shown,
          now: percent(present.tokenHitRate),
        }),
      ),
      detail: t(
        "With {change} instead of {instead}, states lie where later requests resume: TTFT would be {ttft} instead of {ttftNow} on average, in the same memory.",
        {
          change,
          instead,
          ttft: seconds(effect.ttftSecondsMean),
          ttftNow: seconds(present.ttftSecondsMean),
        },
      ),
    });
  },
};
