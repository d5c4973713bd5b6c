import { strict as assert } from "node:assert";
import { commands, type Tab, TabInputWebview, window } from "vscode";
import { diagnosticsOf, numberIn, reportText, rowOf, until, uriOf } from "./support.ts";

describe("commands", () => {
  before(() => until("there is a report", () => diagnosticsOf(uriOf("prompts/support-agent.j2")).length > 0));
  after(() => commands.executeCommand("workbench.action.closeAllEditors"));

  function tabs(label: string): Tab[] {
    return window.tabGroups.all.flatMap((group) => group.tabs).filter((tab) => tab.label === label);
  }

  it("shows the report as a preview", async () => {
    await commands.executeCommand("promptCacheLens.showReport");
    const [tab] = await until("the preview is open", () => {
      const found = tabs("Preview Prompt Cache Report.md");
      return found.length > 0 && found;
    });
    assert.ok(tab?.input instanceof TabInputWebview);
  });

  it("gives every prompt token of the report one fate", async () => {
    const report = await reportText();
    const fates = ["reused", "cold", "diverged", "no checkpoint", "unaligned", "evicted", "ruled out"];
    const sum = fates.reduce((total, fate) => total + numberIn(rowOf(report, fate)?.[0]), 0);
    assert.equal(sum, numberIn(rowOf(report, "all")?.[0]));
    assert.ok(sum > 100_000);
  });

  it("shows one dashboard, however often it is asked", async () => {
    await commands.executeCommand("promptCacheLens.showDashboard");
    await commands.executeCommand("promptCacheLens.showDashboard");
    const [tab, ...others] = await until("the dashboard is open", () => {
      const found = tabs("Prompt Cache Dashboard");
      return found.length > 0 && found;
    });
    assert.ok(tab?.input instanceof TabInputWebview);
    assert.match(tab.input.viewType, /promptCacheLens\.dashboard$/);
    assert.deepEqual(others, []);
  });

  it("reads the workspace anew, and may be cancelled at any time", async () => {
    const before = await reportText();
    await commands.executeCommand("promptCacheLens.cancel");
    const refreshed = commands.executeCommand("promptCacheLens.refresh");
    await commands.executeCommand("promptCacheLens.cancel");
    await refreshed;
    await commands.executeCommand("promptCacheLens.refresh");
    await until("the same report is there again", async () => (await reportText()) === before);
  });
});
