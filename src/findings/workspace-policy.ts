/** Another policy of the same kind would reuse more of the same requests in the same memory. */

import { t } from "../words/l10n.ts";
import { percent, seconds } from "../words/numbers.ts";
import type { Rule } from "./finding.ts";
import { headline } from "./sentences.ts";
import { workspaceFinding } from "./workspace-finding.ts";

export const workspacePolicy: Rule = {
  id: "workspace-policy",
  get title() {
    return t("Another policy");
  },
  scope: "workspace-advice",
  check({ workspace, policy: present }) {
    if (!workspace?.policy) return [];
    const { effect, id, name } = workspace.policy;
    return workspaceFinding(workspace, workspacePolicy.id, effect, {
      message: headline(name, (shown) =>
        t("{rate} of prompt tokens reused with {name}, {now} now", {
          rate: percent(effect.tokenHitRate),
          name: shown,
          now: percent(workspace.present.tokenHitRate),
        }),
      ),
      detail: t(
        "{name} (policy {id}) would reuse more than {present} in the same memory: TTFT {ttft} instead of {ttftNow} on average.",
        {
          name,
          id,
          present: present.name,
          ttft: seconds(effect.ttftSecondsMean),
          ttftNow: seconds(workspace.present.ttftSecondsMean),
        },
      ),
    });
  },
};
