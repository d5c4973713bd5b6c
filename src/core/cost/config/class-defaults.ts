/**
 * What the configuration classes of Hugging Face's transformers take for keys that are not given. Published files of models with
 * pictures leave out of the part that holds the language model whatever equals the default of its class.
 */
import type { Json } from "./config-fields.ts";

/** `PretrainedConfig` subclasses by `model_type` (transformers, the `configuration_*.py` of each model), keys that sizes rest on. */
const defaults: Readonly<Record<string, Json>> = {
  llama: {
    vocab_size: 32_000,
    hidden_size: 4096,
    intermediate_size: 11_008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    max_position_embeddings: 2048,
  },
  mistral: {
    vocab_size: 32_000,
    hidden_size: 4096,
    intermediate_size: 14_336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    sliding_window: 4096,
    max_position_embeddings: 131_072,
  },
  qwen2: {
    vocab_size: 151_936,
    hidden_size: 4096,
    intermediate_size: 22_016,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    max_position_embeddings: 32_768,
  },
  gemma: {
    vocab_size: 256_000,
    hidden_size: 3072,
    intermediate_size: 24_576,
    num_hidden_layers: 28,
    num_attention_heads: 16,
    num_key_value_heads: 16,
    head_dim: 256,
    max_position_embeddings: 8192,
  },
  gemma2: {
    vocab_size: 256_000,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    sliding_window: 4096,
    max_position_embeddings: 8192,
  },
  gemma3: {
    vocab_size: 262_208,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    sliding_window: 4096,
    max_position_embeddings: 131_072,
  },
};

/** The part with what its class takes, and the keys of that; `type` without its ending `_text`. */
export function withClassDefaults(
  json: Json,
  type: string,
): { readonly json: Json; readonly taken: readonly string[] } {
  const row = Object.hasOwn(defaults, type) ? defaults[type] : {};
  // A key that is given as null says that there is none (no window, as many heads of keys as of queries).
  const left = Object.entries(row).filter(([key]) => !Object.hasOwn(json, key));
  return {
    json: { ...json, ...Object.fromEntries(left) },
    taken: left.map(([key, value]) => `"${key}" ${value}`),
  };
}
