import { strict as assert } from "node:assert";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FrameLocator, Locator, Page } from "playwright-core";
import { newPage } from "./browser.ts";

// Every selector that depends on how VS Code is built is in this file. Prefer text and aria where VS Code has them.

export type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

export type Severity = "error" | "warning" | "info" | "hint";

const themes = {
  dark: { id: "Dark Modern", editor: ".vs-dark", page: "vscode-dark" },
  light: { id: "Light Modern", editor: ".vs", page: "vscode-light" },
  "high-contrast": { id: "Default High Contrast", editor: ".hc-black", page: "vscode-high-contrast" },
  "high-contrast-light": {
    id: "Default High Contrast Light",
    editor: ".hc-light",
    page: "vscode-high-contrast-light",
  },
};
export type Theme = keyof typeof themes;

export type OpenOptions = {
  /** Files of the workspace, by path; without them the workspace is a copy of the examples. */
  readonly files?: Readonly<Record<string, string>>;
  /** A file to open at once, by its path in the workspace. */
  readonly open?: string;
  /** Where the extension runs: beside the files in Node, unless it is in the browser. */
  readonly extensionHost?: "web";
  /** Settings of the workspace. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Another window, on the folder of this one. */
  readonly beside?: Workbench;
};

export class Workbench {
  readonly page: Page;
  /** The workspace folder on disk, of this workbench alone. */
  readonly folder: string;
  /** What a Content Security Policy has forbidden so far, in the workbench or in a webview. */
  readonly violations: string[] = [];

  private constructor(page: Page, folder: string) {
    this.page = page;
    this.folder = folder;
    page.on("console", (message) => {
      const text = message.text();
      if (text.includes("Content Security Policy")) this.violations.push(text);
    });
  }

