/** How the dashboard names, explains and paints the fates of a prompt token. */
import type { Totals } from "../../src/analysis/report.ts";
export type Ledger = Totals["ledger"];
export type Fate = keyof Ledger;
export interface FateStyle {
  readonly fate: Fate;
  readonly name: string;
  readonly meaning: string;
  /** Theme colour; the class `fate-<fate>` adds a pattern, because colour alone does not tell. */
  readonly colour: string;
  /** For themes that lack it; high-contrast ones do not have them all. */
  readonly fallback: string;
}
/** In ledger order. */
export declare const fateStyles: readonly FateStyle[];
