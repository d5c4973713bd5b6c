import { describe, expect, it } from "vitest";
import type { AnalysisProgress, Analyzer } from "../../src/analysis/analyzer.ts";
import type { Report } from "../../src/analysis/report.ts";
import { type AnalysisSettings, UserError } from "../../src/config/settings.ts";
import type { FromWorker, ToWorker } from "../../src/protocol/worker.ts";
import { Session } from "../../src/service/session.ts";
import { report } from "../show/report-fixture.ts";

type Run = (settings: AnalysisSettings) => Generator<AnalysisProgress, Report, void>;

/** Takes `steps` steps of 4 ms each. */
function slow(clock: { ms: number }, steps: number): Run {
  return function* () {
    for (let done = 1; done <= steps; done++) {
      clock.ms += 4;
      yield { done, total: steps };
    }
    return report;
  };
}

function setUp(makeRun: (clock: { ms: number }) => Run) {
  const clock = { ms: 0 };
  const posted: FromWorker[] = [];
  const calls: string[] = [];
  const deferred: (() => void)[] = [];
  const analyzer: Analyzer = {
    setWorkspace: (documents, config, skipped) =>
      calls.push(`workspace ${documents.length} ${config?.path ?? "-"} ${skipped.length}`),
    setDocument: ({ path }) => calls.push(`document ${path}`),
    setConfig: (config) => calls.push(`config ${config?.path ?? "-"}`),
    removeDocument: (path) => calls.push(`removed ${path}`),
    missingPaths: ["gone.md"],
    run: makeRun(clock),
  };
  const session = new Session(analyzer, {
    post: (message) => posted.push(message),
    defer: (step) => deferred.push(step),
    now: () => clock.ms,
    locateTokenizer: (settings) => settings,
  });
  const turn = () => {
    for (const step of deferred.splice(0)) step();
  };
  const settle = () => {
    while (deferred.length > 0) turn();
  };
  const send = (...messages: readonly ToWorker[]) => {
    for (const message of messages) session.receive(message);
  };
  const types = () =>
    posted.map((message) => ("job" in message ? `${message.type} ${message.job}` : message.type));
  return { posted, calls, turn, settle, send, types };
}

const analyze = (job: number, chosen: Partial<AnalysisSettings> = {}): ToWorker => ({
  type: "analyze",
  job,
  chosen,
  folder: null,
});
const document = (path: string): ToWorker => ({ type: "document", document: { path, text: "" } });

describe("worker session", () => {
  it("reports, with progress now and then", () => {
    const { send, settle, types, posted } = setUp((clock) => slow(clock, 60));
    send(analyze(1));
    settle();
    // 240 ms of work.
    expect(types()).toEqual(["progress 1", "progress 1", "report 1"]);
    expect(posted[0]).toMatchObject({ done: 25, total: 60 });
    expect(posted.at(-1)).toMatchObject({ missing: ["gone.md"] });
  });

  it("lets messages in between two slices", () => {
    const { send, turn, types } = setUp((clock) => slow(clock, 60));
    send(analyze(1));
    turn();
    turn();
    expect(types()).toEqual([]);
    send({ type: "cancel", job: 1 });
    expect(types()).toEqual(["cancelled 1"]);
  });

  it("drops the running job for a newer one", () => {
    const { send, turn, settle, types } = setUp((clock) => slow(clock, 10));
    send(analyze(1));
    turn();
    send(analyze(2), analyze(3));
    settle();
    expect(types()).toEqual(["cancelled 1", "cancelled 2", "report 3"]);
  });

  it("does not cancel a job that is over, or another one", () => {
    const { send, settle, types } = setUp((clock) => slow(clock, 1));
    send(analyze(1), { type: "cancel", job: 7 });
    settle();
    send({ type: "cancel", job: 1 });
    expect(types()).toEqual(["report 1"]);
  });

  it("applies changes at the start of a job, never in the middle of one", () => {
    const { send, turn, settle, calls } = setUp((clock) => slow(clock, 10));
    send(document("a"), { type: "removed", path: "b" });
    expect(calls).toEqual([]);
    send(analyze(1));
    turn();
    expect(calls).toEqual(["document a", "removed b"]);
    send(document("c"));
    settle();
    expect(calls).toHaveLength(2);
    send(analyze(2));
    settle();
    expect(calls[2]).toBe("document c");
  });

  it("forgets changes that a new workspace overtakes", () => {
    const { send, settle, calls } = setUp((clock) => slow(clock, 1));
    send(document("a"), {
      type: "workspace",
      documents: [],
      config: null,
      skipped: [{ path: "x", reason: "y" }],
    });
    send(analyze(1));
    settle();
    expect(calls).toEqual(["workspace 0 - 1"]);
  });

  it("puts the user's choice before promptcache.json, and that before the defaults", () => {
    const { send, settle, posted } = setUp((clock) => slow(clock, 1));
    const text = '{ "model": "from file", "gpu": "from file", "workload": { "turns": 9 } }';
    send({ type: "config", config: { path: "promptcache.json", text } }, analyze(1, { model: "chosen" }));
    settle();
    expect(posted[0]).toMatchObject({
      type: "report",
      settings: { model: "chosen", gpu: "from file", turns: 9, policy: "marconi" },
    });
  });

  it.each([
    ["what the user can mend without a stack", new UserError("No such model."), false],
    ["a fault of ours with its stack", new Error("Broken invariant: x"), true],
  ])("tells %s, and lives on", (_, error, hasDetail) => {
    let isBroken = true;
    const { send, settle, posted, types } = setUp((clock) => (settings) => {
      if (isBroken) throw error;
      return slow(clock, 1)(settings);
    });
    send(analyze(1));
    settle();
    expect(posted[0]).toMatchObject({ type: "failed", job: 1, message: error.message });
    expect((posted[0] as { detail: string | null }).detail !== null).toBe(hasDetail);
    isBroken = false;
    send(analyze(2));
    settle();
    expect(types()).toEqual(["failed 1", "report 2"]);
  });
});
