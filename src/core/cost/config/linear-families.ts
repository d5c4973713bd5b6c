/** Models with delta nets, lightning attention, short convolutions or gated linear recurrences beside attention. */

import type { KimiDeltaGeometry, ModelSpec } from "../model-spec.ts";
import { attentionOf, byLayer, latentAttentionOf } from "./attention.ts";
import type { ConfigFields } from "./config-fields.ts";
import { checkLength, feedForward, lettersOf } from "./feed-forward.ts";
import type { Family } from "./geometry.ts";

function ffn(fields: ConfigFields, layers: number) {
  const { pattern, mlp, moe } = feedForward(fields, layers, 3);
  return { ffnPattern: pattern, mlp, moe };
}

/** Named layers, else the last of every so many in full. */
function fullEveryPattern(fields: ConfigFields, layers: number, linear: string): string {
  const types = fields.maybeTexts("layer_types");
  const every = fields.maybeWhole("full_attention_interval");
  if (types !== null)
    return lettersOf(fields, "layer_types", types, layers, { linear_attention: linear, full_attention: "*" });
  if (every === null) return fields.missing(["layer_types", "full_attention_interval"]);
  return byLayer(layers, (layer) => ((layer + 1) % every === 0 ? "*" : linear));
}

/** A gated delta net beside gated or plain attention (Qwen3-Next, Qwen3.5, OLMo Hybrid). */
function deltaNet(name: string, hasOutputGate: boolean): Family {
  return {
    name,
    isTied: false,
    read: (fields, { layers, hiddenWidth }) => ({
      vllmStateDtype: "bfloat16",
      ...ffn(fields, layers),
      mixerPattern: fullEveryPattern(fields, layers, "G"),
      attention: attentionOf(fields, hiddenWidth, null, fields.flag(hasOutputGate, "attn_output_gate")),
      gatedDeltaNet: {
        keyHeads: fields.whole("linear_num_key_heads"),
        valueHeads: fields.whole("linear_num_value_heads"),
        keyWidth: fields.whole("linear_key_head_dim"),
        valueWidth: fields.whole("linear_value_head_dim"),
        convKernel: fields.whole("linear_conv_kernel_dim"),
      },
    }),
  };
}

export const qwen3Next = deltaNet("Qwen3-Next", true);
export const qwen35 = deltaNet("Qwen3.5", true);
export const olmoHybrid = deltaNet("OLMo Hybrid", false);

/** Qwen3.8: gated delta nets, attention to chosen tokens, several residual streams, and a table of n-grams. */
export const qwen4Exp: Family = {
  name: "Qwen4 preview (qwen4_exp)",
  isTied: false,
  read(fields, shape) {
    const delta = qwen35.read(fields, shape);
    const attending = [...delta.mixerPattern].filter((letter) => letter === "*").length;
    const indexer = {
      heads: fields.whole("indexer_n_heads"),
      keyWidth: fields.whole("indexer_head_dim"),
      topTokens: fields.whole("indexer_budget"),
      layers: attending,
      poolTokens: fields.whole("indexer_compress_ratio"),
    };
    fields.skip("indexer_kv_heads", "output_gate_type", "seed", "split_ngram_parts");
    return {
      ...delta,
      attention: delta.attention ? { ...delta.attention, indexer } : null,
      gatedResidual: { streams: fields.whole("hc_count"), rank: fields.whole("hc_lowrank") },
      ...ngramTableOf(fields, shape.hiddenWidth),
    };
  },
};

/** Each head has the next prime number of rows above the base; together they are padded. */
function ngramTableOf(fields: ConfigFields, hiddenWidth: number): Pick<ModelSpec, "ngramTable"> {
  const places = fields.maybeCounts("ple_layer_ids") ?? [];
  const [layer] = places;
  if (layer === undefined) return {};
  if (places.length > 1)
    return fields.refuse("ple_layer_ids", "names several layers, of which one alone can be expressed");
  const tokens = fields.whole("ngram_size");
  const heads = (tokens - 1) * fields.whole("heads_per_ngram");
  const base = fields.whole("ngram_vocab_size_base");
  if (heads > mostNgramHeads || base > mostNgramRows)
    return fields.refuse("ngram_vocab_size_base", "makes a table that is larger than any that is known");
  const divisor = fields.whole("make_ngram_vocab_size_divisible_by");
  const width = fields.maybeWhole("ple_embed_dim") ?? hiddenWidth;
  return {
    ngramTable: {
      layer,
      rows: Math.ceil(sumOfPrimesAbove(base, heads) / divisor) * divisor,
      rowWidth: width / heads,
      rowsPerToken: heads,
      convKernel: fields.whole("ple_conv_kernel_size"),
      convDilation: tokens,
    },
  };
}

