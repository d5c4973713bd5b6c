// npm test: everything that has to hold, from the types to the packaged extension in a real VS Code.
//   node scripts/test.mjs [--only unit|suite|folders|ui]
// Installs what it needs, and ends with the line "N passed, N failed".
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled } from "./lib/install.mjs";
import { root, runNode, runNodeWithin, say } from "./lib/run.mjs";

const unitSeconds = Number(process.env["UNIT_TIMEOUT_SECONDS"] ?? 1800);

/** @typedef {import("./lib/e2e.mjs").Counts & { problem?: string }} Result */

/** A program that has no tests to count: it holds or it does not. @param {string} file @param {string[]} args @returns {Promise<Result>} */
async function check(file, args) {
  const code = await runNode(file, args);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

/** @returns {Promise<Result>} */
async function unit() {
  // The dashboard is tested in a browser, outside of any editor.
  const { ensureBrowser } = await import("./browser.mjs");
  const env = { ...process.env, CHROMIUM: await ensureBrowser() };
  const file = join(root, "test-output/unit.json");
  mkdirSync(join(root, "test-output"), { recursive: true });
  rmSync(file, { force: true });
  const reports = [
    "--silent=passed-only",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ];
  const code = await runNodeWithin("node_modules/vitest/vitest.mjs", ["run", ...reports], unitSeconds, {
    env,
  });
  if (code === undefined) {
    return {
      passed: 0,
      failed: 1,
      skipped: 0,
      problem: `the unit tests did not end within ${unitSeconds} s`,
    };
  }
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0, problem: "vitest died before its end" };
  const report = JSON.parse(readFileSync(file, "utf8"));
  const skipped = report.numPendingTests + report.numTodoTests;
  const counts = { passed: report.numPassedTests, failed: report.numFailedTests, skipped };
  if (counts.failed > 0) return counts;
  if (counts.passed === 0) return { ...counts, failed: 1, problem: "no test was run" };
  // A file that does not even load has no tests that could fail.
  if (code !== 0) return { ...counts, failed: 1, problem: `vitest ended with ${code}` };
  return counts;
}

/** @type {string | undefined} */
let vsix;

/** @returns {Promise<Result>} */
async function packaged() {
  const { makePackage } = await import("./package.mjs");
  vsix = (await makePackage()).file;
  return { passed: 1, failed: 0, skipped: 0 };
}

/** @returns {Promise<Result>} */
async function suite() {
  const { runIntegration } = await import("./run-integration.mjs");
  return runIntegration("server");
}

/** @returns {Promise<Result>} */
async function folders() {
  const { runIntegration } = await import("./run-integration.mjs");
  return runIntegration("server", "folders");
}

/** @returns {Promise<Result>} */
async function ui() {
  const { runUi } = await import("./run-ui.mjs");
  if (vsix === undefined) throw new Error("there is no package to test");
  return runUi(vsix);
}

/** @type {Record<string, () => Promise<Result>>} */
const steps = {
  typecheck: () => check("node_modules/typescript/bin/tsc", ["-b"]),
  lint: () => check("node_modules/@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "."]),
  unit,
  suite,
  folders,
  package: packaged,
  ui,
};

async function main() {
  const args = process.argv.slice(2);
  const only = args[0] === "--only" ? args[1] : undefined;
  if (args.length > 0 && (only === undefined || steps[only] === undefined)) {
    throw new Error(`usage: node scripts/test.mjs [--only ${Object.keys(steps).join("|")}]`);
  }
  await ensureInstalled();
  const { closingLine } = await import("./lib/e2e.mjs");
  if (only === undefined) rmSync(join(root, "test-output"), { recursive: true, force: true });

  /** @type {string[]} */
  const summary = [];
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, step] of Object.entries(steps)) {
    const wanted = only === undefined || name === only || (only === "ui" && name === "package");
    if (!wanted) continue;
    say(`\n== ${name}`);
    const started = Date.now();
    const result = await step().catch(failure);
    if (result.problem) say(result.problem);
    total.passed += result.passed;
    total.failed += result.failed;
    total.skipped += result.skipped;
    const seconds = ((Date.now() - started) / 1000).toFixed(0);
    const reason = result.problem === undefined ? "" : ` (${result.problem.split("\n")[0]})`;
    summary.push(`${name.padEnd(10)} ${closingLine(result)}${reason} in ${seconds} s`);
  }
  say(`\n${summary.join("\n")}`);
  say(closingLine(total));
  return total.failed > 0 ? 1 : 0;
}

/** @param {unknown} error @returns {Result} */
function failure(error) {
  return {
    passed: 0,
    failed: 1,
    skipped: 0,
    problem: error instanceof Error ? error.message : String(error),
  };
}

// Leaving by a signal runs the exit handlers, which end what still runs.
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
  process.once(signal, () => process.exit(130));
try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  say("0 passed, 1 failed");
  process.exitCode = 1;
}
