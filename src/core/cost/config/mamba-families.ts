/** Models with Mamba-1 or Mamba-2 layers, alone or beside attention. */
import type { Mamba1Geometry, Mamba2Geometry } from "../model-spec.ts";
import { attentionOf, byLayer } from "./attention.ts";
import { type ConfigFields, isObject } from "./config-fields.ts";
import { expertsOf, feedForward, lettersOf, moeOf } from "./feed-forward.ts";
import type { Family } from "./geometry.ts";

/** Mamba's time steps have a sixteenth of the model's width where the file says `auto` or nothing. */
function timeStepRank(fields: ConfigFields, hiddenWidth: number, ...keys: readonly string[]): number {
  const given = fields.maybeAny(...keys);
  return given === null || given === "auto" ? Math.ceil(hiddenWidth / 16) : fields.whole(...keys);
}

function mamba1Of(
  fields: ConfigFields,
  hiddenWidth: number,
  keys: { readonly inner?: string; readonly prefix: "mamba_" | "" },
): Mamba1Geometry {
  const [state, kernel, expand, rank] =
    keys.prefix === ""
      ? ["state_size", "conv_kernel", "expand", "time_step_rank"]
      : ["mamba_d_state", "mamba_d_conv", "mamba_expand", "mamba_dt_rank"];
  // Falcon Mamba's expand is not what its layers have: the width that is given counts.
  const given = keys.inner === undefined ? null : fields.maybeWhole(keys.inner);
  if (given !== null) fields.skip(expand);
  return {
    innerWidth: given ?? expanded(fields, hiddenWidth, expand),
    stateWidth: fields.wholeOr(16, state),
    convKernel: fields.wholeOr(4, kernel),
    timeStepRank: timeStepRank(fields, hiddenWidth, rank),
  };
}

function expanded(fields: ConfigFields, hiddenWidth: number, key: string): number {
  const factor = fields.maybeNumber(key);
  if (factor === null)
    fields.assume(`"${key}" is not given, and 2 is taken, the default of the reference code`);
  return Math.trunc((factor ?? 2) * hiddenWidth);
}

interface Mamba2Keys {
  readonly heads: string;
  readonly headWidth: string;
  readonly state: string;
  readonly groups: string;
  readonly kernel: string;
  readonly chunk: string;
  readonly expand: string;
  readonly inner?: string;
}

const bambaKeys: Mamba2Keys = {
  heads: "mamba_n_heads",
  headWidth: "mamba_d_head",
  state: "mamba_d_state",
  groups: "mamba_n_groups",
  kernel: "mamba_d_conv",
  chunk: "mamba_chunk_size",
  expand: "mamba_expand",
};

/** Tokens of a chunk of the scan where the file names none: the default of `Mamba2Config`, `BambaConfig` and their like. */
const defaultChunk = 256;

function mamba2Of(fields: ConfigFields, hiddenWidth: number, keys: Mamba2Keys): Mamba2Geometry {
  const heads = fields.whole(keys.heads);
  const written = fields.maybeAny(keys.headWidth);
  const isGiven = written !== null && written !== "auto";
  const headWidth = isGiven ? fields.whole(keys.headWidth) : innerWidth(fields, hiddenWidth, keys) / heads;
  if (!Number.isInteger(headWidth))
    return fields.refuse(keys.heads, `is ${heads}, which does not divide the width of the layers`);
  if (isGiven) fields.skip(keys.expand, ...(keys.inner === undefined ? [] : [keys.inner]));
  const chunk = fields.maybeWhole(keys.chunk);
  return {
    heads,
    headWidth,
    stateWidth: fields.whole(keys.state),
    groups: fields.wholeOr(1, keys.groups),
    convKernel: fields.wholeOr(4, keys.kernel),
    chunkTokens: chunk ?? defaultChunk,
    isChunkRead: chunk !== null,
  };
}

