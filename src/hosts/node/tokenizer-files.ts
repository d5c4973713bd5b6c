/**
 * Which tokenizer counts: one that ships, a tokenizer.json that the settings name, or one in the user's Hugging Face cache.
 * Nothing is written, and nothing is fetched.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, resolve, sep } from "node:path";
import { isShippedVocabulary } from "../../analysis/vocabulary-in-force.ts";
import { type AnalysisSettings, UserError } from "../../config/settings.ts";
import { findModel } from "../../core/cost/find.ts";
import { vocabularyOfModel } from "../../tokenizers/vocabulary-of-model.ts";
import { homeFolder } from "./home-folder.ts";

/** Larger files hold no tokenizer: the largest that we know has 37 MB. */
export const maxTokenizerBytes = 100 * 2 ** 20;

export interface TokenizerPlaces {
  /** Whether the user named the file, who may name any; promptcache.json may name files of the workspace only. */
  readonly isUsers: boolean;
  /** The folder of promptcache.json; `null` when its files may not be read. */
  readonly workspace: string | null;
  /** The Hugging Face cache; `null` when there is none. */
  readonly cache: string | null;
}

/**
 * The settings with the absolute path of the tokenizer.json that counts, when one does.
 * Throws `UserError` when the file that they name is not there or may not be read.
 */
export function locateTokenizer(settings: AnalysisSettings, places: TokenizerPlaces): AnalysisSettings {
  const { tokenizer } = settings;
  if (tokenizer === "shipped" || isShippedVocabulary(tokenizer)) return settings;
  if (tokenizer !== "auto") return { ...settings, tokenizer: namedFile(tokenizer, places) };
  const found = places.cache === null ? null : cachedTokenizer(settings.model, places.cache);
  return found === null ? settings : { ...settings, tokenizer: found };
}

function namedFile(path: string, { isUsers, workspace }: TokenizerPlaces): string {
  if (isUsers) {
    return existing(resolve(workspace ?? ".", withoutTilde(path)), path);
  }
  if (workspace === null) {
    throw new UserError(
      `promptcache.json names the tokenizer ${path}, and files of this workspace may not be read: trust the workspace, or set promptCacheLens.tokenizer yourself.`,
    );
  }
  const file = existing(join(workspace, path), path);
  if (isAbsolute(path) || !realpathSync(file).startsWith(realpathSync(workspace) + sep)) {
    throw new UserError(
      `promptcache.json names the tokenizer ${path}, which is outside of the workspace: give a path from the workspace's folder, or name the file yourself with promptCacheLens.tokenizer or --tokenizer.`,
    );
  }
  return file;
}

function withoutTilde(path: string): string {
  if (!/^~[\\/]/.test(path)) return path;
  const home = homeFolder();
  if (home === null)
    throw new UserError(`The tokenizer is ${path}, and no home folder is known here: give the whole path.`);
  return join(home, path.slice(2));
}

function existing(file: string, named: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory() === true && existsSync(join(file, "tokenizer.json")))
    return join(file, "tokenizer.json");
  if (found?.isFile() === true) return file;
  throw new UserError(
    `There is no tokenizer file ${named} (looked for ${file}); give the path of a tokenizer.json, "auto", "shipped" or a vocabulary that ships.`,
  );
}

/** The folder of downloaded models, by the rules of `huggingface_hub`. */
export function huggingFaceCache(environment: NodeJS.ProcessEnv): string | null {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = environment;
  const home = homeFolder();
  const caches = XDG_CACHE_HOME ?? (home === null ? null : join(home, ".cache"));
  const ofHuggingFace = HF_HOME ?? (caches === null ? null : join(caches, "huggingface"));
  const folder = HF_HUB_CACHE ?? (ofHuggingFace === null ? null : join(ofHuggingFace, "hub"));
  return folder !== null && existsSync(folder) ? folder : null;
}

/** For a model whose vocabulary does not ship: by its id and its aliases, the version that `refs/main` names first. */
function cachedTokenizer(modelName: string, cache: string): string | null {
  const model = findModel(modelName);
  if (vocabularyOfModel(model.id).isExact) return null;
  // What was asked for goes first: an alias may have been downloaded where the model itself was not.
  const ids = new Set([modelName.trim(), model.id, ...model.aliases.map(({ id }) => id)]);
  for (const id of ids) {
    if (!/^[\w.-]+\/[\w.-]+$/.test(id)) continue;
    const file = newestSnapshot(join(cache, `models--${id.replace("/", "--")}`));
    if (file !== null) return file;
  }
  return null;
}

function newestSnapshot(folder: string): string | null {
  const main = readIfThere(join(folder, "refs", "main"))?.trim() ?? "";
  const snapshots = join(folder, "snapshots");
  const all = existsSync(snapshots) ? readdirSync(snapshots).sort() : [];
  const byPreference = all.includes(main) ? [main, ...all] : all;
  const files = byPreference.map((snapshot) => join(snapshots, snapshot, "tokenizer.json"));
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
