/** What a provider counted of captured requests, beside what the simulated cache does with the same ones. */
import type { OutcomeTable } from "../core/replay/replay.ts";
import type { Template } from "../prompt/template.ts";
import type { Workload } from "../workload/workload.ts";
import type { Counted } from "./report.ts";

interface Input {
  readonly templates: readonly Template[];
  readonly workload: Workload;
  readonly outcomes: OutcomeTable;
}

/** `null` where no record says how many tokens were read. */
export function countedOf({ templates, workload, outcomes }: Input): Counted | null {
  let [requests, readTokens, predictedTokens] = [0, 0, 0];
  for (const [index, { captured = [] }] of templates.entries()) {
    for (const [turn, row] of (workload.requestsOf[index] ?? []).entries()) {
      const counted = captured[turn]?.countedReadTokens ?? null;
      if (counted === null) continue;
      requests++;
      readTokens += counted;
      predictedTokens += (outcomes.reusedTokens[row] ?? 0) + (outcomes.linkedTokens[row] ?? 0);
    }
  }
  return requests === 0 ? null : { requests, readTokens, predictedTokens };
}
