/** Attention layers, in the spellings of Hugging Face configurations: heads and widths, and which layers look through a window. */
import type {
  AttentionGeometry,
  HeadGeometry,
  IndexerGeometry,
  LatentAttentionGeometry,
} from "../model-spec.ts";
import type { ConfigFields } from "./config-fields.ts";
import { checkLength, lettersOf } from "./feed-forward.ts";

/** Layers of attention, by the names that `layer_types` has for them. */
const attentionLetters: Readonly<Record<string, string>> = {
  full_attention: "*",
  attention: "*",
  sliding_attention: "S",
  chunked_attention: "S",
};

const headKeys = ["num_attention_heads", "n_head", "n_heads", "num_heads"];

export function attentionOf(
  fields: ConfigFields,
  hiddenWidth: number,
  windowTokens: number | null,
  hasOutputGate = false,
): AttentionGeometry {
  const queryHeads = fields.whole(...headKeys);
  const headWidth =
    fields.maybeWhole("head_dim", "attention_head_dim", "kv_channels") ??
    evenly(fields, "hidden_size", hiddenWidth, queryHeads);
  const own = {
    queryHeads,
    kvHeads: kvHeadsOf(fields, queryHeads),
    headWidth,
    valueWidth: fields.maybeWhole("v_head_dim") ?? headWidth,
  };
  const { full, sliding } = headsByKind(fields, own);
  const differ = windowTokens !== null && JSON.stringify(full) !== JSON.stringify(sliding);
  return {
    ...full,
    sliding: differ ? sliding : null,
    windowTokens,
    hasOutputGate,
    kvSharingGroups: null,
    indexer: null,
  };
}

/** Sliding layers with heads of their own: MiMo-V2 names theirs (`swa_`), Gemma 4 those of the full layers (`global_`). */
function headsByKind(fields: ConfigFields, own: HeadGeometry): { full: HeadGeometry; sliding: HeadGeometry } {
  const globalWidth = fields.maybeWhole("global_head_dim");
  const slidingWidth = fields.maybeWhole("swa_head_dim") ?? own.headWidth;
  return {
    full: {
      ...own,
      kvHeads: fields.maybeWhole("num_global_key_value_heads") ?? own.kvHeads,
      headWidth: globalWidth ?? own.headWidth,
      valueWidth: globalWidth ?? own.valueWidth,
    },
    sliding: {
      queryHeads: fields.maybeWhole("swa_num_attention_heads") ?? own.queryHeads,
      kvHeads: fields.maybeWhole("swa_num_key_value_heads") ?? own.kvHeads,
      headWidth: slidingWidth,
      valueWidth:
        fields.maybeWhole("swa_v_head_dim") ?? (fields.has("swa_head_dim") ? slidingWidth : own.valueWidth),
    },
  };
}

/** Head counts of several layers in one list (DeciLM, OpenELM) cannot be expressed unless they are one number. */
function kvHeadsOf(fields: ConfigFields, queryHeads: number): number {
  const many = fields.maybeAny("num_key_value_heads");
  if (Array.isArray(many)) {
    const [first] = many;
    if (typeof first === "number" && many.every((each) => each === first)) return first;
    return fields.refuse("num_key_value_heads", "differs between layers, which cannot be expressed");
  }
  // Falcon and GPTBigCode: one head for all queries, whatever number stands beside it, but in Falcon's newer architecture.
  const isGrouped = fields.flag(false, "new_decoder_architecture");
  if (!isGrouped && fields.flag(false, "multi_query")) {
    fields.skip("num_kv_heads", "n_head_kv");
    if (!fields.has("multi_query_group_num", "num_key_value_heads")) return 1;
  }
  // MPT and DBRX.
  const inner = fields.maybeInner("attn_config");
  return (
    fields.maybeWhole(
      "num_key_value_heads",
      "num_kv_heads",
      "multi_query_group_num",
      "n_kv_heads",
      "n_head_kv",
    ) ??
    inner?.maybeWhole("kv_n_heads") ??
    queryHeads
  );
}

function evenly(fields: ConfigFields, key: string, width: number, heads: number): number {
  if (width % heads !== 0)
    return fields.refuse(key, `is ${width}, which ${heads} heads do not divide, and no "head_dim" is given`);
  return width / heads;
}

/** `pattern` has a letter per layer, `A` for those that attend. */
export function latentAttentionOf(fields: ConfigFields, pattern: string): LatentAttentionGeometry {
  // Heads of K and V are those of the queries once the latent is unpacked.
  fields.skip("num_key_value_heads", "head_dim", "qk_head_dim");
  return {
    heads: fields.whole(...headKeys),
    kvRank: fields.whole("kv_lora_rank"),
    queryRank: fields.maybeWhole("q_lora_rank"),
    queryKeyWidth: fields.whole("qk_nope_head_dim"),
    ropeWidth: fields.maybeCount("qk_rope_head_dim") ?? fields.missing(["qk_rope_head_dim"]),
    valueWidth: fields.whole("v_head_dim"),
    hasOutputGate: fields.flag(false, "mla_use_output_gate"),
    indexer: indexerOf(fields, pattern),
  };
}

