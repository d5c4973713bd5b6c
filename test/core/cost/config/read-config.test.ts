import { describe, expect, it } from "vitest";
import { models } from "../../../../src/core/cost/catalogue/models.ts";
import { readConfig } from "../../../../src/core/cost/config/read-config.ts";
import { findModel } from "../../../../src/core/cost/find.ts";
import { createModelCost } from "../../../../src/core/cost/model-cost.ts";
import type { ModelSpec } from "../../../../src/core/cost/model-spec.ts";
import { countParameters, embeddingWeights, weightBytes } from "../../../../src/core/cost/weights.ts";
import { derive } from "../derived.ts";
import { publishedConfigs } from "./published-configs.ts";

/** What sizes rest on; names, sources and what the publisher says are the catalogue's own. */
function geometryOf(model: ModelSpec) {
  const { id, aliases, family, publishedParameters, confidence, releasedWeights, ...geometry } = model;
  return geometry;
}

const read = (config: unknown) => readConfig(JSON.stringify(config), "given");

const llama = {
  model_type: "llama",
  hidden_size: 64,
  intermediate_size: 256,
  num_attention_heads: 4,
  num_hidden_layers: 4,
  tie_word_embeddings: false,
  vocab_size: 100,
};

describe("a configuration as it is published", () => {
  it.each(publishedConfigs)("%s has the geometry of the catalogue", (id, config) => {
    const twin = findModel(id);
    const { model } = read(config);
    // Sources of Hymba's vocabulary differ, and the catalogue says nothing of its own.
    const vocabularyTokens = twin.vocabularyTokens ?? model.vocabularyTokens;
    expect(geometryOf(model)).toEqual({
      ...geometryOf(twin),
      vocabularyTokens,
      maxContextTokens: model.maxContextTokens,
    });
    expect([model.maxContextTokens, null]).toContain(twin.maxContextTokens);
    if (twin.vocabularyTokens !== null) expect(derive(model)).toEqual(derive(twin));
  });

  it("is of every family that the catalogue has, but for those that have no spelling of their own", () => {
    const covered = new Set(publishedConfigs.map(([id]) => findModel(id).family));
    const left = new Set(models.map(({ family }) => family).filter((family) => !covered.has(family)));
    // Published in Megatron's format; a `nemotron_h`; a `llama`.
    expect([...left]).toEqual(["NVIDIA Mamba-2 hybrid", "Nemotron Nano 2", "Llama 3.3"]);
  });
});

describe("windows", () => {
  const pattern = (config: object) => read({ ...llama, ...config }).model.mixerPattern;

  it.each([
    [
      "listed",
      {
        model_type: "gpt_oss",
        layer_types: ["sliding_attention", "full_attention", "sliding_attention", "full_attention"],
      },
      "S*S*",
    ],
    [
      "the last of six in full",
      { model_type: "gemma3_text", num_hidden_layers: 7, sliding_window_pattern: 6 },
      "SSSSS*S",
    ],
    [
      "the last of six in full where nothing is said",
      { model_type: "gemma3_text", num_hidden_layers: 7 },
      "SSSSS*S",
    ],
    ["by turns", { model_type: "gemma2" }, "S*S*"],
    ["everywhere", { model_type: "mistral" }, "SSSS"],
    [
      "nowhere, as it is switched off",
      { model_type: "qwen2", use_sliding_window: false, max_window_layers: 2 },
      "****",
    ],
    ["above", { model_type: "qwen2", use_sliding_window: true, max_window_layers: 2 }, "**SS"],
    ["by letters", { model_type: "exaone4", sliding_window_pattern: "LLLG" }, "SSS*"],
  ])("%s", (_name, config, expected) => {
    expect(pattern({ sliding_window: 32, ...config })).toBe(expected);
    expect(read({ ...llama, sliding_window: 32, ...config }).model.attention?.windowTokens).toBe(
      expected.includes("S") ? 32 : null,
    );
  });
});