  static async open(options: OpenOptions = {}): Promise<Workbench> {
    const folder =
      options.beside?.folder ?? join(mkdtempSync(join(process.env["E2E_TEMPORARY"]!, "ws-")), "harbor-lane");
    mkdirSync(folder, { recursive: true });
    if (options.files === undefined && options.beside === undefined)
      cpSync(process.env["E2E_EXAMPLES"]!, folder, { recursive: true });
    const workbench = new Workbench(await newPage(), folder);
    for (const [path, text] of Object.entries(options.files ?? {})) workbench.write(path, text);
    if (options.settings !== undefined) workbench.setSettings(options.settings);

    const url = new URL(process.env[options.extensionHost === "web" ? "E2E_WEB_URL" : "E2E_URL"]!);
    url.searchParams.set("folder", folder);
    if (options.open !== undefined) {
      const file = `vscode-remote://${url.host}${join(folder, options.open)}`;
      url.searchParams.set("payload", JSON.stringify([["openFile", file]]));
    }
    await workbench.page.goto(url.href);
    await workbench.page.locator(".monaco-workbench").waitFor();
    await workbench.page.locator(".explorer-folders-view").waitFor();
    if (options.open !== undefined)
      await workbench.editor(options.open).locator(".view-line").first().waitFor();
    return workbench;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  // Files and settings, on disk: the workbench notices within about a second.

  write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  /** Adds to the workspace's settings. */
  setSettings(settings: Readonly<Record<string, unknown>>): void {
    const path = ".vscode/settings.json";
    let present = {};
    try {
      present = JSON.parse(this.read(path));
    } catch {
      // There are none yet.
    }
    this.write(path, JSON.stringify({ ...present, ...settings }, null, 2));
  }

  async setTheme(theme: Theme): Promise<void> {
    const { id, editor } = themes[theme];
    this.setSettings({ "workbench.colorTheme": id });
    await this.page.locator(`.monaco-workbench${editor}`).waitFor();
  }

  // Editor.

  /** Opens a file of the workspace and waits for its text. */
  async openFile(path: string): Promise<Locator> {
    await this.quickInput(path);
    await this.quickPickRow(path.split("/").at(-1)!).first().waitFor();
    await this.page.keyboard.press("Enter");
    const editor = this.editor(path);
    await editor.locator(".view-line").first().waitFor();
    return editor;
  }

  editor(path: string): Locator {
    return this.page.locator(`.editor-instance .monaco-editor[data-uri$=${JSON.stringify(encodeURI(path))}]`);
  }

  /** The lines on screen, as text. */
  async text(path: string): Promise<string> {
    const lines = this.editor(path).locator(".view-line");
    // The nodes are reused in any order: their position says which line is which.
    const placed = await lines.evaluateAll((nodes) =>
      nodes.map((node) => ({ top: node.getBoundingClientRect().top, text: node.textContent ?? "" })),
    );
    const sorted = placed.sort((a, b) => a.top - b.top).map((line) => line.text);
    return plain(sorted.join("\n"));
  }

  /** Puts the cursor somewhere; both numbers count from 1. */
  async goTo(line: number, column = 1): Promise<void> {
    await this.quickInput(`:${line}:${column}`);
    await this.page.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** Types at the cursor of the editor that has the focus. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  async save(): Promise<void> {
    await this.page.keyboard.press("ControlOrMeta+S");
  }

  squiggles(severity?: Severity): Locator {
    const kinds = severity === undefined ? (["error", "warning", "info", "hint"] as const) : [severity];
    return this.page.locator(kinds.map((kind) => `.editor-instance .squiggly-${kind}`).join(", "));
  }

  /** A code lens whose text contains `text`. Lenses are drawn anew at each change: wait for one, don't read lists. */
  codeLens(text: string | RegExp): Locator {
    return this.page.locator(".codelens-decoration a", { hasText: text });
  }

  /** Stretches of text that have a background, or a line around them, of an extension's own. */
  decorations(): Locator {
    return this.page.locator(".editor-instance .view-overlays .cdr[class*='ced-']");
  }

  /** A line of an editor, with whatever inlay hints and decorations stand in it. */
  line(text: string | RegExp): Locator {
    return this.page.locator(".editor-instance .view-line", { hasText: text });
  }

  /**
   * The text that hovering over something in an editor brings up, as soon as it has what is wanted:
   * several providers answer, each when it is ready.
   */
  async hover(target: Locator | string, wanted = /./): Promise<string> {
    const { x, y } = await this.centre(target);
    await this.page.mouse.move(x, y - 40);
    await this.page.mouse.move(x, y, { steps: 5 });
    const hover = this.page.locator(".monaco-hover:not(.hidden) .monaco-hover-content");
    await hover.first().waitFor();
    return this.until(`the hover has ${wanted}`, async () => {
      const text = plain((await hover.allInnerTexts()).join("\n"));
      return wanted.test(text) && text;
    });
  }

  /** Opens the quick fixes at a squiggle and gives their titles; `quickFix` takes one. */
  async quickFixes(squiggle: Locator): Promise<string[]> {
    const { x, y } = await this.centre(squiggle);
    await this.page.mouse.click(x, y);
    await this.page.keyboard.press("ControlOrMeta+.");
    const rows = this.page.locator(".action-widget .monaco-list-row.action");
    await rows.first().waitFor();
    return (await rows.allInnerTexts()).map((title) => plain(title).trim());
  }

  async quickFix(squiggle: Locator, title: string | RegExp): Promise<void> {
    await this.quickFixes(squiggle);
    await this.page.locator(".action-widget .monaco-list-row", { hasText: title }).first().click();
  }

  /** Where some text of an editor stands on screen. */
  async textBox(text: string): Promise<Box> {
    return this.line(text)
      .first()
      .evaluate((line, wanted) => {
        // The text of a line is cut into spans by its colours.
        const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        const places: { node: Node; offset: number }[] = [];
        let all = "";
        while (walker.nextNode()) {
          const node = walker.currentNode;
          const part = node.nodeValue ?? "";
          for (let offset = 0; offset < part.length; offset++) places.push({ node, offset });
          all += part.replaceAll("\u00a0", " ");
        }
        const at = all.indexOf(wanted);
        const [first, last] = [places[at]!, places[at + wanted.length - 1]!];
        const range = document.createRange();
        range.setStart(first.node, first.offset);
        range.setEnd(last.node, last.offset + 1);
        const { x, y, width, height } = range.getBoundingClientRect();
        return { x, y, width, height };
      }, text);
  }

  /** Waits for a squiggle under some text, and gives where both are drawn. */
  async squiggleUnder(text: string, severity?: Severity): Promise<{ drawn: Box; text: Box }> {
    return this.until(`a squiggle is under "${text}"`, async () => {
      const place = await this.textBox(text);
      const boxes = await this.squiggles(severity).evaluateAll((nodes) =>
        nodes.map((node) => {
          const { x, y, width, height } = node.getBoundingClientRect();
          return { x, y, width, height };
        }),
      );
      // Rounding may cost less than half a letter.
      const drawn = boxes.find(
        (box) => Math.abs(box.y - place.y) < place.height && Math.abs(box.x - place.x) < 4,
      );
      return drawn !== undefined && { drawn, text: place };
    });
  }

  /** Waits for what is selected in the active editor, by what the status bar says of it. */
  async waitForSelection(line: number, characters: number): Promise<void> {
    await this.statusItem(new RegExp(`Ln ${line}, Col \\d+ \\(${characters} selected\\)`)).waitFor();
  }

  // Around the editor.

  async problems(): Promise<{ errors: number; warnings: number; infos: number }> {
    const label = (await this.page.locator("#status\\.problems").getAttribute("aria-label")) ?? "";
    const count = (word: string) => Number(new RegExp(`${word}: (\\d+)`).exec(label)?.[1] ?? 0);
    return { errors: count("Errors"), warnings: count("Warnings"), infos: count("Infos") };
  }

  statusItem(text: string | RegExp): Locator {
    return this.page.locator(".statusbar-item", { hasText: text });
  }

  /** A notification; a button in it is `toast(text).getByRole("button", { name })`. */
  toast(text: string | RegExp): Locator {
    return this.page.locator(".notification-toast", { hasText: text });
  }

  /** A row of a tree or list in the side bar or the panel. */
  row(text: string | RegExp): Locator {
    return this.page.locator(".pane-body .monaco-list-row", { hasText: text });
  }

  tab(title: string | RegExp): Locator {
    return this.page.locator(".tabs-container .tab", { hasText: title });
  }

  // Palette and quick picks.

  /** Runs a command by what the palette shows: "Category: Title". */
  async runCommand(title: string): Promise<void> {
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
    // A palette that was opened before the extensions were read does not learn of their commands.
    for (let attempt = 0; attempt < 10; attempt++) {
      await this.quickInput(`>${title}`);
      const appeared = await row.waitFor({ timeout: 2000 }).then(
        () => true,
        () => false,
      );
      const taken =
        appeared &&
        (await row.click({ timeout: 3000 }).then(
          () => true,
          () => false,
        ));
      if (taken) {
        // Left where the list was, the mouse would bring up whatever lies below it.
        return this.page.mouse.move(0, 0);
      }
      await this.page.keyboard.press("Escape");
    }
    throw new Error(`the palette has no "${title}"`);
  }

  /** The commands that the palette offers for some words. */
  async commands(words: string): Promise<string[]> {
    await this.quickInput(`>${words}`);
    const titles = await this.quickPicks();
    await this.page.keyboard.press("Escape");
    return titles;
  }

  quickPickRow(text: string | RegExp): Locator {
    return this.page.locator(".quick-input-list .monaco-list-row", { hasText: text });
  }

  /** What an open quick pick offers. Long lists are drawn only as far as they are seen. */
  async quickPicks(): Promise<string[]> {
    const rows = this.page.locator(".quick-input-list .monaco-list-row");
    await rows.first().waitFor();
    const labels = await rows.evaluateAll((nodes) =>
      nodes.map((node) => node.getAttribute("aria-label") ?? ""),
    );
    return labels.map(plain);
  }

  /** Takes a row of the quick pick that is open. */
  async pick(text: string | RegExp): Promise<void> {
    await this.quickPickRow(text).first().click();
  }

  /** Answers the input box that is open. */
  async answer(text: string): Promise<void> {
    await this.page.locator(".quick-input-widget input").fill(text);
    await this.page.keyboard.press("Enter");
  }

  private async quickInput(text: string): Promise<void> {
    const input = this.page.locator(".quick-input-widget input[type=text]");
    // A webview that has just got the focus does not hand its keys on yet, and one that takes it late closes the palette.
    await this.until("the palette is open", async () => {
      await this.page.keyboard.press("F1");
      return input.fill(text, { timeout: 2000 }).then(
        () => true,
        () => false,
      );
    });
  }

  /** Runs a command that opens a quick pick, and waits for it: one that loses the focus again closes at once. */
  async openPicker(command: string, title: string): Promise<void> {
    const shown = this.page.locator(".quick-input-widget .quick-input-title", { hasText: title });
    await this.until(`"${title}" is asked`, async () => {
      await this.runCommand(command);
      return shown.waitFor({ timeout: 3000 }).then(
        () => true,
        () => false,
      );
    });
  }

  // Webviews.

  /** The inside of the preview of the cache report. */
  reportPreview(): Promise<FrameLocator> {
    return this.webview('.markdown-body :text("Prompt Cache Report")');
  }

  /** The inside of the webview in which `selector` is found; the only webview when it is left out. */
  async webview(selector = "body"): Promise<FrameLocator> {
    const outer = this.page.locator("iframe.webview.ready");
    await outer.first().waitFor({ state: "attached" });
    const deadline = Date.now() + 20_000;
    while (Date.now() < deadline) {
      for (let i = 0; i < (await outer.count()); i++) {
        const inside = outer.nth(i).contentFrame().frameLocator("iframe#active-frame");
        if ((await inside.locator(selector).count()) > 0) return inside;
      }
      await this.page.waitForTimeout(100);
    }
    throw new Error(`no webview has ${selector}`);
  }

  /** Waits until a webview wears the theme, which it is told of after the workbench has changed. */
  async webviewTheme(inside: FrameLocator, theme: Theme): Promise<void> {
    await inside.locator(`body.${themes[theme].page}`).waitFor();
  }

  // Pictures and checks.

  /** Asks again and again until there is an answer, and gives it: `undefined` and `false` are none. */
  async until<T>(what: string, probe: () => Promise<T>): Promise<Exclude<T, undefined | false>> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
      assert.ok(Date.now() < deadline, `waited in vain until ${what}`);
      await this.page.waitForTimeout(100);
    }
  }

