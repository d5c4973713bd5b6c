/** Headroom in words, the same in the terminal, the Markdown report and the dashboard. */

import type { Headroom } from "../analysis/report.ts";
import type { Ledger } from "../core/fates.ts";

/** A row of a report or of one of its templates. */
export interface HeadroomOwner {
  readonly ledger: Ledger;
  readonly headroom: Headroom;
}

/** Another cache on the same requests. */
export interface HeadroomMark {
  readonly id: "clairvoyant" | "unlimited" | "ideal";
  readonly tokens: number;
  readonly name: string;
  /** The same to be read behind a share. */
  readonly condition: string;
  readonly meaning: string;
}

/** What something other than today's cache could give; negative where today's is ahead. */
export interface HeadroomGain {
  readonly id: "memory" | "admission" | "prompt";
  readonly tokens: number;
  readonly label: string;
  readonly detail: string;
}

/** A share of the prompt tokens, 0 to 1, as it is written where the text goes. */
type FormatShare = (share: number) => string;

/** Those that are known, from what is nearest to today's cache to what is farthest. */
export function headroomMarks({ headroom }: HeadroomOwner): HeadroomMark[] {
  const { clairvoyantTokens, unlimitedTokens, idealTokens } = headroom;
  const marks: HeadroomMark[] = [];
  if (clairvoyantTokens !== null) {
    marks.push({
      id: "clairvoyant",
      tokens: clairvoyantTokens,
      name: "Clairvoyant, same memory",
      condition: "with a clairvoyant cache in the same memory (a reference, not a bound)",
      meaning:
        "A cache that knows all requests and evicts greedily: a practical reference for better caching, not a bound.",
    });
  }
  if (unlimitedTokens !== null) {
    marks.push({
      id: "unlimited",
      tokens: unlimitedTokens,
      name: "Unlimited memory",
      condition: "with unlimited memory",
      meaning: "Nothing is evicted, and each request leaves two checkpoints.",
    });
  }
  marks.push({
    id: "ideal",
    tokens: idealTokens,
    name: "Ideal",
    condition:
      unlimitedTokens === null ? "if all that was sent before were reused" : "with ideal checkpoints",
    meaning: "All that was sent before in the same place: a bound for every cache that reuses prefixes.",
  });
  return marks;
}

/** What the marks leave between each other. */
export function headroomGains({ headroom }: HeadroomOwner, format: FormatShare): HeadroomGain[] {
  const { memoryGainTokens, admissionGainTokens, promptGainTokens, promptGain } = headroom;
  const gains: HeadroomGain[] = [];
  if (memoryGainTokens !== null) {
    gains.push({
      id: "memory",
      tokens: memoryGainTokens,
      label: "More memory or better eviction",
      detail: "Unlimited memory with two checkpoints per request, beyond this policy.",
    });
  }
  if (admissionGainTokens !== null) {
    gains.push({
      id: "admission",
      tokens: admissionGainTokens,
      label: "Better admission",
      detail: "A checkpoint wherever a later request needs one, beyond two per request.",
    });
  }
  const parts = [
    ["new text", promptGain.coldTokens],
    ["text sent before behind another prefix", promptGain.divergedTokens],
    ["last tokens, which are always computed", promptGain.alwaysComputedTokens],
  ] as const;
  const texts = parts
    .filter(([, tokens]) => tokens > 0)
    .map(([name, tokens]) => `${name} ${format(tokens / promptGainTokens)}`);
  gains.push({
    id: "prompt",
    tokens: promptGainTokens,
    label: "Only a better prompt",
    detail:
      texts.length === 0 ? "Everything was sent before in the same place." : `Of this: ${texts.join("; ")}.`,
  });
  return gains;
}

/** One sentence without a full stop; empty where there are no prompt tokens. Equal marks are named once. */
export function headroomSentence(owner: HeadroomOwner, format: FormatShare): string {
  const { ledger, headroom } = owner;
  const promptTokens = headroom.idealTokens + headroom.promptGainTokens;
  if (promptTokens === 0) return "";
  const share = (tokens: number) => format(tokens / promptTokens);
  const left = `the other ${share(headroom.promptGainTokens)} only a better prompt could save`;
  const marks = headroomMarks(owner);
  if (marks.every(({ tokens }) => tokens === ledger.reused)) return `None in the cache; ${left}`;
  const told = marks.filter(({ tokens }, index) => tokens !== marks[index - 1]?.tokens);
  const texts = told.map(({ tokens, condition }) => `${share(tokens)} ${condition}`);
  return `${texts.join(", ")}; ${ledger.reused > headroom.idealTokens ? "this policy reuses more, out of place" : left}`;
}
