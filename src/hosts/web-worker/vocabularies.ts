/** The vocabularies that ship, fetched before the analysis asks for one: it cannot wait. */
import { UserError } from "../../config/settings.ts";
import { invariant } from "../../core/invariant.ts";
import type { BpeTokenizer } from "../../tokenizers/byte-level-bpe.ts";
import { createCachedTokenizer } from "../../tokenizers/caching-tokenizer.ts";
import { vocabularyCatalogue } from "../../tokenizers/catalogue.ts";
import { loadVocabulary } from "../../tokenizers/vocabulary.ts";

export class Vocabularies {
  readonly #read: (file: string) => Promise<Uint8Array>;
  readonly #loaded = new Map<string, BpeTokenizer>();

  constructor(read: (file: string) => Promise<Uint8Array>) {
    this.#read = read;
  }

  /** Throws `UserError` for what is no vocabulary that ships. */
  async load(id: string): Promise<void> {
    if (this.#loaded.has(id)) return;
    const entry = vocabularyCatalogue.find((each) => each.id === id);
    if (entry === undefined) throw noTokenizerFile(id);
    const bytes = await decompressed(await this.#read(entry.file));
    this.#loaded.set(id, createCachedTokenizer(loadVocabulary(bytes)));
  }

  get(id: string): BpeTokenizer {
    const tokenizer = this.#loaded.get(id);
    invariant(tokenizer !== undefined, `the vocabulary ${id} is used before it was loaded`);
    return tokenizer;
  }
}

function noTokenizerFile(named: string): UserError {
  const ids = vocabularyCatalogue.map(({ id }) => id).join(", ");
  return new UserError(
    `The tokenizer is ${named}, and in a browser no tokenizer files are read: set promptCacheLens.tokenizer to "shipped" or to a vocabulary that ships (${ids}).`,
  );
}

async function decompressed(bytes: Uint8Array): Promise<Uint8Array> {
  // A copy of our own: what comes by message may be a part of a larger buffer.
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
