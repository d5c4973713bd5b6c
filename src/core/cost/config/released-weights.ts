/** How the weights of a checkpoint are stored, from `quantization_config` of its `config.json`. */
import type { ReleasedWeights, WeightFormat } from "../model-spec.ts";
import { type ConfigFields, isObject, type Json, shortly } from "./config-fields.ts";

export interface ReadWeights {
  /** `null` for bf16. */
  readonly weights: ReleasedWeights | null;
  /** What was assumed, or could not be read; a sentence. */
  readonly note: string | null;
}

const keys = ["quantization_config", "compression_config"];

/** Of the language model first, then of what holds it. */
export function releasedWeights(places: readonly ConfigFields[]): ReadWeights {
  const found = places
    .flatMap((fields) => keys.map((key) => fields.maybeAny(key)))
    .find((value) => isObject(value));
  if (!isObject(found)) return { weights: null, note: null };
  const expertsAs = places.map((fields) => fields.maybeAny("expert_dtype")).find((each) => each !== null);
  const format = formatOf(found);
  if (format === null) {
    const method = shortly(found["quant_method"] ?? null);
    const note = `The weights of this checkpoint are quantized (${method}) in a way that is not read; the memory beside them is worked out for bf16 weights, unless the capacity is given.`;
    return { weights: null, note };
  }
  const routedExperts = (expertsAs ?? found["expert_dtype"]) === "fp4" ? "mxfp4" : format;
  // The method mxfp4 quantizes experts and nothing else.
  const isOfExperts = found["quant_method"] === "mxfp4" || leavesAttention(found);
  const otherMatrices = isOfExperts ? "bf16" : format;
  const rest = routedExperts === otherMatrices ? "" : `, other matrices ${otherMatrices}`;
  return {
    weights: { routedExperts, otherMatrices },
    note: `The weights of this checkpoint count as ${routedExperts}${rest}, as its quantization_config says; embeddings and output head in 16 bits.`,
  };
}

function formatOf(config: Json): WeightFormat | null {
  const method = String(config["quant_method"] ?? "").toLowerCase();
  const algorithm = String(config["quant_algo"] ?? "").toUpperCase();
  if (method === "mxfp4") return "mxfp4";
  if (method === "fp8" || method === "fbgemm_fp8" || algorithm.startsWith("FP8")) return "fp8";
  if (algorithm === "NVFP4") return "fp4";
  if (method === "awq" || method === "gptq" || method === "awq_marlin" || method === "gptq_marlin")
    return integers(config["bits"] ?? config["w_bit"], config["group_size"] ?? config["q_group_size"]);
  if (method === "bitsandbytes") {
    if (config["load_in_4bit"] === true) return "int4";
    return config["load_in_8bit"] === true ? "int8" : null;
  }
  return method === "compressed-tensors" ? compressedTensors(config) : null;
}

/** The first group of layers: checkpoints with several have the same weights in all that were seen. */
function compressedTensors(config: Json): WeightFormat | null {
  const groups = config["config_groups"];
  const [first] = isObject(groups) ? Object.values(groups) : [];
  const weights = isObject(first) ? first["weights"] : null;
  if (!isObject(weights)) return null;
  const { num_bits: bits, type, group_size: size } = weights;
  if (type === "float") {
    if (bits === 8) return "fp8";
    if (bits !== 4) return null;
    return size === 32 ? "mxfp4" : "fp4";
  }
  return integers(bits, size);
}

function integers(bits: unknown, groupSize: unknown): WeightFormat | null {
  if (bits === 8) return "int8";
  if (bits !== 4) return null;
  return groupSize === 32 ? "int4-group-32" : "int4";
}

const attention = /attn|attention/;

/** Whether what is left out of the quantization names attention, as in checkpoints of which only the experts are quantized. */
function leavesAttention(config: Json): boolean {
  const left = ["modules_to_not_convert", "ignore", "ignored_layers", "exclude_modules"];
  return left.some((key) => {
    const names = config[key];
    return Array.isArray(names) && names.some((name) => attention.test(String(name)));
  });
}
