/** What breaks prefixes, what it costs, and the way there. */
import type { Finding } from "../../src/analysis/report.ts";
import type { ReportOverview, ReportParts } from "../../src/protocol/report-parts.ts";
import { t } from "../../src/words/l10n.ts";
import { el, icon, replaceChildren } from "../dom.ts";
import type { Host } from "../host.ts";
import { type FindingRow, findingRows } from "../model/finding-rows.ts";
import { button, tag } from "../ui-kit.ts";
import { approximationNotice } from "./notice.ts";

export function createFindingsView(host: Host) {
  const notice = approximationNotice();
  const list = el("ul", { class: "findings", testId: "findings" });
  const small = el("p", { class: "hint", testId: "small-findings" });
  const none = el("p", { class: "hint", text: t("Nothing found that breaks a shared prefix.") });
  const open = ({ path, range }: Pick<Finding, "path" | "range">) => host.post({ type: "open", path, range });
  return {
    element: el(
      "section",
      { class: "stack" },
      el("h2", { text: t("Findings") }),
      notice.element,
      none,
      list,
      small,
    ),
    update(overview: ReportOverview, part: ReportParts["findings"]) {
      const rows = findingRows(part, overview.scenario);
      notice.update(overview);
      small.textContent = part.small;
      small.hidden = part.small === "";
      none.hidden = rows.length > 0;
      list.hidden = rows.length === 0;
      replaceChildren(list, ...rows.map((row) => findingItem(row, open)));
    },
  };
}

function findingItem(row: FindingRow, open: (place: Pick<Finding, "path" | "range">) => void): HTMLElement {
  const { finding } = row;
  return el(
    "li",
    { class: `finding is-${finding.severity}`, testId: "finding" },
    el("span", { class: "finding-severity" }, icon(finding.severity)),
    el(
      "div",
      { class: "finding-body" },
      el(
        "p",
        { class: "finding-message" },
        el("span", { class: "visually-hidden", text: `${row.severityName}: ` }),
        finding.message,
      ),
      el("p", { class: "finding-detail", text: finding.detail }),
      el(
        "p",
        { class: "finding-facts" },
        tag({ text: finding.rule }),
        el("span", { class: "path", text: finding.path }),
        ...row.stakes.map((stake) => el("span", { class: "stake", text: stake })),
      ),
      related(finding, open),
      row.assumptions.length === 0 ? null : assumptions(row.assumptions),
    ),
    button({ text: t("Open"), appearance: "secondary", testId: "open-finding" }, () => open(finding)),
  );
}

function related(
  finding: Finding,
  open: (place: Pick<Finding, "path" | "range">) => void,
): HTMLElement | null {
  if (finding.related.length === 0) return null;
  const items = finding.related.map((place) => {
    const link = el("button", {
      class: "link",
      text: place.message,
      title: place.path,
      attributes: { type: "button" },
    });
    link.addEventListener("click", () => open(place));
    return el("li", {}, link);
  });
  return el("ul", { class: "related", attributes: { "aria-label": t("See also") } }, ...items);
}

function assumptions(texts: readonly string[]): HTMLElement {
  return el(
    "details",
    { class: "finding-assumptions" },
    el("summary", { text: t("Assumed") }),
    el("ul", {}, ...texts.map((text) => el("li", { text }))),
  );
}
