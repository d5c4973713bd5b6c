import { strict as assert } from "node:assert";
import type { FrameLocator } from "playwright-core";
import { count } from "./dashboard.ts";
import { withWorkbench } from "./workbench.ts";

const agent = "prompts/support-agent-fixed.j2";
const lens = /[\d,]+ of [\d,]+ tokens stable/;

const tokensIn = (text: string) => / of ([\d,]+) tokens stable/.exec(text)?.[1];

describe("commands", () => {
  const vscode = withWorkbench({ open: agent });

  /** The cells of a row of the report. */
  async function cells(report: FrameLocator, name: string): Promise<string[]> {
    const row = report.locator("tr", { has: report.getByRole("cell", { name, exact: true }) }).first();
    await row.waitFor();
    return (await row.locator("td").allInnerTexts()).map((cell) => cell.trim());
  }

  it("are all offered by the palette", async () => {
    await vscode().codeLens(lens).waitFor();
    // The list is drawn only as far as it is seen.
    for (const title of [
      "Show Cache Report",
      "Show Dashboard",
      "Select Model…",
      "Select GPU…",
      "Select Policy…",
      "Refresh Analysis",
      "Open promptcache.json",
      "Explain This Prompt",
      "Open the Worst Prompt",
      "Fix All in This File",
      "Toggle Inline View",
    ]) {
      const offered = await vscode().commands(`Prompt Cache: ${title}`);
      assert.ok(
        offered.some((label) => label.includes(`Prompt Cache: ${title}`)),
        title,
      );
    }
  });

  it("show the report, whose fates add up", async () => {
    await vscode().runCommand("Prompt Cache: Show Cache Report");
    await vscode().tab("Preview Prompt Cache Report.md").waitFor();
    const report = await vscode().reportPreview();
    const text = await report.locator(".markdown-body").innerText();
    assert.match(text, /[\d.]+ % of prompt tokens are reused/);
    assert.match(text, /ibm-granite\/granite-4\.0-h-small on NVIDIA H100/);
    assert.match(text, /prompts\/support-agent\.j2:2: .*"now" stands before the shared text/);
    let sum = 0;
    for (const fate of ["reused", "cold", "diverged", "no checkpoint", "unaligned", "evicted", "ruled out"])
      sum += count((await cells(report, fate))[1]!);
    const all = count((await cells(report, "all"))[1]!);
    assert.equal(sum, all);
    // The ledger is that of the cold start, beside the steady state.
    const [, reused, tokens] = /from an empty cache [\d.]+ % \(([\d,]+) of ([\d,]+)\)/.exec(text)!;
    assert.equal(count(tokens!), all);
    assert.equal(count(reused!), count((await cells(report, "reused"))[1]!));
    await vscode().screenshot("report-dark");
  });

  it("change the policy, and every number follows", async () => {
    const editor = await vscode().openFile(agent);
    await vscode().codeLens(lens).waitFor();
    const before = await vscode().codeLens(lens).innerText();
    await vscode().openPicker("Prompt Cache: Select Policy…", "Cache policy");
    const [first] = await vscode().quickPicks();
    assert.match(first ?? "", /Marconi/i);
    await vscode().page.locator(".quick-input-widget input").fill("proposed here");
    await vscode().quickPickRow("density").first().waitFor();
    const proposed = await vscode().quickPicks();
    assert.ok(
      proposed.length >= 2 && proposed.every((label) => /proposed here/.test(label)),
      proposed.join("\n"),
    );
    await vscode().screenshot("pick-policy");
    await vscode().answer("vllm");
    await vscode().until("the numbers are others", async () => {
      const now = await vscode().codeLens(lens).innerText();
      return now !== before && tokensIn(now) === tokensIn(before);
    });
    await vscode().until("the choice is kept", async () =>
      vscode().read(".vscode/settings.json").includes('"vllm"'),
    );
    await editor.waitFor();
    await vscode().runCommand("Prompt Cache: Show Cache Report");
    const report = await vscode().reportPreview();
    await report.locator("td", { hasText: /^vllm$/ }).waitFor();
  });

  it("change GPU and model, and the report says so", async () => {
    // From a text editor: a preview that gets the focus back does so late, and closes the next picker.
    await vscode().openFile(agent);
    const numbers = () => vscode().codeLens(lens).innerText();
    const before = await numbers();
    await vscode().openPicker("Prompt Cache: Select GPU…", "GPU that it runs on");
    await vscode().answer("H200-SXM");
    await vscode().until("the times are others", async () => (await numbers()) !== before);
    await vscode().openPicker("Prompt Cache: Select Model…", "Model that serves the prompts");
    await vscode().screenshot("pick-model");
    await vscode().answer("nemotron-h-8b");
    await vscode().until("tokens are counted with a substitute", async () => /≈/.test(await numbers()));
    await vscode().runCommand("Prompt Cache: Show Cache Report");
    const report = await vscode().reportPreview();
    for (const name of [/H200/, /Nemotron-H-8B/i])
      await report.locator("td", { hasText: name }).first().waitFor();
  });

  it("open promptcache.json, which marks a key that it does not know", async () => {
    await vscode().runCommand("Prompt Cache: Open promptcache.json");
    await vscode().editor("promptcache.json").waitFor();
    await vscode().goTo(1, 2);
    await vscode().type('\n"polcy": "vllm",');
    await vscode().squiggleUnder('"polcy"');
    await vscode().hover('"polcy"', /"polcy" is not a key.*did you mean "policy"/s);
    await vscode().screenshot("config-unknown-key");
  });
});
