// What every script needs: where the project is, how to say something, how to run something.
// Nothing here may import a package: these functions run before the packages are installed.
import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where progress goes. The command line's wrapper points it at stderr, because its stdout belongs to the report. */
export const progress = { stream: /** @type {NodeJS.WritableStream} */ (process.stdout) };

/** @param {string} text */
export function say(text) {
  progress.stream.write(`${text}\n`);
}

/** True in the file that was given to node, false in one that was imported. @param {string} url */
export function isMain(url) {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === realpathSync(fileURLToPath(url));
}

/** The folder the user was in: npm moves to the project before it runs a script, and remembers where it came from. */
export function userFolder() {
  const cwd = process.cwd();
  return cwd === root && process.env["npm_lifecycle_event"] ? (process.env["INIT_CWD"] ?? cwd) : cwd;
}

/**
 * Runs a program to its end and gives its exit code; a program killed by a signal counts as failed.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/**
 * Runs a script of the project, and ends it with all it has started when it takes too long: a test in an endless loop
 * can be stopped by nothing else. Gives undefined then.
 * @param {string} file a path inside the project
 * @param {readonly string[]} args
 * @param {number} limitSeconds
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<number | undefined>}
 */
export function runNodeWithin(file, args, limitSeconds, options = {}) {
  return new Promise((resolve, reject) => {
    const settings = { cwd: root, stdio: /** @type {const} */ ("inherit"), detached: true, ...options };
    const child = spawn(process.execPath, [join(root, file), ...args], settings);
    const end = () => killGroup(child.pid, "SIGKILL");
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      end();
    }, limitSeconds * 1000);
    process.once("exit", end);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      process.off("exit", end);
      resolve(isLate ? undefined : (code ?? 1));
    });
  });
}

/** Ends a process that was started detached, and all that it has started. @param {number | undefined} pid @param {NodeJS.Signals} signal */
export function killGroup(pid, signal) {
  if (pid === undefined) return;
  try {
    // Windows has no process groups to address by a negative number.
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // The group is gone, which is what was wanted.
  }
}

/** Runs a script of the project, or the program of an installed package, with the node that runs us.
 * @param {string} file a path inside the project
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 */
export function runNode(file, args, options) {
  return run(process.execPath, [join(root, file), ...args], options);
}

/**
 * Runs npm, with everything it prints sent to our progress stream.
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 */
export function runNpm(args, options = {}) {
  const output = progress.stream === process.stderr ? 2 : 1;
  const settings = {
    stdio: /** @type {import("node:child_process").StdioOptions} */ (["ignore", output, 2]),
    ...options,
  };
  const npm = process.env["npm_execpath"];
  if (npm?.endsWith(".js")) return run(process.execPath, [npm, ...args], settings);
  // On Windows npm is a batch file, which only a shell can start.
  return run("npm", args, { ...settings, shell: process.platform === "win32" });
}