describe("sliding layers with heads of their own", () => {
  const attention = (config: object) => read({ ...llama, sliding_window: 32, ...config }).model.attention;

  it("are named themselves, or the full layers are", () => {
    const own = {
      model_type: "mimo_v2_flash",
      head_dim: 24,
      v_head_dim: 16,
      hybrid_layer_pattern: [0, 1, 1, 0],
    };
    expect(
      attention({ ...own, swa_num_key_value_heads: 2, swa_head_dim: 24, swa_v_head_dim: 16 }),
    ).toMatchObject({
      ...{ queryHeads: 4, kvHeads: 4, headWidth: 24, valueWidth: 16 },
      sliding: { queryHeads: 4, kvHeads: 2, headWidth: 24, valueWidth: 16 },
    });
    expect(attention({ model_type: "gemma4_text", global_head_dim: 64, num_hidden_layers: 6 })).toMatchObject(
      {
        ...{ queryHeads: 4, kvHeads: 4, headWidth: 64, valueWidth: 64 },
        sliding: { queryHeads: 4, kvHeads: 4, headWidth: 16, valueWidth: 16 },
      },
    );
  });

  it("are not told apart where they are the same, or there are none", () => {
    expect(attention({ model_type: "gemma3", swa_head_dim: 16 })?.sliding).toBeNull();
    expect(attention({ model_type: "llama", sliding_window: null, swa_head_dim: 8 })?.sliding).toBeNull();
  });
});

describe("an indexer", () => {
  const latent = { kv_lora_rank: 32, qk_nope_head_dim: 16, qk_rope_head_dim: 8, v_head_dim: 16 };
  const index = { index_topk: 64, index_n_heads: 2, index_head_dim: 16 };
  const layersOf = (config: object) =>
    read({ ...llama, ...latent, ...index, model_type: "glm_moe_dsa", num_hidden_layers: 8, ...config }).model
      .latentAttention?.indexer?.layers;

  it("runs in all layers, in listed ones, or in the first and every so many", () => {
    expect(layersOf({})).toBe(8);
    expect(
      layersOf({
        indexer_types: ["full", "shared", "shared", "full", "shared", "shared", "shared", "shared"],
      }),
    ).toBe(2);
    // 0, 1, 2, and 6.
    expect(layersOf({ index_topk_freq: 4, index_skip_topk_offset: 3 })).toBe(4);
  });

  it("keeps one key for the tokens of a pool, and the keys of an unfinished pool as state", () => {
    const { model } = read({ ...llama, ...latent, ...index, model_type: "glm_moe_dsa", index_kpool: 4 });
    const { kvBytesPerToken, checkpointBytes, groupBytesPerCheckpoint } = createModelCost(model);
    const layers = model.mixerPattern.length;
    // A key of 16 in fp8 with its scale for four tokens; four rows of key and gate in two bytes.
    expect(kvBytesPerToken).toBe(layers * ((32 + 8) * 2 + (16 + 4) / 4));
    expect([checkpointBytes, groupBytesPerCheckpoint]).toEqual(Array(2).fill(layers * 4 * 2 * 16 * 2));
  });
});

describe("experts", () => {
  const experts = { num_experts: 8, num_experts_per_tok: 2, moe_intermediate_size: 32 };
  const ffn = (config: object) => read({ ...llama, ...experts, ...config }).model.ffnPattern;

  it.each([
    ["all", {}, "EEEE"],
    ["from a layer on", { first_k_dense_replace: 1 }, "-EEE"],
    ["by a list", { moe_layer_freq: [0, 1, 0, 1] }, "-E-E"],
    ["by words", { mlp_layer_types: ["dense", "sparse", "sparse", "dense"] }, "-EE-"],
    ["the last of every two", { decoder_sparse_step: 2 }, "-E-E"],
    ["but for some", { mlp_only_layers: [0, 3] }, "-EE-"],
    ["at an offset", { expert_layer_period: 2, expert_layer_offset: 0 }, "E-E-"],
    ["enumerated", { moe_layers_enum: "2,3" }, "--EE"],
  ])("%s", (_name, config, expected) => {
    expect(ffn(config)).toBe(expected);
  });

  it("shared ones have a width, or a number", () => {
    const shared = (config: object) => read({ ...llama, ...experts, ...config }).model.moe?.sharedInnerWidth;
    expect(shared({ n_shared_experts: 2 })).toBe(64);
    expect(shared({ shared_expert_intermediate_size: 48 })).toBe(48);
    expect(shared({ moe_shared_expert_intermediate_size: 48, n_shared_experts: 2 })).toBe(96);
    expect(shared({})).toBe(0);
  });
});

