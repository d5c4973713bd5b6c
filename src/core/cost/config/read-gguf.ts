/** A model from the header of its GGUF file: the keys of llama.cpp (`gguf-py/gguf/constants.py`), and its rules for the layers. */

import type { GgufHeader, GgufValue } from "../../gguf-header.ts";
import { CostError } from "../cost-error.ts";
import type { ModelSpec, MoeGeometry, ReleasedWeights } from "../model-spec.ts";
import { parametersOf } from "../weights.ts";
import { byLayer } from "./attention.ts";
import { ConfigFields, type Json, mostLayers } from "./config-fields.ts";
import type { Geometry } from "./geometry.ts";
import { type Architecture, architectures } from "./gguf-architectures.ts";
import type { ReadModel } from "./read-config.ts";
import { specOf } from "./spec-of.ts";

/** `name` is what the model is called. Throws `CostError` as `readConfig` does. */
export function readGguf({ values, tensors, tensorBytes }: GgufHeader, name: string): ReadModel {
  const type = values.get("general.architecture");
  if (typeof type !== "string") throw new CostError('the file has no "general.architecture".');
  const fields = new ConfigFields(keysOf(values, type), "the header", `${type}.`);
  const architecture = architectureOf(type, fields);
  const layers = layersOf(fields);
  const parts: Parts = {
    fields,
    architecture,
    layers,
    tensors,
    isSplit: Number(values.get("split.count") ?? 1) > 1,
  };
  const hiddenWidth = fields.whole("embedding_length");
  const model: ModelSpec = specOf({
    id: name,
    family: type,
    hiddenWidth,
    vocabularyTokens: vocabularyOf(fields, values),
    hasTiedEmbeddings: isTied(parts),
    geometry: geometryOf(parts, hiddenWidth),
    maxContextTokens: fields.maybeWhole("context_length"),
  });
  const isWhole = !parts.isSplit && (tensorBytes ?? 0) > leastBytesPerWeight * parametersOf(model);
  const totalBytes = isWhole ? tensorBytes : null;
  return {
    model: totalBytes === null ? model : { ...model, releasedWeights: ofFile(model, totalBytes) },
    notes: notesOf(fields, totalBytes !== null),
  };
}

/** Of the tightest quantizations 0.2; a file with less holds a part of the model. */
const leastBytesPerWeight = 0.15;

/** Read per token as if all matrices were alike; of files that were quantized the nearest format. */
function ofFile(model: ModelSpec, totalBytes: number): ReleasedWeights {
  const perWeight = totalBytes / parametersOf(model);
  const format = perWeight > 1.5 ? "bf16" : perWeight > 0.75 ? "fp8" : perWeight > 0.5 ? "q4" : "q3";
  return { routedExperts: format, otherMatrices: format, totalBytes };
}

interface Parts {
  readonly fields: ConfigFields;
  readonly architecture: Architecture;
  readonly layers: number;
  /** Names of the tensors; of a file that is one of several, its own only. */
  readonly tensors: readonly string[];
  readonly isSplit: boolean;
}

/** The keys of the architecture, without its name; lists of numbers as such. */
function keysOf(values: ReadonlyMap<string, GgufValue>, type: string): Json {
  const plain = [...values].flatMap(([key, value]) => {
    if (!key.startsWith(`${type}.`)) return [];
    return [[key.slice(type.length + 1), typeof value === "object" ? (value.numbers ?? []) : value] as const];
  });
  return Object.fromEntries(plain);
}

/** Keys of mechanisms that keep something else than K and V. */
const otherMechanisms =
  /^(?:ssm|wkv|kda|shortconv|token_shift|time_|hybrid|attention\.(?:compress|recurrent|shared_kv))/;

function architectureOf(type: string, fields: ConfigFields): Architecture {
  if (Object.hasOwn(architectures, type)) return architectures[type];
  const found = fields.unread().find((key) => otherMechanisms.test(key));
  if (found !== undefined)
    fields.refuse(found, `belongs to a mechanism of the architecture "${type}", which is not known here`);
  fields.assume(`the architecture "${type}" is not known: it is read as attention`);
  return { recurrent: null, vllmStateDtype: null };
}

function layersOf(fields: ConfigFields): number {
  const all = fields.whole("block_count");
  if (all > mostLayers) throw fields.wrong("block_count", `at most ${mostLayers}`);
  // Layers that draft tokens are counted among the blocks.
  const layers = all - (fields.maybeCount("nextn_predict_layers") ?? 0);
  return layers > 0 ? layers : fields.refuse("nextn_predict_layers", "leaves no layer");
}

