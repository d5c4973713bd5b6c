/** What is prefilled again because requests part at a hole or block, from the ledger. */
import { fates } from "../core/fates.ts";
import { fateIndex } from "../core/replay/ledger.ts";
import { every } from "../core/steps.ts";
import { culpritOf, isInside } from "./culprit.ts";
import type { FindingContext } from "./finding.ts";
import { addLoss, type Loss, lossAt } from "./stake.ts";

/** Requests between two steps, so that a step takes a few milliseconds. */
const stepRequests = 500;

/** Diverged tokens and the time they cost, by the hole or block that made the requests part. */
export function* lossesByCulprit(context: FindingContext): Generator<void, Map<number, Loss>, void> {
  const { outcomes, workload } = context;
  const losses = new Map<number, Loss>();
  const isTime = every(stepRequests);
  for (let request = 0; request < outcomes.length; request++) {
    if (isTime(1)) yield;
    const left = outcomes.leftAtSegment[request] ?? -1;
    const diverged = outcomes.fates[request * fates.length + fateIndex.diverged] ?? 0;
    const culprit = left < 0 || diverged === 0 ? -1 : culpritOf(workload.segments, left);
    if (culprit >= 0) {
      // A cache that links pieces has reused some of what stands inside, which the difference leaves out.
      const behind = Math.max(0, diverged - knownInside(context, request, culprit));
      addLoss(context, lossAt(losses, culprit), request, behind);
    }
  }
  return losses;
}

/**
 * Diverged tokens of a block's or a history's own: its known text goes where it goes, so that moving it saves none of them.
 */
function knownInside({ workload, outcomes }: FindingContext, request: number, culprit: number): number {
  const runs = workload.requests[request]?.runs ?? null;
  const known = workload.knownRuns[request];
  const segment = workload.segments[culprit];
  if (runs === null || (segment?.kind !== "block" && segment?.isHistory !== true)) return 0;
  const sent = outcomes.sentTokens[request] ?? 0;
  let tokens = 0;
  for (let run = runs.starts.length - 1; run >= 0; run--) {
    const end = runs.starts[run + 1] ?? outcomes.promptTokens[request] ?? 0;
    if (end <= sent) break;
    if (known?.[run] !== 1) continue;
    if (isInside(workload.segments, runs.segments[run] ?? -1, culprit)) {
      tokens += end - Math.max(sent, runs.starts[run] ?? 0);
    }
  }
  return tokens;
}
