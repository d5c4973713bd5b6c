/** Cheaper marks for a hosted cache, as the search for them gives them to the rule. */
import type { TextRange } from "../prompt/text.ts";

/** A place at which every request of a template can mark its prefix. */
export interface BreakpointPlace {
  /** As in "behind the tools". */
  readonly name: string;
  /** What stands in front of it. */
  readonly path: string;
  readonly range: TextRange;
}

/** The cheapest marks that were found for one template, against those that it has. */
export interface BreakpointProposal {
  /** Index of the template. */
  readonly template: number;
  /** Whether the present marks are written in the template, or assumed, or there are none in a whole request. */
  readonly basis: "written" | "assumed" | "none";
  /** Whether something cheaper was found; if not, the present marks stay. */
  readonly isChanged: boolean;
  /** In the order of the prompt; empty where no mark pays, and where nothing is changed. */
  readonly places: readonly BreakpointPlace[];
  readonly promptTokens: number;
  readonly present: BreakpointBill;
  readonly proposed: BreakpointBill;
}

/** Sums over the template's requests. */
export interface BreakpointBill {
  /** In prices of a plain input token. */
  readonly inputUnits: number;
  readonly readTokens: number;
  readonly ttftSeconds: number;
}
