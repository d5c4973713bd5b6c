/** What position-independent reuse could still have saved: a second chance in the ledger, and the reason where there is none. */
import type { OutcomeTable } from "../core/replay/replay.ts";
import { epicCaution, epicRefusal, publishedLinkTokens } from "../core/restore/epic.ts";
import { t } from "../words/l10n.ts";
import type { Assumption } from "./report.ts";
import type { ResolvedScenario } from "./scenario.ts";

export interface Relinking {
  /** `null` where nothing can be linked. */
  readonly tokens: number | null;
  readonly assumption: Assumption;
}

export function relinkingOf(
  { model, policy }: Pick<ResolvedScenario, "model" | "policy">,
  outcomes: OutcomeTable,
): Relinking {
  const refusal =
    policy.memory === "provider"
      ? t("Position-independent reuse is not counted: no hosted provider offers it.")
      : epicRefusal(model);
  if (refusal !== null) return { tokens: null, assumption: { id: "relinking", text: refusal } };
  const tokens = outcomes.relinkableTokens.reduce((sum, count) => sum + count, 0);
  const text = t(
    "Diverged tokens that could be linked: of each part of a prompt that was sent before in another context, all but the first {publishedLinkTokens} tokens (EPIC, LegoLink-{publishedLinkTokens}), as if everything that was sent had been kept; the last part is the question and always computed. {epicCaution}",
    { publishedLinkTokens, epicCaution: epicCaution() },
  );
  return { tokens, assumption: { id: "relinking", text } };
}
