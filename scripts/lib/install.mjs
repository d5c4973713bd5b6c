// Makes sure of a usable Node and of the packages that package-lock.json names.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, runNpm, say } from "./run.mjs";

const oldestNode = 20;

export function requireNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= oldestNode) return;
  throw new Error(
    `Node ${oldestNode} or newer is needed, this is ${process.versions.node}: see https://nodejs.org`,
  );
}

/**
 * True when node_modules holds what package-lock.json asks for. Versions are compared rather than file times,
 * because a checkout touches the times and a needless reinstall pulls the packages from under whoever is using them.
 */
export function isInstalled() {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const wanted = packagesOf(join(root, "package-lock.json"));
  const present = packagesOf(record);
  return Object.entries(wanted).every(
    ([path, entry]) => path === "" || entry.optional === true || present[path]?.version === entry.version,
  );
}

/** @param {string} file @returns {Record<string, { version?: string, optional?: boolean }>} */
function packagesOf(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

export async function ensureInstalled() {
  requireNode();
  if (isInstalled()) return;
  say("> npm ci --ignore-scripts");
  const code = await runNpm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (code !== 0) throw new Error(`npm ci ended with ${code}: packages are not installed`);
}
