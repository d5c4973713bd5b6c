import { type Fate, fates, type Ledger } from "../core/fates.ts";
import { assertNever } from "../core/invariant.ts";
import { t } from "../words/l10n.ts";

/** Fates for people, in the order in which reports show them; what each means stands in the documentation. */
export function fateName(fate: Fate): string {
  switch (fate) {
    case "reused":
      return t("reused");
    case "cold":
      return t("cold");
    case "diverged":
      return t("diverged");
    case "noCheckpoint":
      return t("no checkpoint");
    case "unaligned":
      return t("unaligned");
    case "evicted":
      return t("evicted");
    case "windowGone":
      return t("window gone");
    case "ruledOut":
      return t("ruled out");
    default:
      return assertNever(fate);
  }
}

/** Those that a table of these tokens has a place for: only models with sliding windows can lose one. */
export function shownFates(total: Ledger): readonly Fate[] {
  return fates.filter((fate) => fate !== "windowGone" || total[fate] > 0);
}
