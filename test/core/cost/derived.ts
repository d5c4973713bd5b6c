/** Everything that our formulas derive from a model, under the names and rounding of the reference facts. */
import { attentionFlopsPerPair, flopsPerTokenByKind, outputHeadFlops } from "../../../src/core/cost/flops.ts";
import { kvBytesPerToken } from "../../../src/core/cost/kv-bytes.ts";
import { countKvCaches, countLayers } from "../../../src/core/cost/layer-counts.ts";
import type { ModelSpec } from "../../../src/core/cost/model-spec.ts";
import { stateBytes, stateElements } from "../../../src/core/cost/state-bytes.ts";
import { vllmHybridBlock } from "../../../src/core/cost/vllm-block.ts";
import { countParameters, weightBytes } from "../../../src/core/cost/weights.ts";
import type { Derived, DerivedFacts } from "./facts.ts";

/** Our names of layer kinds on the left, those of the facts' counts on the right. */
const countNames = {
  attention: "attention_full",
  slidingAttention: "attention_sliding",
  latentAttention: "attention_mla",
  crossAttention: "cross_attention_reusing_kv",
  windowEntries: "window_entries",
  sparseEntries: "compressed_sparse",
  denseEntries: "heavily_compressed",
  mamba1: "mamba1",
  mamba2: "mamba2",
  gatedDeltaNet: "gated_delta_net",
  kimiDelta: "kda",
  lightning: "lightning_attention",
  shortConv: "short_conv",
  rgLru: "rg_lru",
  gatedMemoryUnit: "gated_memory_unit",
  mlp: "mlp_dense",
  moe: "moe",
} as const;

const flopNames: Readonly<Record<keyof typeof countNames, string>> = {
  ...countNames,
  attention: "attention",
  slidingAttention: "attention",
  latentAttention: "attention",
  crossAttention: "attention",
  mlp: "mlp",
};

export function derive(model: ModelSpec): Derived {
  const counts = countLayers(model);
  const named = Object.entries(counts).filter(([, count]) => count > 0);
  const parameters = countParameters(model);
  return {
    counts: Object.fromEntries(
      named.map(([kind, count]) => [countNames[kind as keyof typeof countNames], count]),
    ),
    parameters: { total_recomputed: parameters.total, active_recomputed: parameters.active },
    derived: { ...deriveBytes(model), ...deriveFlops(model) },
  };
}

function deriveBytes(model: ModelSpec) {
  const caches = countKvCaches(model);
  const bf16 = kvBytesPerToken(model);
  const narrow = stateBytes(model, { conv: "bfloat16", recurrent: "bfloat16" });
  const wide = stateBytes(model, { conv: "bfloat16", recurrent: "float32" });
  const narrowBytes = narrow.convBytes + narrow.recurrentBytes;
  const wideBytes = wide.convBytes + wide.recurrentBytes;
  const isStateless = narrow.recurrentBytes === 0;
  const engineBytes = isStateless || model.vllmStateDtype === "bfloat16" ? narrowBytes : wideBytes;
  const isKnown = isStateless || model.vllmStateDtype !== null;
  const perToken = bf16.fullBytes;
  const block = vllmHybridBlock(model);
  return {
    kv_bytes_per_token_bf16: perToken,
    kv_bytes_per_token_fp8: kvBytesPerToken(model, { kvDtype: "fp8" }).fullBytes,
    kv_layers: caches.full + caches.latent,
    sliding_kv_bytes_per_token_bf16: bf16.slidingBytes,
    sliding_window_tokens: bf16.windowTokens || null,
    sliding_kv_bytes_cap_bf16: bf16.slidingBytes * bf16.windowTokens,
    conv_state_bytes_per_sequence: narrow.convBytes,
    recurrent_state_bytes_per_sequence_bf16: narrow.recurrentBytes,
    recurrent_state_bytes_per_sequence_fp32: wide.recurrentBytes,
    checkpoint_bytes_vllm_default: isKnown ? engineBytes : null,
    checkpoint_bytes_bf16_state: narrowBytes,
    checkpoint_bytes_fp32_state: wideBytes,
    per_layer_state_bytes: derivePerLayer(model),
    vllm_block: block && {
      attention_page_bytes_per_token_per_layer: block.attentionBytesPerToken,
      recurrent_page_bytes_per_layer: block.statePageBytes,
      block_tokens_align16_bf16_kv: block.blockTokens,
      padding_percent: Math.round(block.paddingShare * 10_000) / 100,
      block_tokens_align16_fp8_kv: vllmHybridBlock(model, { kvDtype: "fp8" })?.blockTokens ?? 0,
      block_tokens_align64_bf16_kv: vllmHybridBlock(model, { alignTokens: 64 })?.blockTokens ?? 0,
    },
    weight_bytes_bf16: weightBytes(model, "bf16"),
    checkpoint_equals_kv_tokens:
      engineBytes > 0 && perToken > 0 ? Math.round((engineBytes / perToken) * 10) / 10 : null,
  };
}

function derivePerLayer(model: ModelSpec): DerivedFacts["per_layer_state_bytes"] {
  const rows = stateElements(model).map(({ kind, conv, recurrent }) => {
    const engineWidth = model.vllmStateDtype === "bfloat16" ? 2 : 4;
    const isKnown = recurrent === 0 || model.vllmStateDtype !== null;
    return [
      countNames[kind],
      {
        conv_bytes_bf16: conv * 2,
        ssm_bytes_bf16: recurrent * 2,
        ssm_bytes_fp32: recurrent * 4,
        vllm_page_bytes_default: isKnown ? conv * 2 + recurrent * engineWidth : null,
      },
    ];
  });
  return Object.fromEntries(rows);
}

function deriveFlops(model: ModelSpec) {
  const byKind: Record<string, number> = {};
  const add = (name: string, flops: number) => {
    if (flops > 0) byKind[name] = (byKind[name] ?? 0) + flops;
  };
  for (const { kind, matrices, scan, conv } of flopsPerTokenByKind(model)) {
    add(flopNames[kind], matrices);
    add(`${flopNames[kind]}_scan`, scan);
    add(`${flopNames[kind]}_conv`, conv);
  }
  const pairs = attentionFlopsPerPair(model);
  return {
    prefill_flops_per_token: {
      by_kind: byKind,
      total: Object.values(byKind).reduce((sum, flops) => sum + flops, 0),
    },
    lm_head_flops_once_per_prefill: outputHeadFlops(model) || null,
    attention_flops_per_query_key_pair: pairs.full,
    sliding_attention_flops_per_query_key_pair: pairs.sliding,
  };
}
