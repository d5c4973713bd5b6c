// The command line from a checkout: npm run -s cli -- report examples --format json
// Whatever has to be installed or built first is said on stderr; stdout carries only what the command line prints.
import { join } from "node:path";
import { ensureInstalled } from "./lib/install.mjs";
import { progress, root, run, say, userFolder } from "./lib/run.mjs";
import { isStale } from "./lib/stale.mjs";

progress.stream = process.stderr;

async function main() {
  await ensureInstalled();
  if (isStale(["dist/cli.cjs", "dist/sweep-worker.cjs"])) {
    const { bundle } = await import("./build.mjs");
    await bundle({ only: ["cli", "sweep-worker", "worker", "analysis"] });
  }
  return run(process.execPath, [join(root, "dist/cli.cjs"), ...process.argv.slice(2)], { cwd: userFolder() });
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
