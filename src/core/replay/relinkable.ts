/** Whether pieces that are linked wherever they stand could still have saved what prefixes lost. */
import { publishedLinkTokens } from "../restore/epic.ts";
import type { FateSpan } from "./ledger.ts";
import { type PromptRuns, pieceStartsOf } from "./request.ts";

/**
 * Diverged tokens that LegoLink would not compute: of each diverged run all but the first ones. The last piece of a prompt
 * is its question, which is always computed. All text that was sent before counts as kept.
 */
export function relinkableTokens(
  spans: readonly FateSpan[],
  runs: PromptRuns | null,
  promptTokens: number,
): number {
  if (runs === null || !spans.some(({ fate }) => fate === "diverged")) return 0;
  const question = pieceStartsOf(runs, promptTokens).at(-1) ?? 0;
  let tokens = 0;
  for (const { fate, start, end } of spans) {
    if (fate !== "diverged") continue;
    // The ledger ends a diverged span where its run ends.
    tokens += Math.max(0, Math.min(end, question) - start - publishedLinkTokens);
  }
  return tokens;
}
