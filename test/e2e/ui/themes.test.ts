import { Dashboard, type TabName } from "./dashboard.ts";
import { type Theme, withWorkbench } from "./workbench.ts";

const agent = "prompts/support-agent.j2";

/** Pictures to be looked at: nothing here says whether they are beautiful, only that all is drawn. */
const widths = [900, 1600];

describe("themes", () => {
  const vscode = withWorkbench({ open: agent });

  for (const theme of ["dark", "light", "high-contrast", "high-contrast-light"] satisfies Theme[]) {
    it(`shows editor, shared prefixes, report and dashboard in ${theme}`, async () => {
      await vscode().setTheme(theme);
      await vscode().openFile(agent);
      await vscode()
        .codeLens(/tokens/)
        .waitFor();
      await vscode().openFile(agent.replace(".j2", "-fixed.j2"));
      const before = await vscode().decorations().count();
      await vscode().runCommand("Prompt Cache: Toggle Token Boundaries");
      await vscode().until("tokens are shaded", async () => (await vscode().decorations().count()) > before);
      await vscode().screenshotAt(`editor-tokens-${theme}`, widths);
      await vscode().runCommand("Prompt Cache: Toggle Token Boundaries");
      await vscode().openFile(agent);
      await vscode().codeLens(/Loses/).waitFor();
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
        await vscode().screenshotAt(`dashboard-${tab}-${theme}`, widths);
      }
    });
  }

  it("shows what the pickers and the pages say", async () => {
    await vscode().setTheme("dark");
    await vscode().openFile(agent);
    await vscode()
      .codeLens(/tokens/)
      .waitFor();
    await vscode().openPicker("Prompt Cache: Select Model…", "Model that serves the prompts");
    await vscode().quickPickRow("hits from").first().waitFor();
    await vscode().screenshotAt("pick-model", widths);
    await vscode().page.keyboard.press("Escape");
    for (const [command, words] of [
      ["Preview as the Model Sees It", "Current time"],
      ["Explain This Prompt", "Move now to the end"],
      ["Advise What to Set", "This policy has nothing to set"],
    ] as const) {
      await vscode().runCommand("View: Close All Editors");
      await vscode().openFile(agent);
      await vscode()
        .codeLens(/tokens/)
        .waitFor();
      await vscode().runCommand(`Prompt Cache: ${command}`);
      const page = await vscode().webview(`.markdown-body :text("${words}")`);
      await vscode().webviewTheme(page, "dark");
      await vscode().screenshotAt(`page-${command.toLowerCase().replaceAll(" ", "-")}`, widths);
    }
  });
});
