/** Feed-forward blocks, in the spellings of Hugging Face configurations: which layers have experts, and how wide all are. */
import type { MlpGeometry, MoeGeometry } from "../model-spec.ts";
import type { ConfigFields } from "./config-fields.ts";

export interface FeedForward {
  /** A letter per layer, `-` or `E`. */
  readonly pattern: string;
  readonly mlp: MlpGeometry | null;
  readonly moe: MoeGeometry | null;
}

const expertKeys = ["num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts"];
const perTokenKeys = [
  "num_experts_per_tok",
  "num_experts_per_token",
  "experts_per_token",
  "top_k_experts",
  "moe_topk",
  "moe_k",
];

/** Routed experts in all; 0 for a dense model. A list of one number per layer (Hunyuan) must be the same everywhere. */
export function expertsOf(fields: ConfigFields): number {
  const counts = fields.maybeAny("num_experts");
  if (!Array.isArray(counts)) return fields.maybeCount(...expertKeys) ?? 0;
  if (new Set(counts).size !== 1 || typeof counts[0] !== "number")
    return fields.refuse("num_experts", "differs between layers, which cannot be expressed");
  return counts[0];
}

/** `matrices` is 3 for a gated MLP and 2 for one that is not. */
export function feedForward(
  fields: ConfigFields,
  layers: number,
  matrices: number,
  fallbackWidth: number | null = null,
): FeedForward {
  const experts = expertsOf(fields);
  const pattern = experts > 1 ? expertPattern(fields, layers) : "-".repeat(layers);
  const hasDense = pattern.includes("-");
  const hasExperts = pattern.includes("E");
  // Widths that no layer has, and rules that a list replaces.
  if (hasExperts && !hasDense) fields.skip("intermediate_size", "intermediate_size_mlp");
  if (fields.has("dense_intermediate_size")) fields.skip("intermediate_size");
  fields.skip("first_k_dense_replace", "moe_layer_freq");
  return {
    pattern,
    mlp: hasDense ? { innerWidth: denseWidth(fields, hasExperts, fallbackWidth), matrices } : null,
    moe: hasExperts ? moeOf(fields, experts, matrices) : null,
  };
}

const denseKeys = ["intermediate_size", "ffn_hidden_size", "n_inner", "ffn_dim", "block_ff_dim"];

function denseWidth(fields: ConfigFields, isBesideExperts: boolean, fallback: number | null): number {
  if (fallback !== null && !isBesideExperts) return fields.wholeOr(fallback, ...denseKeys);
  // Beside experts the plain key may be theirs, and the dense layers have a key of their own (MiniMax-M3, Llama 4).
  return isBesideExperts
    ? fields.whole("dense_intermediate_size", "intermediate_size_mlp", "intermediate_size")
    : fields.whole(...denseKeys);
}

export function moeOf(fields: ConfigFields, experts: number, matrices: number): MoeGeometry {
  const expertsPerToken = fields.whole(...perTokenKeys);
  const expertInnerWidth = fields.whole(
    "moe_intermediate_size",
    "expert_intermediate_size",
    "intermediate_size",
  );
  return {
    experts,
    expertsPerToken,
    expertInnerWidth,
    matrices,
    sharedInnerWidth: sharedWidth(fields, expertInnerWidth),
    latentWidth: fields.maybeWhole("moe_latent_size", "routed_expert_hidden_size"),
  };
}

/** Widths are of all shared experts together, or of one of them where their number stands beside it. */
function sharedWidth(fields: ConfigFields, expertInnerWidth: number): number {
  const count = fields.maybeCount("n_shared_experts", "num_shared_experts", "moe_num_shared_experts");
  const ofOne = fields.maybeCount("moe_shared_expert_intermediate_size");
  const ofAll = fields.maybeCount(
    "shared_expert_intermediate_size",
    "shared_intermediate_size",
    "share_expert_dim",
  );
  if (ofOne !== null) return ofOne * (count ?? 1);
  return ofAll ?? (count ?? 0) * expertInnerWidth;
}

/** Which layers have experts: a list, or one of the rules of the reference code. */
function expertPattern(fields: ConfigFields, layers: number): string {
  const types = fields.maybeTexts("mlp_layer_types");
  if (types !== null) return lettersOf(fields, "mlp_layer_types", types, layers, { dense: "-", sparse: "E" });
  const isExpert = expertRule(fields, layers);
  return Array.from({ length: layers }, (_, layer) => (isExpert(layer) ? "E" : "-")).join("");
}

function expertRule(fields: ConfigFields, layers: number): (layer: number) => boolean {
  const listed = fields.maybeAny("moe_layer_freq");
  const firstDense = fields.maybeCount("first_k_dense_replace", "num_dense_layers") ?? 0;
  if (Array.isArray(listed)) {
    const marks = fields.maybeCounts("moe_layer_freq")!;
    checkLength(fields, "moe_layer_freq", marks.length, layers);
    return (layer) => marks[layer] !== 0;
  }
  const chosen = fields.maybeCounts("moe_layers");
  if (chosen !== null) return (layer) => chosen.includes(layer);
  const enumerated = fields.maybeText("moe_layers_enum");
  if (enumerated !== null) {
    const named = new Set(enumerated.split(",").map(Number));
    return (layer) => named.has(layer);
  }
  // DeepSeek: every so many layers, from the first ones on, which stay dense.
  const every = fields.maybeWhole("moe_layer_freq") ?? 1;
  // Jamba: one of every so many, at an offset.
  const period = fields.maybeWhole("expert_layer_period");
  const offset = fields.maybeCount("expert_layer_offset") ?? 0;
  // Qwen: every so many, the last of each group, but for those that are listed. Llama 4 counts the same way.
  const step = fields.maybeWhole("decoder_sparse_step", "interleave_moe_layer_step") ?? 1;
  const dense = new Set(fields.maybeCounts("mlp_only_layers") ?? []);
  return (layer) =>
    layer >= firstDense &&
    layer % every === 0 &&
    (period === null || layer % period === offset) &&
    (layer + 1) % step === 0 &&
    !dense.has(layer);
}

/** The letters of named layers; throws `CostError` for a name that is none of these, or another number of names. */
export function lettersOf(
  fields: ConfigFields,
  key: string,
  names: readonly string[],
  layers: number,
  letters: Readonly<Record<string, string>>,
): string {
  checkLength(fields, key, names.length, layers);
  return names
    .map((name) =>
      Object.hasOwn(letters, name)
        ? letters[name]
        : fields.refuse(
            key,
            `has the unknown layer kind ${JSON.stringify(name.slice(0, 40))}; known here: ${Object.keys(letters).join(", ")}`,
          ),
    )
    .join("");
}

export function checkLength(fields: ConfigFields, key: string, length: number, layers: number): void {
  if (length !== layers)
    fields.refuse(key, `names ${length} layers, and "num_hidden_layers" says that there are ${layers}`);
}
