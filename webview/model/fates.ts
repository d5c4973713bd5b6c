/** How the dashboard names, explains and paints the fates of a prompt token. */

import type { Totals } from "../../src/analysis/report.ts";
import { shownFates } from "../../src/show/fate-names.ts";
import { t } from "../../src/words/l10n.ts";

export type Ledger = Totals["ledger"];
export type Fate = keyof Ledger;

export interface FateStyle {
  readonly fate: Fate;
  readonly name: string;
  readonly meaning: string;
  /** Theme colour; the class `fate-<fate>` adds a pattern, because colour alone does not tell. */
  readonly colour: string;
  /** For themes that lack it; high-contrast ones do not have them all. */
  readonly fallback: string;
}

/** Those that a table of these tokens has a place for. */
export function shownStyles(total: Ledger): readonly FateStyle[] {
  const shown = new Set(shownFates(total));
  return fateStyles.filter(({ fate }) => shown.has(fate));
}

/** In ledger order. */
export const fateStyles: readonly FateStyle[] = [
  {
    fate: "reused",
    get name() {
      return t("Reused");
    },
    get meaning() {
      return t("No prefill needed: every kind of state was there.");
    },
    colour: "--vscode-charts-green",
    fallback: "#89d185",
  },
  {
    fate: "cold",
    get name() {
      return t("Cold");
    },
    get meaning() {
      return t("Nobody had sent this prefix before.");
    },
    colour: "--vscode-charts-blue",
    fallback: "#3794ff",
  },
  {
    fate: "diverged",
    get name() {
      return t("Diverged");
    },
    get meaning() {
      return t("Equal text had been sent, but this request had left the others earlier.");
    },
    colour: "--vscode-charts-orange",
    fallback: "#d18616",
  },
  {
    fate: "noCheckpoint",
    get name() {
      return t("No checkpoint");
    },
    get meaning() {
      return t("The KV matched, but no recurrent state was kept at a usable position.");
    },
    colour: "--vscode-charts-purple",
    fallback: "#b180d7",
  },
  {
    fate: "unaligned",
    get name() {
      return t("Unaligned");
    },
    get meaning() {
      return t("Matched, but lost to block rounding, or the last token, which is always computed.");
    },
    colour: "--vscode-charts-yellow",
    fallback: "#cca700",
  },
  {
    fate: "evicted",
    get name() {
      return t("Evicted");
    },
    get meaning() {
      return t("Had been cached, and was removed to make room.");
    },
    colour: "--vscode-charts-red",
    fallback: "#f14c4c",
  },
  {
    fate: "windowGone",
    get name() {
      return t("Window gone");
    },
    get meaning() {
      return t(
        "The KV of full attention was there, the window of sliding layers before it had been removed.",
      );
    },
    colour: "--fate-windowGone",
    fallback: "#d67fa8",
  },
  {
    fate: "ruledOut",
    get name() {
      return t("Ruled out");
    },
    get meaning() {
      return t("The cache's rules did not allow it: minimum length or lifetime; or computing was faster.");
    },
    colour: "--fate-ruledOut",
    fallback: "#888888",
  },
];
