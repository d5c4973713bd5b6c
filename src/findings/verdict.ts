/** What most of the loss of a report comes from, in one word, and what doing something about it would give. */

import { t } from "../words/l10n.ts";
import { plural } from "../words/numbers.ts";
import { type Finding, isShown, isUndeclared } from "./finding.ts";
import { workspaceCapacity } from "./workspace-capacity.ts";
import { isOfWorkspace } from "./workspace-finding.ts";
import { workspacePlacement } from "./workspace-placement.ts";
import { workspacePolicy } from "./workspace-policy.ts";

export const verdictKinds = ["capacity", "policy", "placement", "prompts", "none"] as const;
export type VerdictKind = (typeof verdictKinds)[number];

export interface Verdict {
  readonly kind: VerdictKind;
  /** What it would give, or that nothing would give much: one sentence, its number in front. */
  readonly text: string;
  /** All that would help, the largest first; the verdict is the first of them. Empty where nothing is worth it. */
  readonly options: readonly {
    readonly kind: VerdictKind;
    readonly text: string;
    readonly tokensPerRequest: number;
  }[];
}

const kindsOfRules: ReadonlyMap<string, VerdictKind> = new Map([
  [workspaceCapacity.id, "capacity"],
  [workspacePlacement.id, "placement"],
  [workspacePolicy.id, "policy"],
]);

/** Where values are not known, nothing is said of the prompts: one finding for each file. */
function nothingBut(undeclared: readonly Finding[]): string {
  if (undeclared.length === 0)
    return t("0 changes found that are worth it, of memory, placement, policies of its kind and prompts");
  const files = plural(undeclared.length, "file");
  return t(
    "0 changes known to be worth it before values in {0} are declared, of which nothing is known",
    files,
  );
}

/** `findings` in the order of the report. Where nothing concerns the workspace, it is the largest of the prompts that counts. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const shown = findings.filter(isShown);
  const ofWorkspace = shown.filter(isOfWorkspace);
  const largest = shown
    .filter((finding) => !isUndeclared(finding))
    .toSorted((a, b) => b.stake.tokensPerRequest - a.stake.tokensPerRequest)
    .slice(0, 1);
  const options = (ofWorkspace.length > 0 ? ofWorkspace : largest).map(({ rule, message, stake }) => ({
    kind: kindsOfRules.get(rule) ?? ("prompts" as const),
    text: message,
    tokensPerRequest: stake.tokensPerRequest,
  }));
  const [first] = options;
  return {
    kind: first?.kind ?? "none",
    text: first?.text ?? nothingBut(shown.filter(isUndeclared)),
    options,
  };
}
