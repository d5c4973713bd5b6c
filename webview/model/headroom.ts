/** Headroom to draw: where on a line from no prompt token to all of them this policy and the other caches stand. */
import {
  type HeadroomMark,
  type HeadroomOwner,
  headroomGains,
  headroomMarks,
  headroomSentence,
} from "../../src/show/headroom-text.ts";
import { t } from "../../src/words/l10n.ts";
import { count, percent } from "../../src/words/numbers.ts";
import { ledgerSum } from "./ledger-rows.ts";

export interface HeadroomScale {
  /** Shares of the prompt tokens, 0 to 1. */
  readonly reused: number;
  readonly ideal: number;
  readonly marks: readonly { readonly id: HeadroomMark["id"]; readonly share: number }[];
  /** The same for those who hear it. */
  readonly text: string;
}

/** `null` where nothing was sent. */
export function headroomScale(owner: HeadroomOwner): HeadroomScale | null {
  const promptTokens = ledgerSum(owner.ledger);
  if (promptTokens === 0) return null;
  return {
    reused: owner.ledger.reused / promptTokens,
    ideal: owner.headroom.idealTokens / promptTokens,
    marks: headroomMarks(owner).map(({ id, tokens }) => ({ id, share: tokens / promptTokens })),
    text: headroomSentence(owner, percent),
  };
}

export interface HeadroomRow {
  readonly id: string;
  readonly name: string;
  readonly tokens: string;
  readonly share: string;
  readonly meaning: string;
}

/** The caches, and what lies between them; shares are those of the prompt tokens. */
export function headroomRows(owner: HeadroomOwner): {
  readonly caches: readonly HeadroomRow[];
  readonly gains: readonly HeadroomRow[];
} {
  const promptTokens = ledgerSum(owner.ledger);
  const figures = (tokens: number) => ({
    tokens: count(tokens),
    share: percent(tokens / promptTokens),
  });
  const own = {
    id: "reused",
    name: t("This policy"),
    ...figures(owner.ledger.reused),
    meaning: t("What it reuses of the prompt tokens."),
  };
  const marks = headroomMarks(owner).map(({ id, name, tokens, meaning }) => ({
    id,
    name,
    ...figures(tokens),
    meaning,
  }));
  const gains = headroomGains(owner, percent).map(({ id, label, tokens, detail }) => ({
    id,
    name: label,
    ...figures(tokens),
    meaning: detail,
  }));
  return { caches: [own, ...marks], gains };
}
