// Installs the VS Code that the tests and `npm run open` use, into .vscode-test/ (about 800 MB, once).
//   node scripts/get-vscode.mjs
// It is the real workbench and the real extension host, served to a browser by code-server, because that can be
// installed from the npm registry alone. It brings its own Node: the newest VS Code needs a newer one than we do.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMain, root, runNpm, say } from "./lib/run.mjs";

// code-server 4.x.y carries VS Code 1.x.y. Pinned exactly: which launch parameters it honours differs by version.
const newest = { server: "4.139.1", node: "24.21.0" };

/**
 * Installs unless it is there already. An install is built under a draft name and renamed when whole,
 * so a folder under the final name is always complete.
 * @returns {Promise<{ node: string, entry: string, version: string }>}
 */
export async function getVscode() {
  const { server, node } = newest;
  const nodePackage = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const base = join(root, ".vscode-test");
  const folder = join(base, `code-server-${server}-${nodePackage}-${node}`);
  if (!existsSync(folder)) {
    say(`> install VS Code ${server.replace(/^4/, "1")} (code-server ${server}, once)`);
    const draft = `${folder}.${process.pid}`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    // A package of its own: as a dependency of the project it would break `npm ci`, and its node would shadow ours.
    writeFileSync(join(draft, "package.json"), '{"private":true}\n');
    await npm(draft, [
      "--no-package-lock",
      "--save-exact",
      `code-server@${server}`,
      `${nodePackage}@${node}`,
    ]);
    // Its own install script would do these two, and then build native modules that nothing here uses.
    const vscode = join(draft, "node_modules/code-server/lib/vscode");
    await npm(vscode, ["--omit=dev"]);
    await npm(join(vscode, "extensions"), ["--omit=dev"]);
    renameSync(draft, folder);
  }
  const packages = join(folder, "node_modules");
  const program = process.platform === "win32" ? "node.exe" : "node";
  return {
    node: join(packages, nodePackage, "bin", program),
    entry: join(packages, "code-server/out/node/entry.js"),
    version: JSON.parse(readFileSync(join(packages, "code-server/lib/vscode/package.json"), "utf8")).version,
  };
}

/** @param {string} folder @param {readonly string[]} args */
async function npm(folder, args) {
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  for (let attempt = 1; ; attempt++) {
    const code = await runNpm(["install", ...quiet, ...args], {
      cwd: folder,
      stdio: ["ignore", "ignore", 2],
    });
    if (code === 0) return;
    if (attempt === 3)
      throw new Error(`npm install in ${folder} ended with ${code}: VS Code is not installed`);
    say("npm install failed; trying again");
  }
}

if (isMain(import.meta.url)) say(JSON.stringify(await getVscode(), null, 2));
