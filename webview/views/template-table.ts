/** The templates: their bars and numbers, in the order that the reader chose, and the ledger of each in figures. */
import type { LedgerTemplate, ReportOverview } from "../../src/protocol/report-parts.ts";
import { t } from "../../src/words/l10n.ts";
import { count, percent } from "../../src/words/numbers.ts";
import { el, replaceChildren } from "../dom.ts";
import type { Host } from "../host.ts";
import { fateStyles, shownStyles } from "../model/fates.ts";
import { headroomRows, headroomScale } from "../model/headroom.ts";
import {
  addLedgers,
  filterRows,
  type LedgerOrder,
  type LedgerRow,
  ledgerRow,
  ledgerSum,
  sortRows,
} from "../model/ledger-rows.ts";
import { lossFacts } from "../model/loss-facts.ts";
import { filterInput } from "../ui-kit.ts";
import { headroomBar } from "./headroom-view.ts";
import { ledgerBar, swatch } from "./ledger-bar.ts";
import { lossFact } from "./loss-fact.ts";

interface Column {
  readonly order: LedgerOrder;
  readonly name: string;
  readonly class: string;
}

const columns = (): readonly Column[] => [
  { order: "name", name: t("Template"), class: "" },
  { order: "requests", name: t("Requests"), class: "number wide-only" },
  { order: "promptTokens", name: t("Tokens"), class: "number" },
  { order: "tokenHitRate", name: t("Hit rate"), class: "number" },
];

/** Behind them, under the name of what it costs. */
const costColumn = { order: "cost", class: "number wide-only" } as const;

/** Few templates need no filter. */
const filterFrom = 6;

export function createTemplateTable(
  host: Host,
  startOrder: LedgerOrder,
  onOrder: (order: LedgerOrder) => void,
) {
  let rows: LedgerRow[] = [];
  let query = "";
  let order = startOrder;
  const filter = filterInput(t("Filter templates"), "filter-templates", (value) => {
    query = value;
    draw();
  });
  const bars = el("div", { class: "table-wrap" });
  const figures = el("div", { class: "table-wrap" });
  const details = el("details", {}, el("summary", { text: t("Tokens by fate and template") }), figures);
  const headroom = el("div", { class: "table-wrap" });
  const room = el("details", {}, el("summary", { text: t("Headroom by template") }), headroom);
  const facts = el("div", { class: "table-wrap" });
  const reasons = el("details", {}, el("summary", { text: t("Why tokens were lost, by template") }), facts);
  const sortBy = (next: LedgerOrder) => {
    order = next;
    onOrder(next);
    draw();
    bars.querySelector<HTMLElement>(`[data-order="${next}"]`)?.focus();
  };
  const open = (row: LedgerRow) => host.post({ type: "open", path: row.path, range: row.range });

  function draw(): void {
    const shown = sortRows(filterRows(rows, query), order);
    replaceChildren(bars, barTable(shown, order, sortBy, open));
    replaceChildren(figures, figureTable(shown));
    replaceChildren(headroom, headroomTable(shown));
    replaceChildren(facts, factTable(shown, host));
  }
  return {
    element: el("div", { class: "stack" }, filter, bars, details, room, reasons),
    update(templates: readonly LedgerTemplate[], overview: ReportOverview) {
      rows = templates.map((template) => ledgerRow(template, overview));
      filter.hidden = rows.length < filterFrom;
      draw();
    },
  };
}

function barTable(
  rows: readonly LedgerRow[],
  order: LedgerOrder,
  sortBy: (order: LedgerOrder) => void,
  open: (row: LedgerRow) => void,
): HTMLElement {
  const cost = { ...costColumn, name: rows[0]?.cost.name ?? t("Cost") };
  const head = [...columns(), cost].map((column) => {
    const isSorted = column.order === order;
    const name = el("button", {
      class: "sort",
      text: column.name,
      attributes: { type: "button", "data-order": column.order },
    });
    name.addEventListener("click", () => sortBy(column.order));
    const direction = column.order === "name" ? "ascending" : "descending";
    return el(
      "th",
      { class: column.class, attributes: { scope: "col", "aria-sort": isSorted ? direction : "none" } },
      name,
    );
  });
  head.splice(1, 0, el("th", { class: "bar-cell", text: t("Fates"), attributes: { scope: "col" } }));
  const body = rows.map((row) => barRow(row, () => open(row)));
  const none = el(
    "tr",
    {},
    el("td", { class: "none", text: t("No template matches."), attributes: { colspan: "6" } }),
  );
  return el(
    "table",
    { class: "grid templates", testId: "template-table" },
    el("caption", { class: "visually-hidden", text: t("Templates with their ledgers") }),
    el("thead", {}, el("tr", {}, ...head)),
    el("tbody", {}, ...(body.length > 0 ? body : [none])),
  );
}

