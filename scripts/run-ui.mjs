// Runs test/e2e/ui from outside: the packaged extension in a VS Code that a headless browser shows.
//   node scripts/run-ui.mjs [words of a test's title]
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled } from "./lib/install.mjs";
import { isMain, root, say } from "./lib/run.mjs";

const timeoutSeconds = Number(process.env["E2E_TIMEOUT_SECONDS"] ?? 1200);

/** @param {string} vsix @param {string} [only] run the tests whose title has this text */
export async function runUi(vsix, only = "") {
  const { ensureBrowser, serveBrowser } = await import("./browser.mjs");
  const { bundleTests, verdict } = await import("./lib/e2e.mjs");
  const { startServer } = await import("./vscode-server.mjs");
  const { folder, index } = await bundleTests("ui");
  const screenshots = join(root, "test-output/screenshots");
  mkdirSync(screenshots, { recursive: true });

  // One server and one browser for all tests: starting them takes longer than most tests.
  const browser = await serveBrowser(await ensureBrowser());
  const server = await startServer({ extensions: [vsix] });
  /** @type {import("./vscode-server.mjs").Server | undefined} */
  let webServer;
  try {
    // Its window runs the same package in the browser's own extension host, as vscode.dev does.
    const { publisher, name } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const settings = { "remote.extensionKind": { [`${publisher}.${name}`]: ["web"] } };
    webServer = await startServer({ extensions: [vsix], settings });
    const examples = join(server.folder, "examples");
    mkdirSync(examples);
    if (existsSync(join(root, "examples"))) cpSync(join(root, "examples"), examples, { recursive: true });
    say("> UI suite against the installed package");
    const exitCode = await runTests(index, {
      E2E_URL: server.url,
      E2E_WEB_URL: webServer.url,
      E2E_BROWSER: browser.wsEndpoint(),
      E2E_EXAMPLES: examples,
      E2E_TEMPORARY: server.folder,
      E2E_OUTPUT: folder,
      E2E_SCREENSHOTS: screenshots,
      E2E_GREP: only,
    });
    return verdict(folder, exitCode);
  } finally {
    await browser.close();
    await server.stop();
    await webServer?.stop();
  }
}

/** @param {string} index @param {Record<string, string>} variables @returns {Promise<number>} */
function runTests(index, variables) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [index], {
      env: { ...process.env, ...variables },
      stdio: "inherit",
    });
    const timer = setTimeout(() => {
      say(`The UI suite did not end within ${timeoutSeconds} s.`);
      child.kill("SIGKILL");
    }, timeoutSeconds * 1000);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve(code ?? 1);
    });
  });
}

if (isMain(import.meta.url)) {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
    process.once(signal, () => process.exit(130));
  await ensureInstalled();
  const { makePackage } = await import("./package.mjs");
  const { closingLine } = await import("./lib/e2e.mjs");
  const { file } = await makePackage();
  const result = await runUi(file, process.argv.slice(2).join(" "));
  if (result.problem) say(result.problem);
  say(closingLine(result));
  process.exitCode = result.failed > 0 ? 1 : 0;
}
