/**
 * A model from the `config.json` of its checkpoint, as Hugging Face's libraries write it. Nothing is guessed in silence: what
 * the sizes rest on and is not there throws, what was assumed or not read is said.
 */
import { CostError } from "../cost-error.ts";
import type { Dtype, ModelSpec } from "../model-spec.ts";
import { withClassDefaults } from "./class-defaults.ts";
import { ConfigFields, isObject, type Json, mostLayers, shortly } from "./config-fields.ts";
import { families } from "./families.ts";
import type { Family, Geometry } from "./geometry.ts";
import { mambaSsm } from "./mamba-families.ts";
import { plainGeometry } from "./plain-families.ts";
import { parsePythonJson } from "./python-json.ts";
import { releasedWeights } from "./released-weights.ts";
import { specOf } from "./spec-of.ts";

export interface ReadModel {
  readonly model: ModelSpec;
  /** What was assumed, and what the numbers leave out: whole sentences. */
  readonly notes: readonly string[];
}

/** Objects that hold the language model of one that reads pictures or sound as well. */
const innerKeys = ["text_config", "llm_config", "language_config", "language_model"];

/**
 * `name` is what the model is called when the file does not name it. Throws `CostError` for what is no configuration, for one
 * that lacks what the sizes rest on, and for one of which something is known that the formulas cannot express.
 */
export function readConfig(text: string, name: string): ReadModel {
  const file = "config.json";
  const json = parsed(text, file);
  const outer = new ConfigFields(json, file);
  const key = innerKeys.find((each) => isObject(json[each]));
  if (key === undefined) return readFields(outer, outer, nameOf(outer, name));
  outer.skip(key);
  return readFields(partOf(json[key] as Json, key, file), outer, nameOf(outer, name));
}

function partOf(given: Json, key: string, file: string): ConfigFields {
  const type = typeof given["model_type"] === "string" ? given["model_type"].replace(/_text$/, "") : "";
  const { json, taken } = withClassDefaults(given, type);
  const fields = new ConfigFields(json, file, `${key}.`);
  if (taken.length > 0)
    fields.assume(
      `"${key}" does not give ${taken.join(", ")}: the defaults of the class of ${type} are taken`,
    );
  return fields;
}

function parsed(text: string, file: string): Json {
  let json: unknown;
  try {
    json = parsePythonJson(text);
  } catch (error) {
    throw new CostError(`${file} is not JSON (${error instanceof Error ? error.message : String(error)}).`);
  }
  if (!isObject(json)) throw new CostError(`${file} is no configuration of a model: it is no object.`);
  return json;
}

/** `owner/name` as the hub spells it; paths of somebody's machine are none. */
function nameOf(outer: ConfigFields, name: string): string {
  const written = outer.maybeAny("_name_or_path", "name_or_path");
  return typeof written === "string" && /^[\w.-]{1,100}\/[\w.-]{1,100}$/.test(written) ? written : name;
}

/** `outer` holds what a model with pictures says of all its parts. */
function readFields(fields: ConfigFields, outer: ConfigFields, id: string): ReadModel {
  const type = fields.maybeText("model_type") ?? outer.maybeText("model_type");
  const family = familyOf(type, fields);
  const shape = {
    layers: layersOf(fields),
    hiddenWidth: fields.whole("hidden_size", "n_embd", "n_embed", "d_model"),
  };
  const geometry = family.read(fields, shape);
  const model = specOf({
    id,
    family: family.name,
    hiddenWidth: shape.hiddenWidth,
    vocabularyTokens: vocabularyOf(fields, outer),
    hasTiedEmbeddings: tied(fields, outer, family),
    geometry: { ...geometry, vllmStateDtype: stateDtype(fields, geometry) },
    maxContextTokens: fields.maybeWhole(
      "max_position_embeddings",
      "n_positions",
      "max_sequence_length",
      "model_max_length",
    ),
  });
  const { weights, note } = releasedWeights(outer === fields ? [fields] : [fields, outer]);
  return {
    model: weights === null ? model : { ...model, releasedWeights: weights },
    notes: [...notesOf(fields, outer), ...(note === null ? [] : [note])],
  };
}

function familyOf(type: string | null, fields: ConfigFields): Family {
  if (type === null && fields.has("ssm_cfg")) return mambaSsm;
  const row = type?.replace(/_text$/, "") ?? "";
  if (Object.hasOwn(families, row)) return families[row];
  const name = type ?? "unknown";
  return {
    name,
    isTied: false,
    read(given, shape) {
      refuseUnknownMixers(given, name);
      given.assume(
        `the model type "${name}" is not known: it is read as attention with gated feed-forward blocks`,
      );
      return plainGeometry(given, shape, null, 3);
    },
  };
}

/** Keys of mechanisms that keep something else than K and V; a model type that is not known may mean anything by them. */
const otherMechanisms =
  /mamba|ssm|state_size|conv_kernel|conv_L|d_conv|linear_|rwkv|time_mix|wkv|lru|retention|compress|block_configs|hybrid|cross_layer|kv_shared|kv_reuse|attn_type|layer_group/i;
/** Names of such model types. */
const otherTypes = /mamba|linear|lightning|hybrid|rwkv|recurrent|retnet|ssm|delta/i;

