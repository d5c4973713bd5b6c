import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

const sources = ["src", "webview", "scripts/build.mjs", "package.json", "package-lock.json"];

/**
 * True when an output is missing or older than a source, so that commands can skip a build that would change nothing.
 * @param {readonly string[]} outputs paths inside the project
 */
export function isStale(outputs) {
  const newest = Math.max(...sources.map((path) => newestTime(join(root, path))));
  return outputs
    .map((path) => join(root, path))
    .some((path) => !existsSync(path) || statSync(path).mtimeMs < newest);
}

/** The newest time below a path; a folder's own time counts, as it shows that a file was removed. @param {string} path @returns {number} */
function newestTime(path) {
  if (!existsSync(path)) return 0;
  const own = statSync(path);
  if (!own.isDirectory()) return own.mtimeMs;
  return Math.max(own.mtimeMs, ...readdirSync(path).map((name) => newestTime(join(path, name))));
}
