/** What other caches would reuse: a line with marks, and the same as figures. */

import type { Report } from "../../src/analysis/report.ts";
import type { HeadroomOwner } from "../../src/show/headroom-text.ts";
import { t } from "../../src/words/l10n.ts";
import { el, replaceChildren } from "../dom.ts";
import { type HeadroomRow, type HeadroomScale, headroomRows, headroomScale } from "../model/headroom.ts";

export function createHeadroomView() {
  const element = el("div", { class: "stack", testId: "headroom" });
  return {
    element,
    update({ totals }: Pick<Report, "totals">) {
      replaceChildren(element, ...content(totals));
    },
  };
}

function content(totals: Report["totals"]): HTMLElement[] {
  const scale = headroomScale(totals);
  if (scale === null) return [el("p", { class: "none", text: t("No prompt tokens were sent.") })];
  const { notes, clairvoyantTokens } = totals.headroom;
  const missing =
    clairvoyantTokens === null ? [t("There is no clairvoyant reference here; Notes says why.")] : [];
  return [
    headroomBar(scale, t("All prompt tokens"), true),
    el("div", { class: "table-wrap" }, headroomTable(totals)),
    ...[...missing, ...notes].map((text) => el("p", { class: "hint", text })),
  ];
}

/** From no prompt token to all of them: what is reused, what a cache could still reuse, and the marks of other caches. */
export function headroomBar(scale: HeadroomScale, label: string, isTall: boolean): HTMLElement {
  const bar = el("div", {
    class: isTall ? "headroom-bar headroom-bar-tall" : "headroom-bar",
    title: scale.text,
    attributes: { role: "img", "aria-label": t("{label}, headroom: {text}", { label, text: scale.text }) },
  });
  const part = (name: string, start: number, end: number): HTMLElement => {
    const box = el("span", { class: `headroom-part headroom-${name}` });
    box.style.left = `${start * 100}%`;
    box.style.width = `${Math.max(0, end - start) * 100}%`;
    return box;
  };
  bar.append(part("reused", 0, scale.reused), part("room", scale.reused, scale.ideal));
  for (const { id, share } of scale.marks) {
    const mark = el("span", { class: `headroom-mark headroom-mark-${id}` });
    mark.style.left = `${share * 100}%`;
    bar.append(mark);
  }
  return bar;
}

/** Legend and table in one. */
function headroomTable(owner: HeadroomOwner): HTMLElement {
  const { caches, gains } = headroomRows(owner);
  return el(
    "table",
    { class: "grid headroom-table", testId: "headroom-table" },
    el("caption", {
      class: "visually-hidden",
      text: t("What other caches would reuse of the same requests"),
    }),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { text: t("Reused by"), attributes: { scope: "col" } }),
        el("th", { class: "number", text: t("Tokens"), attributes: { scope: "col" } }),
        el("th", { class: "number", text: t("Share"), attributes: { scope: "col" } }),
        el("th", { class: "meaning", text: t("Meaning"), attributes: { scope: "col" } }),
      ),
    ),
    el("tbody", {}, ...caches.map((row) => line(row, markSwatch(row.id)))),
    el(
      "tbody",
      {},
      el(
        "tr",
        {},
        el("th", {
          class: "group",
          text: t("What could save more"),
          attributes: { colspan: "4", scope: "rowgroup" },
        }),
      ),
      ...gains.map((row) => line(row, null)),
    ),
  );
}

function line({ id, name, tokens, share, meaning }: HeadroomRow, swatch: HTMLElement | null): HTMLElement {
  return el(
    "tr",
    { testId: `headroom-${id}` },
    el("th", { attributes: { scope: "row" } }, swatch, name),
    el("td", { class: "number", text: tokens }),
    el("td", { class: "number", text: share }),
    el("td", { class: "meaning", text: meaning }),
  );
}

/** The mark as it stands on the line. */
function markSwatch(id: string): HTMLElement {
  const inner = el("span", {
    class: id === "reused" ? "headroom-part headroom-reused" : `headroom-mark headroom-mark-${id}`,
  });
  return el("span", { class: "headroom-swatch", attributes: { "aria-hidden": "true" } }, inner);
}
