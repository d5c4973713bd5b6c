/** States that were needed again went for lack of memory: how much more would keep them. */

import { t } from "../words/l10n.ts";
import { bytes, percent, seconds } from "../words/numbers.ts";
import type { Rule } from "./finding.ts";
import { workspaceFinding } from "./workspace-finding.ts";
import { kneeShare } from "./workspace-proposal.ts";

export const workspaceCapacity: Rule = {
  id: "workspace-capacity",
  get title() {
    return t("More memory for the cache");
  },
  scope: "workspace-advice",
  check({ workspace }) {
    if (!workspace?.capacity) return [];
    const { present, capacity, lessWithMore } = workspace;
    const { effect } = capacity;
    const upTo = ({ bytes: knee, mostBytes }: typeof capacity) =>
      knee < mostBytes
        ? t("Of what {mostBytes} would gain, the most that was tried, that is at least {kneeShare}.", {
            mostBytes: bytes(mostBytes),
            kneeShare: percent(kneeShare),
          })
        : t("More was not tried, and may give more.");
    const less =
      lessWithMore === null
        ? []
        : [
            t(
              "In between, {bytes} would give {rate}: eviction is greedy, and more memory can keep the wrong states longer.",
              { bytes: bytes(lessWithMore.bytes), rate: percent(lessWithMore.tokenHitRate) },
            ),
          ];
    return workspaceFinding(workspace, workspaceCapacity.id, effect, {
      message: t("{rate} of prompt tokens reused with {bytes}, {rateNow} with {bytesNow}", {
        rate: percent(effect.tokenHitRate),
        bytes: bytes(capacity.bytes),
        rateNow: percent(present.tokenHitRate),
        bytesNow: bytes(capacity.presentBytes),
      }),
      detail: [
        upTo(capacity),
        t("TTFT would be {better} instead of {now} on average.", {
          ...{ better: seconds(effect.ttftSecondsMean), now: seconds(present.ttftSecondsMean) },
        }),
        t(
          'A GPU more, weights of fewer bits or a smaller reserve give room; set what there is as "capacity".',
        ),
        ...less,
      ].join(" "),
    });
  },
};
