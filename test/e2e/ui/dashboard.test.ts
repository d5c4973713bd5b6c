import { strict as assert } from "node:assert";
import { count, counts, Dashboard } from "./dashboard.ts";
import { withWorkbench } from "./workbench.ts";

describe("dashboard", () => {
  const vscode = withWorkbench();
  let dashboard: Dashboard;

  before(async () => {
    dashboard = await Dashboard.open(vscode());
  });

  it("shows a ledger that adds up to the prompt tokens", async () => {
    const ledger = await dashboard.openTab("ledger");
    const rows = await dashboard.at("fate-table").locator("tbody tr").all();
    assert.equal(rows.length, 7);
    let sum = 0;
    for (const row of rows) sum += count(await row.locator("td").first().innerText());
    const stated = count(await dashboard.at("fate-sum").locator("td").first().innerText());
    assert.equal(sum, stated);
    // The ledger is that of the cold start, which the card names beside the steady state.
    const card = dashboard.at("headline-tokenHitRate");
    const [cold] = counts(await card.locator(".card-outlook").innerText());
    const reused = count(await dashboard.at("fate-reused").locator("td").first().innerText());
    assert.ok(Math.abs(cold! - (100 * reused) / stated) <= 0.05, `${cold} % of ${stated} are not ${reused}`);
    const [steady, tokens] = counts(await card.locator(".card-detail").innerText());
    assert.ok(steady! > 0 && steady! <= tokens!, `${steady} of ${tokens}`);
    let perTemplate = 0;
    for (const cell of await ledger.locator('[data-unit="tokens"]').all())
      perTemplate += count(await cell.innerText());
    assert.equal(perTemplate, stated);
    await vscode().screenshot("dashboard-ledger");
  });

  it("says how much any prefix cache could reuse, beside the hit rate from an empty cache", async () => {
    await dashboard.openTab("ledger");
    const card = dashboard.at("headline-tokenHitRate");
    const [cold, ideal] = counts(await card.locator(".card-outlook").innerText());
    assert.ok(ideal! >= cold!, `${ideal} % is ideal, ${cold} % was reused from an empty cache`);
    const table = dashboard.at("headroom-table");
    await table.scrollIntoViewIfNeeded();
    await vscode().screenshot("dashboard-headroom");
    assert.ok((await table.locator("tbody tr").count()) >= 2);
  });

  it("walks the prefix tree by keyboard, list and drawing alike", async () => {
    await dashboard.openTab("tree");
    await dashboard.at("tree-list").focus();
    await vscode().page.keyboard.press("ArrowDown");
    const details = dashboard.at("node-details");
    await details.locator(".facts").waitFor();
    const first = await details.innerText();
    await vscode().page.keyboard.press("ArrowDown");
    const second = await dashboard.changed(() => details.innerText(), first);
    await vscode().page.keyboard.press("ArrowUp");
    await dashboard.changed(() => details.innerText(), second);
    const active = await dashboard.at("tree-list").getAttribute("aria-activedescendant");
    assert.equal(await dashboard.inside.locator(`#${active}`).getAttribute("aria-selected"), "true");
    await dashboard.at("icicle").focus();
    await vscode().page.keyboard.press("ArrowRight");
    await dashboard.changed(() => details.innerText(), first);
    await vscode().screenshot("dashboard-tree");
    await vscode().page.keyboard.press("Enter");
    await vscode().page.keyboard.press("Escape");
  });

  it("leads from a node to its text", async () => {
    await dashboard.openTab("tree");
    await dashboard.at("tree-list").focus();
    await vscode().page.keyboard.press("Home");
    // What all share is the model's chat template, which stands in no file.
    const open = dashboard.at("open-node");
    await vscode().until("a node is in a file", async () => {
      if (await open.isVisible()) return true;
      await vscode().page.keyboard.press("ArrowDown");
      return false;
    });
    await open.click();
    await vscode().page.locator(".editor-instance .monaco-editor .view-line").first().waitFor();
    await vscode().screenshot("dashboard-open-node");
    await vscode().runCommand("View: Close All Editors");
    dashboard = await Dashboard.open(vscode());
  });

  it("draws the memory of the cache", async () => {
    await dashboard.openTab("memory");
    const canvas = dashboard.at("memory-chart").locator("canvas");
    await canvas.waitFor();
    const colours = await canvas.evaluate((node) => {
      const { width, height } = node as HTMLCanvasElement;
      const { data } = (node as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
      const seen = new Set<number>();
      for (let i = 0; i < data.length; i += 4)
        seen.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
      return seen.size;
    });
    assert.ok(colours > 20, `${colours} colours`);
    await vscode().screenshot("dashboard-memory");
  });

  it("draws what a shared prefix gives by its length, anew for another policy", async () => {
    await dashboard.openTab("prefix");
    const chart = dashboard.at("prefix-chart");
    await chart.locator("canvas").waitFor();
    const words = async () => (await chart.getAttribute("aria-label")) ?? "";
    const marconi = await words();
    assert.match(marconi, /from 0 to [\d,]+ tokens; a shared prefix hits at any length; .* marked/);
    assert.ok((await dashboard.at("prefix-row").count()) > 0);
    await dashboard.select("policy", "vLLM");
    const blocks = await dashboard.changed(words, marconi);
    assert.match(blocks, /a shared prefix hits from [\d,]+ tokens on/);
    await dashboard.settled();
    await chart.scrollIntoViewIfNeeded();
    await vscode().screenshot("dashboard-prefix");
    await dashboard.select("policy", "Marconi");
    assert.equal(await dashboard.changed(words, blocks), marconi);
    await dashboard.settled();
  });

  it("lists what the numbers rest on", async () => {
    await dashboard.openTab("notes");
    const assumptions = dashboard.at("assumptions");
    await assumptions.getByText(/One prompt at a time/).waitFor();
    assert.equal(
      await assumptions.locator("li").count(),
      count(await assumptions.locator("summary").innerText()),
    );
    await vscode().screenshot("dashboard-notes");
  });

  it("leads from a finding to its place", async () => {
    await dashboard.openTab("findings");
    const finding = dashboard.at("finding").filter({ hasText: '"now" stands before' });
    await vscode().screenshot("dashboard-findings");
    await finding.locator('[data-testid="open-finding"]').click();
    await vscode().editor("prompts/support-agent.j2").locator(".view-line").first().waitFor();
    await vscode().waitForSelection(2, "{{ now }}".length);
    await vscode().screenshot("dashboard-beside-editor");
    await vscode().runCommand("View: Close All Editors");
    dashboard = await Dashboard.open(vscode());
  });

  it("remembers its tab and its node while another editor hides it", async () => {
    await dashboard.openTab("tree");
    await dashboard.at("tree-list").focus();
    await vscode().page.keyboard.press("Home");
    const details = await dashboard.at("node-details").innerText();
    await vscode().openFile("prompts/support-agent.j2");
    dashboard = await Dashboard.open(vscode());
    await dashboard.at("view-tree").waitFor();
    await vscode().until(
      "the node is the same",
      async () => (await dashboard.at("node-details").innerText()) === details,
    );
  });

  it("says where requests left the others, and leads there", async () => {
    await dashboard.openTab("ledger");
    await dashboard
      .at("fact-diverged")
      .getByRole("button", { name: /behind \{?now\}? in prompts\/support-agent\.j2/ })
      .click();
    await vscode().editor("prompts/support-agent.j2").locator(".view-line").first().waitFor();
    await vscode().waitForSelection(2, "{{ now }}".length);
    await vscode().runCommand("View: Close All Editors");
    dashboard = await Dashboard.open(vscode());
  });

  it("asks for another policy, model and GPU", async () => {
    await dashboard.openTab("ledger");
    const rate = () => dashboard.headline("tokenHitRate");
    const marconi = await rate();
    await dashboard.select("policy", "No cache");
    await dashboard.changed(rate, marconi);
    assert.match(await rate(), /^0(\.0)? %$/);
    await dashboard.settled();
    await dashboard.select("policy", "Marconi");
    await vscode().until("the first number is back", async () => (await rate()) === marconi);

    const capacity = () => dashboard.at("headline-capacity").innerText();
    const before = await capacity();
    await dashboard.select("model", "Qwen/Qwen3-Next-80B-A3B-Instruct");
    await dashboard.select("gpu", "B200-SXM");
    await dashboard.changed(capacity, before);
    await dashboard.settled();
    await vscode().until("the settings keep the choice", async () =>
      vscode().read(".vscode/settings.json").includes("Qwen3-Next"),
    );
    await vscode().screenshot("dashboard-other-model");
  });

  it("takes a capacity, and says what is none", async () => {
    const field = dashboard.at("select-capacity").locator("input");
    const capacity = () => dashboard.at("headline-capacity").innerText();
    const before = await capacity();
    await field.fill("4GiB");
    await field.press("Enter");
    await dashboard.changed(capacity, before);
    assert.match(await capacity(), /4(\.0+)? GiB \(given\)/);
    await field.fill("a lot");
    await field.press("Enter");
    await vscode().toast('"a lot" cannot be used: give auto, or a number of bytes').waitFor();
    await vscode().until(
      "the field says what is in force",
      async () => (await field.inputValue()) === "4GiB",
    );
    assert.doesNotMatch(vscode().read(".vscode/settings.json"), /a lot/);
    await vscode().runCommand("Notifications: Clear All Notifications");
  });

  it("says why a scenario cannot be simulated, and keeps the last numbers", async () => {
    const field = dashboard.at("select-capacity").locator("input");
    await field.fill("");
    await field.press("Enter");
    await dashboard.at("headline-capacity").getByText("(auto)").waitFor();
    await dashboard.settled();
    const rate = await dashboard.headline("tokenHitRate");
    await dashboard.select("gpu", "T4");
    await dashboard
      .at("failed")
      .getByText(/leave no room/)
      .waitFor();
    assert.equal(await dashboard.headline("tokenHitRate"), rate);
    await vscode()
      .toast(/leave no room/)
      .waitFor();
    await vscode().screenshot("dashboard-failed");
    await vscode().runCommand("Notifications: Clear All Notifications");
    await dashboard.select("gpu", "B200-SXM");
    await dashboard.settled();
  });

  it("follows a prompt that is edited beside it", async () => {
    const tokens = () => dashboard.at("fate-sum").locator("td").first().innerText();
    const before = await tokens();
    vscode().write(
      "prompts/extra.j2",
      `You count the gulls of the harbour. ${"Gulls are white. ".repeat(40)}\n{{ question }}\n`,
    );
    await dashboard.changed(tokens, before);
    await dashboard.at("template-row").filter({ hasText: "extra.j2" }).waitFor();
  });
});

describe("a folder without prompts", () => {
  const vscode = withWorkbench({ files: { "main.py": "print('no prompt')\n" }, open: "main.py" });

  it("has a dashboard that says what is looked for", async () => {
    await vscode().runCommand("Prompt Cache: Show Dashboard");
    const inside = await vscode().webview('[data-testid="dashboard"]');
    await inside.getByText("These are looked for").waitFor();
    await inside.locator('[data-testid="select-gpu"] vscode-option').nth(5).waitFor({ state: "attached" });
    for (const [what, usual] of [
      ["model", "ibm-granite/granite-4.0-h-small"],
      ["gpu", "H100-SXM"],
      ["policy", "marconi"],
    ] as const) {
      const dropdown = inside.locator(`[data-testid="select-${what}"]`);
      assert.equal(await dropdown.evaluate((list) => (list as HTMLSelectElement).value), usual);
    }
    await vscode().screenshot("dashboard-empty");
  });

  it("has a report that says so", async () => {
    await vscode().runCommand("Prompt Cache: Show Cache Report");
    const report = await vscode().reportPreview();
    await report.getByText(/No prompts were found|nothing to report/).waitFor();
  });

  it("offers to make a promptcache.json", async () => {
    await vscode().runCommand("Prompt Cache: Open promptcache.json");
    await vscode().toast("There is no promptcache.json").getByRole("button", { name: "Create" }).click();
    await vscode().editor("promptcache.json").locator(".view-line", { hasText: "granite" }).waitFor();
    await vscode().until(
      "there is nothing wrong with it",
      async () => (await vscode().problems()).warnings === 0,
    );
  });
});
