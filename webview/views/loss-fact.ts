/** A sentence about lost tokens; one that points at a place opens it. */

import { t } from "../../src/words/l10n.ts";
import { el } from "../dom.ts";
import type { Host } from "../host.ts";
import type { LossFact } from "../model/loss-facts.ts";

export function lossFact(fact: LossFact, host: Host): HTMLElement {
  const { text, place } = fact;
  if (place === null) return el("div", { class: "fact", text, testId: `fact-${fact.fate}` });
  const link = el("button", {
    class: "link",
    text,
    title: t("Open {0}", place.path),
    attributes: { type: "button" },
  });
  link.addEventListener("click", () => host.post({ type: "open", ...place }));
  return el("div", { class: "fact", testId: `fact-${fact.fate}` }, link);
}
