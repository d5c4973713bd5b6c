/** Instead of a report: there is none yet, or there is nothing to report on. */
import type { DashboardState } from "../../src/protocol/dashboard.ts";
import type { ReportOverview } from "../../src/protocol/report-parts.ts";
import { t } from "../../src/words/l10n.ts";
import { count } from "../../src/words/numbers.ts";
import { el, replaceChildren } from "../dom.ts";

/** In words, not by exact patterns: those belong to the formats themselves. */
const formats = () => [
  t("Prompt files: .prompt, .prompty, .baml, .poml, and skprompt.txt of Semantic Kernel"),
  t(
    "Jinja, Handlebars, Mustache and Liquid templates that hold prose: .j2, .jinja, .hbs, .mustache, .liquid",
  ),
  t("Instructions for agents: AGENTS.md, CLAUDE.md, *.instructions.md, *.prompt.md, skills and rules"),
  t("Text and Markdown files in a folder named prompts, or with prompt at the end of their name"),
  t("YAML and JSON with keys such as system_prompt or messages: requests, agents, test suites"),
  t("Python, TypeScript and JavaScript with prompts in constants, lists of messages or calls"),
];

/** Which empty page a state asks for; `null` when there is a report with templates in it. */
export function emptyKind(state: DashboardState): "none" | "waiting" | "failed" | "noTemplates" | null {
  if (state.report !== null) return state.report.overview.counts.templates === 0 ? "noTemplates" : null;
  if (state.status.kind === "failed") return "failed";
  return state.status.kind === "running" ? "waiting" : "none";
}

export function createEmptyView() {
  const element = el("section", { class: "empty", testId: "empty" });
  let shown = "";
  return {
    element,
    update(state: DashboardState) {
      const kind = emptyKind(state);
      element.hidden = kind === null;
      const skipped = state.report?.overview.skipped ?? { first: [], files: 0 };
      const text = JSON.stringify([kind, skipped]);
      if (text === shown) return;
      shown = text;
      replaceChildren(element, ...(kind === null ? [] : content(kind, skipped)));
    },
  };
}

function content(
  kind: "none" | "waiting" | "failed" | "noTemplates",
  skipped: ReportOverview["skipped"],
): HTMLElement[] {
  const page = (title: string, text: string) => [el("h2", { text: title }), el("p", { text })];
  switch (kind) {
    case "none":
      return [
        ...page(
          t("No report yet"),
          t("It appears here as soon as there are prompts in this workspace. These are looked for:"),
        ),
        formatList(),
      ];
    case "waiting":
      return page(
        t("Reading the prompts of this workspace"),
        t("The first report appears here when it is ready."),
      );
    case "failed":
      return page(
        t("There is no report"),
        t("The simulation failed before it could give one; the reason stands above."),
      );
    case "noTemplates":
      return [
        ...page(t("No prompt templates found"), t("These are looked for in the workspace:")),
        formatList(),
        ...skippedFiles(skipped),
      ];
    default:
      return kind satisfies never;
  }
}

function formatList(): HTMLElement {
  return el("ul", {}, ...formats().map((text) => el("li", { text })));
}

function skippedFiles({ first, files }: ReportOverview["skipped"]): HTMLElement[] {
  if (files === 0) return [];
  const lines = first.map(({ path, reason }) => [path, reason].filter(Boolean).join(": "));
  if (files > first.length) lines.push(t("and {0} more", count(files - first.length)));
  return [
    el("p", { class: "empty-skipped", text: t("Not analysed:") }),
    el("ul", {}, ...lines.map((text) => el("li", { text }))),
  ];
}
