/** Where every prompt token went: in all, and per template. */
import type { Report } from "../../src/analysis/report.ts";
import type { ReportOverview, ReportParts } from "../../src/protocol/report-parts.ts";
import { t } from "../../src/words/l10n.ts";
import { count, percent, shareOf } from "../../src/words/numbers.ts";
import { el, replaceChildren } from "../dom.ts";
import type { Host } from "../host.ts";
import { shownStyles } from "../model/fates.ts";
import { type LedgerOrder, ledgerParts, ledgerSum } from "../model/ledger-rows.ts";
import { lossFacts } from "../model/loss-facts.ts";
import { createHeadroomView } from "./headroom-view.ts";
import { ledgerBar, swatch } from "./ledger-bar.ts";
import { lossFact } from "./loss-fact.ts";
import { approximationNotice } from "./notice.ts";
import { createTemplateTable } from "./template-table.ts";

export function createLedgerView(host: Host, order: LedgerOrder, onOrder: (order: LedgerOrder) => void) {
  const notice = approximationNotice();
  const total = el("div", { testId: "ledger-total" });
  const fateTable = el("div", { class: "table-wrap" });
  const headroom = createHeadroomView();
  const templates = createTemplateTable(host, order, onOrder);
  const element = el(
    "section",
    { class: "stack" },
    el("h2", { text: t("Where every prompt token went, from an empty cache") }),
    notice.element,
    total,
    fateTable,
    el("h2", { text: t("Headroom") }),
    headroom.element,
    el("h2", { text: t("By template") }),
    templates.element,
  );
  return {
    element,
    update(overview: ReportOverview, part: ReportParts["ledger"]) {
      notice.update(overview);
      replaceChildren(total, ledgerBar(overview.totals.ledger, t("All prompt tokens"), true));
      replaceChildren(fateTable, legend(overview.totals, host));
      headroom.update(overview);
      templates.update(part.templates, overview);
    },
  };
}

/** Legend and table in one: what a colour means, how much of it there is, and what else is known of it. */
function legend({ ledger, losses }: Report["totals"], host: Host): HTMLElement {
  const parts = ledgerParts(ledger);
  const facts = lossFacts(losses);
  const rows = shownStyles(ledger).map((style) => {
    const part = parts.find(({ fate }) => fate === style.fate)!;
    return el(
      "tr",
      { class: part.tokens === 0 ? "is-zero" : "", testId: `fate-${style.fate}` },
      el("th", { attributes: { scope: "row" } }, swatch(style.fate), style.name),
      el("td", { class: "number", text: count(part.tokens) }),
      el("td", { class: "number", text: part.tokens === 0 ? "–" : percent(part.share) }),
      el(
        "td",
        { class: "meaning" },
        style.meaning,
        ...facts.filter(({ fate }) => fate === style.fate).map((fact) => lossFact(fact, host)),
      ),
    );
  });
  const sum = ledgerSum(ledger);
  return el(
    "table",
    { class: "grid", testId: "fate-table" },
    el("caption", { class: "visually-hidden", text: t("Prompt tokens by fate") }),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { text: t("Fate"), attributes: { scope: "col" } }),
        el("th", { class: "number", text: t("Tokens"), attributes: { scope: "col" } }),
        el("th", { class: "number", text: t("Share"), attributes: { scope: "col" } }),
        el("th", { class: "meaning", text: t("Meaning"), attributes: { scope: "col" } }),
      ),
    ),
    el("tbody", {}, ...rows),
    el(
      "tfoot",
      {},
      el(
        "tr",
        { testId: "fate-sum" },
        el("th", { text: t("Sum"), attributes: { scope: "row" } }),
        el("td", { class: "number", text: count(sum) }),
        el("td", { class: "number", text: shareOf(sum, sum) }),
        el("td", { class: "meaning", text: t("All prompt tokens of all requests.") }),
      ),
    ),
  );
}