describe("what is said", () => {
  it("is nothing where all was read", () => {
    expect(read(llama).notes).toEqual([]);
  });

  it("is what was not given, what was not read, and what is not counted", () => {
    const { tie_word_embeddings: _tie, ...rest } = llama;
    const config = {
      ...rest,
      num_nextn_predict_layers: 1,
      index_topk: 2048,
      quantization_config: { bits: 4 },
    };
    expect(read(config).notes).toEqual([
      'From config.json: "tie_word_embeddings" is not given, and the output head is a matrix of its own, the default of the reference code.',
      "Not read from config.json: index_topk. What these add to weights or states is not counted.",
      "Layers of config.json that draft tokens (num_nextn_predict_layers) are not counted.",
      "The weights of this checkpoint are quantized (null) in a way that is not read; the memory beside them is worked out for bf16 weights, unless the capacity is given.",
    ]);
  });

  it("is that a type is not known", () => {
    expect(read({ ...llama, model_type: "newcomer" }).notes).toEqual([
      'From config.json: the model type "newcomer" is not known: it is read as attention with gated feed-forward blocks.',
    ]);
  });
});

describe("the name", () => {
  it("is the hub's where the file has it, and never a path of somebody's machine", () => {
    const id = (path: string) => read({ ...llama, _name_or_path: path }).model.id;
    expect(id("acme/own-7b")).toBe("acme/own-7b");
    expect(id("/home/ann/models/own-7b")).toBe("given");
    expect(id("")).toBe("given");
  });
});