const mostNgramHeads = 256;
const mostNgramRows = 1e9;

function sumOfPrimesAbove(base: number, count: number): number {
  let [sum, found] = [0, 0];
  for (let candidate = base + 1; found < count; candidate++) {
    if (!isPrime(candidate)) continue;
    sum += candidate;
    found++;
  }
  return sum;
}

function isPrime(candidate: number): boolean {
  if (candidate < 2) return false;
  for (let factor = 2; factor * factor <= candidate; factor++) if (candidate % factor === 0) return false;
  return true;
}

/** Kimi delta attention beside latent attention; layers are counted from 1. */
export const kimiLinear: Family = {
  name: "Kimi Linear",
  isTied: false,
  read(fields, { layers }) {
    const linear = fields.maybeInner("linear_attn_config") ?? fields.missing(["linear_attn_config"]);
    const full = linear.maybeCounts("full_attn_layers") ?? linear.missing(["full_attn_layers"]);
    const delta = linear.maybeCounts("kda_layers") ?? linear.missing(["kda_layers"]);
    const all = new Set([...full, ...delta]);
    const isEvery = Array.from({ length: layers }, (_, layer) => layer + 1).every((layer) => all.has(layer));
    if (!isEvery || all.size !== layers || full.length + delta.length !== layers)
      return fields.refuse(
        "linear_attn_config",
        `must name each of ${layers} layers once, in "kda_layers" or "full_attn_layers"`,
      );
    const mixerPattern = byLayer(layers, (layer) => (full.includes(layer + 1) ? "A" : "K"));
    return {
      // vLLM keeps the state of these layers in float32 whatever the model's type.
      vllmStateDtype: "float32",
      ...ffn(fields, layers),
      mixerPattern,
      latentAttention: latentAttentionOf(fields, mixerPattern),
      kimiDelta: kimiDeltaOf(linear),
    };
  },
};

function kimiDeltaOf(linear: ConfigFields): KimiDeltaGeometry {
  return {
    heads: linear.whole("num_heads"),
    headWidth: linear.whole("head_dim"),
    convKernel: linear.whole("short_conv_kernel_size"),
    hasFullRankGate: linear.flag(false, "use_full_rank_gate"),
    hasFullRankDecay: false,
  };
}

/** GLM-5.3: Kimi delta attention beside latent attention without positions, which attends to chosen tokens. */
export const glm5Next: Family = {
  name: "GLM-5-Next",
  isTied: false,
  read(fields, { layers }) {
    const linear = fields.maybeInner("linear_attn_config") ?? fields.missing(["linear_attn_config"]);
    const types = fields.maybeTexts("layer_types") ?? fields.missing(["layer_types"]);
    const mixerPattern = lettersOf(fields, "layer_types", types, layers, {
      linear_attention: "K",
      full_attention: "A",
      deepseek_sparse_attention: "A",
    });
    linear.skip("kda_layers", "full_attn_layers", "gate_lower_bound");
    fields.skip("index_kpool_compress", "index_kpool_always_select_tail");
    if (fields.has("hc_mult")) fields.assume("hyper-connections (hc_mult) are not counted");
    fields.skip("mhc", "hc_mult", "hc_sinkhorn_iters");
    return {
      vllmStateDtype: "float32",
      ...ffn(fields, layers),
      mixerPattern,
      latentAttention: latentAttentionOf(fields, mixerPattern),
      kimiDelta: kimiDeltaOf(linear),
    };
  },
};

/** Ling 3.0: Kimi delta attention, the last layer of each group latent. Earlier hybrids of the type have other layers. */
export const bailingHybrid: Family = {
  name: "Ling 3.0 (bailing_hybrid)",
  isTied: false,
  read(fields, { layers }) {
    const every = fields.whole("layer_group_size");
    if (!fields.has("no_kda_lora", "kda_safe_gate"))
      return fields.refuse("layer_group_size", "groups layers whose linear attention is not said to be KDA");
    const isFullRank = fields.flag(false, "no_kda_lora");
    fields.skip("kda_safe_gate", "kda_lower_bound");
    fields.assume("the output gates of latent attention, one number per head, are not counted");
    const mixerPattern = byLayer(layers, (layer) => ((layer + 1) % every === 0 ? "A" : "K"));
    return {
      vllmStateDtype: "float32",
      ...ffn(fields, layers),
      mixerPattern,
      kimiDelta: {
        heads: fields.whole("num_attention_heads"),
        headWidth: fields.whole("head_dim"),
        convKernel: fields.whole("short_conv_kernel_size"),
        hasFullRankGate: isFullRank,
        hasFullRankDecay: isFullRank,
      },
      latentAttention: latentAttentionOf(fields, mixerPattern),
    };
  },
};