function barRow(row: LedgerRow, open: () => void): HTMLElement {
  const link = el("button", {
    class: "link",
    text: row.name,
    title: t("Open {0}", row.path),
    testId: "open-template",
    attributes: { type: "button" },
  });
  const line = el(
    "tr",
    { class: "is-clickable", testId: "template-row" },
    el(
      "th",
      { class: "template", attributes: { scope: "row" } },
      link,
      el("span", { class: "path", text: row.path }),
    ),
    el("td", { class: "bar-cell" }, ledgerBar(row.ledger, row.name, false)),
    el("td", { class: "number wide-only", text: count(row.requests) }),
    el("td", {
      class: "number",
      text: count(row.promptTokens),
      attributes: { "data-unit": "tokens" },
      title: t("{promptTokensMean} per request, {stablePrefixTokens} of them a stable prefix", {
        promptTokensMean: count(Math.round(row.promptTokensMean)),
        stablePrefixTokens: count(row.stablePrefixTokens),
      }),
    }),
    hitRate(row),
    el("td", {
      class: "number wide-only",
      text: row.cost.now,
      title: t("{0} without cache", row.cost.without),
    }),
  );
  // The button is for the keyboard; its click bubbles to the row, so one listener serves both.
  line.addEventListener("click", open);
  return line;
}

/** With what other caches would reach below it. */
function hitRate(row: LedgerRow): HTMLElement {
  const scale = headroomScale(row);
  return el(
    "td",
    { class: "number", attributes: { "data-unit": "hit" } },
    percent(row.tokenHitRate),
    row.missedTokens === null ? null : missed(row.stablePrefixTokens, row.missedTokens),
    scale === null ? null : headroomBar(scale, row.name, false),
  );
}

/** In red: no request of this template can ever hit. */
function missed(stableTokens: number, tokens: number): HTMLElement {
  return el("span", {
    class: "missed",
    text: t("{stableTokens} of {tokens}", { stableTokens: count(stableTokens), tokens: count(tokens) }),
    title: t("{stableTokens} stable tokens; the smallest shared prefix that can hit has {tokens}", {
      stableTokens: count(stableTokens),
      tokens: count(tokens),
    }),
  });
}

function figureTable(rows: readonly LedgerRow[]): HTMLElement {
  const total = addLedgers(rows.map((row) => row.ledger));
  const styles = shownStyles(total);
  const line = (name: string, ledger: typeof total) =>
    el(
      "tr",
      {},
      el("th", { text: name, attributes: { scope: "row" } }),
      ...styles.map(({ fate }) => el("td", { class: "number", text: count(ledger[fate]) })),
      el("td", { class: "number sum", text: count(ledgerSum(ledger)) }),
    );
  return el(
    "table",
    { class: "grid figures", testId: "figure-table" },
    el("caption", { class: "visually-hidden", text: t("Prompt tokens by fate and template") }),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { text: t("Template"), attributes: { scope: "col" } }),
        ...styles.map((style) =>
          el("th", { class: "number", attributes: { scope: "col" } }, swatch(style.fate), style.name),
        ),
        el("th", { class: "number", text: t("Sum"), attributes: { scope: "col" } }),
      ),
    ),
    el("tbody", {}, ...rows.map((row) => line(row.name, row.ledger))),
    el("tfoot", {}, line(t("Sum"), total)),
  );
}

/** Shares of each template's prompt tokens. All rows have the same columns: what one of them lacks, the others lack too. */
function headroomTable(rows: readonly LedgerRow[]): HTMLElement {
  const lines = rows.map((row) => {
    const { caches, gains } = headroomRows(row);
    return { name: row.name, cells: [...caches, ...gains] };
  });
  const columns = lines[0]?.cells ?? [];
  return el(
    "table",
    { class: "grid figures", testId: "headroom-figures" },
    el("caption", { class: "visually-hidden", text: t("What other caches would reuse, by template") }),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { text: t("Template"), attributes: { scope: "col" } }),
        ...columns.map(({ name, meaning }) =>
          el("th", { class: "number", text: name, title: meaning, attributes: { scope: "col" } }),
        ),
      ),
    ),
    el(
      "tbody",
      {},
      ...lines.map(({ name, cells }) =>
        el(
          "tr",
          {},
          el("th", { text: name, attributes: { scope: "row" } }),
          ...cells.map(({ share, tokens, meaning }) =>
            el("td", {
              class: "number",
              text: share,
              title: t("{tokens} tokens. {meaning}", { tokens, meaning }),
            }),
          ),
        ),
      ),
    ),
  );
}

/** A row per template and fate of which more is known. */
function factTable(rows: readonly LedgerRow[], host: Host): HTMLElement {
  const body = rows.flatMap((row) => {
    const facts = lossFacts(row.losses);
    return fateStyles
      .filter(({ fate }) => facts.some((fact) => fact.fate === fate))
      .map(({ fate, name }) =>
        el(
          "tr",
          {},
          el("th", { text: row.name, attributes: { scope: "row" } }),
          el("th", { class: "fate" }, swatch(fate), name),
          el(
            "td",
            { class: "known" },
            ...facts.filter((fact) => fact.fate === fate).map((fact) => lossFact(fact, host)),
          ),
        ),
      );
  });
  const none = el(
    "tr",
    {},
    el("td", { class: "none", text: t("Nothing was lost."), attributes: { colspan: "3" } }),
  );
  return el(
    "table",
    { class: "grid", testId: "loss-table" },
    el("caption", { class: "visually-hidden", text: t("Why tokens were lost, by template") }),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        ...[t("Template"), t("Fate"), t("What is known")].map((text) =>
          el("th", { text, attributes: { scope: "col" } }),
        ),
      ),
    ),
    el("tbody", {}, ...(body.length > 0 ? body : [none])),
  );
}
