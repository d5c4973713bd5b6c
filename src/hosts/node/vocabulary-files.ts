/** Tokenizers, loaded on first use: of the vocabularies that ship, of tokenizer.json files and of GGUF files. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { UserError } from "../../config/settings.ts";
import type { BpeTokenizer } from "../../tokenizers/byte-level-bpe.ts";
import { createCachedTokenizer } from "../../tokenizers/caching-tokenizer.ts";
import { vocabularyCatalogue } from "../../tokenizers/catalogue.ts";
import { readGgufVocabulary } from "../../tokenizers/gguf-vocabulary.ts";
import { createLibraryTokenizer } from "../../tokenizers/library-tokenizer.ts";
import { readTokenizerJson } from "../../tokenizers/tokenizer-json.ts";
import { loadVocabulary } from "../../tokenizers/vocabulary.ts";
import { bytes } from "../../words/numbers.ts";
import { ggufHeaderOf, isGgufFile } from "./gguf-files.ts";
import { maxTokenizerBytes } from "./tokenizer-files.ts";

/**
 * By the id of a vocabulary that ships (`folder` holds them), or by the absolute path of a tokenizer.json or
 * GGUF file.
 * Throws `UserError` for one that is not there or cannot be used.
 */
export function createTokenizerLoader(folder: string): (vocabulary: string) => BpeTokenizer {
  const loaded = new Map<string, { readonly version: string; readonly tokenizer: BpeTokenizer }>();
  return (vocabulary) => {
    const entry = vocabularyCatalogue.find(({ id }) => id === vocabulary);
    const version = entry === undefined ? versionOf(vocabulary) : "shipped";
    const known = loaded.get(vocabulary);
    if (known?.version === version) return known.tokenizer;
    const tokenizer =
      entry === undefined
        ? tokenizerOfFile(vocabulary)
        : createCachedTokenizer(loadVocabulary(gunzipSync(readFileSync(join(folder, entry.file)))));
    loaded.set(vocabulary, { version, tokenizer });
    return tokenizer;
  };
}

/** Changes when the file does. */
function versionOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    const ids = vocabularyCatalogue.map(({ id }) => id).join(", ");
    throw new UserError(
      `There is no vocabulary and no tokenizer file "${path}"; vocabularies that ship are ${ids}.`,
    );
  }
  // Of a GGUF file the header alone is read.
  if (found.size > maxTokenizerBytes && !isGgufFile(path)) {
    throw cannotBeUsed(path, `it has ${bytes(found.size)}, and ${bytes(maxTokenizerBytes)} are read at most`);
  }
  return `${found.mtimeMs} ${found.size}`;
}

function tokenizerOfFile(path: string): BpeTokenizer {
  try {
    if (isGgufFile(path)) return tokenizerOfGguf(path);
    const file = readTokenizerJson(readFileSync(path, "utf8"), path);
    return file.kind === "byte-level"
      ? createCachedTokenizer(file.vocabulary)
      : createLibraryTokenizer(file.json, path);
  } catch (error) {
    throw cannotBeUsed(path, error instanceof Error ? error.message : String(error));
  }
}

function tokenizerOfGguf(path: string): BpeTokenizer {
  const { values } = ggufHeaderOf(path, statSync(path).size);
  const read = readGgufVocabulary(values, path);
  if (read.kind === "other") throw new Error(read.reason);
  return createCachedTokenizer(read.vocabulary);
}

function cannotBeUsed(path: string, why: string): UserError {
  return new UserError(
    `The tokenizer file ${path} cannot be used: ${why}. Give another tokenizer.json or GGUF file, or set the tokenizer to "shipped".`,
  );
}
