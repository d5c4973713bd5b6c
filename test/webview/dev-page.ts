/** Plays the host for the dashboard on a plain page: answers `ready` with a fixture, and keeps what was posted. */
import type { DashboardState, FromDashboard } from "../../src/protocol/dashboard.ts";
import { emptyFixtureReport, fixtureReport, fixtureState, largeFixtureReport } from "./fixture-report.ts";

/** What tests read and drive. */
export interface DevPage {
  readonly posted: FromDashboard[];
  send(state: DashboardState): void;
  state(name: string): DashboardState;
}

function stateOf(name: string): DashboardState {
  switch (name) {
    case "large":
      return fixtureState(largeFixtureReport());
    case "running":
      return fixtureState(fixtureReport(), { kind: "running", done: 34, total: 164 });
    case "failed":
      return fixtureState(fixtureReport(), {
        kind: "failed",
        message: "Capacity “20 Gib” is no size: write 20GiB.",
      });
    case "waiting":
      return fixtureState(null, { kind: "running", done: 0, total: 0 });
    case "failed-first":
      return fixtureState(null, { kind: "failed", message: "The worker stopped before it had answered." });
    case "none":
      return fixtureState(null);
    case "no-templates":
      return fixtureState(emptyFixtureReport());
    default:
      return fixtureState(fixtureReport());
  }
}

const query = new URLSearchParams(location.search);
const page: DevPage = {
  posted: [],
  send: (state) => window.postMessage({ type: "state", state }, "*"),
  state: stateOf,
};
Object.assign(window, { devPage: page });
document.body.className = (query.get("theme") ?? "vscode-dark").replaceAll(",", " ");
window.addEventListener("prompt-cache-lens", (event) => {
  const message = (event as CustomEvent<FromDashboard>).detail;
  page.posted.push(message);
  if (message.type === "ready") page.send(stateOf(query.get("state") ?? "report"));
});
