/** The dashboard in a real browser, under the editor's policy: what it posts, what it draws, what it may not do. */
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { partIds } from "../../src/protocol/report-parts.ts";
import { findChromium, launchChromium } from "./chromium.ts";
import type { DevPage } from "./dev-page.ts";
import { type DevServer, startDevServer } from "./dev-server.ts";

declare global {
  interface Window {
    readonly devPage: DevPage;
  }
}

const chromium = findChromium();
const isRequired = Boolean(process.env["CI"]) || process.env["REQUIRE_CHROMIUM"] === "1";
const screenshots = fileURLToPath(new URL("../../test-output/screenshots/", import.meta.url));
const missing = "no Chromium: set CHROMIUM to its path, or install it (Debian: apt-get install chromium)";

if (chromium === null && !isRequired) console.warn(`dashboard.test.ts skipped: ${missing}`);

test.runIf(chromium === null && isRequired)("Chromium is installed", () => {
  throw new Error(missing);
});

/** As the host writes it: each text in brackets. */
function translated(html: string): string {
  const bundle = readFileSync(new URL("../../l10n/bundle.l10n.json", import.meta.url), "utf8");
  const texts = Object.keys(JSON.parse(bundle)).map((text) => [text, `⟦${text}⟧`]);
  const content = JSON.stringify(Object.fromEntries(texts)).replace(
    /[&"]/g,
    (each) => `&#${each.charCodeAt(0)};`,
  );
  return html.replace("<title>", `<meta name="translation" content="${content}"><title>`);
}

/** Those in others first. */
function withoutBrackets(text: string): string {
  const rest = text.replace(/⟦[^⟦⟧]*⟧/g, "");
  return rest === text ? rest.trim() : withoutBrackets(rest);
}

describe.skipIf(chromium === null)("dashboard", () => {
  let server: DevServer;
  let browser: Browser;
  let page: Page;
  let complaints: string[] = [];

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    server = await startDevServer();
    browser = await launchChromium(chromium!);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const at = (testId: string) => page.locator(`[data-testid="${testId}"]`);
  const posted = () => page.evaluate(() => window.devPage.posted);

  async function open(
    query = "",
    width = 1280,
    height = 860,
    edit: (html: string) => string = (html) => html,
  ): Promise<void> {
    await page?.close();
    page = await browser.newPage({ viewport: { width, height } });
    await page.route(`${server.url}?*`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: edit(await response.text()) });
    });
    complaints = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(`${server.url}?${query}`);
    await at("dashboard").waitFor();
  }

  /** Draws of a canvas: how many different colours it holds. */
  async function coloursOf(testId: string): Promise<number> {
    return at(testId).evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
      const seen = new Set<number>();
      for (let i = 0; i < data.length; i += 4)
        seen.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
      return seen.size;
    });
  }

  const expectNoComplaints = () => expect(complaints).toEqual([]);

  test("says that it is ready, and draws the state that comes", async () => {
    await open();
    await at("headline-tokenHitRate").getByText("72.0 %").waitFor();
    expect(await posted()).toEqual([{ type: "ready", part: "ledger" }]);
    expect(await at("fate-sum").textContent()).toContain("246,780");
    expect(await at("template-row").count()).toBe(6);
    expect(await at("approximate").first().textContent()).toContain("o200k_base stands in");
    expectNoComplaints();
  });

  test("draws the headroom beside every hit rate, and says it in words", async () => {
    await open();
    const words = /^All prompt tokens, headroom: 75\.7 % with a clairvoyant cache .* only a better prompt/;
    const bar = page.getByRole("img", { name: words });
    await bar.waitFor();
    const box = (await bar.boundingBox())!;
    const mark = (await bar.locator(".headroom-mark-ideal").boundingBox())!;
    expect((mark.x + 1 - box.x) / box.width).toBeCloseTo(190_654 / 246_780, 2);
    // The card speaks of the steady state, and the marks are those of other caches that begin empty.
    expect(
      await at("headline-tokenHitRate")
        .getByRole("img", { name: /headroom:/ })
        .count(),
    ).toBe(0);
    expect(await at("headline-tokenHitRate").textContent()).toContain("is ideal for any prefix cache");
    expect(
      await at("template-row")
        .getByRole("img", { name: /, headroom: / })
        .count(),
    ).toBe(6);
    expect(await at("headroom-admission").textContent()).toContain("8,002");
    await page.locator("summary", { hasText: "Headroom by template" }).click();
    expect(await at("headroom-figures").locator("tbody tr").count()).toBe(6);
    expectNoComplaints();
  });

  test("posts a choice of model once, and keeps it when the state confirms it", async () => {
    await open();
    await at("select-model").click();
    await page.getByRole("option", { name: "Granite 4.0 H Small" }).click();
    const choice = { type: "select", setting: "model", value: "ibm-granite/granite-4.0-h-small" };
    expect(await posted()).toContainEqual(choice);
    await page.evaluate(() => {
      const state = window.devPage.state("report");
      const selected = { ...state.selected, model: "ibm-granite/granite-4.0-h-small" };
      window.devPage.send({ ...state, selected });
    });
    await expect.poll(() => at("select-model").getAttribute("title")).toBe("Granite 4.0 H Small");
    expect((await posted()).filter((message) => message.type === "select")).toEqual([choice]);
    expect(await at("select-model").evaluate((list) => (list as HTMLSelectElement).value)).toBe(choice.value);
  });

  test("posts a typed capacity on Enter", async () => {
    await open();
    await at("select-capacity").locator("input").fill("20GiB");
    await page.keyboard.press("Enter");
    await expect.poll(posted).toContainEqual({ type: "select", setting: "capacity", value: "20GiB" });
  });

  test("opens a template once from its row, by mouse and by keyboard", async () => {
    await open();
    await at("open-template").first().click();
    await at("open-template").first().focus();
    await page.keyboard.press("Enter");
    const opened = (await posted()).filter((message) => message.type === "open");
    expect(opened).toEqual([
      { type: "open", path: "prompts/support.j2", range: { start: 0, end: 4096 } },
      { type: "open", path: "prompts/support.j2", range: { start: 0, end: 4096 } },
    ]);
  });

  test("filters and sorts templates", async () => {
    await open();
    await at("filter-templates").locator("input").fill("support");
    await expect.poll(() => at("template-row").count()).toBe(2);
    await at("filter-templates").locator("input").fill("");
    await page.locator('[data-order="name"]').click();
    expect(await at("open-template").first().textContent()).toBe("incident.prompt");
    await page.reload();
    await expect.poll(() => at("open-template").first().textContent()).toBe("incident.prompt");
  });

  test("opens the place of a finding", async () => {
    await open();
    await at("tab-findings").click();
    await at("open-finding").first().click();
    expect(await posted()).toContainEqual({
      type: "open",
      path: "prompts/incident.prompt",
      range: { start: 28, end: 41 },
    });
  });

  test("walks the tree list by keyboard, and the drawing follows", async () => {
    await open();
    await at("tab-tree").click();
    await at("tree-list").focus();
    await page.keyboard.press("ArrowDown");
    expect(await at("node-details").textContent()).toContain("You are the support assistant");
    await page.keyboard.press("ArrowRight");
    expect(await at("node-details").textContent()).toContain("## Tools");
    expect(await at("tree-live").textContent()).toContain("604 tokens");
    const active = await at("tree-list").getAttribute("aria-activedescendant");
    expect(await page.locator(`#${active}`).getAttribute("aria-selected")).toBe("true");
    await at("open-node").click();
    expect(await posted()).toContainEqual({
      type: "open",
      path: "prompts/support.j2",
      range: { start: 4120, end: 4120 },
    });
  });

  test("walks the drawing by keyboard and by mouse, and the list follows", async () => {
    await open();
    await at("tab-tree").click();
    await at("icicle").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => at("node-details").textContent()).toContain("## Refund rules");
    expect(await page.locator(".tree-row.is-selected").textContent()).toContain("Refund rules");
    await at("icicle").click({ position: { x: 60, y: 100 } });
    await expect.poll(() => at("node-details").textContent()).toContain("You are the support assistant");
  });

  test("draws reuse by the length of a shared prefix, says it in words, and opens what it marks", async () => {
    await open();
    await at("tab-prefix").click();
    expect((await posted()).filter(({ type }) => type === "show")).toEqual([
      { type: "show", part: "prefix" },
    ]);
    const words =
      /from 0 to 8,192 tokens; a shared prefix hits from 528 tokens on; .* stable prefixes marked/;
    await page.getByRole("img", { name: words }).locator("canvas").waitFor();
    expect(await at("prefix-smallest").textContent()).toContain("hits from 528 tokens on");
    const row = at("prefix-row").filter({ hasText: "support.j2" });
    expect(await row.textContent()).toContain("1,8161,58487.2 %");
    expect(await at("prefix-row").filter({ hasText: "short of a hit" }).count()).toBe(2);
    await row.getByRole("button").focus();
    await page.keyboard.press("Enter");
    expect(await posted()).toContainEqual({
      type: "open",
      path: "prompts/support.j2",
      range: { start: 0, end: 4096 },
    });
    expectNoComplaints();
  });

  test("remembers tab and node when the page comes back", async () => {
    await open();
    await at("tab-tree").click();
    await at("tree-list").focus();
    await page.keyboard.press("ArrowDown");
    await page.reload();
    await expect.poll(() => at("node-details").textContent()).toContain("You are the support assistant");
    expect(await at("tab-tree").getAttribute("aria-selected")).toBe("true");
  });

  test("draws ten thousand nodes, and moves among them with few rows", async () => {
    await open("state=large");
    await at("tab-tree").click();
    await expect.poll(() => coloursOf("icicle")).toBeGreaterThan(20);
    expect(await at("tree-row").count()).toBeLessThan(100);
    await at("tree-list").focus();
    for (let i = 0; i < 20; i++) await page.keyboard.press("ArrowDown");
    expect(await at("tree-row").count()).toBeLessThan(100);
    expectNoComplaints();
  });

  test("a run dims the numbers, keeps them, and can be cancelled", async () => {
    await open("state=running");
    await at("headline-tokenHitRate").getByText("72.0 %").waitFor();
    expect(await at("status").textContent()).toContain("34 of 164");
    expect(await at("results").getAttribute("class")).toContain("is-stale");
    await at("cancel").click();
    expect(await posted()).toContainEqual({ type: "cancel" });
  });

  test("asks for a part when its tab comes to the front, and dims what is of an earlier report", async () => {
    await open();
    await at("tab-findings").click();
    await at("finding").first().waitFor();
    expect(await posted()).toEqual([
      { type: "ready", part: "ledger" },
      { type: "show", part: "findings" },
    ]);
    await page.evaluate(() => {
      const { report, ...state } = window.devPage.state("report");
      window.devPage.send({ ...state, report: { ...report!, revision: 2 } });
    });
    await expect.poll(() => at("results").getAttribute("class")).not.toContain("is-stale");
    const classes = await page.evaluate(async () => {
      // Before the page is answered.
      document.querySelector<HTMLElement>('[data-testid="tab-ledger"]')!.click();
      await new Promise((resolve) => queueMicrotask(() => resolve(null)));
      return document.querySelector('[data-testid="results"]')!.className;
    });
    expect(classes).toContain("is-stale");
  });

  test("the same report again leaves the page alone; its elements stay", async () => {
    await open();
    await at("template-row")
      .first()
      .evaluate((row) => row.setAttribute("data-mark", "kept"));
    await page.evaluate(() => window.devPage.send(window.devPage.state("running")));
    await expect.poll(() => at("status").getAttribute("data-kind")).toBe("running");
    expect(await at("template-row").first().getAttribute("data-mark")).toBe("kept");
  });

  test.each([
    ["failed", "failed", "write 20GiB"],
    ["failed-first", "empty", "There is no report"],
    ["none", "empty", "No report yet"],
    ["waiting", "empty", "Reading the prompts"],
    ["no-templates", "empty", "No prompt templates found"],
  ])("state %s is told in words", async (state, testId, words) => {
    await open(`state=${state}`);
    await expect.poll(() => at(testId).textContent()).toContain(words);
    expectNoComplaints();
  });

  test("what the page says of its own is in the language that the host wrote into it", async () => {
    await open("", 1280, 860, translated);
    for (const tab of partIds) {
      await at(`tab-${tab}`).click();
      await page.locator(`[data-part="${tab}"]`).waitFor();
      const said = await page.evaluate(() => {
        const own = "h1, h2, caption, summary, th[scope=col], [role=tab], .legend, .hint, button.sort";
        const elements = [...document.querySelectorAll<HTMLElement>(own)];
        const shown = elements.filter((element) => element.checkVisibility());
        return shown.map((element) => element.textContent ?? "");
      });
      expect(said.length, tab).toBeGreaterThan(5);
      const words = said.map((text) => withoutBrackets(text)).filter((text) => /\p{L}{2}/u.test(text));
      expect(
        words.filter((text) => !/^(?:Prompt Cache Lens|1 loss too small .*)$/.test(text)),
        tab,
      ).toEqual([]);
    }
    expect(complaints).toEqual([]);
  });

  test("text from the workspace stays text", async () => {
    await open();
    await page.evaluate(() => window.devPage.rename('<img src=x onerror="document.title=1">'));
    await expect.poll(() => at("open-template").first().textContent()).toContain("<img");
    for (const tab of ["ledger", "tree", "findings", "notes"]) {
      await at(`tab-${tab}`).click();
      await expect.poll(() => at(`view-${tab}`).textContent()).toContain("<img");
    }
    expect(await page.locator("img").count()).toBe(0);
  });

  test("the canvas is drawn again in the colours of another theme", async () => {
    await open();
    await at("tab-tree").click();
    const corner = () =>
      at("icicle").evaluate((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const pen = (canvas as HTMLCanvasElement).getContext("2d")!;
        return [...pen.getImageData(width - 2, height - 2, 1, 1).data.slice(0, 3)];
      });
    await expect.poll(corner).toEqual([31, 31, 31]);
    await page.evaluate(() => {
      document.body.className = "vscode-light";
    });
    await expect.poll(corner).toEqual([255, 255, 255]);
  });

  test.each(["vscode-dark", "vscode-light", "vscode-high-contrast"])("theme %s, every tab", async (theme) => {
    await open(`theme=${theme}`);
    for (const tab of ["ledger", "tree", "memory", "prefix", "findings", "notes"]) {
      await at(`tab-${tab}`).click();
      if (tab === "tree") await expect.poll(() => coloursOf("icicle")).toBeGreaterThan(10);
      if (tab === "memory") await page.locator(".uplot canvas").nth(1).waitFor();
      await page.screenshot({ path: `${screenshots}${theme}-${tab}.png` });
    }
    expectNoComplaints();
  });

  test("nothing is cut off in a panel of 400 pixels", async () => {
    await open("", 400, 1000);
    for (const tab of ["ledger", "tree", "memory", "prefix", "findings", "notes"]) {
      await at(`tab-${tab}`).click();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, tab).toBeLessThanOrEqual(0);
      const cut = await page.evaluate(() =>
        // The table of all figures is the one that may scroll.
        [...document.querySelectorAll(".table-wrap:not(details *), .bar, .stack")]
          .filter((box) => box.clientWidth > 0 && box.scrollWidth > box.clientWidth)
          .map((box) => box.className),
      );
      expect(cut, tab).toEqual([]);
      await page.screenshot({ path: `${screenshots}narrow-${tab}.png`, fullPage: true });
    }
    expectNoComplaints();
  });

  test("the bundle stays small", () => {
    expect(server.bundle.script).toBeLessThan(260_000);
    expect(server.bundle.style).toBeLessThan(30_000);
  });
});
