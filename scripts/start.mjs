// npm start [-- PATH --model ID --gpu ID --policy NAME --capacity SIZE]
// From a fresh clone to a cache report: installs, builds, and reports on PATH, or on the examples when none is given.
import { join } from "node:path";
import { ensureInstalled } from "./lib/install.mjs";
import { root, run, say, userFolder } from "./lib/run.mjs";

/**
 * A path is a word that does not follow an option, since every option of the report takes a value.
 * @param {readonly string[]} args
 */
function namesPath(args) {
  return args.some((word, i) => !word.startsWith("-") && !(args[i - 1] ?? "").startsWith("--"));
}

async function main() {
  const args = process.argv.slice(2);
  await ensureInstalled();
  say("> build");
  const { bundle } = await import("./build.mjs");
  await bundle();

  const words = namesPath(args) ? args : [join(root, "examples"), ...args];
  say(`> report ${words.join(" ")}\n`);
  const code = await run(process.execPath, [join(root, "dist/cli.cjs"), "report", ...words], {
    cwd: userFolder(),
  });
  if (code !== 0) return code;

  say(`
See it in VS Code:
  npm run open       the extension on the examples, in a desktop VS Code if there is one, else in a browser
  F5                 in VS Code, with this folder open: "Extension on examples"
  npm run package    makes dist/prompt-cache-lens-<version>.vsix; then: code --install-extension dist/*.vsix
Other reports: npm start -- PATH --model ID --gpu ID --policy NAME --capacity 20GiB; all commands: npm run -s cli -- --help`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
