/** The facts that the catalogue is made from, with what others derived from them. */
import { readFileSync } from "node:fs";

const folder = new URL("../../../facts/", import.meta.url);

export interface ModelFacts {
  readonly id: string;
  readonly layers: { readonly counts?: Readonly<Record<string, number>> };
  readonly parameters: Partial<Derived["parameters"]>;
  readonly derived?: DerivedFacts;
}

/** What follows from a model's geometry, under the names of the facts. */
export interface Derived {
  readonly counts: Readonly<Record<string, number>>;
  readonly parameters: {
    readonly total_recomputed: number | null;
    readonly active_recomputed: number | null;
  };
  readonly derived: DerivedFacts;
}

export interface DerivedFacts {
  readonly kv_bytes_per_token_bf16: number;
  readonly kv_bytes_per_token_fp8: number;
  readonly kv_layers: number;
  readonly sliding_kv_bytes_per_token_bf16: number;
  readonly sliding_window_tokens: number | null;
  readonly sliding_kv_bytes_cap_bf16: number;
  readonly conv_state_bytes_per_sequence: number;
  readonly recurrent_state_bytes_per_sequence_bf16: number;
  readonly recurrent_state_bytes_per_sequence_fp32: number;
  readonly checkpoint_bytes_vllm_default: number | null;
  readonly checkpoint_bytes_bf16_state: number;
  readonly checkpoint_bytes_fp32_state: number;
  readonly per_layer_state_bytes: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  readonly vllm_block: {
    readonly attention_page_bytes_per_token_per_layer: number;
    readonly recurrent_page_bytes_per_layer: number;
    readonly block_tokens_align16_bf16_kv: number;
    readonly padding_percent: number;
    readonly block_tokens_align16_fp8_kv: number;
    readonly block_tokens_align64_bf16_kv?: number;
  } | null;
  readonly weight_bytes_bf16: number;
  readonly checkpoint_equals_kv_tokens: number | null;
  readonly prefill_flops_per_token: {
    readonly by_kind: Readonly<Record<string, number>>;
    readonly total: number;
  };
  readonly lm_head_flops_once_per_prefill: number | null;
  readonly attention_flops_per_query_key_pair: number;
  readonly sliding_attention_flops_per_query_key_pair: number;
}

export interface WorkedCheck {
  readonly check: string;
  readonly stated: Readonly<Record<string, number>>;
  readonly computed: Readonly<Record<string, number>>;
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, folder), "utf8"));
}

const parsed = read("models.json") as { models: ModelFacts[]; worked_checks: WorkedCheck[] };

export const modelFacts: readonly ModelFacts[] = parsed.models;
export const workedChecks: readonly WorkedCheck[] = parsed.worked_checks;
export const gpuFacts = (read("gpus.json") as { gpus: { id: string }[] }).gpus;
