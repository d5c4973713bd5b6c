import { strict as assert } from "node:assert";
import { count, Dashboard } from "./dashboard.ts";
import { Workbench, withWorkbench } from "./workbench.ts";

const agent = "prompts/support-agent.j2";
const lens = /[\d.]+ % hit.* [\d,]+ of [\d,]+ tokens stable/;

describe("in a browser's extension host", () => {
  const vscode = withWorkbench({ open: agent, extensionHost: "web" });

  before(() => vscode().codeLens(lens).waitFor({ timeout: 50_000 }));

  it("runs there, and not in Node", async () => {
    await vscode().runCommand("Developer: Show Running Extensions");
    const rows = vscode().page.locator(".runtime-extensions-editor .monaco-list-row");
    const ours = rows.filter({ hasText: "Prompt Cache Lens" });
    try {
      await rows.first().hover();
      // The list is in the order of the times that activations took, and drawn only as far as it is seen.
      await vscode().until("the extension is listed", async () => {
        if ((await ours.count()) > 0) return true;
        await vscode().page.mouse.wheel(0, 200);
        return false;
      });
      assert.match(await ours.innerText(), /web worker/);
    } finally {
      await vscode().page.keyboard.press("Escape");
    }
    await rows.first().waitFor({ state: "detached" });
  });

  it("has the numbers that it has in Node", async () => {
    const inNode = await Workbench.open({ open: agent });
    try {
      await inNode.codeLens(lens).waitFor({ timeout: 50_000 });
      // What is lost among all requests is known a moment later.
      await vscode().until("both say the same", async () => {
        const [here, there] = [vscode().codeLens(lens), inNode.codeLens(lens)];
        return (await here.innerText()) === (await there.innerText());
      });
    } finally {
      await inNode.close();
    }
  });

  it("has its findings", async () => {
    await vscode().squiggleUnder("{{ now }}", "warning");
    const { errors, warnings } = await vscode().problems();
    assert.equal(errors, 0);
    assert.ok(warnings >= 1);
    await vscode().screenshot("web");
  });

  it("reads code, for which it fetches a grammar", async () => {
    const path = "app/prompts.py";
    const rules = "Answer in one sentence, and name the page that says so. ".repeat(6);
    vscode().write(path, `SYSTEM_PROMPT = f"You answer questions about {city}. ${rules}"\n`);
    await vscode().openFile(path);
    await vscode()
      .codeLens(/[\d,]+ tokens/)
      .waitFor();
  });

  it("shows the dashboard", async () => {
    const dashboard = await Dashboard.open(vscode());
    const findings = await dashboard.openTab("findings");
    assert.match(await findings.innerText(), /"now" stands before the shared text/);
    assert.ok(count(await dashboard.headline("tokenHitRate")) > 0);
    await vscode().screenshot("web-dashboard");
  });
});
