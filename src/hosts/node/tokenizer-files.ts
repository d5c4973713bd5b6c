/**
 * Which tokenizer counts: one that ships, a tokenizer.json or GGUF file that the settings name, the model's file or
 * what lies beside it, or a tokenizer.json in the user's Hugging Face cache.
 * Nothing is written, and nothing is fetched.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { modelInForce, type SettingsInForce } from "../../analysis/model-in-force.ts";
import { isShippedVocabulary } from "../../analysis/vocabulary-in-force.ts";
import { UserError } from "../../config/settings.ts";
import { vocabularyOfModel } from "../../tokenizers/vocabulary-of-model.ts";
import { downloadedFile } from "./hugging-face-cache.ts";
import { type FilePlaces, type NamedThing, namedFile } from "./named-files.ts";

/** Larger files hold no tokenizer: the largest that we know has 37 MB. */
export const maxTokenizerBytes = 100 * 2 ** 20;

const thing: NamedThing = { noun: "tokenizer", own: "promptCacheLens.tokenizer", existing };

export interface TokenizerPlaces extends FilePlaces {
  /** The Hugging Face cache; `null` when there is none. */
  readonly cache: string | null;
}

/**
 * The settings with the absolute path of the file that counts, when one does.
 * Throws `UserError` when the file that they name is not there or may not be read.
 */
export function locateTokenizer(settings: SettingsInForce, places: TokenizerPlaces): SettingsInForce {
  const { tokenizer } = settings;
  if (tokenizer === "shipped" || isShippedVocabulary(tokenizer)) return settings;
  if (tokenizer !== "auto") return { ...settings, tokenizer: namedFile(tokenizer, places, thing) };
  const own = settings.modelFile?.tokenizer ?? null;
  const found = own ?? (places.cache === null ? null : cachedTokenizer(settings, places.cache));
  return found === null ? settings : { ...settings, tokenizer: found };
}

function existing(file: string, named: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory() === true && existsSync(join(file, "tokenizer.json")))
    return join(file, "tokenizer.json");
  if (found?.isFile() === true) return file;
  throw new UserError(
    `There is no tokenizer file ${named} (looked for ${file}); give the path of a tokenizer.json or GGUF file, "auto", "shipped" or a vocabulary that ships.`,
  );
}

/** For a model whose vocabulary does not ship: by its id and its aliases, the version that `refs/main` names first. */
function cachedTokenizer(settings: SettingsInForce, cache: string): string | null {
  const model = modelInForce(settings);
  if (vocabularyOfModel(model).isExact) return null;
  // What was asked for goes first: an alias may have been downloaded where the model itself was not.
  const ids = new Set([settings.model.trim(), model.id, ...model.aliases.map(({ id }) => id)]);
  for (const id of ids) {
    const file = downloadedFile(cache, id, "tokenizer.json");
    if (file !== null) return file;
  }
  return null;
}
