import { describe, expect, it } from "vitest";
import { parseFromDashboard } from "../../src/protocol/dashboard.ts";

describe("parseFromDashboard", () => {
  it.each([
    { type: "ready", part: "ledger" },
    { type: "show", part: "notes" },
    { type: "cancel" },
    { type: "select", setting: "model", value: "Qwen/Qwen3-8B" },
    { type: "open", path: "a.md", range: { start: 0, end: 4 } },
  ])("takes $type", (message) => {
    expect(parseFromDashboard(message)).toEqual(message);
  });

  it("drops what is not asked for", () => {
    expect(parseFromDashboard({ type: "ready", part: "tree", more: 1 })).toEqual({
      type: "ready",
      part: "tree",
    });
  });

  it.each([
    null,
    undefined,
    "ready",
    [],
    {},
    { type: "READY", part: "ledger" },
    { type: "ready" },
    { type: "show", part: "all" },
    { type: "select", setting: "enable", value: "true" },
    { type: "select", setting: "model", value: 1 },
    { type: "open", path: 1, range: { start: 0, end: 1 } },
    { type: "open", path: "a", range: { start: 2, end: 1 } },
    { type: "open", path: "a", range: { start: -1, end: 1 } },
    { type: "open", path: "a", range: { start: 0.5, end: 1 } },
    { type: "open", path: "a", range: null },
    { type: "open", path: "a" },
  ])("refuses %j", (message) => {
    expect(parseFromDashboard(message)).toBeNull();
  });
});