function innerWidth(fields: ConfigFields, hiddenWidth: number, keys: Mamba2Keys): number {
  const given = keys.inner === undefined ? null : fields.maybeWhole(keys.inner);
  return given ?? expanded(fields, hiddenWidth, keys.expand);
}

const stateInModelType = { vllmStateDtype: "bfloat16" } as const;
const noFeedForward = { ffnPattern: null, mlp: null, moe: null } as const;

/** Falcon Mamba is Mamba with norms: the same sizes. */
export const mamba: Family = {
  name: "Mamba",
  isTied: true,
  read: (fields, { layers, hiddenWidth }) => ({
    ...stateInModelType,
    ...noFeedForward,
    mixerPattern: "m".repeat(layers),
    mamba1: mamba1Of(fields, hiddenWidth, { inner: "intermediate_size", prefix: "" }),
  }),
};

export const falconMamba: Family = { ...mamba, name: "Falcon Mamba" };

export const mamba2: Family = {
  name: "Mamba-2",
  isTied: false,
  read: (fields, { layers, hiddenWidth }) => ({
    ...stateInModelType,
    ...noFeedForward,
    mixerPattern: "M".repeat(layers),
    mamba2: mamba2Of(fields, hiddenWidth, {
      heads: "num_heads",
      headWidth: "head_dim",
      state: "state_size",
      groups: "n_groups",
      kernel: "conv_kernel",
      chunk: "chunk_size",
      expand: "expand",
    }),
  }),
};

/** Configurations of the `mamba_ssm` package itself: `d_model`, `n_layer`, and options of the layer, few of which are ever given. */
export const mambaSsm: Family = {
  name: "Mamba (mamba_ssm)",
  isTied: true,
  read(fields, { layers, hiddenWidth }) {
    const options = fields.maybeAny("ssm_cfg");
    const given = isObject(options) ? options : {};
    const intermediate = fields.maybeCount("d_intermediate") ?? 0;
    const attention = fields.maybeCounts("attn_layer_idx") ?? [];
    if (attention.length > 0)
      return fields.refuse("attn_layer_idx", "names attention layers, whose heads are not read");
    if (intermediate > 0) return fields.refuse("d_intermediate", "gives MLPs, which are not read");
    const number = (key: string, fallback: number): number => {
      const value = given[key];
      if (value === undefined) return fallback;
      return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 100_000
        ? value
        : fields.refuse("ssm_cfg", `has a "${key}" that is no whole number from 1`);
    };
    const inner = number("expand", 2) * hiddenWidth;
    const convKernel = number("d_conv", 4);
    if (given["layer"] === "Mamba2") {
      const headWidth = number("headdim", 64);
      return {
        ...stateInModelType,
        ...noFeedForward,
        mixerPattern: "M".repeat(layers),
        mamba2: {
          heads: inner / headWidth,
          headWidth,
          stateWidth: number("d_state", 128),
          groups: number("ngroups", 1),
          convKernel,
          chunkTokens: number("chunk_size", defaultChunk),
          isChunkRead: given["chunk_size"] !== undefined,
        },
      };
    }
    return {
      ...stateInModelType,
      ...noFeedForward,
      mixerPattern: "m".repeat(layers),
      mamba1: {
        innerWidth: inner,
        stateWidth: number("d_state", 16),
        convKernel,
        timeStepRank:
          given["dt_rank"] === "auto"
            ? Math.ceil(hiddenWidth / 16)
            : number("dt_rank", Math.ceil(hiddenWidth / 16)),
      },
    };
  },
};

