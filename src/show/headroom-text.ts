/** Headroom in words, the same in the terminal, the Markdown report and the dashboard. */

import type { Headroom } from "../analysis/report.ts";
import type { Ledger } from "../core/fates.ts";
import { t } from "../words/l10n.ts";

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
      name: t("Clairvoyant, same memory"),
      condition: t("with a clairvoyant cache in the same memory (a reference, not a bound)"),
      meaning: t(
        "A cache that knows all requests and evicts greedily: a practical reference for better caching, not a bound.",
      ),
    });
  }
  if (unlimitedTokens !== null) {
    marks.push({
      id: "unlimited",
      tokens: unlimitedTokens,
      name: t("Unlimited memory"),
      condition: t("with unlimited memory"),
      meaning: t("Nothing is evicted, and each request leaves two checkpoints."),
    });
  }
  marks.push({
    id: "ideal",
    tokens: idealTokens,
    name: t("Ideal"),
    condition:
      unlimitedTokens === null ? t("if all that was sent before were reused") : t("with ideal checkpoints"),
    meaning: t("All that was sent before in the same place: a bound for every cache that reuses prefixes."),
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
      label: t("More memory or better eviction"),
      detail: t("Unlimited memory with two checkpoints per request, beyond this policy."),
    });
  }
  if (admissionGainTokens !== null) {
    gains.push({
      id: "admission",
      tokens: admissionGainTokens,
      label: t("Better admission"),
      detail: t("A checkpoint wherever a later request needs one, beyond two per request."),
    });
  }
  const parts = [
    [t("new text"), promptGain.coldTokens],
    [t("text sent before behind another prefix"), promptGain.divergedTokens],
    [t("last tokens, which are always computed"), promptGain.alwaysComputedTokens],
  ] as const;
  const texts = parts
    .filter(([, tokens]) => tokens > 0)
    .map(([name, tokens]) => `${name} ${format(tokens / promptGainTokens)}`);
  gains.push({
    id: "prompt",
    tokens: promptGainTokens,
    label: t("Only a better prompt"),
    detail:
      texts.length === 0
        ? t("Everything was sent before in the same place.")
        : t("Of this: {0}.", texts.join("; ")),
  });
  return gains;
}

/** One sentence without a full stop; empty where there are no prompt tokens. Equal marks are named once. */
export function headroomSentence(owner: HeadroomOwner, format: FormatShare): string {
  const { ledger, headroom } = owner;
  const promptTokens = headroom.idealTokens + headroom.promptGainTokens;
  if (promptTokens === 0) return "";
  const share = (tokens: number) => format(tokens / promptTokens);
  const left = t("the other {0} only a better prompt could save", share(headroom.promptGainTokens));
  const marks = headroomMarks(owner);
  if (marks.every(({ tokens }) => tokens === ledger.reused)) return t("None in the cache; {0}", left);
  const told = marks.filter(({ tokens }, index) => tokens !== marks[index - 1]?.tokens);
  const texts = told.map(({ tokens, condition }) => `${share(tokens)} ${condition}`);
  return `${texts.join(", ")}; ${ledger.reused > headroom.idealTokens ? t("this policy reuses more, out of place") : left}`;
}
