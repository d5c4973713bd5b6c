// npm run open [-- FOLDER] [--browser] [--port N]
// Opens the extension, as it is in this checkout, on FOLDER or on the examples: in a desktop VS Code if `code` is on
// the PATH, else (or with --browser) in a VS Code that a browser shows.
import { existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { ensureInstalled } from "./lib/install.mjs";
import { root, run, say, userFolder } from "./lib/run.mjs";

const usualPort = 8765;

function hasDesktop() {
  const names = process.platform === "win32" ? ["code.cmd"] : ["code"];
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => names.some((name) => existsSync(join(folder, name))));
}

async function main() {
  const args = process.argv.slice(2);
  const at = args.indexOf("--port");
  const port = at < 0 ? usualPort : Number(args[at + 1]);
  const named = args.find((word, i) => !word.startsWith("-") && args[i - 1] !== "--port");
  const folder = named === undefined ? join(root, "examples") : resolve(userFolder(), named);

  await ensureInstalled();
  say("> build");
  const { bundle } = await import("./build.mjs");
  await bundle();

  if (!args.includes("--browser") && hasDesktop()) {
    say(`> code --new-window --extensionDevelopmentPath=${root} ${folder}`);
    const shell = process.platform === "win32";
    return run("code", ["--new-window", `--extensionDevelopmentPath=${root}`, folder], { shell });
  }

  const { startServer } = await import("./vscode-server.mjs");
  const server = await startServer({ extensions: [root], workspace: folder, port });
  // Whoever reaches the port gets a terminal on this machine, so it listens here only; and over plain http a browser
  // grants webviews what they need under these two names only.
  say(`
VS Code with the extension on ${folder}:

    ${server.url}/

Open it under this address or as localhost:${server.port}; from another machine, through an SSH tunnel to it.
Ctrl+C ends it.`);
  await new Promise((done) => {
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.once(signal, done);
  });
  await server.stop();
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