export const jamba: Family = {
  name: "Jamba",
  isTied: false,
  read(fields, shape) {
    const { layers, hiddenWidth } = shape;
    const types = fields.maybeTexts("layers_block_type", "layer_types");
    const period = types === null ? fields.whole("attn_layer_period") : 1;
    const offset =
      types === null ? (fields.maybeCount("attn_layer_offset") ?? fields.missing(["attn_layer_offset"])) : 0;
    const mixerPattern =
      types === null
        ? byLayer(layers, (layer) => (layer % period === offset ? "*" : "m"))
        : lettersOf(fields, "layers_block_type", types, layers, { mamba: "m", attention: "*" });
    return {
      ...stateInModelType,
      ...ffn(fields, layers),
      mixerPattern,
      attention: attentionOf(fields, hiddenWidth, null),
      mamba1: mamba1Of(fields, hiddenWidth, { prefix: "mamba_" }),
    };
  },
};

export const bamba: Family = {
  name: "Bamba",
  isTied: false,
  read(fields, { layers, hiddenWidth }) {
    const types = fields.maybeTexts("layers_block_type", "layer_types");
    const indices = fields.maybeCounts("attn_layer_indices");
    if (types === null && indices === null)
      return fields.missing(["attn_layer_indices", "layers_block_type"]);
    const mixerPattern =
      types !== null
        ? lettersOf(fields, "layers_block_type", types, layers, { mamba: "M", attention: "*" })
        : byLayer(layers, (layer) => (indices!.includes(layer) ? "*" : "M"));
    return {
      ...stateInModelType,
      ...ffn(fields, layers),
      mixerPattern,
      ...mamba2AndAttention(fields, hiddenWidth),
    };
  },
};

/** Granite 4.0: a model without experts has the width of its MLP under the key of the shared expert. */
export const graniteHybrid: Family = {
  name: "Granite 4.0",
  isTied: false,
  read(fields, { layers, hiddenWidth }) {
    const key = fields.has("layer_types") ? "layer_types" : "layers_block_type";
    const types = fields.maybeTexts(key) ?? fields.missing(["layer_types", "layers_block_type"]);
    const mixerPattern = lettersOf(fields, key, types, layers, {
      mamba: "M",
      mamba2: "M",
      multihead_attention: "*",
      attention: "*",
    });
    const experts = expertsOf(fields);
    const feed =
      experts > 1
        ? { ffnPattern: "E".repeat(layers), mlp: null, moe: moeOf(fields, experts, 3) }
        : {
            ffnPattern: "-".repeat(layers),
            mlp: { innerWidth: fields.whole("shared_intermediate_size"), matrices: 3 },
            moe: null,
          };
    if (experts <= 1) fields.skip("intermediate_size", "num_experts_per_tok");
    const hasMamba = mixerPattern.includes("M");
    if (!hasMamba) fields.skip(...Object.values(bambaKeys));
    return {
      vllmStateDtype: hasMamba ? "bfloat16" : null,
      ...feed,
      mixerPattern,
      ...(mixerPattern.includes("*") && { attention: attentionOf(fields, hiddenWidth, null) }),
      ...(hasMamba && { mamba2: mamba2Of(fields, hiddenWidth, bambaKeys) }),
    };
  },
};

export const falconH1: Family = {
  name: "Falcon-H1",
  isTied: false,
  read: (fields, { layers, hiddenWidth }) => ({
    ...stateInModelType,
    ...ffn(fields, layers),
    mixerPattern: "P".repeat(layers),
    ...mamba2AndAttention(fields, hiddenWidth),
  }),
};

function mamba2AndAttention(fields: ConfigFields, hiddenWidth: number) {
  return {
    attention: attentionOf(fields, hiddenWidth, null),
    mamba2: mamba2Of(fields, hiddenWidth, { ...bambaKeys, inner: "mamba_d_ssm" }),
  };
}

function ffn(fields: ConfigFields, layers: number) {
  const { pattern, mlp, moe } = feedForward(fields, layers, 3);
  return { ffnPattern: pattern, mlp, moe };
}

