// Runs test/e2e/suite inside the extension host of a real VS Code.
//   node scripts/run-integration.mjs [--host auto|desktop|server]
//   node scripts/run-integration.mjs --bundle     only bundles, for the debugger of .vscode/launch.json
// desktop: VSCODE_EXECUTABLE or a downloaded VS Code, which needs a display; server: VS Code in a headless browser;
// auto: desktop where it can be had, else server.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled } from "./lib/install.mjs";
import { isMain, root, say } from "./lib/run.mjs";

const timeoutSeconds = Number(process.env["E2E_TIMEOUT_SECONDS"] ?? 900);

/** @param {string} host @param {"suite" | "folders"} name */
export async function runIntegration(host, name = "suite") {
  await ensureInstalled();
  const { bundle } = await import("./build.mjs");
  const { bundleTests, copyExamples, verdict } = await import("./lib/e2e.mjs");
  const { runTests } = await import("@vscode/test-electron");
  await bundle();
  const { folder, index } = await bundleTests(name);
  const executable = await executableFor(host);
  say(`> extension-host ${name} in ${executable}`);

  const { workspace, remove } = copyExamples({ asWorkspaceFile: name === "folders" });
  const timer = setTimeout(interrupt, (timeoutSeconds + 30) * 1000);
  let exitCode = 0;
  try {
    exitCode = await runTests({
      vscodeExecutablePath: executable,
      extensionDevelopmentPath: root,
      extensionTestsPath: index,
      // A fresh profile beside the workspace: state from an earlier run must not decide this one.
      launchArgs: [workspace, `--user-data-dir=${workspace}-ud`, `--extensions-dir=${workspace}-ext`],
      extensionTestsEnv: { E2E_OUTPUT: folder, E2E_TIMEOUT_SECONDS: String(timeoutSeconds) },
    });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    exitCode = typeof code === "number" ? code : 1;
    if (code === undefined) say(String(error));
  } finally {
    clearTimeout(timer);
    remove();
  }
  const log = join(folder, "log.txt");
  if (existsSync(log)) process.stdout.write(readFileSync(log, "utf8"));
  const result = verdict(folder, exitCode);
  if (result.problem && existsSync(join(folder, "host.log")))
    say("VS Code's own log: test-output/suite/host.log");
  return result;
}

/** @param {string} host */
async function executableFor(host) {
  const named = process.env["VSCODE_EXECUTABLE"];
  if (host !== "server" && named) return named;
  if (host === "desktop" || host === "auto") {
    const { downloadAndUnzipVSCode } = await import("@vscode/test-electron");
    try {
      return await downloadAndUnzipVSCode({ version: process.env["VSCODE_VERSION"] ?? "stable" });
    } catch (error) {
      // Only a machine that cannot reach the download falls back; anything else is a failure to be seen.
      const unreachable = /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN/.test(String(error));
      if (!unreachable) throw error;
      if (host === "desktop") {
        throw new Error("VS Code cannot be downloaded here: name an installed one in VSCODE_EXECUTABLE", {
          cause: error,
        });
      }
    }
  } else if (host !== "server") {
    throw new Error(`unknown host "${host}": auto, desktop or server`);
  }
  return join(root, "scripts/code-shim.mjs");
}

/** test-electron takes a first interrupt as a request and a second one as an order. */
function interrupt() {
  say(`The suite did not end within ${timeoutSeconds} s.`);
  process.emit("SIGINT");
  process.emit("SIGINT");
  setTimeout(() => process.exit(124), 5000).unref();
}

async function main() {
  const at = process.argv.indexOf("--host");
  const host = at < 0 ? (process.env["VSCODE_TEST_HOST"] ?? "auto") : (process.argv[at + 1] ?? "");
  const result = await runIntegration(host);
  const { closingLine } = await import("./lib/e2e.mjs");
  if (result.problem) say(result.problem);
  say(closingLine(result));
  process.exitCode = result.failed > 0 ? 1 : 0;
}

if (isMain(import.meta.url)) {
  if (process.argv.includes("--bundle")) {
    const [{ bundle }, { bundleTests }] = await Promise.all([import("./build.mjs"), import("./lib/e2e.mjs")]);
    await Promise.all([bundle(), bundleTests("suite")]);
  } else {
    await main().catch((error) => {
      say(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    });
  }
}
