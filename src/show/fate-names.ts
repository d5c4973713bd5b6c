import { type Fate, fates, type Ledger } from "../core/fates.ts";

/** Fates for people, in the order in which reports show them; what each means stands in the documentation. */
export const fateNames: Readonly<Record<Fate, string>> = {
  reused: "reused",
  cold: "cold",
  diverged: "diverged",
  noCheckpoint: "no checkpoint",
  unaligned: "unaligned",
  evicted: "evicted",
  windowGone: "window gone",
  ruledOut: "ruled out",
};

/** Those that a table of these tokens has a place for: only models with sliding windows can lose one. */
export function shownFates(total: Ledger): readonly Fate[] {
  return fates.filter((fate) => fate !== "windowGone" || total[fate] > 0);
}