/** Nemotron-H: a letter, or a word, for each block, feed-forward blocks among them; MLPs are not gated. */
export const nemotronH: Family = {
  name: "Nemotron-H",
  isTied: false,
  read(fields, { layers, hiddenWidth }) {
    const mixerPattern = nemotronPattern(fields, layers);
    const has = (letter: string) => mixerPattern.includes(letter);
    if (!has("-")) fields.skip("intermediate_size");
    return {
      // vLLM's configuration of the model takes float32 where the file names no type.
      vllmStateDtype: has("M") ? "float32" : null,
      mixerPattern,
      ffnPattern: null,
      mlp: has("-") ? { innerWidth: fields.whole("intermediate_size"), matrices: 2 } : null,
      moe: has("E") ? moeOf(fields, expertsOf(fields), 2) : null,
      ...(has("*") && { attention: attentionOf(fields, hiddenWidth, null) }),
      ...(has("M") && {
        mamba2: mamba2Of(fields, hiddenWidth, {
          heads: "mamba_num_heads",
          headWidth: "mamba_head_dim",
          state: "ssm_state_size",
          groups: "n_groups",
          kernel: "conv_kernel",
          chunk: "chunk_size",
          expand: "expand",
        }),
      }),
    };
  },
};

function nemotronPattern(fields: ConfigFields, layers: number): string {
  // Both are of the draft's blocks, which are no part of the model.
  fields.skip("mtp_hybrid_override_pattern", "mtp_layers_block_type");
  const words = fields.maybeTexts("layers_block_type");
  if (words !== null)
    return lettersOf(fields, "layers_block_type", words, layers, {
      mamba: "M",
      attention: "*",
      mlp: "-",
      moe: "E",
    });
  const pattern =
    fields.maybeText("hybrid_override_pattern") ??
    fields.missing(["hybrid_override_pattern", "layers_block_type"]);
  return lettersOf(fields, "hybrid_override_pattern", [...pattern], layers, {
    M: "M",
    "*": "*",
    "-": "-",
    E: "E",
  });
}

/** Zamba2: attention and MLP of some layers are one block that all of these share. */
export const zamba2: Family = {
  name: "Zamba2",
  isTied: true,
  read(fields, { layers, hiddenWidth }) {
    const types = fields.maybeTexts("layers_block_type", "layer_types");
    const shared = fields.maybeCounts("hybrid_layer_ids");
    if (types === null && shared === null) return fields.missing(["layers_block_type", "hybrid_layer_ids"]);
    const mixerPattern =
      types !== null
        ? lettersOf(fields, "layers_block_type", types, layers, { mamba: "M", m: "M", hybrid: "Z", g: "Z" })
        : byLayer(layers, (layer) => (shared!.includes(layer) ? "Z" : "M"));
    const queryHeads = fields.whole("num_attention_heads");
    if ((2 * hiddenWidth) % queryHeads !== 0)
      return fields.refuse(
        "num_attention_heads",
        `is ${queryHeads}, which does not divide twice the "hidden_size"`,
      );
    if (fields.flag(false, "use_shared_attention_adapter")) {
      fields.assume(
        "adapters of the shared attention (use_shared_attention_adapter) are not counted: under 1 % of the weights",
      );
    }
    return {
      ...stateInModelType,
      mixerPattern,
      ffnPattern: null,
      mlp: {
        innerWidth: fields.maybeWhole("intermediate_size", "ffn_hidden_size") ?? 4 * hiddenWidth,
        matrices: 3,
      },
      moe: null,
      // The block reads the residual stream beside the embedding: heads of twice the usual width.
      attention: {
        queryHeads,
        kvHeads: fields.maybeWhole("num_key_value_heads", "num_query_groups") ?? queryHeads,
        headWidth: fields.maybeWhole("attention_head_dim") ?? (2 * hiddenWidth) / queryHeads,
        valueWidth: fields.maybeWhole("attention_head_dim") ?? (2 * hiddenWidth) / queryHeads,
        sliding: null,
        windowTokens: null,
        hasOutputGate: false,
        kvSharingGroups: null,
        indexer: null,
      },
      mamba2: mamba2Of(fields, hiddenWidth, {
        heads: "n_mamba_heads",
        headWidth: "mamba_headdim",
        state: "mamba_d_state",
        groups: "mamba_ngroups",
        kernel: "mamba_d_conv",
        chunk: "chunk_size",
        expand: "mamba_expand",
      }),
      sharedBlocks: {
        blocks: fields.wholeOr(1, "num_mem_blocks"),
        adapterRank: fields.wholeOr(128, "adapter_rank"),
      },
    };
  },
};

