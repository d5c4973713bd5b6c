import type { Fate } from "../core/fates.ts";

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
