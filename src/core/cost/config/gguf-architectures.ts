/** What llama.cpp knows of an architecture that its files do not say (`src/llama-model.cpp`, `load_hparams`). */
import type { Dtype } from "../model-spec.ts";

export interface Architecture {
  /** Letter of a layer without heads of K and V; `null` where there is no such layer. */
  readonly recurrent: "m" | "M" | "G" | "K" | "C" | null;
  /** Every layer has this letter (Mamba) or holds both mixers (Falcon-H1). */
  readonly everywhere?: "m" | "M" | "P";
  /** Blocks are mixers or feed-forward, and never both (Nemotron-H). */
  readonly isSingleBlock?: true;
  readonly fullEvery?: number;
  /** Of layers with a window, the last of so many attends to everything; 0 for none. */
  readonly windowFullEvery?: number;
  readonly hasOutputGate?: true;
  /** One matrix holds gate and values, so that no tensor is called a gate. */
  readonly isGateFused?: true;
  readonly vllmStateDtype: Dtype | null;
}

const attention: Architecture = { recurrent: null, vllmStateDtype: null };
const deltaNet: Architecture = {
  recurrent: "G",
  fullEvery: 4,
  hasOutputGate: true,
  vllmStateDtype: "bfloat16",
};
const mamba2: Architecture = { recurrent: "M", vllmStateDtype: "bfloat16" };
const nemotron: Architecture = { recurrent: "M", isSingleBlock: true, vllmStateDtype: "float32" };
const shortConv: Architecture = { recurrent: "C", vllmStateDtype: null };

export const architectures: Readonly<Record<string, Architecture>> = {
  ...Object.fromEntries(
    [
      "llama",
      "qwen2",
      "qwen2moe",
      "qwen3",
      "qwen3moe",
      "qwen2vl",
      "qwen3vl",
      "qwen3vlmoe",
      "gemma",
      "mistral3",
      "deepseek2",
      "granite",
      "granitemoe",
      "olmo2",
      "smollm3",
      "minimax-m2",
      "glm4moe",
      "exaone",
      "command-r",
      "starcoder2",
      "nemotron",
      "falcon",
      "gptneox",
      "phi2",
    ].map((name) => [name, attention]),
  ),
  phi3: { ...attention, isGateFused: true, windowFullEvery: 0 },
  glm4: { ...attention, isGateFused: true },
  gemma2: { ...attention, windowFullEvery: 2 },
  gemma3: { ...attention, windowFullEvery: 6 },
  "gpt-oss": { ...attention, windowFullEvery: 2 },
  cohere2: { ...attention, windowFullEvery: 4 },
  mamba: { recurrent: "m", everywhere: "m", vllmStateDtype: "bfloat16" },
  mamba2: { ...mamba2, everywhere: "M" },
  jamba: { recurrent: "m", vllmStateDtype: "bfloat16" },
  granitehybrid: mamba2,
  "falcon-h1": { ...mamba2, everywhere: "P" },
  nemotron_h: nemotron,
  nemotron_h_moe: nemotron,
  qwen3next: deltaNet,
  qwen35: { ...deltaNet, vllmStateDtype: "float32" },
  qwen35moe: { ...deltaNet, vllmStateDtype: "float32" },
  lfm2: shortConv,
  lfm2moe: shortConv,
  "kimi-linear": { recurrent: "K", vllmStateDtype: "float32" },
};
