/** The line that says that token numbers are approximate, for every block that shows some. */
import type { Report } from "../../src/analysis/report.ts";
import { el, icon } from "../dom.ts";
import { approximation } from "../model/headline.ts";

export interface Notice {
  readonly element: HTMLElement;
  update(report: Pick<Report, "scenario">): void;
}

export function approximationNotice(): Notice {
  const text = el("span");
  const element = el("p", { class: "notice", testId: "approximate" }, icon("information"), text);
  return {
    element,
    update(report) {
      const note = approximation(report);
      element.hidden = note === null;
      text.textContent = note ?? "";
    },
  };
}
