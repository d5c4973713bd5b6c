// From the facts on models to the entries of src/core/cost/catalogue/models.ts, src/tokenizers/vocabularies-of-models.ts and src/prompt/chat/catalogue.ts.
// Only inputs are taken over: numbers that can be derived are recomputed by our own formulas and compared in the tests.
import { checkModels } from "./check-models.mjs";

/** @typedef {any} Facts models.json, or a part of it, once it is checked. */

/** @param {string} text */
function alias(text) {
  const match = /^(.*?) \((.*)\)$/.exec(text);
  return match ? { id: match[1], note: match[2] } : { id: text, note: null };
}

/** @param {Facts} facts */
const heads = (facts) => ({
  queryHeads: facts.num_heads,
  kvHeads: facts.num_kv_heads,
  headWidth: facts.head_dim,
  valueWidth: facts.v_head_dim ?? facts.head_dim,
});

/** @param {Facts} facts */
function indexer(facts) {
  return facts
    ? {
        heads: facts.num_heads,
        keyWidth: facts.key_dim,
        topTokens: facts.top_k,
        layers: facts.layers,
        poolTokens: facts.pool_tokens ?? 1,
      }
    : null;
}

/** @param {Facts} facts @param {Facts} sliding */
function attention(facts, sliding) {
  return (
    facts && {
      ...heads(facts),
      sliding: sliding ? heads(sliding) : null,
      windowTokens: facts.sliding_window,
      hasOutputGate: facts.output_gate,
      kvSharingGroups: facts.kv_sharing_groups,
      indexer: indexer(facts.indexer),
    }
  );
}

/** Where the facts name no gate for latent attention, their FLOPs have one exactly where the delta layers' gate has full rank. @param {Facts} facts @param {Facts} kda */
function latentAttention(facts, kda) {
  return (
    facts && {
      heads: facts.num_heads,
      kvRank: facts.kv_lora_rank,
      queryRank: facts.q_lora_rank,
      queryKeyWidth: facts.qk_nope_head_dim,
      ropeWidth: facts.qk_rope_head_dim,
      valueWidth: facts.v_head_dim,
      indexer: indexer(facts.indexer),
      hasOutputGate: facts.output_gate ?? kda?.full_rank_gate ?? false,
    }
  );
}

/** Left out where there is none: one family has it. @param {Facts} facts */
function compressedAttention(facts) {
  if (!facts) return {};
  return {
    compressedAttention: {
      heads: facts.num_heads,
      entryWidth: facts.head_dim,
      ropeWidth: facts.qk_rope_head_dim,
      queryRank: facts.q_lora_rank,
      outputGroups: facts.o_groups,
      outputRank: facts.o_lora_rank,
      windowTokens: facts.sliding_window,
      sparseTokens: facts.sparse_ratio,
      denseTokens: facts.dense_ratio,
      indexHeads: facts.index_n_heads,
      indexWidth: facts.index_head_dim,
      topEntries: facts.index_topk,
    },
  };
}

/** Left out where there are none. @param {Facts} facts */
function besideLayers({ gated_residual: residual, ngram_table: table }) {
  return {
    ...(residual && { gatedResidual: { streams: residual.streams, rank: residual.rank } }),
    ...(table && {
      ngramTable: {
        layer: table.layer,
        rows: table.rows,
        rowWidth: table.row_width,
        rowsPerToken: table.rows_per_token,
        convKernel: table.conv_kernel,
        convDilation: table.conv_dilation,
      },
    }),
  };
}