  /** Saves what is on screen as test-output/screenshots/<name>.png. */
  async screenshot(name: string, clip?: Box): Promise<void> {
    const path = join(process.env["E2E_SCREENSHOTS"]!, `${name}.png`);
    await this.page.screenshot({ path, ...(clip && { clip }) });
  }

  /** The same with the window so wide, one picture for each. */
  async screenshotAt(name: string, widths: readonly number[]): Promise<void> {
    const before = this.page.viewportSize();
    for (const width of widths) {
      await this.resize(width, before?.height ?? 800);
      await this.screenshot(`${name}-${width}`);
    }
    if (before !== null) await this.resize(before.width, before.height);
  }

  async resize(width: number, height: number): Promise<void> {
    await this.page.setViewportSize({ width, height });
    // Editors and webviews are laid out anew a moment later.
    await this.page.waitForTimeout(400);
  }

  /** Fails when a Content Security Policy had to forbid something since the last check. */
  assertNoViolations(): void {
    assert.deepEqual(this.violations.splice(0), []);
  }

  /** The centre of an element that has stopped moving: code lenses shift the lines below them when they appear. */
  private async centre(target: Locator | string): Promise<{ x: number; y: number }> {
    let last = "";
    for (let i = 0; i < 50; i++) {
      const box =
        typeof target === "string" ? await this.textBox(target) : await target.first().boundingBox();
      const seen = JSON.stringify(box);
      if (box !== null && seen === last) return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
      last = seen;
      await this.page.waitForTimeout(150);
    }
    throw new Error("the element is not shown, or does not stop moving");
  }
}

/**
 * A workbench for the tests of one `describe`: opened before them, closed after them. A failed test leaves a picture,
 * and so does one after which a Content Security Policy had to forbid something: that fails it.
 */
export function withWorkbench(options?: OpenOptions): () => Workbench {
  let workbench: Workbench | undefined;
  before(async () => {
    workbench = await Workbench.open(options);
  });
  afterEach(async function () {
    const test = this.currentTest;
    if (test?.state === "failed")
      await workbench?.screenshot(`failed ${test.fullTitle().replace(/[^\w]+/g, "-")}`);
    workbench?.assertNoViolations();
  });
  after(() => workbench?.close());
  return () => {
    assert.ok(workbench, "the workbench is open only while tests run");
    return workbench;
  };
}

/** VS Code draws spaces as no-break spaces, so that HTML keeps them. */
function plain(text: string): string {
  return text.replaceAll("\u00a0", " ");
}
