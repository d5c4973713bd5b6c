/** How much of a shared prefix is reused, by its length, with the prompts' stable prefixes on the curve: drawn, and as figures. */
import type { ReportOverview, ReportParts } from "../../src/protocol/report-parts.ts";
import { hitsFrom } from "../../src/show/verdict-text.ts";
import { t } from "../../src/words/l10n.ts";
import { el, replaceChildren } from "../dom.ts";
import type { Host } from "../host.ts";
import { type PrefixRow, prefixRows, prefixSeries, unmarkedText } from "../model/shared-prefix.ts";
import { createPrefixChart } from "./charts.ts";
import { approximationNotice } from "./notice.ts";

export function createSharedPrefixView(host: Host) {
  const notice = approximationNotice();
  const chart = createPrefixChart();
  const smallest = el("p", { class: "hint", testId: "prefix-smallest" });
  const unmarked = el("p", { class: "hint" });
  const figures = el("div", { class: "table-wrap" });
  return {
    element: el(
      "section",
      { class: "stack" },
      notice.element,
      el("h2", { text: t("What is reused of a shared prefix, by its length") }),
      smallest,
      chart.element,
      el("h2", { text: t("Stable prefixes of the templates") }),
      figures,
      unmarked,
    ),
    update({ scenario, smallestPrefixTokens }: ReportOverview, part: ReportParts["prefix"]) {
      const series = prefixSeries(part, smallestPrefixTokens);
      notice.update({ scenario });
      chart.element.setAttribute("aria-label", series.text);
      chart.update(series);
      smallest.textContent = t(
        "With this model, policy and hardware {0}. The curve holds for requests that share the prefix and nothing else, whatever it says.",
        hitsFrom(smallestPrefixTokens),
      );
      unmarked.textContent = unmarkedText(part.unmarked, series.endTokens);
      unmarked.hidden = part.unmarked === 0;
      replaceChildren(figures, figureTable(prefixRows(part.marks, smallestPrefixTokens), host));
    },
  };
}

function figureTable(rows: readonly PrefixRow[], host: Host): HTMLElement {
  const heads = [t("Stable prefix"), t("Reused"), t("Share")].map((text) =>
    el("th", { class: "number", text, attributes: { scope: "col" } }),
  );
  const none = el(
    "tr",
    {},
    el("td", { class: "none", text: t("No requests are sent."), attributes: { colspan: "4" } }),
  );
  return el(
    "table",
    { class: "grid prefixes", testId: "prefix-table" },
    el("caption", {
      class: "visually-hidden",
      text: t("Tokens of each template's stable prefix, and how many of them are reused"),
    }),
    el("thead", {}, el("tr", {}, el("th", { text: t("Template"), attributes: { scope: "col" } }), ...heads)),
    el("tbody", {}, ...(rows.length > 0 ? rows.map((row) => line(row, host)) : [none])),
  );
}

function line({ mark, tokens, reused, share, missing }: PrefixRow, host: Host): HTMLElement {
  const { name, path, range } = mark;
  const link = el("button", {
    class: "link",
    text: name,
    title: t("Open {0}", path),
    testId: "open-prefix",
    attributes: { type: "button" },
  });
  link.addEventListener("click", () => host.post({ type: "open", path, range }));
  return el(
    "tr",
    { testId: "prefix-row" },
    el(
      "th",
      { class: "template", attributes: { scope: "row" } },
      link,
      el("span", { class: "path", text: path }),
    ),
    el("td", { class: "number", text: tokens }),
    el(
      "td",
      { class: "number" },
      reused,
      missing === null ? null : el("span", { class: "missed", text: missing }),
    ),
    el("td", { class: "number", text: share }),
  );
}
