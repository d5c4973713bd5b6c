/** The page: puts the views together, and hands to each its part of the report. */
import type { DashboardState } from "../src/protocol/dashboard.ts";
import type { DrawnReport, PartId, ReportOverview, ReportParts } from "../src/protocol/report-parts.ts";
import { t } from "../src/words/l10n.ts";
import { el } from "./dom.ts";
import type { Host } from "./host.ts";
import { type Navigation, parseNavigation } from "./model/navigation.ts";
import { type Tab, tabs } from "./ui-kit.ts";
import { createEmptyView, emptyKind } from "./views/empty-view.ts";
import { createFindingsView } from "./views/findings-view.ts";
import { createHeadline } from "./views/headline-view.ts";
import { createLedgerView } from "./views/ledger-view.ts";
import { createMemoryView } from "./views/memory-view.ts";
import { createNotesView } from "./views/notes-view.ts";
import { createSharedPrefixView } from "./views/shared-prefix-view.ts";
import { createToolbar } from "./views/toolbar.ts";
import { createTreeView } from "./views/tree-view.ts";

export interface App {
  readonly element: HTMLElement;
  /** The part that is in front. */
  readonly shown: PartId;
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
  const prefix = createSharedPrefixView(host);
  const findings = createFindingsView(host);
  const notes = createNotesView(host);
  const items: readonly Tab<PartId>[] = [
    { id: "ledger", name: t("Ledger"), content: ledger.element },
    { id: "tree", name: t("Prefix tree"), content: tree.element },
    { id: "memory", name: t("Memory"), content: memory.element },
    { id: "prefix", name: t("Shared prefix"), content: prefix.element },
    { id: "findings", name: t("Findings"), content: findings.element },
    { id: "notes", name: t("Notes"), content: notes.element },
  ];
  const views = tabs(t("Report"), items, navigation.tab, (tab) => {
    navigate({ tab });
    host.post({ type: "show", part: tab });
    dim();
  });
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

  const drawers: { readonly [Id in PartId]: (overview: ReportOverview, part: ReportParts[Id]) => void } = {
    ledger: ledger.update,
    tree: tree.update,
    memory: memory.update,
    prefix: prefix.update,
    findings: findings.update,
    notes: notes.update,
  };
  let isOld = false;
  let revision = 0;
  /** Of which report each part was drawn. */
  const drawnOf = new Map<PartId, number>();
  /** What was drawn, as text: a report comes with every step of a run, and is drawn only when it says something new. */
  const drawn = new Map<PartId | "overview", string>();

  function isNews(what: PartId | "overview", text: string): boolean {
    const isNew = drawn.get(what) !== text;
    drawn.set(what, text);
    return isNew;
  }

  function show(report: DrawnReport): void {
    const { overview, part } = report;
    revision = report.revision;
    const isNewOverview = isNews("overview", JSON.stringify(overview));
    if (isNewOverview) {
      headline.update(overview);
      views.setCount("findings", overview.counts.findings);
      views.setCount("notes", overview.counts.problems);
    }
    drawnOf.set(part.id, revision);
    // What was told last; tests wait for it.
    results.setAttribute("data-part", part.id);
    if (isNews(part.id, part.json) || isNewOverview) draw(overview, part);
  }

  function draw<Id extends PartId>(
    overview: ReportOverview,
    { id, json }: { readonly id: Id; readonly json: string },
  ): void {
    drawers[id](overview, JSON.parse(json) as ReportParts[Id]);
  }

  /** What is older than the texts, or than what stands above it, is dimmed. */
  function dim(): void {
    const { tab } = navigation;
    const isEarlier = drawnOf.has(tab) && drawnOf.get(tab) !== revision;
    results.classList.toggle("is-stale", isOld || isEarlier);
  }

  return {
    element,
    get shown() {
      return navigation.tab;
    },
    update(state) {
      toolbar.update(state);
      empty.update(state);
      results.hidden = emptyKind(state) !== null;
      isOld = state.status.kind !== "idle";
      element.setAttribute("aria-busy", String(state.status.kind === "running"));
      if (state.report !== null && !results.hidden) show(state.report);
      dim();
    },
  };
}
