import { strict as assert } from "node:assert";
import { counts } from "./dashboard.ts";
import { Workbench, withWorkbench } from "./workbench.ts";

const agent = "prompts/support-agent.j2";
const lens = /[\d.]+ % hit.* [\d,]+ of [\d,]+ tokens stable/;

/** Stable tokens, and all. */
const stableIn = (text: string) => counts(/[\d,]+ of [\d,]+ tokens stable/.exec(text)?.[0] ?? "");

describe("editor", () => {
  const vscode = withWorkbench({ open: agent });

  it("draws a squiggle under the hole, and under nothing else of its line", async () => {
    await vscode().codeLens(lens).waitFor();
    const { drawn, text } = await vscode().squiggleUnder("{{ now }}", "warning");
    assert.equal(await vscode().squiggles("warning").count(), 1);
    assert.ok(Math.abs(drawn.width - text.width) < 8, `is ${drawn.width} wide, the hole ${text.width}`);
  });

  it("counts it among the problems", async () => {
    const { warnings, errors } = await vscode().problems();
    assert.ok(warnings >= 1);
    assert.equal(errors, 0);
  });

  it("shows finding and numbers on hover", async () => {
    const text = await vscode().hover("{{ now }}", /never repeats.*Tokens here/s);
    assert.match(text, /"now" stands before the shared text/);
    assert.match(text, /volatile-early/);
    assert.match(text, /Hole now — volatile, inferred/);
    for (const row of ["Tokens here (mean)", "Stable prefix", "One checkpoint (SSM state)"])
      assert.ok(text.includes(row), `${row} in:\n${text}`);
    assert.match(text, /73\.7 MiB/);
    await vscode().screenshot("editor-hover");
    await vscode().page.mouse.move(0, 0);
  });

  it("leads from the hover to the dashboard", async () => {
    await vscode().hover("{{ now }}", /never repeats.*Tokens here/s);
    await vscode().page.locator(".monaco-hover:not(.hidden) a", { hasText: "Dashboard" }).click();
    const tab = vscode().tab("Prompt Cache Dashboard");
    await tab.waitFor();
    await vscode().until("the dashboard is closed", async () => {
      await vscode().runCommand("View: Close Editor");
      return tab.waitFor({ state: "detached", timeout: 3000 }).then(
        () => true,
        () => false,
      );
    });
    await vscode().codeLens(lens).waitFor();
  });

  it("opens a peek of the prompt where its line of numbers is clicked", async () => {
    await vscode().codeLens(lens).click();
    const peek = vscode().page.locator(".peekview-widget");
    await peek.waitFor();
    await peek
      .locator(".view-line", { hasText: /support-agent/ })
      .first()
      .waitFor();
    await vscode().screenshot("editor-peek");
    await vscode().page.keyboard.press("Escape");
    await peek.waitFor({ state: "detached" });
  });

  it("says in the status bar how much of the prompt is stable", async () => {
    const item = vscode().statusItem(/[\d,]+\/[\d,]+ stable · [\d.]+ % hit/);
    await item.waitFor();
    const [stable, tokens] = counts(await item.innerText());
    assert.deepEqual([stable, tokens], stableIn(await vscode().codeLens(lens).innerText()));
  });

  it("follows the keys: the hole goes, and so do squiggle and loss", async () => {
    const stable = async () => stableIn(await vscode().codeLens(lens).innerText())[0]!;
    const before = await stable();
    await vscode().goTo(2);
    await vscode().page.keyboard.press("ControlOrMeta+Shift+K");
    await vscode().squiggles("warning").first().waitFor({ state: "detached" });
    assert.ok(await vscode().until("more is stable", async () => (await stable()) > before));
    // The editor closes the braces. A day would be no finding: only what is half typed would be marked, for a moment.
    await vscode().type("Today is {{ now");
    await vscode().squiggles().first().waitFor();
    await vscode().page.keyboard.press("ControlOrMeta+A");
    await vscode().type("You are");
    await vscode().squiggles().first().waitFor({ state: "detached" });
    // Too short for a line of numbers.
    await vscode()
      .codeLens(/tokens/)
      .waitFor({ state: "detached" });
    await vscode().until("the text is back", async () => {
      await vscode().page.keyboard.press("ControlOrMeta+Z");
      return (await vscode().text(agent)).includes("{{ now }}");
    });
    await vscode().until("the numbers are back", async () => (await stable()) === before);
    assert.equal(await vscode().squiggles("warning").count(), 1);
  });

  it("shows in the text where the shared prefix ends", async () => {
    const hint = vscode().page.locator(".view-line", { hasText: "shared to here" });
    await hint.first().waitFor();
    await vscode().screenshot("editor-inline");
    await vscode().runCommand("Prompt Cache: Toggle Inline View");
    await hint.first().waitFor({ state: "detached" });
    await vscode().runCommand("Prompt Cache: Toggle Inline View");
    await hint.first().waitFor();
  });

  it("shows where tokens begin, as long as it is asked for", async () => {
    const before = await vscode().decorations().count();
    await vscode().runCommand("Prompt Cache: Toggle Token Boundaries");
    const shown = () => vscode().decorations().count();
    const shaded = await vscode().until("tokens are shaded", async () => {
      const now = await shown();
      return now > before && now;
    });
    await vscode().screenshot("editor-tokens");
    await vscode().runCommand("Prompt Cache: Toggle Token Boundaries");
    await vscode().until("they are not", async () => (await shown()) < shaded);
  });

  it("counts in a second window what is saved in the first", async () => {
    const other = await Workbench.open({ beside: vscode(), open: agent });
    try {
      const stable = async (window: Workbench) => stableIn(await window.codeLens(lens).innerText())[0]!;
      const before = await stable(other);
      assert.equal(before, await stable(vscode()));
      vscode().write(agent, vscode().read(agent).replace("Current time: {{ now }}\n", ""));
      for (const window of [vscode(), other])
        await window.until("more is stable", async () => (await stable(window)) > before);
      assert.equal(await stable(other), await stable(vscode()));
    } finally {
      await other.close();
    }
  });
});
