/** Another policy of the same kind would reuse more of the same requests in the same memory. */
import { percent, seconds } from "../words/numbers.ts";
import type { Rule } from "./finding.ts";
import { headline } from "./sentences.ts";
import { workspaceFinding } from "./workspace-finding.ts";

export const workspacePolicy: Rule = {
  id: "workspace-policy",
  title: "Another policy",
  scope: "workspace-advice",
  check({ workspace, policy: present }) {
    if (!workspace?.policy) return [];
    const { effect, id, name } = workspace.policy;
    return workspaceFinding(workspace, workspacePolicy.id, effect, {
      message: headline(
        `${percent(effect.tokenHitRate)} of prompt tokens reused with «${name}», ${percent(workspace.present.tokenHitRate)} now`,
      ),
      detail: `${name} (policy ${id}) would reuse more than ${present.name} in the same memory: TTFT ${seconds(effect.ttftSecondsMean)} instead of ${seconds(workspace.present.ttftSecondsMean)} on average.`,
    });
  },
};