function vocabularyOf(fields: ConfigFields, values: ReadonlyMap<string, GgufValue>): number {
  const tokens = values.get("tokenizer.ggml.tokens");
  const counted = typeof tokens === "object" ? tokens.length : 0;
  return (
    fields.maybeWhole("vocab_size") ??
    (counted > 0 ? counted : fields.missing(["vocab_size", "tokenizer.ggml.tokens"]))
  );
}

/** A model with an output head of its own has a tensor for it, in the last part of a file that is split. */
function isTied({ fields, tensors, isSplit }: Parts): boolean {
  if (tensors.includes("output.weight")) return false;
  if (!isSplit && tensors.length > 0) return true;
  fields.assume(
    "whether the embedding is the output head cannot be seen in this part of the file: one of its own is taken",
  );
  return false;
}

function geometryOf(parts: Parts, hiddenWidth: number): Geometry {
  const { fields, architecture } = parts;
  const { vllmStateDtype } = architecture;
  const heads = headsOf(parts);
  const mixers = mixerPattern(parts, heads.kv);
  const { mixerPattern: pattern, windowTokens } = windowsOf(parts, mixers);
  const ffn = feedForward(parts, pattern);
  const isLatent = fields.has("attention.kv_lora_rank");
  const mixerLetters = isLatent ? pattern.replaceAll("*", "A") : pattern;
  const hasAttention = /[*SP]/.test(pattern);
  return {
    vllmStateDtype,
    mixerPattern: ffn.mixerPattern ?? mixerLetters,
    ffnPattern: ffn.ffnPattern,
    mlp: ffn.mlp,
    moe: ffn.moe,
    ...(isLatent && hasAttention && { latentAttention: latentOf(fields, heads.query) }),
    ...(!isLatent && hasAttention && { attention: attentionOf(parts, heads, hiddenWidth, windowTokens) }),
    ...recurrentOf(fields, mixerLetters, hiddenWidth, heads.query),
  };
}

/** A number for all layers, or one for each. */
function perLayer(fields: ConfigFields, key: string, layers: number): readonly number[] | null {
  const written = fields.maybeAny(key);
  if (!Array.isArray(written)) {
    const number = fields.maybeCount(key);
    return number === null ? null : Array.from({ length: layers }, () => number);
  }
  const counts = fields.maybeCounts(key)!;
  if (counts.length < layers) fields.refuse(key, `has ${counts.length} numbers for ${layers} layers`);
  return counts.slice(0, layers);
}

/** The one number that layers have which have any. */
function common(fields: ConfigFields, key: string, counts: readonly number[]): number {
  const [first = 0, ...others] = new Set(counts.filter((count) => count > 0));
  return others.length === 0
    ? first
    : fields.refuse(key, "differs between layers, which cannot be expressed");
}

interface Heads {
  readonly query: number;
  readonly kv: readonly number[];
  readonly kvHeads: number;
}

function headsOf({ fields, layers }: Parts): Heads {
  const query = common(
    fields,
    "attention.head_count",
    perLayer(fields, "attention.head_count", layers) ?? [],
  );
  const kv =
    perLayer(fields, "attention.head_count_kv", layers) ?? Array.from({ length: layers }, () => query);
  return { query, kv, kvHeads: common(fields, "attention.head_count_kv", kv) };
}

/** A letter per layer, full attention as `*`. Of layers without heads of K and V, llama.cpp says that they are recurrent. */
function mixerPattern({ fields, architecture, layers }: Parts, kv: readonly number[]): string {
  const { recurrent, everywhere, fullEvery } = architecture;
  if (everywhere !== undefined) return everywhere.repeat(layers);
  if (fullEvery !== undefined) {
    const every = fields.maybeWhole("full_attention_interval") ?? fullEvery;
    return byLayer(layers, (layer) => ((layer + 1) % every === 0 ? "*" : recurrent!));
  }
  return byLayer(layers, (layer) => {
    if (kv[layer] > 0) return "*";
    return (
      recurrent ??
      fields.refuse(
        "attention.head_count_kv",
        `is 0 in layer ${layer}, and nothing is known of layers without attention`,
      )
    );
  });
}

function windowsOf({ fields, architecture, layers }: Parts, pattern: string) {
  const width = fields.maybeCount("attention.sliding_window") ?? 0;
  const written = fields.maybeAny("attention.sliding_window_pattern");
  if (width === 0) return { mixerPattern: pattern, windowTokens: null };
  const slides = windowRule(fields, architecture, layers, written);
  const letters = [...pattern].map((letter, layer) => (letter === "*" && slides(layer) ? "S" : letter));
  const mixers = letters.join("");
  return { mixerPattern: mixers, windowTokens: mixers.includes("S") ? width : null };
}