/** DeepSeek sparse attention; layers that do not attend may be listed too. */
function indexerOf(fields: ConfigFields, pattern: string): IndexerGeometry | null {
  if (!fields.has("index_topk")) return null;
  const types = fields.maybeTexts("indexer_types");
  if (types !== null) lettersOf(fields, "indexer_types", types, pattern.length, { full: "F", shared: "S" });
  // GLM-5.2: the first ones, and then every so many; the list says the same.
  const every = fields.maybeWhole("index_topk_freq") ?? 1;
  const offset = fields.maybeCount("index_skip_topk_offset") ?? 2;
  const isFull = (layer: number) =>
    types === null ? Math.max(layer - offset + 1, 0) % every === 0 : types[layer] === "full";
  return {
    heads: fields.whole("index_n_heads"),
    keyWidth: fields.whole("index_head_dim"),
    topTokens: fields.whole("index_topk"),
    layers: [...pattern].filter((letter, layer) => letter === "A" && isFull(layer)).length,
    poolTokens: fields.maybeWhole("index_kpool") ?? 1,
  };
}

export interface Windows {
  /** A letter per layer. */
  readonly pattern: string;
  readonly windowTokens: number | null;
}

/** How a family says which layers slide where it gives no list. */
export type WindowRule =
  /** None does, whatever the window says. */
  | "never"
  /** All do where there is a window (Mistral, Phi-3, StarCoder2). */
  | "all"
  /** Only from `max_window_layers` on, and only with `use_sliding_window` (Qwen2 and later). */
  | "upper"
  /** All but the last of every so many (Gemma 2: 2, Gemma 3: 6, Cohere 2: 4). */
  | { readonly fullEvery: number };

export function windowsOf(fields: ConfigFields, layers: number, rule: WindowRule | null): Windows {
  fields.skip("use_sliding_window", "max_window_layers", "sliding_window_pattern", "no_rope_layers");
  const pattern = windowPattern(fields, layers, rule);
  const width = fields.maybeCount("sliding_window", "sliding_window_size", "attention_chunk_size");
  if (!pattern.includes("S")) return { pattern, windowTokens: null };
  if (width === null || width === 0) return fields.missing(["sliding_window", "attention_chunk_size"]);
  fields.skip("sliding_window_size", "attention_chunk_size");
  if (!fields.has("sliding_window", "sliding_window_size"))
    fields.assume(
      "attention in chunks (attention_chunk_size) is counted like a sliding window of that width",
    );
  return { pattern, windowTokens: width };
}

function windowPattern(fields: ConfigFields, layers: number, rule: WindowRule | null): string {
  if (fields.maybeCounts("attn_type_list")?.some((kind) => kind !== 1))
    return fields.refuse(
      "attn_type_list",
      "has other layers than attention, which this model type is not known for",
    );
  const types = fields.maybeTexts("layer_types");
  if (types !== null) return lettersOf(fields, "layer_types", types, layers, attentionLetters);
  const marks = fields.maybeCounts("hybrid_layer_pattern");
  if (marks !== null) {
    checkLength(fields, "hybrid_layer_pattern", marks.length, layers);
    return byLayer(layers, (layer) => (marks[layer] === 0 ? "*" : "S"));
  }
  const chunks = chunkPattern(fields, layers);
  if (chunks !== null) return chunks;
  const everywhere = (letter: string) => letter.repeat(layers);
  const width = fields.maybeCount("sliding_window", "sliding_window_size") ?? 0;
  if (width === 0 || rule === "never") return everywhere("*");
  if (rule === "all") return everywhere("S");
  if (fields.has("use_sliding_window") && !fields.flag(false, "use_sliding_window")) return everywhere("*");
  if (rule === "upper") {
    if (!fields.has("use_sliding_window")) return everywhere("*");
    const from = fields.maybeCount("max_window_layers") ?? fields.missing(["max_window_layers"]);
    return byLayer(layers, (layer) => (layer < from ? "*" : "S"));
  }
  const written = fields.maybeAny("sliding_window_pattern");
  if (typeof written === "string" && /^[LG]+$/.test(written)) {
    // EXAONE: a letter for each of a group, local or global.
    return byLayer(layers, (layer) => (written[layer % written.length] === "L" ? "S" : "*"));
  }
  const every = fields.maybeWhole("sliding_window_pattern") ?? (rule === null ? null : rule.fullEvery);
  if (every === null)
    return fields.refuse(
      "sliding_window",
      `is ${width}, and nothing says which layers have it: give "layer_types", or set it to null`,
    );
  return byLayer(layers, (layer) => ((layer + 1) % every === 0 ? "*" : "S"));
}

/** Llama 4: layers with positions attend within their chunk, those without to everything. */
function chunkPattern(fields: ConfigFields, layers: number): string | null {
  if (fields.maybeCount("attention_chunk_size") === null || fields.has("sliding_window")) return null;
  const marks = fields.maybeCounts("no_rope_layers") ?? [];
  const every = fields.maybeWhole("no_rope_layer_interval") ?? 4;
  if (marks.length > 0 && marks.length !== layers)
    return fields.refuse("no_rope_layers", `names ${marks.length} layers of ${layers}`);
  return byLayer(layers, (layer) =>
    (marks.length > 0 ? marks[layer] !== 0 : (layer + 1) % every !== 0) ? "S" : "*",
  );
}

export function byLayer(layers: number, letterOf: (layer: number) => string): string {
  return Array.from({ length: layers }, (_, layer) => letterOf(layer)).join("");
}
