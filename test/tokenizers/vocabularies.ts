import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { type ByteLevelTokenizer, createTokenizer } from "../../src/tokenizers/byte-level-bpe.ts";
import { loadVocabulary } from "../../src/tokenizers/vocabulary.ts";

export const repositoryRoot = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const vocabularyIds = ["cl100k", "o200k", "qwen3", "deepseek3"] as const;

export function vocabularyBytes(id: string): Uint8Array {
  return new Uint8Array(
    gunzipSync(readFileSync(join(repositoryRoot, "media", "vocabularies", `${id}.bin.gz`))),
  );
}

export function tokenizerOf(id: string): ByteLevelTokenizer {
  return createTokenizer(loadVocabulary(vocabularyBytes(id)));
}

/** The prompt corpora beside the repository, by path; empty where they are absent. */
export function corpora(): ReadonlyMap<string, string> {
  const folder = join(repositoryRoot, "..", "shared", "corpora");
  const texts = new Map<string, string>();
  if (!existsSync(folder)) return texts;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) texts.set(path.slice(folder.length + 1), readFileSync(path, "utf8"));
  }
  return texts;
}
