// What the two end-to-end suites share: bundling their TypeScript, a workspace to spoil, and the verdict.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { root } from "./run.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Bundles test/e2e/<name>/index.ts, and every *.test.ts beside it into one specs.js that mocha loads.
 * The bundles are CommonJS, which every extension host can load.
 * @param {"suite" | "folders" | "ui"} name
 */
export async function bundleTests(name) {
  const source = join(root, "test/e2e", name);
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".test.ts"),
  );
  const imports = files.sort().map((file) => `import "./${file.replaceAll("\\", "/")}";`);
  const folder = join(root, "test-output", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  /** @type {esbuild.BuildOptions} */
  const options = {
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    packages: "external",
    sourcemap: "inline",
    logLevel: "warning",
  };
  await esbuild.build({
    ...options,
    entryPoints: [join(source, "index.ts")],
    outfile: join(folder, "index.js"),
  });
  const stdin = { contents: imports.join("\n"), resolveDir: source };
  await esbuild.build({ ...options, stdin, outfile: join(folder, "specs.js") });
  return { folder, index: join(folder, "index.js") };
}

/**
 * A temporary folder with a copy of the examples, so that tests never dirty the project; or a workspace of which it is a folder,
 * to which others can be added.
 * @param {{ asWorkspaceFile?: boolean }} [options]
 */
export function copyExamples({ asWorkspaceFile = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "pcl-ws-"));
  const workspace = join(folder, "examples");
  mkdirSync(workspace);
  const examples = join(root, "examples");
  if (existsSync(examples)) cpSync(examples, workspace, { recursive: true });
  const file = join(folder, "two.code-workspace");
  if (asWorkspaceFile) writeFileSync(file, JSON.stringify({ folders: [{ path: "examples" }] }));
  return {
    workspace: asWorkspaceFile ? file : workspace,
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }),
  };
}

/**
 * The counts a suite has left behind. A suite that left none has failed, whatever its process said:
 * VS Code reports success when the extension host dies under the tests.
 * @param {string} folder
 * @param {number} exitCode
 * @returns {Counts & { problem?: string }}
 */
export function verdict(folder, exitCode) {
  const file = join(folder, "result.json");
  if (!existsSync(file))
    return { passed: 0, failed: 1, skipped: 0, problem: "the suite died before its end" };
  /** @type {Counts} */
  const counts = JSON.parse(readFileSync(file, "utf8"));
  if (counts.failed > 0) return counts;
  if (counts.passed === 0) return { ...counts, failed: 1, problem: "no test was run" };
  if (exitCode !== 0) return { ...counts, failed: 1, problem: `the suite ended with ${exitCode}` };
  return counts;
}

/** @param {Counts} counts */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
