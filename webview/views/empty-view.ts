/** Instead of a report: there is none yet, or there is nothing to report on. */
import type { DashboardState } from "../../src/protocol/dashboard.ts";
import { el, replaceChildren } from "../dom.ts";

const formats = [
  "Prompt files: .prompt, .prompty, .poml, .baml",
  "Jinja, Mustache and Handlebars templates: .j2, .jinja, .mustache, .hbs",
  "Prompts in Markdown: *.prompt.md, *.instructions.md, AGENTS.md",
  "Prompt strings in Python, TypeScript and JavaScript",
];

/** Which empty page a state asks for; `null` when there is a report with templates in it. */
export function emptyKind(state: DashboardState): "none" | "waiting" | "failed" | "noTemplates" | null {
  if (state.report !== null) return state.report.templates.length === 0 ? "noTemplates" : null;
  if (state.status.kind === "failed") return "failed";
  return state.status.kind === "running" ? "waiting" : "none";
}

export function createEmptyView() {
  const element = el("section", { class: "empty", testId: "empty" });
  let shown: string | null = null;
  return {
    element,
    update(state: DashboardState) {
      const kind = emptyKind(state);
      element.hidden = kind === null;
      if (kind === shown) return;
      shown = kind;
      replaceChildren(element, ...(kind === null ? [] : content(kind)));
    },
  };
}

function content(kind: "none" | "waiting" | "failed" | "noTemplates"): HTMLElement[] {
  const page = (title: string, text: string) => [el("h2", { text: title }), el("p", { text })];
  switch (kind) {
    case "none":
      return page(
        "No report yet",
        "It appears here as soon as the prompts of this workspace have been read.",
      );
    case "waiting":
      return page("Reading the prompts of this workspace", "The first report appears here when it is ready.");
    case "failed":
      return page(
        "There is no report",
        "The simulation failed before it could give one; the reason stands above.",
      );
    case "noTemplates":
      return [
        ...page("No prompt templates found", "These are looked for in the workspace:"),
        el("ul", {}, ...formats.map((text) => el("li", { text }))),
      ];
    default:
      return kind satisfies never;
  }
}
