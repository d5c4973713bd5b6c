// Finds, and on a Debian machine where we are root installs, the Chromium that the tests drive.
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import { run, say } from "./lib/run.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
const usualPlaces = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

// QUIC and background traffic only slow a run down on a machine that reaches nothing outside.
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
flags.push("--disable-background-networking", "--disable-component-update", "--disable-sync");

export function findBrowser() {
  const named = process.env["CHROMIUM"];
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM names ${named}, which does not exist`);
  }
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, ...usualPlaces].find(isExecutable);
}

export async function ensureBrowser() {
  const found = findBrowser();
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    say("> apt-get install chromium (once)");
    /** @type {import("node:child_process").SpawnOptions} */
    const options = {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    };
    await run("apt-get", ["update", "-qq"], options);
    await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], options);
    const installed = findBrowser();
    if (installed !== undefined) return installed;
  }
  throw new Error(
    "The tests drive VS Code in Chromium, and there is none: install chromium, Google Chrome or Edge, or name one in the variable CHROMIUM.",
  );
}

/** @param {string} executablePath */
export function launchBrowser(executablePath) {
  return chromium.launch({ executablePath, args: flags });
}

/** A browser that another process connects to. @param {string} executablePath */
export function serveBrowser(executablePath) {
  return chromium.launchServer({ executablePath, args: flags, host: "127.0.0.1" });
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
