/** Cheaper marks for a hosted cache, as the search for them gives them to the rule. */

import type { TextRange } from "../prompt/text.ts";
import { t } from "../words/l10n.ts";
import { listed } from "../words/lists.ts";

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
  /** Whether the proposed marks ask for the longer lifetime although the present ones do not. */
  readonly isLonger: boolean;
  /** Whether a proposed mark asks for the shorter lifetime although all of the present ones ask for the longer. */
  readonly isShorter: boolean;
  /** What else the present marks could cost; `null` where no turn finds them expired. */
  readonly lifetimes: LifetimeChoices | null;
  /** Whether the last mark stands in the same place in all turns of a conversation although the prompts grow. */
  readonly standsStill: boolean;
}

/** The present marks under other lifetimes, in prices of a plain input token over all requests. */
export interface LifetimeChoices {
  /** How long the present marks are kept. */
  readonly seconds: number;
  /** Between two requests of a conversation, at the median. */
  readonly gapSeconds: number;
  /** From one request of a conversation to the next, and how many of them are longer than `seconds`. */
  readonly gaps: number;
  readonly lateGaps: number;
  readonly longer: { readonly seconds: number; readonly inputUnits: number } | null;
  /**
   * Reading each conversation's prefix again whenever it is about to expire, until its next turn; `null` where reads do not
   * renew it.
   */
  readonly keptAlive: { readonly inputUnits: number; readonly requests: number } | null;
}

/** Sums over the template's requests. */
export interface BreakpointBill {
  /** In prices of a plain input token. */
  readonly inputUnits: number;
  readonly readTokens: number;
  readonly ttftSeconds: number;
  /** Tokens that had been sent before and were not read, by reason. */
  readonly lost: Readonly<Record<string, number>>;
}

/** The places of a proposal, with what becomes of the lifetime of marks there, if it changes. */
export function placesText({ isLonger, isShorter, places }: BreakpointProposal): string {
  const names = listed(places.map(({ name }) => name));
  if (isLonger) return t("{0}, with the longer lifetime,", names);
  return isShorter ? t("{0}, with the shorter lifetime,", names) : names;
}
