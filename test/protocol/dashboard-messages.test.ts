import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DashboardState, ToDashboard } from "../../src/protocol/dashboard.ts";
import { DashboardMessages, messagesOf } from "../../src/protocol/dashboard-messages.ts";
import type { DrawnReport } from "../../src/protocol/report-parts.ts";

const state: Omit<DashboardState, "report"> = {
  choices: { models: [], gpus: [], policies: [] },
  selected: { model: "m", gpu: "g", policy: "p", capacity: "1GiB" },
  status: { kind: "idle" },
};

const reportOf = (json: string, revision = 1) =>
  ({ revision, overview: {}, part: { id: "ledger", json } }) as unknown as DrawnReport;

function taken(messages: Iterable<ToDashboard>, inbox = new DashboardMessages()): DashboardState | null {
  let last: DashboardState | null = null;
  for (const message of messages) last = inbox.take(structuredClone(message));
  return last;
}

describe("messages to the dashboard", () => {
  it("bring any report as it was, in pieces of at most 65,536 characters", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 300 });
    fc.assert(
      fc.property(text, fc.nat(900), (part, times) => {
        const report = reportOf(part.repeat(times));
        const messages = [...messagesOf(state, report)];
        for (const message of messages)
          expect(JSON.stringify(message).length).toBeLessThan(6 * 65_536 + 1000);
        expect(taken(messages)).toEqual({ ...state, report });
      }),
    );
  });

  it("are more than one for a long report, and one without any", () => {
    expect([...messagesOf(state, reportOf("x".repeat(200_000)))].map(({ type }) => type)).toEqual([
      ...["piece", "piece", "piece", "piece", "state"],
    ]);
    expect([...messagesOf(state, null)]).toEqual([{ type: "state", state, report: null }]);
  });

  it("leave nothing of a report that was given up", () => {
    const inbox = new DashboardMessages();
    const [first] = messagesOf(state, reportOf("a".repeat(100_000)));
    inbox.take(first!);
    expect(inbox.take({ type: "state", state })).toEqual({ ...state, report: null });
    expect(taken(messagesOf(state, reportOf("b", 2)), inbox)?.report).toEqual(reportOf("b", 2));
  });

  it("keep the report where only the state is another one", () => {
    const inbox = new DashboardMessages();
    taken(messagesOf(state, reportOf("a")), inbox);
    const running = { ...state, status: { kind: "running", done: 1, total: 2 } } as const;
    expect(inbox.take({ type: "state", state: running })).toEqual({ ...running, report: reportOf("a") });
    expect(taken(messagesOf(state, null), inbox)?.report).toBeNull();
  });
});
