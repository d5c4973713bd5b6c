/** Models of attention alone, grouped-query or latent, dense or with experts. */
import { attentionOf, latentAttentionOf, type WindowRule, windowsOf } from "./attention.ts";
import type { ConfigFields } from "./config-fields.ts";
import { checkLength, feedForward, lettersOf } from "./feed-forward.ts";
import type { Family, Geometry, Shape } from "./geometry.ts";

/** Latent attention may look at some tokens only: what it keeps is the same. */
const latentLetters = { full_attention: "A", deepseek_sparse_attention: "A", sparse_attention: "A" };

interface Ways {
  readonly windows?: WindowRule;
  /** Matrices of a feed-forward block: 3 when it is gated, which is the default. */
  readonly matrices?: number;
  readonly isTied?: boolean;
  /** Width of a feed-forward block that gives none, in hidden widths; left out where it has to be given. */
  readonly widthInHidden?: number;
}

export function plain(
  name: string,
  { windows, matrices = 3, isTied = false, widthInHidden }: Ways = {},
): Family {
  return {
    name,
    isTied,
    read(fields, shape) {
      const width = widthInHidden === undefined ? null : widthInHidden * shape.hiddenWidth;
      return plainGeometry(fields, shape, windows ?? null, matrices, width);
    },
  };
}

/** MPT has an expansion of the hidden width, and heads of its own in `attn_config`, as has DBRX. */
export const mpt: Family = {
  name: "MPT",
  isTied: true,
  read(fields, shape) {
    const expansion = fields.maybeWhole("expansion_ratio") ?? 4;
    return plainGeometry(fields, shape, null, 2, expansion * shape.hiddenWidth);
  },
};

export const dbrx: Family = {
  name: "DBRX",
  isTied: false,
  read(fields, shape) {
    const { layers, hiddenWidth } = shape;
    const blocks = fields.maybeInner("ffn_config") ?? fields.missing(["ffn_config"]);
    const moe = {
      experts: blocks.whole("moe_num_experts"),
      expertsPerToken: blocks.whole("moe_top_k"),
      expertInnerWidth: blocks.whole("ffn_hidden_size"),
      matrices: 3,
      sharedInnerWidth: 0,
      latentWidth: null,
    };
    return {
      vllmStateDtype: null,
      mixerPattern: "*".repeat(layers),
      ffnPattern: "E".repeat(layers),
      mlp: null,
      moe,
      attention: attentionOf(fields, hiddenWidth, null),
    };
  },
};

export function plainGeometry(
  fields: ConfigFields,
  { layers, hiddenWidth }: Shape,
  windows: WindowRule | null,
  matrices: number,
  fallbackWidth: number | null = null,
): Geometry {
  const { pattern: ffnPattern, mlp, moe } = feedForward(fields, layers, matrices, fallbackWidth);
  const rest = { ffnPattern, mlp, moe, vllmStateDtype: null };
  if (fields.has("kv_lora_rank")) {
    const types = fields.maybeTexts("layer_types");
    if (types !== null) lettersOf(fields, "layer_types", types, layers, latentLetters);
    const mixerPattern = "A".repeat(layers);
    return { ...rest, mixerPattern, latentAttention: latentAttentionOf(fields, mixerPattern) };
  }
  const { pattern, windowTokens } = windowsOf(fields, layers, windows);
  return { ...rest, mixerPattern: pattern, attention: attentionOf(fields, hiddenWidth, windowTokens) };
}

/** Attention to blocks of tokens that an indexer chooses, in the layers that a list marks; the others attend to all. */
export const minimaxM3: Family = {
  name: "MiniMax M3",
  isTied: false,
  read(fields, shape) {
    const sparse =
      fields.maybeInner("sparse_attention_config") ?? fields.missing(["sparse_attention_config"]);
    const marks = sparse.maybeCounts("sparse_attention_freq") ?? sparse.missing(["sparse_attention_freq"]);
    checkLength(fields, "sparse_attention_freq", marks.length, shape.layers);
    const geometry = plainGeometry(fields, shape, "never", 3);
    const indexer = {
      heads: sparse.whole("sparse_num_index_heads"),
      keyWidth: sparse.whole("sparse_index_dim"),
      topTokens: sparse.whole("sparse_topk_blocks") * sparse.whole("sparse_block_size"),
      layers: marks.filter((mark) => mark !== 0).length,
      poolTokens: 1,
    };
    return { ...geometry, attention: geometry.attention ? { ...geometry.attention, indexer } : null };
  },
};

/** Compressed attention: a ratio for each layer, and one more for each that drafts tokens. */
export const deepseekV4: Family = {
  name: "DeepSeek V4",
  isTied: false,
  read(fields, { layers }) {
    const ratios = fields.maybeCounts("compress_ratios") ?? fields.missing(["compress_ratios"]);
    if (ratios.length < layers) checkLength(fields, "compress_ratios", ratios.length, layers);
    const letters: Readonly<Record<number, string>> = { 0: "W", 4: "c", 128: "d" };
    const mixerPattern = ratios
      .slice(0, layers)
      .map(
        (ratio) => letters[ratio] ?? fields.refuse("compress_ratios", "has other ratios than 0, 4 and 128"),
      )
      .join("");
    fields.skip("num_key_value_heads", "num_hash_layers", "hc_sinkhorn_iters");
    if (fields.has("hc_mult")) fields.assume("hyper-connections (hc_mult) are not counted");
    fields.skip("hc_mult");
    const { pattern: ffnPattern, mlp, moe } = feedForward(fields, layers, 3);
    return {
      vllmStateDtype: null,
      mixerPattern,
      ffnPattern,
      mlp,
      moe,
      compressedAttention: {
        heads: fields.whole("num_attention_heads"),
        entryWidth: fields.whole("head_dim"),
        ropeWidth: fields.whole("qk_rope_head_dim"),
        queryRank: fields.whole("q_lora_rank"),
        outputGroups: fields.whole("o_groups"),
        outputRank: fields.whole("o_lora_rank"),
        windowTokens: fields.whole("sliding_window"),
        sparseTokens: 4,
        denseTokens: 128,
        indexHeads: fields.whole("index_n_heads"),
        indexWidth: fields.whole("index_head_dim"),
        topEntries: fields.whole("index_topk"),
      },
    };
  },
};

/** Every layer of a Gemma 4 with experts has an MLP beside them, which is counted as a shared expert: every token reads it. */
export const gemma4: Family = {
  name: "Gemma 4",
  isTied: true,
  read(fields, shape) {
    if ((fields.maybeCount("num_kv_shared_layers") ?? 0) > 0)
      return fields.refuse(
        "num_kv_shared_layers",
        "says that layers share a cache, and not which are read here",
      );
    // Small ones look parameters up for each layer, which take memory and no FLOPs.
    if ((fields.maybeCount("hidden_size_per_layer_input") ?? 0) > 0)
      fields.assume(
        "parameters that are looked up for each layer (hidden_size_per_layer_input) are not counted",
      );
    fields.skip("vocab_size_per_layer_input", "enable_moe_block");
    if (fields.flag(false, "attention_k_eq_v"))
      fields.assume(
        "keys and values of full layers share one projection (attention_k_eq_v): both are counted",
      );
    const geometry = plainGeometry(fields, shape, { fullEvery: 6 }, 3);
    if (geometry.moe === null) return geometry;
    return {
      ...geometry,
      mlp: null,
      moe: { ...geometry.moe, sharedInnerWidth: fields.whole("intermediate_size") },
    };
  },
};