/** @param {Facts} facts */
function recurrent(facts = {}) {
  const {
    mamba1,
    mamba2,
    gated_delta_net: delta,
    kda,
    lightning_attention: lightning,
    short_conv: conv,
    rg_lru: lru,
  } = facts;
  return {
    mamba1: mamba1
      ? {
          innerWidth: mamba1.d_inner,
          stateWidth: mamba1.d_state,
          convKernel: mamba1.conv_kernel,
          timeStepRank: mamba1.dt_rank,
        }
      : null,
    mamba2: mamba2
      ? {
          heads: mamba2.num_heads,
          headWidth: mamba2.head_dim,
          stateWidth: mamba2.d_state,
          groups: mamba2.n_groups,
          convKernel: mamba2.conv_kernel,
          chunkTokens: mamba2.chunk_size,
          isChunkRead: mamba2.chunk_size_source === "read",
        }
      : null,
    gatedDeltaNet: delta
      ? {
          keyHeads: delta.num_key_heads,
          valueHeads: delta.num_value_heads,
          keyWidth: delta.key_head_dim,
          valueWidth: delta.value_head_dim,
          convKernel: delta.conv_kernel,
        }
      : null,
    kimiDelta: kda
      ? {
          heads: kda.num_heads,
          headWidth: kda.head_dim,
          convKernel: kda.conv_kernel,
          hasFullRankGate: kda.full_rank_gate,
          hasFullRankDecay: kda.full_rank_decay ?? false,
        }
      : null,
    lightning: lightning ? { heads: lightning.num_heads, headWidth: lightning.head_dim } : null,
    shortConv: conv ? { width: conv.dim, convKernel: conv.conv_kernel } : null,
    rgLru: lru ? { width: lru.width, convKernel: lru.conv_kernel, gateBlocks: lru.gate_blocks } : null,
    sharedBlocks: facts.shared_attention_blocks
      ? { blocks: facts.shared_attention_blocks, adapterRank: facts.adapter_rank }
      : null,
  };
}

/** @param {Facts} facts */
function releasedWeights({ released_weights: { routed_experts, other_matrices } }) {
  return { routedExperts: routed_experts, otherMatrices: other_matrices };
}

/** @param {Facts} facts */
function model(facts) {
  const { mlp, moe } = facts;
  return {
    id: facts.id,
    aliases: facts.aliases.map(alias),
    family: facts.family,
    kind: facts.kind,
    hiddenWidth: facts.hidden_size,
    vocabularyTokens: facts.vocab_size,
    hasTiedEmbeddings: facts.tied_embeddings,
    mixerPattern: facts.layers.mixer_pattern,
    ffnPattern: facts.layers.ffn_pattern,
    attention: attention(facts.attention, facts.sliding_attention),
    latentAttention: latentAttention(facts.mla, facts.recurrent?.kda),
    ...compressedAttention(facts.compressed_attention),
    ...besideLayers(facts),
    ...recurrent(facts.recurrent ?? {}),
    mlp: mlp && { innerWidth: mlp.intermediate_size, matrices: mlp.weight_matrices },
    moe: moe && {
      experts: moe.num_experts,
      expertsPerToken: moe.experts_per_token,
      expertInnerWidth: moe.expert_intermediate_size,
      matrices: moe.weight_matrices,
      sharedInnerWidth: moe.shared_expert_intermediate_size,
      latentWidth: moe.latent_size,
    },
    vllmStateDtype: facts.dtypes.recurrent_state_vllm_default,
    maxContextTokens: facts.max_context_tokens,
    publishedParameters: facts.parameters.total_published,
    ...(facts.released_weights && { releasedWeights: releasedWeights(facts) }),
    confidence: facts.confidence,
  };
}

/** @param {Facts} facts */
export function modelsOf(facts) {
  checkModels(facts);
  return facts.models.map(model);
}

/** Which vocabulary counts a model's tokens. @param {Facts} facts */
export function vocabulariesOf({ tokenizers, models }) {
  const rows = Object.entries(tokenizers).map(([name, row]) => [
    name,
    {
      id: row.vocabulary,
      isExact: row.substitute_for === null,
      ...(row.substitute_for !== null && { substituteFor: row.substitute_for }),
      reason: row.reason,
    },
  ]);
  return {
    rows: Object.fromEntries(rows),
    ofModels: Object.fromEntries(models.map((/** @type {Facts} */ { id, tokenizer }) => [id, tokenizer])),
  };
}

/** Which chat template wraps a model's messages; models of which none ships are left out. @param {Facts} facts */
export function chatTemplatesOf({ chat_templates: chatTemplates, models }) {
  const rows = Object.entries(chatTemplates).map(([name, row]) => [
    name,
    { template: row.built_in, isOwn: row.is_own },
  ]);
  const known = models.filter((/** @type {Facts} */ model) => model.chat_template !== null);
  return {
    rows: Object.fromEntries(rows),
    ofModels: Object.fromEntries(known.map((/** @type {Facts} */ { id, chat_template: name }) => [id, name])),
  };
}
