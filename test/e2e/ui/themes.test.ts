import { Dashboard, type TabName } from "./dashboard.ts";
import { type Theme, withWorkbench } from "./workbench.ts";

const agent = "prompts/support-agent.j2";

/** The two of the README are copies, made smaller by hand, of what this leaves in test-output/screenshots. */
describe("pictures of the README", () => {
  const vscode = withWorkbench({ open: agent });

  it("show an editor with its numbers, and the prefix tree", async () => {
    await vscode()
      .codeLens(/tokens/)
      .waitFor();
    await vscode().hover("{{ now }}", /never repeats.*Tokens here/s);
    await vscode().screenshot("readme-editor");
    await vscode().page.mouse.move(0, 0);
    const dashboard = await Dashboard.open(vscode());
    await vscode().runCommand("View: Close Primary Side Bar");
    await dashboard.openTab("tree");
    await dashboard.at("tree-list").focus();
    await vscode().page.keyboard.press("ArrowDown");
    await vscode().page.keyboard.press("ArrowRight");
    await vscode().page.keyboard.press("ArrowDown");
    await vscode().page.keyboard.press("ArrowDown");
    // The nodes above it are the model's chat template.
    await dashboard.at("open-node").waitFor();
    await dashboard.at("tab-tree").evaluate((tab) => tab.scrollIntoView());
    await vscode().screenshot("readme-dashboard");
  });
});

/** Pictures to be looked at: nothing here says whether they are beautiful, only that all is drawn. */
describe("themes", () => {
  const vscode = withWorkbench({ open: agent });

  for (const theme of ["dark", "light", "high-contrast"] satisfies Theme[]) {
    it(`shows editor, shared prefixes, report and dashboard in ${theme}`, async () => {
      await vscode().setTheme(theme);
      await vscode().openFile(agent);
      await vscode()
        .codeLens(/tokens/)
        .waitFor();
      await vscode().hover("{{ now }}", /never repeats.*Tokens here/s);
      await vscode().screenshot(`editor-${theme}`);
      await vscode().page.mouse.move(0, 0);

      await vscode().runCommand("Prompt Cache: Reveal This Prompt in Shared Prefixes");
      await vscode().page.locator(".pane-body .monaco-list-row", { hasText: "Not shared" }).first().waitFor();
      await vscode().screenshot(`prefixes-${theme}`);
      await vscode().runCommand("View: Show Explorer");

      await vscode().runCommand("Prompt Cache: Show Cache Report");
      await vscode().webviewTheme(await vscode().reportPreview(), theme);
      await vscode().screenshot(`report-${theme}`);

      const dashboard = await Dashboard.open(vscode());
      await vscode().webviewTheme(dashboard.inside, theme);
      for (const tab of ["ledger", "tree", "memory", "prefix", "findings", "notes"] satisfies TabName[]) {
        await dashboard.openTab(tab);
        await vscode().screenshot(`dashboard-${tab}-${theme}`);
      }
    });
  }
});
