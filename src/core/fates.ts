/** The fates of a prompt token, in the order in which reports show them. Their counts add up to the prompt length. */
export const fates = [
  /** No prefill needed: every kind of state was there. */
  "reused",
  /** Nobody has sent this prefix before. */
  "cold",
  /** Equal text has been sent before at this place of the prompt, but this request had left the others earlier. */
  "diverged",
  /** The KV matched, but no recurrent state had been kept at a usable position. */
  "noCheckpoint",
  /** Matched, but lost to block rounding, or the last token, which is always computed. */
  "unaligned",
  /** Had been cached, and was removed to make room. */
  "evicted",
  /** The KV of full attention was there, but the window of sliding layers before the position had been removed to make room. */
  "windowGone",
  /** The cache's rules did not allow it: minimum length, lifetime; or it was held, but computing was faster. */
  "ruledOut",
] as const;

export type Fate = (typeof fates)[number];

/** Tokens by fate. */
export type Ledger = Readonly<Record<Fate, number>>;

/** A ledger without tokens, to be added to. */
export function emptyLedger(): Record<Fate, number> {
  return Object.fromEntries(fates.map((fate) => [fate, 0])) as Record<Fate, number>;
}
