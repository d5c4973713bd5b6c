/** Which shipped vocabulary counts a model's tokens. Written by hand; the source stands in each line. */
import { invariant } from "../core/invariant.ts";

/** Ids of the vocabularies that ship with the project. */
export const shippedVocabularies = ["cl100k", "o200k", "qwen3", "deepseek3"] as const;

export interface ModelVocabulary {
  readonly id: (typeof shippedVocabularies)[number];
  /** False when it stands in for the model's own; then every token count is approximate. */
  readonly isExact: boolean;
  /** Name of the model's own vocabulary where another one stands in for it. */
  readonly substituteFor?: string;
  /** One sentence for the user. */
  readonly note: string;
}

interface Row extends Omit<ModelVocabulary, "note"> {
  /** Starts of model ids. */
  readonly models: readonly string[];
  /** How it is known, or why this substitute. */
  readonly reason: string;
}

const fewer = "the model's own vocabulary is smaller and needs more tokens for the same text";

/** Substitutes are the nearest at hand by size: all are byte-level BPE with a tiktoken-like pre-tokenizer. */
const rows: readonly Row[] = [
  {
    models: ["ibm-granite/granite-4.0"],
    id: "cl100k",
    isExact: true,
    reason:
      "GGUF metadata: 100,352 rows over the 100,256 cl100k ranks, pre-tokenizer dbrx; special tokens differ",
  },
  {
    models: ["Qwen/Qwen3-Next", "Qwen/Qwen3-8B"],
    id: "qwen3",
    isExact: true,
    reason: "tokenizer.json of Qwen3: 151,643 tokens and specials, padded to 151,936 rows",
  },
  {
    models: ["microsoft/Phi-4-mini-flash"],
    id: "o200k",
    isExact: true,
    reason: "o200k ranks padded to 200,064 rows; special tokens differ",
  },
  {
    models: ["Qwen/Qwen3.5"],
    id: "qwen3",
    isExact: false,
    substituteFor: "Qwen3.5 (248,320)",
    reason: "own pre-tokenizer and more tokens than Qwen3, by the same makers (configuration and llama.cpp)",
  },
  {
    models: ["meta-llama/Llama-3", "ibm-ai-platform/Bamba"],
    id: "cl100k",
    isExact: false,
    substituteFor: "Llama 3 (128,256)",
    reason:
      "100K tokens of tiktoken and 28K for other languages (arXiv 2407.21783, section 3.2); licence forbids shipping it",
  },
  {
    models: ["nvidia/Nemotron", "nvidia/NVIDIA-Nemotron"],
    id: "qwen3",
    isExact: false,
    substituteFor: "Nemotron (131,072)",
    reason: "nearest in size; equality with Tekken is likely but unverified",
  },
  {
    models: ["moonshotai/Kimi"],
    id: "qwen3",
    isExact: false,
    substituteFor: "Kimi K2 (163,840)",
    reason: "nearest in size, and as rich in Chinese",
  },
  {
    models: ["MiniMaxAI/MiniMax"],
    id: "o200k",
    isExact: false,
    substituteFor: "MiniMax (200,064)",
    reason: "nearest in size; not compared",
  },
  {
    models: ["nvidia/mamba2-hybrid"],
    id: "o200k",
    isExact: false,
    substituteFor: "NVIDIA SentencePiece (256,000)",
    reason: "nearest in size (arXiv 2406.07887, 256K vocabulary)",
  },
  {
    models: ["google/recurrentgemma", "griffin-paper"],
    id: "o200k",
    isExact: false,
    substituteFor: "Gemma (256,000)",
    reason: "nearest in size; for the unreleased Griffin model assumed",
  },
  {
    models: ["tiiuae/Falcon-H1-34B"],
    id: "o200k",
    isExact: false,
    substituteFor: "Falcon-H1 34B (261,120)",
    reason: "nearest in size; each size of Falcon-H1 has its own vocabulary",
  },
  {
    models: ["tiiuae/Falcon-H1-7B"],
    id: "qwen3",
    isExact: false,
    substituteFor: "Falcon-H1 7B (130,048)",
    reason: "nearest in size; each size of Falcon-H1 has its own vocabulary",
  },
  {
    models: ["tiiuae/Falcon-H1-0.5B", "tiiuae/Falcon-H1-1.5B", "tiiuae/Falcon-H1-3B"],
    id: "cl100k",
    isExact: false,
    substituteFor: "Falcon-H1 small (32,784 to 65,537)",
    reason: fewer,
  },
  {
    models: ["ai21labs/"],
    id: "cl100k",
    isExact: false,
    substituteFor: "Jamba SentencePiece (65,536)",
    reason: fewer,
  },
  { models: ["LiquidAI/LFM2"], id: "cl100k", isExact: false, substituteFor: "LFM2 (65,536)", reason: fewer },
  {
    models: ["tiiuae/falcon-mamba"],
    id: "cl100k",
    isExact: false,
    substituteFor: "Falcon (65,024)",
    reason: fewer,
  },
  {
    models: ["state-spaces/"],
    id: "cl100k",
    isExact: false,
    substituteFor: "GPT-NeoX (50,277)",
    reason: fewer,
  },
  {
    models: ["mistralai/"],
    id: "cl100k",
    isExact: false,
    substituteFor: "Mistral v3 (32,768)",
    reason: fewer,
  },
  {
    models: ["Zyphra/Zamba2"],
    id: "cl100k",
    isExact: false,
    substituteFor: "Mistral v1 (32,000)",
    reason: fewer,
  },
  {
    models: ["nvidia/Hymba"],
    id: "cl100k",
    isExact: false,
    substituteFor: "Llama 2 (32,000)",
    reason: fewer,
  },
];

/** By id of a catalogue model. */
export function vocabularyOfModel(modelId: string): ModelVocabulary {
  const found = rows.filter(({ models }) => models.some((start) => modelId.startsWith(start)));
  const [row] = found;
  invariant(row !== undefined && found.length === 1, `${found.length} vocabulary rows for ${modelId}`);
  const { id, isExact, substituteFor, reason } = row;
  if (substituteFor === undefined) return { id, isExact, note: `Tokens are the model's own: ${reason}.` };
  const note = `Tokens are counted with ${id} in place of ${substituteFor}: ${reason}.`;
  return { id, isExact, substituteFor, note };
}
