#!/usr/bin/env node
// Looks like a desktop VS Code to @vscode/test-electron: takes its test flags, and runs the suite in the extension
// host of a VS Code served to a headless browser. So one suite and one API serve both kinds of VS Code.
import { appendFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { format } from "node:util";
import { ensureBrowser, launchBrowser } from "./browser.mjs";
import { startServer } from "./vscode-server.mjs";

const output = process.env["E2E_OUTPUT"];
const log = output === undefined ? undefined : join(output, "host.log");
const timeoutSeconds = Number(process.env["E2E_TIMEOUT_SECONDS"] ?? 900);

/** @param {string} name */
function flag(name) {
  const prefix = `--${name}=`;
  const found = process.argv.find((word) => word.startsWith(prefix));
  if (found === undefined)
    throw new Error(`${prefix}… is missing: this stands in for VS Code in test runs only`);
  return resolve(found.slice(prefix.length));
}

async function main() {
  const folder = process.argv.slice(2).find((word) => !word.startsWith("-")) ?? process.cwd();
  const [extension, tests] = [flag("extensionDevelopmentPath"), flag("extensionTestsPath")];
  const server = await startServer({ smokeDriver: true });
  const browser = await launchBrowser(await ensureBrowser());
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    /** @type {(code: number) => void} */
    let end = () => {};
    /** @type {Promise<number>} */
    const exit = new Promise((resolve) => {
      end = resolve;
    });
    await page.exposeFunction("codeAutomationExit", (/** @type {number} */ code) => end(code));
    await page.exposeFunction(
      "codeAutomationLog",
      (/** @type {string} */ _type, /** @type {unknown[]} */ args) => {
        // VS Code's own chatter, of interest only after a failure: the suite reports by its own file.
        if (log !== undefined) appendFileSync(log, `${format(...args)}\n`);
      },
    );
    const remote = `vscode-remote://127.0.0.1:${server.port}`;
    const payload = [
      ["extensionDevelopmentPath", `${remote}${extension}`],
      ["extensionTestsPath", `${remote}${tests}`],
      ["skipWelcome", "true"],
    ];
    const kind = folder.endsWith(".code-workspace") ? "workspace" : "folder";
    const query = new URLSearchParams({ [kind]: resolve(folder), payload: JSON.stringify(payload) });
    await page.goto(`${server.url}/?${query}`);
    return await Promise.race([exit, expire()]);
  } finally {
    await browser.close();
    await server.stop();
  }
}

/** @returns {Promise<number>} */
function expire() {
  return new Promise((done) => {
    const timer = setTimeout(() => {
      process.stderr.write(`The suite did not end within ${timeoutSeconds} s.\n`);
      done(124);
    }, timeoutSeconds * 1000);
    timer.unref();
  });
}

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
  process.once(signal, () => process.exit(130));
process.exitCode = await main();
