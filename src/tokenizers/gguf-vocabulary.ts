/**
 * The vocabulary in the header of a GGUF file (`tokenizer.ggml.*`): byte-level BPE, cut as llama.cpp cuts it. The header
 * names its pre-tokenizer and does not say its pattern, so that only those that are known here can be read.
 * Source: ggml-org/llama.cpp `src/llama-vocab.cpp`, `llama_vocab::impl::load` and `llm_tokenizer_bpe`.
 */
import type { GgufValue } from "../core/gguf-header.ts";
import { byPatterns, llamaCppPatterns, type PreTokenizer } from "./pre-tokenizer.ts";
import { byteTokens, readMerges } from "./spelled-tokens.ts";
import type { Vocabulary } from "./vocabulary.ts";

export type GgufVocabulary =
  | { readonly kind: "byte-level"; readonly vocabulary: Vocabulary }
  /** `reason` completes "it cannot be read: ". */
  | { readonly kind: "other"; readonly reason: string };

/** Values of `tokenizer.ggml.pre` that cut by the same patterns. */
const namesOfPatterns: Readonly<Record<keyof typeof llamaCppPatterns, readonly string[]>> = {
  cl100k: [
    "llama3",
    "llama-v3",
    "llama-bpe",
    "falcon3",
    "falcon-h1",
    "pixtral",
    "midm-2.0",
    "lfm2",
    "dbrx",
    "smaug-bpe",
    "glm4",
    "chatglm-bpe",
  ],
  qwen3: ["qwen2", "deepseek-r1-qwen", "kormo", "stablelm2", "hunyuan", "solar-open", "megrez", "grok-2"],
  qwen35: ["qwen35"],
  o200k: ["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"],
  tekken: ["tekken"],
  gpt2: [
    "gpt-2",
    "phi-2",
    "gigachat",
    "a.x-4.0",
    "mellum",
    "mpt",
    "olmo",
    "jais",
    "trillion",
    "granite-docling",
    "exaone4",
  ],
  digitsAndGpt2: [
    "starcoder",
    "refact",
    "command-r",
    "smollm",
    "codeshell",
    "exaone",
    "minerva-7b",
    "mellum2",
  ],
  deepseek3: ["deepseek-v3", "hunyuan-dense", "joyai-llm"],
};

/** Those with which a piece that is a token is that token, whatever its merges give. */
const takingWholePieces: ReadonlySet<string> = new Set([
  "llama3",
  "llama-v3",
  "llama-bpe",
  "falcon3",
  "falcon-h1",
  "pixtral",
  "midm-2.0",
  "lfm2",
  "tekken",
]);

/** `tokenizer.ggml.token_type` of what is cut out of a text before anything else, and of rows that stand for nothing. */
const types = { unknown: 2, control: 3, userDefined: 4, unused: 5 } as const;

export function hasGgufVocabulary(values: ReadonlyMap<string, GgufValue>): boolean {
  return values.has("tokenizer.ggml.model");
}

/** `id` becomes the vocabulary's. */
export function readGgufVocabulary(values: ReadonlyMap<string, GgufValue>, id: string): GgufVocabulary {
  const model = values.get("tokenizer.ggml.model");
  if (model === undefined) return other("the header has none (tokenizer.ggml.model)");
  if (model !== "gpt2")
    return other(`it is of the kind ${shown(model)} (tokenizer.ggml.model), and "gpt2" alone is read`);
  const pre = values.get("tokenizer.ggml.pre") ?? "default";
  const preTokenizer = typeof pre === "string" ? preTokenizerOf(pre) : null;
  if (preTokenizer === null)
    return other(`its pre-tokenizer is ${shown(pre)} (tokenizer.ggml.pre), whose pattern is not known here`);
  const [tokens, merges] = [textsOf(values, "tokens"), textsOf(values, "merges")];
  if (tokens === null || merges === null)
    return other("tokenizer.ggml.tokens or .merges is no list of texts");
  const kinds = values.get("tokenizer.ggml.token_type");
  const numbers = typeof kinds === "object" ? kinds.numbers : null;
  if (numbers === null || numbers.length !== tokens.length)
    return other("tokenizer.ggml.token_type does not say of each token what it is");
  try {
    return read({
      id,
      preTokenizer,
      tokens,
      numbers,
      merges,
      wholePiecesFirst: takingWholePieces.has(String(pre)),
    });
  } catch (error) {
    return other(error instanceof Error ? error.message : String(error));
  }
}

interface Lists {
  readonly id: string;
  readonly preTokenizer: PreTokenizer;
  readonly tokens: readonly string[];
  /** A type for each token. */
  readonly numbers: readonly number[];
  readonly merges: readonly string[];
  readonly wholePiecesFirst: boolean;
}

/** Throws an Error where the lists do not fit each other. */
function read({ id, preTokenizer, tokens, numbers, merges, wholePiecesFirst }: Lists): GgufVocabulary {
  const ids = new Map<string, number>();
  const specials = new Map<string, number>();
  for (const [token, text] of tokens.entries()) {
    const type = numbers[token];
    if (type === types.unused) continue;
    const isSpecial = type === types.control || type === types.userDefined || type === types.unknown;
    if (isSpecial && text !== "") specials.set(text, token);
    else if (!isSpecial) ids.set(text, token);
  }
  const spelled = byteTokens(ids, new Set(specials.values()));
  if (spelled === null) return other("it has no token for some of the bytes");
  return {
    kind: "byte-level",
    vocabulary: {
      id,
      preTokenizer,
      // llama.cpp normalizes no text of BPE.
      normalizer: "none",
      ...spelled,
      specials,
      merges: readMerges(merges, ids, wholePiecesFirst),
    },
  };
}

function preTokenizerOf(pre: string): PreTokenizer | null {
  for (const [patterns, names] of Object.entries(namesOfPatterns)) {
    if (names.includes(pre)) return byPatterns(llamaCppPatterns[patterns as keyof typeof llamaCppPatterns]);
  }
  return null;
}

function textsOf(values: ReadonlyMap<string, GgufValue>, key: string): readonly string[] | null {
  const list = values.get(`tokenizer.ggml.${key}`);
  return typeof list === "object" && list.numbers === null ? list.texts() : null;
}

function other(reason: string): GgufVocabulary {
  return { kind: "other", reason };
}

/** Of a value in a message. */
function shown(value: GgufValue): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : "no text";
}
