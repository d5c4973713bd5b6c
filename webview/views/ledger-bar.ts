/** A ledger as one stacked bar. */

import { t } from "../../src/words/l10n.ts";
import { count, percent } from "../../src/words/numbers.ts";
import { el } from "../dom.ts";
import { type Fate, fateStyles, type Ledger } from "../model/fates.ts";
import { describeLedger, ledgerParts } from "../model/ledger-rows.ts";

const styles = new Map(fateStyles.map((style) => [style.fate, style]));

/** Parts that are wide enough carry their share as text. */
const shareWithText = 0.07;

export function ledgerBar(ledger: Ledger, label: string, isTall: boolean): HTMLElement {
  const bar = el("div", {
    class: isTall ? "bar bar-tall" : "bar",
    attributes: { role: "img", "aria-label": `${label}: ${describeLedger(ledger, percent)}` },
  });
  for (const part of ledgerParts(ledger)) {
    if (part.tokens === 0) continue;
    const segment = el("span", {
      class: `bar-part fate-${part.fate}`,
      title: t("{fate}: {tokens} tokens, {share}", {
        ...{ fate: styles.get(part.fate)!.name, tokens: count(part.tokens), share: percent(part.share) },
      }),
    });
    segment.style.flexGrow = String(part.share);
    if (part.share >= shareWithText) {
      segment.append(el("span", { class: "bar-text", text: percent(part.share) }));
    }
    bar.append(segment);
  }
  return bar;
}

/** The patch of colour and pattern that stands for a fate. */
export function swatch(fate: Fate): HTMLElement {
  return el("span", { class: `swatch fate-${fate}`, attributes: { "aria-hidden": "true" } });
}
