import { type Browser, chromium, type Page } from "playwright-core";

let browser: Promise<Browser> | undefined;

/** A page with storage of its own, in the browser that all tests share. */
export async function newPage(): Promise<Page> {
  browser ??= chromium.connect(process.env["E2E_BROWSER"]!);
  const context = await (await browser).newContext({
    viewport: { width: 1280, height: 800 },
    permissions: ["clipboard-read", "clipboard-write"],
    // A picture that is taken while something fades in shows nothing right.
    reducedMotion: "reduce",
  });
  // Nothing outside is ever needed; what asks for it would only wait.
  await context.route(/^https?:\/\/(?!127\.0\.0\.1|[^/]*\.vscode-(cdn|resource))/, (route) => route.abort());
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  return page;
}

// Outside of any describe: the connection would keep the process alive after the last test.
after(async () => (await browser)?.close());