function windowRule(
  fields: ConfigFields,
  { windowFullEvery }: Architecture,
  layers: number,
  written: unknown,
): (layer: number) => boolean {
  if (Array.isArray(written)) {
    const marks = fields.maybeCounts("attention.sliding_window_pattern")!;
    if (marks.length < layers)
      fields.refuse("attention.sliding_window_pattern", `has ${marks.length} marks for ${layers} layers`);
    return (layer) => marks[layer] !== 0;
  }
  const every = fields.maybeCount("attention.sliding_window_pattern") ?? windowFullEvery;
  if (every === undefined)
    return fields.refuse("attention.sliding_window", "is given, and nothing says which layers have it");
  return (layer) => every === 0 || (layer + 1) % every !== 0;
}

function attentionOf(
  { fields, architecture }: Parts,
  { query, kvHeads }: Heads,
  hiddenWidth: number,
  windowTokens: number | null,
) {
  if (query === 0) fields.missing(["attention.head_count"]);
  const headWidth = fields.maybeWhole("attention.key_length") ?? hiddenWidth / query;
  if (!Number.isInteger(headWidth))
    fields.refuse("embedding_length", `is ${hiddenWidth}, which ${query} heads do not divide`);
  const valueWidth = fields.maybeWhole("attention.value_length") ?? headWidth;
  const own = { queryHeads: query, kvHeads, headWidth, valueWidth };
  const sliding = {
    ...own,
    headWidth: fields.maybeWhole("attention.key_length_swa") ?? headWidth,
    valueWidth: fields.maybeWhole("attention.value_length_swa") ?? valueWidth,
  };
  const differ =
    windowTokens !== null && (sliding.headWidth !== headWidth || sliding.valueWidth !== valueWidth);
  const hasOutputGate = architecture.hasOutputGate === true;
  return {
    ...own,
    sliding: differ ? sliding : null,
    windowTokens,
    hasOutputGate,
    kvSharingGroups: null,
    indexer: null,
  };
}

/** Older files give the width of the unpacked key as `key_length`, newer ones as `key_length_mla`. */
function latentOf(fields: ConfigFields, heads: number) {
  const ropeWidth = fields.maybeCount("rope.dimension_count") ?? fields.missing(["rope.dimension_count"]);
  const keyWidth = fields.whole("attention.key_length_mla", "attention.key_length");
  const valueWidth = fields.whole("attention.value_length_mla", "attention.value_length");
  fields.skip("attention.key_length", "attention.value_length");
  if (heads === 0) fields.missing(["attention.head_count"]);
  if (keyWidth <= ropeWidth)
    fields.refuse("attention.key_length", `is ${keyWidth}, no wider than its rotary part of ${ropeWidth}`);
  return {
    heads,
    kvRank: fields.whole("attention.kv_lora_rank"),
    queryRank: fields.maybeWhole("attention.q_lora_rank"),
    queryKeyWidth: keyWidth - ropeWidth,
    ropeWidth,
    valueWidth,
    hasOutputGate: false,
    // Its keys are said not to be read.
    indexer: null,
  };
}

function recurrentOf(
  fields: ConfigFields,
  pattern: string,
  hiddenWidth: number,
  heads: number,
): Partial<Geometry> {
  const has = (letters: RegExp) => letters.test(pattern);
  if (has(/m/))
    return {
      mamba1: {
        innerWidth: fields.whole("ssm.inner_size"),
        stateWidth: fields.whole("ssm.state_size"),
        convKernel: fields.whole("ssm.conv_kernel"),
        timeStepRank: fields.whole("ssm.time_step_rank"),
      },
    };
  if (has(/[MP]/)) {
    // llama.cpp keeps the number of heads as the rank of the time step.
    const count = fields.whole("ssm.time_step_rank");
    return {
      mamba2: {
        heads: count,
        headWidth: divided(fields, "ssm.inner_size", count),
        stateWidth: fields.whole("ssm.state_size"),
        groups: fields.whole("ssm.group_count"),
        convKernel: fields.whole("ssm.conv_kernel"),
        // No file says it, and it changes no size.
        chunkTokens: 256,
        isChunkRead: false,
      },
    };
  }
  if (has(/G/)) {
    const valueHeads = fields.whole("ssm.time_step_rank");
    return {
      gatedDeltaNet: {
        keyHeads: fields.whole("ssm.group_count"),
        valueHeads,
        keyWidth: fields.whole("ssm.state_size"),
        valueWidth: divided(fields, "ssm.inner_size", valueHeads),
        convKernel: fields.whole("ssm.conv_kernel"),
      },
    };
  }
  if (has(/K/))
    return {
      kimiDelta: {
        heads,
        headWidth: fields.whole("kda.head_dim"),
        convKernel: fields.whole("ssm.conv_kernel"),
        hasFullRankGate: false,
        hasFullRankDecay: false,
      },
    };
  if (has(/C/)) return { shortConv: { width: hiddenWidth, convKernel: fields.whole("shortconv.l_cache") } };
  return {};
}

