/** Finds and starts the Chromium that is installed; nothing is downloaded. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Path by the variable CHROMIUM, else by name on PATH; `null` where there is none. */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | null {
  const given = environment["CHROMIUM"];
  if (given !== undefined && given !== "") return given;
  const folders = (environment["PATH"] ?? "").split(delimiter);
  for (const name of names) {
    const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
  }
  return null;
}

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--force-color-profile=srgb",
    ],
  });
}
