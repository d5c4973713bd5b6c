// Starts VS Code as a server for a browser: throw-away profile, free port, nothing left behind.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { getVscode } from "./get-vscode.mjs";
import { killGroup } from "./lib/run.mjs";

// Anything that would move the layout, open a panel or call home is off, so that a screenshot shows our work.
const quietSettings = {
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.colorTheme": "Dark Modern",
  "chat.disableAIFeatures": true,
  "telemetry.telemetryLevel": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "editor.minimap.enabled": false,
  "git.enabled": false,
};

/**
 * @typedef {object} ServerOptions
 * @property {Record<string, unknown>} [settings] user settings, over the quiet ones
 * @property {readonly string[]} [extensions] .vsix files to install, or project folders to load as they are
 * @property {boolean} [smokeDriver] needed to run tests in the extension host; it suppresses notifications
 * @property {number} [port] a free one when left out
 * @property {string} [workspace] the folder that the plain address leads to
 *
 * @typedef {object} Server
 * @property {string} url
 * @property {number} port
 * @property {string} folder a temporary folder for this run; `stop` removes it
 * @property {() => string} output what the server has printed so far
 * @property {() => Promise<void>} stop
 */

/** @param {ServerOptions} [options] @returns {Promise<Server>} */
export async function startServer(options = {}) {
  const { node, entry } = await getVscode();
  const folder = mkdtempSync(join(tmpdir(), "pcl-"));
  const flags = profile(folder, { ...quietSettings, ...options.settings });
  const env = environment(folder);

  for (const extension of options.extensions ?? []) {
    if (extension.endsWith(".vsix"))
      await installVsix(node, [entry, ...flags, "--install-extension", extension], env);
    else linkExtension(folder, extension);
  }

  const port = options.port ?? (await freePort());
  const args = [entry, ...flags, "--bind-addr", `127.0.0.1:${port}`, "--auth", "none", "--disable-telemetry"];
  args.push("--disable-update-check", "--disable-workspace-trust", "--disable-getting-started-override");
  args.push("--ignore-last-opened");
  if (options.smokeDriver) args.push("--vscode-option", "enable-smoke-test-driver");
  if (options.workspace !== undefined) args.push(options.workspace);

  // A process group of its own, because the server starts extension hosts that outlive it.
  const child = spawn(node, args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
  const closed = new Promise((resolve) => child.once("close", resolve));
  const killNow = () => killGroup(child.pid, "SIGKILL");
  process.once("exit", killNow);

  const stop = async () => {
    process.off("exit", killNow);
    killGroup(child.pid, "SIGTERM");
    await Promise.race([closed, pause(5000)]);
    killNow();
    // Dying processes may still write: the retries outlast them.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };

  const url = `http://127.0.0.1:${port}`;
  try {
    await untilHealthy(url, () => child.exitCode !== null);
  } catch (error) {
    await stop();
    throw new Error(`VS Code's server did not come up:\n${output}`, { cause: error });
  }
  return { url, port, folder, output: () => output, stop };
}

/** Writes the profile, and gives the flags that make a command use it. @param {string} folder @param {object} settings */
function profile(folder, settings) {
  const user = join(folder, "ud/User");
  mkdirSync(user, { recursive: true });
  mkdirSync(join(folder, "ext"));
  writeFileSync(join(user, "settings.json"), JSON.stringify(settings, null, 2));
  const config = join(folder, "config.yaml");
  writeFileSync(config, "auth: none\n");
  return ["--config", config, "--user-data-dir", join(folder, "ud"), "--extensions-dir", join(folder, "ext")];
}

/** Our environment without what ties a process to a VS Code that it runs inside of. @param {string} folder */
function environment(folder) {
  const own = Object.entries(process.env).filter(([name]) => !/^(VSCODE|ELECTRON)_/.test(name));
  return { ...Object.fromEntries(own), TMPDIR: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
}

/** @param {string} node @param {string[]} args @param {NodeJS.ProcessEnv} env */
async function installVsix(node, args, env) {
  const child = spawn(node, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`installing ${args.at(-1)} ended with ${code}:\n${output}`);
}

/** @param {string} folder @param {string} project */
function linkExtension(folder, project) {
  const { publisher, name, version } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
  symlinkSync(project, join(folder, "ext", `${publisher}.${name}-${version}`), "junction");
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = /** @type {import("node:net").AddressInfo} */ (probe.address());
      probe.close(() => resolve(address.port));
    });
  });
}

/** @param {string} url @param {() => boolean} hasExited */
async function untilHealthy(url, hasExited) {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && !hasExited()) {
    const answer = await fetch(`${url}/healthz`).catch(() => undefined);
    if (answer?.ok) return;
    await pause(100);
  }
  throw new Error(hasExited() ? "it exited" : "no answer within a minute");
}