function divided(fields: ConfigFields, key: string, parts: number): number {
  const width = fields.whole(key);
  return width % parts === 0
    ? width / parts
    : fields.refuse(key, `is ${width}, which ${parts} heads do not divide`);
}

interface Feed extends Pick<Geometry, "ffnPattern" | "mlp" | "moe"> {
  /** Where the blocks are both. */
  readonly mixerPattern?: string;
}

function feedForward(parts: Parts, mixers: string): Feed {
  const { fields, architecture, layers } = parts;
  const widths = perLayer(fields, "feed_forward_length", layers) ?? [];
  const experts = fields.maybeCount("expert_count") ?? 0;
  const hasNone = architecture.everywhere === "m" || architecture.everywhere === "M";
  if (hasNone) return { ffnPattern: null, mlp: null, moe: null };
  const kindOf = experts > 0 ? expertRule(parts) : () => "-";
  const letters = architecture.isSingleBlock
    ? // A block without heads is a feed-forward one where it has a width.
      [...mixers].map((letter, layer) =>
        (widths[layer] ?? 0) > 0 && letter !== "*" ? (experts > 0 ? "E" : "-") : letter,
      )
    : [...mixers].map((_, layer) => kindOf(layer));
  const pattern = letters.join("");
  const matrices = isGated(parts) ? 3 : 2;
  const width = common(fields, "feed_forward_length", widths);
  const mlp = pattern.includes("-")
    ? { innerWidth: width || fields.whole("feed_forward_length"), matrices }
    : null;
  const moe = pattern.includes("E") ? moeOf(fields, experts, matrices, width) : null;
  return architecture.isSingleBlock
    ? { mixerPattern: pattern, ffnPattern: null, mlp, moe }
    : { ffnPattern: pattern, mlp, moe };
}

/** The router's tensors say it; the keys do where the file is one of several. */
function expertRule({ fields, tensors, isSplit }: Parts): (layer: number) => "E" | "-" {
  const dense = fields.maybeCount("leading_dense_block_count") ?? 0;
  const every = fields.maybeWhole("interleave_moe_layer_step") ?? 1;
  const routed = new Set(
    tensors.flatMap((name) => /^blk\.(\d+)\.ffn_gate_inp\.weight$/.exec(name)?.[1] ?? []),
  );
  if (routed.size > 0 && !isSplit) return (layer) => (routed.has(String(layer)) ? "E" : "-");
  return (layer) => (layer >= dense && (layer + 1) % every === 0 ? "E" : "-");
}

function moeOf(fields: ConfigFields, experts: number, matrices: number, width: number): MoeGeometry {
  const expertInnerWidth =
    fields.maybeWhole("expert_feed_forward_length") ?? (width || fields.whole("feed_forward_length"));
  const shared = fields.maybeCount("expert_shared_count") ?? 0;
  return {
    experts,
    expertsPerToken: fields.whole("expert_used_count"),
    expertInnerWidth,
    matrices,
    sharedInnerWidth: fields.maybeCount("expert_shared_feed_forward_length") ?? shared * expertInnerWidth,
    latentWidth: fields.maybeWhole("moe_latent_size"),
  };
}

function isGated({ fields, architecture, tensors }: Parts): boolean {
  if (architecture.isGateFused || tensors.some((name) => /\.ffn_gate(?:_exps|_shexp)?\.weight$/.test(name)))
    return true;
  if (tensors.some((name) => /\.ffn_up(?:_exps|_shexp)?\.weight$/.test(name))) return false;
  fields.assume(
    "whether feed-forward blocks are gated cannot be seen in this part of the file: gated ones are taken",
  );
  return true;
}

/** Keys that change no size. */
const withoutSize =
  /^(?:rope|pooling|logit|attn_logit|final_logit|embedding_scale|residual_scale|attention\.(?:layer_norm|scale|causal|output_scale|group|indexer\.top|temperature)|expert_(?:weights|gating|group)|.*(?:_eps|epsilon|scale|base_count)$|tensor_data_layout|ssm\.dt_b_c_rms|nextn)/;

function notesOf(fields: ConfigFields, isSized: boolean): readonly string[] {
  const left = fields.unread().filter((key) => !withoutSize.test(key));
  const shown = left.slice(0, 12).map((key) => key.slice(0, 60));
  return [
    ...fields.assumed.map((sentence) => `From the GGUF header: ${sentence}.`),
    ...(shown.length === 0
      ? []
      : [
          `Not read from the GGUF header: ${shown.join(", ")}. What these add to weights or states is not counted.`,
        ]),
    isSized
      ? "The memory beside the weights is what the tensors of this file leave."
      : "The memory beside the weights is worked out for bf16 weights, whatever the file's quantization, unless the capacity is given: it is one of several files, or has tensors of a type that is not known.",
  ];
}
