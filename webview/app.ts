/** The page: puts the views together, and hands each complete state to all of them. */
import type { Report } from "../src/analysis/report.ts";
import type { DashboardState } from "../src/protocol/dashboard.ts";
import { el } from "./dom.ts";
import type { Host } from "./host.ts";
import { type Navigation, parseNavigation, type TabId } from "./model/navigation.ts";
import { type Tab, tabs } from "./ui-kit.ts";
import { createEmptyView, emptyKind } from "./views/empty-view.ts";
import { createFindingsView } from "./views/findings-view.ts";
import { createHeadline } from "./views/headline-view.ts";
import { createLedgerView } from "./views/ledger-view.ts";
import { createMemoryView } from "./views/memory-view.ts";
import { createNotesView } from "./views/notes-view.ts";
import { createToolbar } from "./views/toolbar.ts";
import { createTreeView } from "./views/tree-view.ts";

export interface App {
  readonly element: HTMLElement;
  update(state: DashboardState): void;
}

export function createApp(host: Host): App {
  let navigation = parseNavigation(host.getState());
  const navigate = (change: Partial<Navigation>) => {
    navigation = { ...navigation, ...change };
    host.setState(navigation);
  };
  const toolbar = createToolbar(host);
  const empty = createEmptyView();
  const headline = createHeadline();
  const ledger = createLedgerView(host, navigation.order, (order) => navigate({ order }));
  const tree = createTreeView(host, navigation, ({ node, scale }) => navigate({ node, scale }));
  const memory = createMemoryView();
  const findings = createFindingsView(host);
  const notes = createNotesView(host);
  const items: readonly Tab<TabId>[] = [
    { id: "ledger", name: "Ledger", content: ledger.element },
    { id: "tree", name: "Prefix tree", content: tree.element },
    { id: "memory", name: "Memory", content: memory.element },
    { id: "findings", name: "Findings", content: findings.element },
    { id: "notes", name: "Notes", content: notes.element },
  ];
  const views = tabs("Report", items, navigation.tab, (tab) => navigate({ tab }));
  const results = el("div", { class: "results", testId: "results" }, headline.element, views.element);
  const title = el("h1", { class: "visually-hidden", text: "Prompt Cache Lens" });
  const element = el(
    "main",
    { class: "app", testId: "dashboard" },
    title,
    toolbar.element,
    empty.element,
    results,
  );

  /** A report with ten thousand nodes arrives with every step of a run: it is drawn only when it says something new. */
  let drawn = "";
  function show(report: Report): void {
    const text = JSON.stringify(report);
    if (text === drawn) return;
    drawn = text;
    for (const view of [headline, ledger, tree, memory, findings, notes]) view.update(report);
    views.setCount("findings", report.findings.length);
    views.setCount("notes", report.problems.length);
  }

  return {
    element,
    update(state) {
      toolbar.update(state);
      empty.update(state);
      results.hidden = emptyKind(state) !== null;
      results.classList.toggle("is-stale", state.status.kind !== "idle");
      element.setAttribute("aria-busy", String(state.status.kind === "running"));
      if (state.report !== null && !results.hidden) show(state.report);
    },
  };
}
