/** The numbers that answer first. */
import type { ReportOverview } from "../../src/protocol/report-parts.ts";
import { t } from "../../src/words/l10n.ts";
import { el, replaceChildren } from "../dom.ts";
import { type Headline, headlines, rateLines, scenarioLine } from "../model/headline.ts";
import { headroomBar } from "./headroom-view.ts";
import { approximationNotice } from "./notice.ts";

export function createHeadline() {
  const cards = el("dl", { class: "cards" });
  const steady = el("p", { class: "scenario", testId: "steady" });
  const scenario = el("p", { class: "scenario", testId: "scenario" });
  const notice = approximationNotice();
  const element = el(
    "section",
    { class: "headline", attributes: { "aria-label": t("Headline numbers") } },
    notice.element,
    cards,
    steady,
    scenario,
  );
  return {
    element,
    update(report: ReportOverview) {
      notice.update(report);
      replaceChildren(cards, ...headlines(report).map(card));
      steady.textContent = rateLines(report).join(" ");
      scenario.textContent = scenarioLine(report);
    },
  };
}

function card(headline: Headline): HTMLElement {
  const { label, meter } = headline;
  return el(
    "div",
    { class: "card", testId: `headline-${headline.id}` },
    el("dt", { text: label }),
    el("dd", { class: "card-value", text: headline.value }),
    el("dd", { class: "card-detail", text: headline.detail }),
    headline.outlook === null ? null : el("dd", { class: "card-outlook", text: headline.outlook }),
    typeof meter === "number" ? filledMeter(meter) : null,
    typeof meter === "object" && meter !== null
      ? el("dd", { class: "meter-with-marks" }, headroomBar(meter, label, false))
      : null,
  );
}

function filledMeter(share: number): HTMLElement {
  const fill = el("span", { class: "meter-fill" });
  fill.style.width = `${Math.min(1, Math.max(0, share)) * 100}%`;
  return el("dd", { class: "meter", attributes: { "aria-hidden": "true" } }, fill);
}
