/** Which texts earlier requests had, wherever they stood. */
import type { PromptRuns } from "./request.ts";

const noRuns = new Uint8Array(0);

export class KnownContents {
  private readonly contents = new Set<number>();

  /** For each run of the next request 1 where an earlier one had its text; empty where the source is not known. */
  meet(runs: PromptRuns | null): Uint8Array {
    if (runs === null) return noRuns;
    const { contents } = runs;
    const known = new Uint8Array(contents.length);
    for (let run = 0; run < known.length; run++) known[run] = this.contents.has(contents[run]) ? 1 : 0;
    for (let run = 0; run < known.length; run++) this.contents.add(contents[run]);
    return known;
  }
}
