import { withWorkbench } from "./workbench.ts";

describe("workbench", () => {
  const vscode = withWorkbench();

  it("opens with the extension installed", async () => {
    await vscode().runCommand("Extensions: Show Installed Extensions");
    await vscode().page.locator(".extension-list-item", { hasText: "Prompt Cache Lens" }).first().waitFor();
  });
});