/** Lightning attention, which keeps a square matrix per head and no convolution. */
export const minimax: Family = {
  name: "MiniMax lightning attention",
  isTied: false,
  read(fields, { layers, hiddenWidth }) {
    const attention = attentionOf(fields, hiddenWidth, null);
    return {
      vllmStateDtype: "bfloat16",
      ...ffn(fields, layers),
      mixerPattern: minimaxPattern(fields, layers),
      attention,
      lightning: { heads: attention.queryHeads, headWidth: attention.headWidth },
    };
  },
};

function minimaxPattern(fields: ConfigFields, layers: number): string {
  const marks = fields.maybeCounts("attn_type_list");
  if (marks !== null) {
    checkLength(fields, "attn_type_list", marks.length, layers);
    return marks
      .map((mark) => {
        if (mark === 0) return "L";
        return mark === 1
          ? "*"
          : fields.refuse("attn_type_list", `has the unknown layer kind ${mark}; known: 0, 1`);
      })
      .join("");
  }
  const types = fields.maybeTexts("layer_types") ?? fields.missing(["attn_type_list", "layer_types"]);
  return lettersOf(fields, "layer_types", types, layers, { linear_attention: "L", full_attention: "*" });
}

export const lfm2: Family = {
  name: "LFM2",
  isTied: true,
  read(fields, { layers, hiddenWidth }) {
    const types = fields.maybeTexts("layer_types");
    const full = fields.maybeCounts("full_attn_idxs");
    if (types === null && full === null) return fields.missing(["layer_types", "full_attn_idxs"]);
    const { ffnPattern, mlp, moe } = ffn(fields, layers);
    const isMoe = moe !== null;
    return {
      vllmStateDtype: null,
      ffnPattern,
      mlp: mlp === null || isMoe ? mlp : { ...mlp, innerWidth: adjustedWidth(fields) },
      moe,
      mixerPattern:
        types !== null
          ? lettersOf(fields, "layer_types", types, layers, {
              conv: "C",
              short_conv: "C",
              full_attention: "*",
            })
          : byLayer(layers, (layer) => (full!.includes(layer) ? "*" : "C")),
      attention: attentionOf(fields, hiddenWidth, null),
      shortConv: {
        width: fields.maybeWhole("conv_dim") ?? hiddenWidth,
        convKernel: fields.whole("conv_L_cache"),
      },
    };
  },
};

/** `Lfm2MLP` of transformers: two thirds of the width in the file, times a factor, rounded up to a multiple. */
function adjustedWidth(fields: ConfigFields): number {
  const width = fields.whole("block_ff_dim", "intermediate_size");
  fields.skip("intermediate_size");
  const factor = fields.maybeNumber("block_ffn_dim_multiplier") ?? 1;
  const multiple = fields.maybeWhole("block_multiple_of") ?? 256;
  if (!fields.flag(true, "block_auto_adjust_ff_dim")) return width;
  return multiple * Math.ceil(Math.trunc(factor * Math.trunc((2 * width) / 3)) / multiple);
}

/** Griffin (arXiv 2402.19427): real-gated recurrences and local attention. */
export const recurrentGemma: Family = {
  name: "RecurrentGemma / Griffin",
  isTied: true,
  read(fields, { layers, hiddenWidth }) {
    const kinds = fields.maybeTexts("block_types", "_block_types") ?? fields.missing(["block_types"]);
    if (kinds.length === 0) return fields.refuse("block_types", "is empty");
    const cycle = lettersOf(fields, "block_types", kinds, kinds.length, { recurrent: "R", attention: "S" });
    const inner = fields.whole("intermediate_size");
    return {
      vllmStateDtype: null,
      mixerPattern: byLayer(layers, (layer) => cycle[layer % cycle.length]),
      ffnPattern: "-".repeat(layers),
      // The file gives the width of gate and value together.
      mlp: { innerWidth: Math.floor(inner / 2), matrices: 3 },
      moe: null,
      attention: attentionOf(fields, hiddenWidth, fields.whole("attention_window_size")),
      rgLru: {
        width: fields.maybeWhole("lru_width") ?? hiddenWidth,
        convKernel: fields.wholeOr(4, "conv1d_width"),
        gateBlocks: fields.whole("num_attention_heads"),
      },
    };
  },
};
