/** States that were needed again went for lack of memory: how much more would keep them. */
import { bytes, percent, seconds } from "../words/numbers.ts";
import type { Rule } from "./finding.ts";
import { headline } from "./sentences.ts";
import { workspaceFinding } from "./workspace-finding.ts";
import { kneeShare } from "./workspace-proposal.ts";

export const workspaceCapacity: Rule = {
  id: "workspace-capacity",
  title: "More memory for the cache",
  scope: "workspace-advice",
  check({ workspace }) {
    if (!workspace?.capacity) return [];
    const { present, capacity, lessWithMore } = workspace;
    const { effect } = capacity;
    const upTo = ({ bytes: knee, mostBytes }: typeof capacity) =>
      knee < mostBytes
        ? `Of what ${bytes(mostBytes)} would gain, the most that was tried, that is at least ${percent(kneeShare)}.`
        : `More was not tried, and may give more.`;
    const less =
      lessWithMore === null
        ? ""
        : ` In between, ${bytes(lessWithMore.bytes)} would give ${percent(lessWithMore.tokenHitRate)}: eviction is greedy, and more memory can keep the wrong states longer.`;
    return workspaceFinding(workspace, workspaceCapacity.id, effect, {
      message: headline(
        `${percent(effect.tokenHitRate)} of prompt tokens reused with ${bytes(capacity.bytes)}, ${percent(present.tokenHitRate)} with ${bytes(capacity.presentBytes)}`,
      ),
      detail:
        `${upTo(capacity)} TTFT would be ${seconds(effect.ttftSecondsMean)} instead of ${seconds(present.ttftSecondsMean)} on average. ` +
        `A GPU more, weights of fewer bits or a smaller reserve give room; set what there is as "capacity".${less}`,
    });
  },
};
