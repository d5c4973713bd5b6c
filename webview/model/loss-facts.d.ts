/** What the report knows of lost tokens beyond their fates, as sentences to draw. */
import type { Losses } from "../../src/analysis/report.ts";
import type { Fate } from "./fates.ts";
export interface LossFact {
  readonly fate: Fate;
  readonly text: string;
  /** What the fact points at; `null` where it points at nothing. */
  readonly place: {
    readonly path: string;
    readonly range: {
      readonly start: number;
      readonly end: number;
    };
  } | null;
}
/** In ledger order. */
export declare function lossFacts({ diverged, noCheckpoint, evicted }: Losses): LossFact[];
