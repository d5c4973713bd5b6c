// What an entry of facts/models.json must have before a catalogue is made of it.

import { FactsError } from "./facts-error.mjs";
import { checkFields, list, nullable, number, object, oneOf, text, yesNo } from "./fields.mjs";

/** @typedef {any} Facts models.json, or a part of it. */

const file = "facts/models.json";

const attention = {
  num_heads: number,
  num_kv_heads: number,
  head_dim: number,
  sliding_window: nullable(number),
  output_gate: yesNo,
  kv_sharing_groups: nullable(list),
};
const headFields = { num_heads: number, num_kv_heads: number, head_dim: number };
const latent = {
  num_heads: number,
  kv_lora_rank: number,
  q_lora_rank: nullable(number),
  qk_nope_head_dim: number,
  qk_rope_head_dim: number,
  v_head_dim: number,
};
const indexer = { num_heads: number, key_dim: number, top_k: number, layers: number };
const compressed = {
  num_heads: number,
  head_dim: number,
  qk_rope_head_dim: number,
  q_lora_rank: number,
  o_groups: number,
  o_lora_rank: number,
  sliding_window: number,
  sparse_ratio: number,
  dense_ratio: number,
  index_n_heads: number,
  index_head_dim: number,
  index_topk: number,
};
const residual = { streams: number, rank: number };
const table = {
  layer: number,
  rows: number,
  row_width: number,
  rows_per_token: number,
  conv_kernel: number,
  conv_dilation: number,
};
const mlp = { intermediate_size: number, weight_matrices: number };
const moe = {
  num_experts: number,
  experts_per_token: number,
  expert_intermediate_size: number,
  weight_matrices: number,
  shared_expert_intermediate_size: number,
  latent_size: nullable(number),
};

/** By the name of the kind under `recurrent`. */
const recurrent = {
  mamba1: { d_inner: number, d_state: number, conv_kernel: number, dt_rank: number },
  mamba2: {
    num_heads: number,
    head_dim: number,
    d_state: number,
    n_groups: number,
    conv_kernel: number,
    chunk_size: number,
    chunk_size_source: text,
  },
  gated_delta_net: {
    num_key_heads: number,
    num_value_heads: number,
    key_head_dim: number,
    value_head_dim: number,
    conv_kernel: number,
  },
  kda: { num_heads: number, head_dim: number, conv_kernel: number, full_rank_gate: yesNo },
  lightning_attention: { num_heads: number, head_dim: number },
  short_conv: { dim: number, conv_kernel: number },
  rg_lru: { width: number, conv_kernel: number, gate_blocks: number },
};

const format = oneOf("bf16", "fp8", "int8", "int4", "int4-group-32", "fp4", "mxfp4");
const released = { routed_experts: format, other_matrices: format, source: text };

const model = {
  id: text,
  aliases: list,
  family: text,
  kind: oneOf("hybrid", "ssm", "attention", "latent", "compressed"),
  license: nullable(text),
  layers: object,
  hidden_size: number,
  vocab_size: nullable(number),
  tied_embeddings: yesNo,
  tokenizer: text,
  chat_template: nullable(text),
  attention: nullable(object),
  mla: nullable(object),
  recurrent: nullable(object),
  mlp: nullable(object),
  moe: nullable(object),
  dtypes: object,
  max_context_tokens: nullable(number),
  parameters: object,
  sources: list,
  confidence: text,
  notes: list,
};
const optional = {
  license_confidence: nullable(text),
  max_context_note: nullable(text),
  sliding_attention: object,
  compressed_attention: object,
  gated_residual: object,
  ngram_table: object,
  released_weights: object,
  derived: object,
  paper_accounting: object,
};

/** What the letters of the patterns need: a section of the entry, or a kind under `recurrent`. @type {Record<string, string[]>} */
const needs = {
  "*": ["attention"],
  S: ["attention", "attention.sliding_window"],
  A: ["mla"],
  X: ["attention"],
  W: ["compressed_attention"],
  c: ["compressed_attention"],
  d: ["compressed_attention"],
  M: ["recurrent.mamba2"],
  m: ["recurrent.mamba1"],
  G: ["recurrent.gated_delta_net"],
  K: ["recurrent.kda"],
  L: ["recurrent.lightning_attention"],
  C: ["recurrent.short_conv"],
  R: ["recurrent.rg_lru"],
  P: ["attention", "recurrent.mamba2"],
  H: ["attention", "recurrent.mamba1"],
  h: ["attention", "attention.sliding_window", "recurrent.mamba1"],
  Z: ["attention", "mlp", "recurrent.mamba2"],
  U: [],
  "-": ["mlp"],
  E: ["moe"],
};

