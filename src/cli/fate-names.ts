import type { Fate } from "../core/replay/fates.ts";

/** Fates as the terminal shows them. */
export const fateNames: Readonly<Record<Fate, string>> = {
  reused: "reused",
  cold: "cold",
  diverged: "diverged",
  noCheckpoint: "no checkpoint",
  unaligned: "unaligned",
  evicted: "evicted",
  ruledOut: "ruled out",
};
