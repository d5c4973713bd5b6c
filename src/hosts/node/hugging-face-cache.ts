/** The folder of models that Hugging Face's libraries have downloaded, by the rules of `huggingface_hub`. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { homeFolder } from "./home-folder.ts";

/** `null` where there is none. */
export function huggingFaceCache(environment: NodeJS.ProcessEnv): string | null {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = environment;
  const home = homeFolder();
  const caches = XDG_CACHE_HOME ?? (home === null ? null : join(home, ".cache"));
  const ofHuggingFace = HF_HOME ?? (caches === null ? null : join(caches, "huggingface"));
  const folder = HF_HUB_CACHE ?? (ofHuggingFace === null ? null : join(ofHuggingFace, "hub"));
  return folder !== null && existsSync(folder) ? folder : null;
}

/** A file of the model `owner/name`, of the version that `refs/main` names first; `null` where it was not downloaded. */
export function downloadedFile(cache: string, id: string, name: string): string | null {
  if (!/^[\w.-]+\/[\w.-]+$/.test(id)) return null;
  const folder = join(cache, `models--${id.replace("/", "--")}`);
  const main = readIfThere(join(folder, "refs", "main"))?.trim() ?? "";
  const snapshots = join(folder, "snapshots");
  const all = existsSync(snapshots) ? readdirSync(snapshots).sort() : [];
  const byPreference = all.includes(main) ? [main, ...all] : all;
  const files = byPreference.map((snapshot) => join(snapshots, snapshot, name));
  return files.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true) ?? null;
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // A cache that is being written, or cleared.
    return null;
  }
}