function refuseUnknownMixers(fields: ConfigFields, type: string): void {
  if (otherTypes.test(type))
    fields.refuse("model_type", `is "${type}", which is not known here and sounds like more than attention`);
  const found = fields.unread().find((key) => otherMechanisms.test(key));
  if (found !== undefined)
    fields.refuse(found, `belongs to a mechanism of the model type "${type}", which is not known here`);
}

const layerKeys = ["num_hidden_layers", "n_layer", "n_layers", "num_layers"];

function layersOf(fields: ConfigFields): number {
  // Nemotron 3 Ultra gives the layers and not their number.
  const named = fields.maybeTexts("layers_block_type")?.length ?? null;
  const layers =
    fields.maybeWhole(...layerKeys) ??
    named ??
    fields.maybeText("hybrid_override_pattern")?.length ??
    fields.missing(layerKeys);
  if (layers > mostLayers) throw fields.wrong("num_hidden_layers", `at most ${mostLayers}`);
  return layers;
}

function vocabularyOf(fields: ConfigFields, outer: ConfigFields): number {
  const rows = fields.maybeWhole("vocab_size") ?? outer.whole("vocab_size");
  const multiple = fields.maybeWhole("pad_vocab_size_multiple") ?? 1;
  return Math.ceil(rows / multiple) * multiple;
}

const tieKeys = ["tie_word_embeddings", "tie_embeddings", "tie_embedding"];

function tied(fields: ConfigFields, outer: ConfigFields, family: Family): boolean {
  const where = [fields, outer].find((each) => each.has(...tieKeys));
  if (where !== undefined) return where.flag(family.isTied, ...tieKeys);
  const how = family.isTied
    ? "the embedding is the output head as well"
    : "the output head is a matrix of its own";
  fields.assume(`"${tieKeys[0]}" is not given, and ${how}, the default of the reference code`);
  return family.isTied;
}

/** The checkpoint's own wish (`mamba_ssm_dtype`, `mamba_ssm_cache_dtype`) comes before what vLLM takes for the family. */
function stateDtype(fields: ConfigFields, { vllmStateDtype }: Geometry): Dtype | null {
  const wished = fields.maybeAny("mamba_ssm_dtype", "mamba_ssm_cache_dtype");
  if (vllmStateDtype === null) return null;
  if (wished === "float32") return "float32";
  if (wished === "bfloat16" || wished === "float16") return "bfloat16";
  if (wished === null)
    fields.assume(
      `"mamba_ssm_dtype" is not given, and ${vllmStateDtype} is taken for the recurrent state, as vLLM does`,
    );
  else if (wished !== "auto")
    fields.assume(
      `the type of the recurrent state is ${shortly(wished)}, which is counted as ${vllmStateDtype}`,
    );
  return vllmStateDtype;
}

/** Keys that change no size of weights or states. */
const withoutSize =
  /^(?:_|rope|bos_|eos_|pad_|sep_|.*token_id|.*_token(?:_index)?$|.*(?:dropout|_eps|epsilon|bias|coef|scale|scaling|scaling_factor|softcap(?:ping)?|multiplier|multipliers|theta|std|range|prob|limit|func|method|beta|alpha|act|activation|gain)$|architectures|auto_map|transformers_version|torch_dtype|dtype|use_|output_|initializer|norm_|.*norm(?:_type)?$|residual_|rescale_|time_step|id2label|label2id|task|problem_type|return_|num_logits|n_group|topk_group|seq_aux|ep_size|pretraining_tp|temperature|top_|num_beam|num_expert_group|initial_context|mla_use_nope|moe_renormalize|moe_router|index_share_for_mtp|indexer_rope|.*overlap|image_|video_|vision_|audio_|num_return|max_length|repetition|typical|length_penalty|chunk_size_feed_forward|gradient|partial_rotary|rotary|position_embedding|fused|interleav|.*cache_implementation|model_type|unsloth|is_decoder|tokenizer_class|attn_implementation|_attn)/;

function notesOf(fields: ConfigFields, outer: ConfigFields): readonly string[] {
  const assumed = [...fields.assumed, ...(outer === fields ? [] : outer.assumed)].map(
    (sentence) => `From ${fields.file}: ${sentence}.`,
  );
  fields.skip(
    "quantization_config",
    "compression_config",
    "mamba_ssm_dtype",
    "mamba_ssm_cache_dtype",
    "expert_dtype",
  );
  const left = fields.unread().filter((key) => !withoutSize.test(key));
  const drafts = left.filter((key) => draftKeys.test(key));
  const others = left.filter((key) => !draftKeys.test(key));
  const parts = outer === fields ? [] : ["vision_config", "audio_config"].filter((key) => outer.has(key));
  return [
    ...assumed,
    ...(others.length === 0
      ? []
      : [
          `Not read from ${fields.file}: ${shown(others)}. What these add to weights or states is not counted.`,
        ]),
    ...(drafts.length === 0
      ? []
      : [`Layers of ${fields.file} that draft tokens (${shown(drafts)}) are not counted.`]),
    ...(parts.length === 0 ? [] : [`The encoders of ${fields.file} (${parts.join(", ")}) are not counted.`]),
  ];
}

const draftKeys = /^mtp_|nextn|_mtp_/;

const mostShown = 12;

function shown(keys: readonly string[]): string {
  const some = keys
    .slice(0, mostShown)
    .map((key) => key.slice(0, 60))
    .join(", ");
  return keys.length > mostShown ? `${some} and ${keys.length - mostShown} more` : some;
}
