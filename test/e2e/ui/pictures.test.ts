import { Dashboard } from "./dashboard.ts";
import { type Box, type Theme, type Workbench, withWorkbench } from "./workbench.ts";

const agent = "prompts/support-agent.j2";

/** What README and walkthrough show: `npm run pictures` puts these into media/walkthrough. */
describe("pictures", () => {
  const vscode = withWorkbench({ open: agent });

  before(() => vscode().runCommand("View: Close Primary Side Bar"));

  for (const theme of ["dark", "light"] satisfies Theme[]) {
    it(`of the steps of the walkthrough, in ${theme}`, async () => {
      await vscode().setTheme(theme);
      await vscode().resize(1040, 640);
      await vscode().openFile(agent);
      await vscode().codeLens(/Loses/).waitFor();
      await vscode().line("shared to here").first().waitFor();
      await picture(vscode(), `worst-${theme}`, { x: 0, y: 30, width: 1040, height: 420 });

      await vscode().quickFixes(vscode().squiggles("warning").first());
      await picture(vscode(), `fix-${theme}`, { x: 0, y: 30, width: 1040, height: 420 });
      await vscode().page.keyboard.press("Escape");

      await vscode().openPicker("Prompt Cache: Select Model…", "Model that serves the prompts");
      await vscode().quickPickRow("hits from").first().waitFor();
      await picture(vscode(), `scenario-${theme}`, { x: 180, y: 0, width: 680, height: 420 });
      await vscode().page.keyboard.press("Escape");

      const dashboard = await Dashboard.open(vscode());
      await vscode().webviewTheme(dashboard.inside, theme);
      await dashboard.openTab("tree");
      await dashboard.at("tree-list").focus();
      for (const key of ["ArrowDown", "ArrowRight", "ArrowDown", "ArrowDown"])
        await vscode().page.keyboard.press(key);
      await dashboard.at("tab-tree").evaluate((tab) => tab.scrollIntoView());
      await picture(vscode(), `dashboard-${theme}`, { x: 0, y: 30, width: 1040, height: 580 });
      await vscode().runCommand("View: Close All Editors");
    });
  }
});

async function picture(vscode: Workbench, name: string, clip: Box): Promise<void> {
  await vscode.page.mouse.move(0, 0);
  await vscode.screenshot(`walkthrough-${name}`, clip);
}
