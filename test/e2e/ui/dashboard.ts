import { strict as assert } from "node:assert";
import type { FrameLocator, Locator } from "playwright-core";
import type { Workbench } from "./workbench.ts";

export type TabName = "ledger" | "tree" | "memory" | "prefix" | "findings" | "notes";

/** The dashboard in its tab of the editor. Its elements are ours, and named for tests. */
export class Dashboard {
  readonly inside: FrameLocator;
  readonly #vscode: Workbench;

  private constructor(vscode: Workbench, inside: FrameLocator) {
    this.#vscode = vscode;
    this.inside = inside;
  }

  /** Opens it, or brings it to the front, and waits for its first report. */
  static async open(vscode: Workbench): Promise<Dashboard> {
    await vscode.runCommand("Prompt Cache: Show Dashboard");
    const dashboard = new Dashboard(vscode, await vscode.webview('[data-testid="dashboard"]'));
    await dashboard.settled();
    return dashboard;
  }

  at(testId: string): Locator {
    return this.inside.locator(`[data-testid="${testId}"]`);
  }

  /** Waits for numbers that nothing is about to change. */
  async settled(): Promise<void> {
    await this.inside.locator('[data-testid="status"][data-kind="idle"]').waitFor();
    await this.at("headline-tokenHitRate").waitFor({ state: "attached" });
  }

  async openTab(name: TabName): Promise<Locator> {
    await this.at(`tab-${name}`).click();
    const view = this.at(`view-${name}`);
    await view.waitFor();
    // Its part of the report comes when its tab is in front.
    await this.inside.locator(`[data-testid="results"][data-part="${name}"]`).waitFor();
    return view;
  }

  /** Takes a choice of the toolbar. */
  async select(what: "model" | "gpu" | "policy", label: string): Promise<void> {
    const dropdown = this.at(`select-${what}`);
    await dropdown.click();
    await dropdown.getByRole("option", { name: label, exact: true }).click();
  }

  /** A number of the headline, as it is written. */
  async headline(id: string): Promise<string> {
    return (await this.at(`headline-${id}`).locator(".card-value").innerText()).trim();
  }

  /** Waits until a text is another one than before, and gives it. */
  async changed(text: () => Promise<string>, before: string): Promise<string> {
    return this.#vscode.until(`"${before}" is another text`, async () => {
      const now = await text();
      return now !== before && now;
    });
  }
}

/** All counts in a text, as people read them. */
export function counts(text: string): number[] {
  const found = text.match(/\d[\d,]*(\.\d+)?/g) ?? [];
  return found.map((digits) => Number(digits.replaceAll(",", "")));
}

export function count(text: string): number {
  const [first] = counts(text);
  assert.ok(first !== undefined, `no number in "${text}"`);
  return first;
}
