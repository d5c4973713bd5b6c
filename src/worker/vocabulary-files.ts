/** The vocabularies that ship with the extension, loaded on first use. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { UserError } from "../analysis/settings.ts";
import { createTokenizer } from "../prompt/tokenizers/byte-level-bpe.ts";
import { cacheBlocks } from "../prompt/tokenizers/caching-tokenizer.ts";
import { vocabularyCatalogue } from "../prompt/tokenizers/catalogue.ts";
import { loadVocabulary } from "../prompt/tokenizers/vocabulary.ts";

type LoadedTokenizer = ReturnType<typeof cacheBlocks>;

/** Throws `UserError` for a vocabulary that does not ship. */
export function createTokenizerLoader(folder: string): (vocabulary: string) => LoadedTokenizer {
  const loaded = new Map<string, LoadedTokenizer>();
  return (vocabulary) => {
    const known = loaded.get(vocabulary);
    if (known !== undefined) return known;
    const entry = vocabularyCatalogue.find(({ id }) => id === vocabulary);
    if (entry === undefined) {
      const ids = vocabularyCatalogue.map(({ id }) => id).join(", ");
      throw new UserError(`There is no vocabulary "${vocabulary}"; known are ${ids}.`);
    }
    const content = gunzipSync(readFileSync(join(folder, entry.file)));
    const tokenizer = cacheBlocks(createTokenizer(loadVocabulary(content)));
    loaded.set(vocabulary, tokenizer);
    return tokenizer;
  };
}
