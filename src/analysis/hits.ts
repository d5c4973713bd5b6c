/** Which requests hit: the header that a chat template writes in front of every prompt is nobody's content. */
import type { OutcomeTable } from "../core/replay/replay.ts";
import { headerTokens } from "../workload/own-content.ts";
import type { Workload } from "../workload/workload.ts";

/** How many of the rows reuse some of their prompt's own content. `rowOf` gives the request of the workload of each row. */
export function hitsOf(
  outcomes: Pick<OutcomeTable, "reusedTokens" | "linkedTokens">,
  rows: readonly number[],
  { requests, segments }: Pick<Workload, "requests" | "segments">,
  rowOf = (row: number) => row,
): number {
  return rows.filter((row) => {
    if ((outcomes.linkedTokens[row] ?? 0) > 0) return true;
    const request = requests[rowOf(row)];
    const header = request === undefined ? 0 : headerTokens(request, segments);
    return (outcomes.reusedTokens[row] ?? 0) > header;
  }).length;
}