/**
 * SambaY (Phi-4-mini-flash, arXiv 2507.06607): Mamba and windows by turns in the lower half, then one layer of full
 * attention, whose KV the cross attention of all layers above reads, and gated memory units.
 */
export const phi4Flash: Family = {
  name: "SambaY / Phi-4-mini-flash",
  isTied: true,
  read(fields, { layers, hiddenWidth }) {
    const every = fields.wholeOr(2, "mb_per_layer");
    if (every !== 2) return fields.refuse("mb_per_layer", `is ${every}; only 2 is known`);
    const half = Math.floor(layers / 2);
    const mixerPattern = byLayer(layers, (layer) => {
      const isEven = layer % 2 === 0;
      if (layer >= half + 2) return isEven ? "U" : "X";
      if (isEven) return "m";
      return layer > half ? "*" : "S";
    });
    return {
      ...stateInModelType,
      ...ffn(fields, layers),
      mixerPattern,
      attention: attentionOf(fields, hiddenWidth, windowOfLists(fields)),
      mamba1: mamba1Of(fields, hiddenWidth, { prefix: "mamba_" }),
    };
  },
};

/** One number, or one for each layer, where those without a window say null. */
function windowOfLists(fields: ConfigFields): number {
  const written = fields.maybeAny("sliding_window");
  if (!Array.isArray(written)) return fields.whole("sliding_window");
  const [width, ...others] = [...new Set(written.filter((each) => each !== null))];
  if (typeof width === "number" && Number.isInteger(width) && width > 0 && others.length === 0) return width;
  return fields.refuse("sliding_window", "has windows of several widths, which cannot be expressed");
}

/** Hymba (arXiv 2411.13676): attention and Mamba side by side, most attention through a window, some of it with a shared cache. */
export const hymba: Family = {
  name: "Hymba",
  isTied: false,
  read(fields, { layers, hiddenWidth }) {
    const global = fields.maybeCounts("global_attn_idx") ?? fields.missing(["global_attn_idx"]);
    const groups = fields.maybeAny("kv_reuse_group");
    const window = fields.whole("attn_window_size", "sliding_window");
    fields.skip("sliding_window");
    return {
      vllmStateDtype: null,
      ...ffn(fields, layers),
      mixerPattern: byLayer(layers, (layer) => (global.includes(layer) ? "H" : "h")),
      attention: {
        ...attentionOf(fields, hiddenWidth, window),
        kvSharingGroups: groups === null ? null : sharingGroups(fields, groups, layers),
        indexer: null,
      },
      mamba1: mamba1Of(fields, hiddenWidth, { prefix: "mamba_" }),
    };
  },
};

function sharingGroups(
  fields: ConfigFields,
  written: unknown,
  layers: number,
): readonly (readonly number[])[] {
  const isLayer = (each: unknown) =>
    typeof each === "number" && Number.isInteger(each) && each >= 0 && each < layers;
  const isGroup = (each: unknown) => Array.isArray(each) && each.length > 1 && each.every(isLayer);
  if (
    !Array.isArray(written) ||
    !written.every(isGroup) ||
    new Set(written.flat()).size !== written.flat().length
  )
    throw fields.wrong("kv_reuse_group", "a list of groups of layers, none of which is in two");
  return written as number[][];
}
