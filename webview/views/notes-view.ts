/** What the numbers rest on, and what was left out of them. */
import type { ReportOverview, ReportParts } from "../../src/protocol/report-parts.ts";
import { t } from "../../src/words/l10n.ts";
import { plural } from "../../src/words/numbers.ts";
import { el, icon, replaceChildren } from "../dom.ts";
import type { Host } from "../host.ts";
import { button } from "../ui-kit.ts";

export function createNotesView(host: Host) {
  const assumptions = part("assumptions", true);
  const problems = part("problems", true);
  const skipped = part("skipped", false);
  return {
    element: el(
      "section",
      { class: "stack" },
      el("h2", { text: t("What the numbers rest on") }),
      assumptions.element,
      problems.element,
      skipped.element,
    ),
    update(
      _overview: ReportOverview,
      { assumptions: assumed, problems: found, skipped: left }: ReportParts["notes"],
    ) {
      assumptions.update(
        plural(assumed.length, "assumption"),
        assumed.map(({ text }) => el("li", { text })),
      );
      problems.update(
        plural(found.length, "problem in the documents", "problems in the documents"),
        found.map((problem) =>
          el(
            "li",
            { class: `problem is-${problem.severity}` },
            icon(problem.severity),
            el("span", {}, problem.message, " ", el("span", { class: "path", text: problem.path })),
            button({ text: t("Open"), appearance: "secondary", testId: "open-problem" }, () =>
              host.post({ type: "open", path: problem.path, range: problem.range }),
            ),
          ),
        ),
      );
      skipped.update(
        plural(left.length, "file not analysed", "files not analysed"),
        left.map(({ path, reason }) => el("li", {}, el("span", { class: "path", text: path }), ` ${reason}`)),
      );
    },
  };
}

/** A list that folds; its summary carries the count, also when there is nothing to unfold. */
function part(testId: string, isOpen: boolean) {
  const summary = el("summary");
  const list = el("ul", { class: "notes" });
  const element = el("details", { testId }, summary, list);
  element.open = isOpen;
  return {
    element,
    update(text: string, items: readonly HTMLElement[]) {
      summary.textContent = text;
      replaceChildren(list, ...items);
      list.hidden = items.length === 0;
    },
  };
}
