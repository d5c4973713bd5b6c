/** What the cache holds over time, what a token and a checkpoint weigh, and how the hit rate grows. */
import type { ReportOverview, ReportParts } from "../../src/protocol/report-parts.ts";
import { t } from "../../src/words/l10n.ts";
import { bytes } from "../../src/words/numbers.ts";
import { el, replaceChildren } from "../dom.ts";
import { memoryFacts, memorySeries } from "../model/memory-series.ts";
import { createBytesChart, createHitChart } from "./charts.ts";
import { approximationNotice } from "./notice.ts";

export function createMemoryView() {
  const notice = approximationNotice();
  const contents = createBytesChart();
  const hits = createHitChart();
  const far = el("p", { class: "hint", testId: "capacity-note" });
  const facts = el("div", { class: "table-wrap" });
  return {
    element: el(
      "section",
      { class: "stack" },
      notice.element,
      el(
        "div",
        { class: "memory-columns" },
        el("div", {}, el("h2", { text: t("Cache contents over the requests") }), contents.element, far),
        el("div", {}, el("h2", { text: t("Prompt tokens reused so far") }), hits.element),
      ),
      el("h2", { text: t("What it costs") }),
      facts,
    ),
    update({ scenario }: ReportOverview, { memory }: ReportParts["memory"]) {
      const series = memorySeries(memory);
      notice.update({ scenario });
      contents.update(series);
      hits.update(series);
      far.hidden = series.isCapacityShown;
      far.textContent = t("The capacity, {0}, lies far above this chart.", bytes(series.capacityBytes));
      replaceChildren(facts, factTable(memoryFacts(scenario, memory)));
    },
  };
}

function factTable(facts: ReturnType<typeof memoryFacts>): HTMLElement {
  const rows = facts.map((fact) =>
    el(
      "tr",
      {},
      el("th", { text: fact.name, attributes: { scope: "row" } }),
      el("td", { class: "number", text: fact.value }),
      el("td", { class: "meaning", text: fact.note }),
    ),
  );
  return el(
    "table",
    { class: "grid memory-facts", testId: "memory-table" },
    el("caption", { class: "visually-hidden", text: t("Memory") }),
    el("tbody", {}, ...rows),
  );
}
