/** Conversations as they would be if earlier turns were sent again as they were: what is tried of a history that was changed. */
import type { HistoryInForce } from "../workload/workload.ts";
import type { Change } from "./finding.ts";
import type { TurnLossCause } from "./turn-losses.ts";

/** Without what this cause does to it; others stay. */
export function keptHistory(cause: TurnLossCause, { policy, answers }: HistoryInForce): Change {
  const key = `kept history: ${cause}`;
  if (cause === "policy") return { key, history: { policy: { ...policy, keep: "all", reasoning: "kept" } } };
  if (cause === "question") return { key, history: { questions: "as-sent" } };
  if (cause === "answer" && answers === "trimmed") return { key, history: { answers: "as-generated" } };
  // The chat template writes it otherwise, or the tokenizer reads it so.
  return { key: "kept tokens", keepsTokens: true };
}