describe("what cannot be read", () => {
  it.each([
    ["no JSON", "{", /config\.json is not JSON/],
    ["a list", "[]", /it is no object/],
    ["nothing", "{}", /has no "num_hidden_layers" \(nor "n_layer"/],
  ])("%s", (_name, text, message) => {
    expect(() => readConfig(text, "given")).toThrow(message);
  });

  it.each([
    [
      "a missing width",
      { hidden_size: undefined },
      /has no "hidden_size".*which the sizes of the model rest on/,
    ],
    [
      "text for a number",
      { num_attention_heads: "4" },
      /"num_attention_heads" is "4", and must be a whole number/,
    ],
    ["a number without end", { hidden_size: 1e300 }, /"hidden_size" is 1e\+300, and must be/],
    ["half a layer", { num_hidden_layers: 2.5 }, /"num_hidden_layers" is 2.5/],
    [
      "layers without end",
      { num_hidden_layers: 50_000_000 },
      /"num_hidden_layers" is 50000000, and must be at most 2000/,
    ],
    ["a long value", { model_type: "bamba", attn_layer_indices: "x".repeat(500) }, /is "x{59}…, and must be/],
    [
      "heads that do not divide",
      { num_attention_heads: 3 },
      /"hidden_size" is 64, which 3 heads do not divide/,
    ],
    [
      "a layer of an unknown kind",
      { layer_types: ["full_attention", "full_attention", "full_attention", "quantum_attention"] },
      /"layer_types" has the unknown layer kind "quantum_attention"; known here: full_attention/,
    ],
    [
      "a kind that is a word of JavaScript",
      { layer_types: ["constructor", "toString", "x", "y"] },
      /unknown layer kind "constructor"/,
    ],
    [
      "too few layers in the list",
      { layer_types: ["full_attention"] },
      /names 1 layers, and "num_hidden_layers" says that there are 4/,
    ],
    [
      "a window without layers",
      { sliding_window: 32 },
      /"sliding_window" is 32, and nothing says which layers have it/,
    ],
    [
      "a mechanism of an unknown type",
      { model_type: "newcomer", mamba_d_state: 16 },
      /"mamba_d_state" belongs to a mechanism of the model type "newcomer"/,
    ],
    [
      "compressed attention",
      { model_type: "newcomer", compress_ratios: [4, 4, 4, 4] },
      /"compress_ratios" belongs to a mechanism/,
    ],
    ["heads that differ between layers", { num_key_value_heads: [1, 2, 4, 4] }, /differs between layers/],
    [
      "a layer in neither list",
      { model_type: "kimi_linear", linear_attn_config: { kda_layers: [1, 2], full_attn_layers: [4] } },
      /must name each of 4 layers once/,
    ],
    [
      "no list of layers",
      { model_type: "qwen3_next" },
      /has no "layer_types" \(nor "full_attention_interval"\)/,
    ],
    [
      "a missing key in an object",
      { model_type: "kimi_linear", linear_attn_config: {} },
      /has no "linear_attn_config\.full_attn_layers"/,
    ],
  ])("%s", (_name, config, message) => {
    expect(() => read({ ...llama, ...config })).toThrow(message);
  });

  it("numbers of Python that JSON does not have are no obstacle, and texts stay", () => {
    const text = JSON.stringify(llama).replace(
      "}",
      ', "time_step_limit": [0.0, Infinity], "x_eps": NaN, "_name_or_path": "a/Infinity"}',
    );
    expect(readConfig(text, "given").model.id).toBe("a/Infinity");
  });

  it("a text that is deep and long ends with a word", () => {
    expect(() => readConfig(`${"[".repeat(200_000)}`, "given")).toThrow(/is not JSON/);
    expect(() => readConfig(`{"model_type": ${"[".repeat(5000)}${"]".repeat(5000)}}`, "given")).toThrow(
      /has no "num_hidden_layers"|"model_type" is/,
    );
  });
});

describe("quantized checkpoints", () => {
  const moe = {
    ...llama,
    model_type: "qwen3_moe",
    head_dim: 16,
    num_experts: 8,
    num_experts_per_tok: 2,
    moe_intermediate_size: 32,
  };
  const groups = (weights: object) => ({ config_groups: { group_0: { targets: ["Linear"], weights } } });
  const left = ["re:.*self_attn.*", "lm_head"];
  it.each([
    [
      { quant_method: "fp8", weight_block_size: [128, 128], modules_to_not_convert: ["gate", "lm_head"] },
      "fp8",
      "fp8",
    ],
    [{ quant_method: "awq", bits: 4, group_size: 128 }, "int4", "int4"],
    [{ quant_method: "gptq", bits: 8, group_size: 128 }, "int8", "int8"],
    [
      { quant_method: "mxfp4", modules_to_not_convert: ["model.layers.*.self_attn", "lm_head"] },
      "mxfp4",
      "bf16",
    ],
    [
      {
        quant_method: "compressed-tensors",
        ...groups({ num_bits: 4, type: "int", group_size: 32 }),
        ignore: left,
      },
      "int4-group-32",
      "bf16",
    ],
    [{ quant_method: "compressed-tensors", ...groups({ num_bits: 8, type: "float" }) }, "fp8", "fp8"],
    [{ quant_method: "modelopt", quant_algo: "NVFP4" }, "fp4", "fp4"],
    [{ quant_method: "bitsandbytes", load_in_4bit: true }, "int4", "int4"],
    [{ quant_method: "fp8", expert_dtype: "fp4" }, "mxfp4", "fp8"],
  ])("%j", (quantization_config, routedExperts, otherMatrices) => {
    const { model, notes } = read({ ...moe, quantization_config });
    expect(model.releasedWeights).toEqual({ routedExperts, otherMatrices });
    expect(notes.join()).toContain(`count as ${routedExperts}`);
    expect(weightBytes(model)).toBeLessThan(weightBytes(model, "bf16"));
  });

  it("in a way that nobody knows count as bf16, which is said", () => {
    const { model, notes } = read({ ...moe, quantization_config: { quant_method: "newcomer" } });
    expect(model.releasedWeights).toBeUndefined();
    expect(notes.join()).toContain('quantized ("newcomer") in a way that is not read');
  });

  it("of parts keep embeddings and output head in 16 bits", () => {
    const { model } = read({ ...llama, quantization_config: { quant_method: "fp8" } });
    const ofEmbeddings = 2 * embeddingWeights(model);
    const matrices = weightBytes(model, "bf16") - ofEmbeddings;
    expect(weightBytes(model)).toBe(ofEmbeddings + matrices / 2);
  });
});

describe("what published files leave out", () => {
  it("is taken from the class of the part, and said", () => {
    // Gemma 3 4B and LLaVA 1.5 7B, as they are published.
    const gemma = read({
      model_type: "gemma3",
      text_config: {
        hidden_size: 2560,
        intermediate_size: 10_240,
        model_type: "gemma3_text",
        num_hidden_layers: 34,
        sliding_window: 1024,
      },
    });
    expect(gemma.model.attention).toMatchObject({
      queryHeads: 8,
      kvHeads: 4,
      headWidth: 256,
      windowTokens: 1024,
    });
    expect(gemma.model.vocabularyTokens).toBe(262_208);
    expect(gemma.notes.join()).toMatch(
      /"num_attention_heads" 8.* the defaults of the class of gemma3 are taken/,
    );
    const llava = read({
      model_type: "llava",
      text_config: { model_type: "llama", max_position_embeddings: 4096, vocab_size: 32_064 },
    });
    expect(llava.model).toMatchObject({
      hiddenWidth: 4096,
      vocabularyTokens: 32_064,
      maxContextTokens: 4096,
    });
    expect(countParameters(llava.model).total).toBeCloseTo(6.74e9, -8);
    const mistral = read({
      model_type: "llava_next",
      text_config: { model_type: "mistral", sliding_window: null },
    });
    expect(mistral.model.attention).toMatchObject({ kvHeads: 8, windowTokens: null });
  });

  it("is no guess for a model that stands by itself", () => {
    expect(() => read({ model_type: "llama", num_hidden_layers: 32 })).toThrow(/has no "hidden_size"/);
  });

  it.each([
    [
      "falcon-7b",
      {
        model_type: "falcon",
        hidden_size: 4544,
        n_layer: 32,
        n_head: 71,
        multi_query: true,
        vocab_size: 65_024,
      },
      1,
      6.9e9,
    ],
    [
      "falcon-40b",
      {
        ...{ model_type: "RefinedWeb", hidden_size: 8192, n_layer: 60, n_head: 128, n_head_kv: 8 },
        ...{ new_decoder_architecture: true, multi_query: true, vocab_size: 65_024 },
      },
      8,
      41.3e9,
    ],
    ["gpt2", { model_type: "gpt2", n_embd: 768, n_layer: 12, n_head: 12, vocab_size: 50_257 }, 12, 0.124e9],
    [
      "mpt-7b",
      { model_type: "mpt", d_model: 4096, n_layers: 32, n_heads: 32, expansion_ratio: 4, vocab_size: 50_432 },
      32,
      6.65e9,
    ],
    [
      "dbrx",
      {
        ...{ model_type: "dbrx", d_model: 6144, n_layers: 40, n_heads: 48, vocab_size: 100_352 },
        attn_config: { kv_n_heads: 8 },
        ffn_config: { ffn_hidden_size: 10_752, moe_num_experts: 16, moe_top_k: 4 },
      },
      8,
      132e9,
    ],
  ])("%s", (_, config, kvHeads, parameters) => {
    const { model } = read(config);
    expect(model.attention?.kvHeads).toBe(kvHeads);
    expect(Math.abs(countParameters(model).total! / parameters - 1)).toBeLessThan(0.02);
  });

  it.each([
    ["bailing_moe_linear", { layer_group_size: 8 }],
    ["newcomer", { layer_group_size: 8 }],
    ["newcomer_hybrid", {}],
  ])("%s is not served as attention alone", (model_type, more) => {
    expect(() => read({ ...llama, model_type, ...more })).toThrow(/is not known here/);
  });
});
