/** Plays the host for the dashboard on a plain page: answers `ready` with a fixture, and keeps what was posted. */
import type { Report } from "../../src/analysis/report.ts";
import type { DashboardState, FromDashboard } from "../../src/protocol/dashboard.ts";
import { messagesOf } from "../../src/protocol/dashboard-messages.ts";
import type { PartId } from "../../src/protocol/report-parts.ts";
import { emptyFixtureReport, fixtureReport, fixtureState, largeFixtureReport } from "./fixture-report.ts";

/** What tests read and drive. */
export interface DevPage {
  readonly posted: FromDashboard[];
  send(state: DashboardState): void;
  state(name: string): DashboardState;
  /** The text in place of every name, path and message of the workspace. */
  rename(text: string): void;
}

/** Changes every report before it is cut into parts. */
let edit = (report: Report): Report => report;

function stateOf(name: string, part: PartId): DashboardState {
  const state = (report: Report | null, status?: DashboardState["status"]) =>
    fixtureState(report && edit(report), status, part);
  switch (name) {
    case "large":
      return state(largeFixtureReport());
    case "running":
      return state(fixtureReport(), { kind: "running", done: 34, total: 164 });
    case "failed":
      return state(fixtureReport(), {
        kind: "failed",
        message: "Capacity “20 Gib” is no size: write 20GiB.",
      });
    case "waiting":
      return state(null, { kind: "running", done: 0, total: 0 });
    case "failed-first":
      return state(null, { kind: "failed", message: "The worker stopped before it had answered." });
    case "none":
      return state(null);
    case "no-templates":
      return state(emptyFixtureReport());
    default:
      return state(fixtureReport());
  }
}

const query = new URLSearchParams(location.search);
const shownState = query.get("state") ?? "report";
let part: PartId = "ledger";
const page: DevPage = {
  posted: [],
  send({ report, ...state }) {
    for (const message of messagesOf(state, report)) window.postMessage(message, "*");
  },
  state: (name) => stateOf(name, part),
  rename(text) {
    edit = (report) => ({
      ...report,
      templates: report.templates.map((template) => ({ ...template, name: text, path: text })),
      findings: report.findings.map((finding) => ({ ...finding, message: text, path: text })),
      prefixTree: report.prefixTree.map((node) => ({ ...node, label: text })),
      problems: report.problems.map((problem) => ({ ...problem, message: text, path: text })),
    });
    page.send(stateOf(shownState, part));
  },
};
Object.assign(window, { devPage: page });
document.body.className = (query.get("theme") ?? "vscode-dark").replaceAll(",", " ");
window.addEventListener("prompt-cache-lens", (event) => {
  const message = (event as CustomEvent<FromDashboard>).detail;
  page.posted.push(message);
  if (message.type !== "ready" && message.type !== "show") return;
  part = message.part;
  page.send(stateOf(shownState, part));
});