/** Throws `FactsError` at the first thing that is wrong. @param {Facts} facts */
export function checkModels(facts) {
  const names = new Map();
  for (const [index, entry] of facts.models.entries()) {
    const where = typeof entry.id === "string" ? `"${entry.id}"` : `model ${index + 1}`;
    checkModel(entry, where, facts);
    for (const name of [
      entry.id,
      ...entry.aliases.map((/** @type {string} */ each) => each.split(" (")[0]),
    ]) {
      const other = names.get(name.toLowerCase());
      if (other !== undefined)
        throw new FactsError(
          file,
          where,
          `the name ${name} is also that of ${other}`,
          "keep it in one place",
        );
      names.set(name.toLowerCase(), where);
    }
  }
}

/** @param {Facts} entry @param {string} where @param {Facts} facts */
function checkModel(entry, where, facts) {
  const at = (/** @type {string} */ section) => ({
    file,
    where: section === "" ? where : `${where}, ${section}`,
  });
  checkFields(entry, model, at(""), optional);
  checkFields(
    entry.layers,
    { mixer_pattern: text, ffn_pattern: nullable(text), count: number },
    at("layers"),
    { style: text, counts: object },
  );
  if (entry.attention)
    checkFields(entry.attention, attention, at("attention"), { v_head_dim: number, indexer: object });
  if (entry.sliding_attention)
    checkFields(entry.sliding_attention, headFields, at("sliding_attention"), { v_head_dim: number });
  if (entry.mla) checkFields(entry.mla, latent, at("mla"), { output_gate: yesNo, indexer: object });
  for (const section of ["attention", "mla"]) {
    const found = entry[section]?.indexer;
    if (found) checkFields(found, indexer, at(`${section}.indexer`), { pool_tokens: number });
  }
  if (entry.compressed_attention)
    checkFields(entry.compressed_attention, compressed, at("compressed_attention"));
  if (entry.gated_residual) checkFields(entry.gated_residual, residual, at("gated_residual"));
  if (entry.ngram_table) checkFields(entry.ngram_table, table, at("ngram_table"));
  if (entry.released_weights) checkFields(entry.released_weights, released, at("released_weights"));
  if (entry.mlp) checkFields(entry.mlp, mlp, at("mlp"), { activation: text });
  if (entry.moe) checkFields(entry.moe, moe, at("moe"));
  for (const [kind, fields] of Object.entries(recurrent)) {
    const geometry = entry.recurrent?.[kind];
    if (geometry) checkFields(geometry, fields, at(`recurrent.${kind}`), "any");
  }
  checkFields(
    entry.dtypes,
    { recurrent_state_vllm_default: nullable(oneOf("bfloat16", "float32")) },
    at("dtypes"),
    "any",
  );
  checkFields(entry.parameters, { total_published: nullable(number) }, at("parameters"), "any");
  checkPatterns(entry, where);
  if (entry.sources.length === 0)
    throw new FactsError(
      file,
      where,
      "sources is empty",
      "name the configuration or paper that each number was read from",
    );
  checkName(entry.tokenizer, "tokenizer", facts.tokenizers, "tokenizers", where);
  if (entry.chat_template !== null)
    checkName(entry.chat_template, "chat_template", facts.chat_templates, "chat_templates", where);
}

/** @param {Facts} entry @param {string} where */
function checkPatterns(entry, where) {
  const { mixer_pattern: mixers, ffn_pattern: blocks, count } = entry.layers;
  for (const [name, pattern] of [
    ["mixer_pattern", mixers],
    ["ffn_pattern", blocks],
  ]) {
    if (pattern === null) continue;
    if (pattern.length !== count)
      throw new FactsError(
        file,
        where,
        `layers.${name} has ${pattern.length} letters for ${count} layers`,
        "write one letter for each layer",
      );
    for (const letter of new Set(pattern)) {
      if (needs[letter] === undefined)
        throw new FactsError(
          file,
          where,
          `layers.${name} has the letter "${letter}", which is not known`,
          `use those of conventions.pattern_letters: ${Object.keys(needs).join(" ")}`,
        );
      for (const path of needs[letter]) {
        if (path.split(".").reduce((part, key) => part?.[key], entry)) continue;
        throw new FactsError(
          file,
          where,
          `layers.${name} has the letter "${letter}", but ${path} is missing`,
          "give the geometry of these layers",
        );
      }
    }
  }
}

/** @param {string} name @param {string} field @param {Facts} table @param {string} tableName @param {string} where */
function checkName(name, field, table, tableName, where) {
  if (name in table) return;
  throw new FactsError(
    file,
    where,
    `${field} is "${name}", of which ${tableName} has no row`,
    `add one there, or name one of ${Object.keys(table).join(", ")}`,
  );
}
