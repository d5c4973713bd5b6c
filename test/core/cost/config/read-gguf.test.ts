import { describe, expect, it } from "vitest";
import { readGguf } from "../../../../src/core/cost/config/read-gguf.ts";
import { findModel } from "../../../../src/core/cost/find.ts";
import type { ModelSpec } from "../../../../src/core/cost/model-spec.ts";
import { weightBytes } from "../../../../src/core/cost/weights.ts";
import { readGgufHeader } from "../../../../src/core/gguf-header.ts";
import { bytesOf, ggufBytes, text, u32, u64 } from "../../../support/gguf-bytes.ts";

type Values = Parameters<typeof ggufBytes>[0];

const decode = (utf8: Uint8Array) => new TextDecoder().decode(utf8);
const header = (bytes: Uint8Array) => readGgufHeader(bytes, decode);
const read = (
  architecture: string,
  values: Values,
  tensors: readonly string[] = [...gated, "output.weight"],
) => {
  const own = Object.entries(values).map(([key, value]) => [`${architecture}.${key}`, value]);
  const bytes = ggufBytes({ "general.architecture": architecture, ...Object.fromEntries(own) }, tensors);
  return readGguf(header(bytes), "given");
};

const gated = ["token_embd.weight", "blk.0.ffn_gate.weight", "blk.0.ffn_up.weight"];
const ungated = ["token_embd.weight", "blk.1.ffn_up.weight", "output.weight"];
const marked = (letters: string, yes: number, letter = "*") =>
  [...letters].map((each) => (each === letter ? yes : 0));
const routers = (pattern: string) =>
  [...pattern].flatMap((letter, layer) => (letter === "E" ? [`blk.${layer}.ffn_gate_inp.weight`] : []));
const granite = "MMMMM*MMMMMMMMM*MMMMMMMMM*MMMMMMMMM*MMMM";
const nemotron = "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME";

/** Catalogue id, architecture, keys without it, tensors that say something: what llama.cpp's converters write. */
const files: readonly (readonly [
  id: string,
  architecture: string,
  values: Values,
  tensors?: readonly string[],
])[] = [
  [
    "meta-llama/Llama-3.1-8B-Instruct",
    "llama",
    {
      block_count: 32,
      context_length: 131_072,
      embedding_length: 4096,
      feed_forward_length: 14_336,
      "attention.head_count": 32,
      "attention.head_count_kv": 8,
      "rope.dimension_count": 128,
      vocab_size: 128_256,
    },
  ],
  [
    "Qwen/Qwen3-30B-A3B",
    "qwen3moe",
    {
      block_count: 48,
      context_length: 40_960,
      embedding_length: 2048,
      feed_forward_length: 6144,
      "attention.head_count": 32,
      "attention.head_count_kv": 4,
      "attention.key_length": 128,
      "attention.value_length": 128,
      expert_count: 128,
      expert_used_count: 8,
      expert_feed_forward_length: 768,
      vocab_size: 151_936,
    },
    ["blk.0.ffn_gate_exps.weight", "output.weight", ...routers("E".repeat(48))],
  ],
  [
    "moonshotai/Kimi-K2.7-Code",
    "deepseek2",
    {
      block_count: 61,
      context_length: 262_144,
      embedding_length: 7168,
      feed_forward_length: 18_432,
      leading_dense_block_count: 1,
      "attention.head_count": 64,
      "attention.head_count_kv": 1,
      "attention.key_length": 576,
      "attention.value_length": 512,
      "attention.key_length_mla": 192,
      "attention.value_length_mla": 128,
      "attention.q_lora_rank": 1536,
      "attention.kv_lora_rank": 512,
      "rope.dimension_count": 64,
      expert_count: 384,
      expert_used_count: 8,
      expert_feed_forward_length: 2048,
      expert_shared_count: 1,
      vocab_size: 163_840,
    },
    ["blk.0.ffn_gate.weight", "output.weight", ...routers(`-${"E".repeat(60)}`)],
  ],
  [
    "moonshotai/Kimi-Linear-48B-A3B-Instruct",
    "kimi-linear",
    {
      block_count: 27,
      context_length: 1_048_576,
      embedding_length: 2304,
      feed_forward_length: 9216,
      leading_dense_block_count: 1,
      "attention.head_count": 32,
      "attention.head_count_kv": marked("KKKAKKKAKKKAKKKAKKKAKKKAKKA", 1, "A"),
      "attention.key_length": 576,
      "attention.key_length_mla": 192,
      "attention.value_length_mla": 128,
      "attention.kv_lora_rank": 512,
      "rope.dimension_count": 64,
      "ssm.conv_kernel": 4,
      "kda.head_dim": 128,
      expert_count: 256,
      expert_used_count: 8,
      expert_feed_forward_length: 1024,
      expert_shared_count: 1,
      vocab_size: 163_840,
    },
  ],
  [
    "ibm-granite/granite-4.0-h-small",
    "granitehybrid",
    {
      block_count: 40,
      context_length: 131_072,
      embedding_length: 4096,
      feed_forward_length: 768,
      "attention.head_count": 32,
      "attention.head_count_kv": marked(granite, 8),
      "ssm.conv_kernel": 4,
      "ssm.state_size": 128,
      "ssm.group_count": 1,
      "ssm.inner_size": 8192,
      "ssm.time_step_rank": 128,
      expert_count: 72,
      expert_used_count: 10,
      expert_shared_feed_forward_length: 1536,
      vocab_size: 100_352,
    },
    ["token_embd.weight", "blk.0.ffn_gate_exps.weight", ...routers("E".repeat(40))],
  ],
  [
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
    "nemotron_h_moe",
    {
      block_count: 52,
      context_length: 262_144,
      embedding_length: 2688,
      feed_forward_length: marked(nemotron, 1856, "E"),
      "attention.head_count": marked(nemotron, 32),
      "attention.head_count_kv": marked(nemotron, 2),
      "attention.key_length": 128,
      "attention.value_length": 128,
      "ssm.conv_kernel": 4,
      "ssm.state_size": 128,
      "ssm.group_count": 8,
      "ssm.inner_size": 4096,
      "ssm.time_step_rank": 64,
      expert_count: 128,
      expert_used_count: 6,
      expert_feed_forward_length: 1856,
      expert_shared_count: 1,
      expert_shared_feed_forward_length: 3712,
      vocab_size: 131_072,
    },
    ["blk.1.ffn_up_exps.weight", "output.weight"],
  ],
  [
    "nvidia/Nemotron-H-8B-Base-8K",
    "nemotron_h",
    {
      block_count: 52,
      context_length: 8192,
      embedding_length: 4096,
      feed_forward_length: marked("M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-", 21_504, "-"),
      "attention.head_count": 32,
      "attention.head_count_kv": marked("M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-", 8),
      "attention.key_length": 128,
      "ssm.conv_kernel": 4,
      "ssm.state_size": 128,
      "ssm.group_count": 8,
      "ssm.inner_size": 8192,
      "ssm.time_step_rank": 128,
      vocab_size: 131_072,
    },
    ungated,
  ],
  [
    "ai21labs/AI21-Jamba-1.5-Mini",
    "jamba",
    {
      block_count: 32,
      context_length: 262_144,
      embedding_length: 4096,
      feed_forward_length: 14_336,
      "attention.head_count": 32,
      "attention.head_count_kv": marked("mmmm*mmmmmmm*mmmmmmm*mmmmmmm*mmm", 8),
      "ssm.conv_kernel": 4,
      "ssm.inner_size": 8192,
      "ssm.state_size": 16,
      "ssm.time_step_rank": 256,
      expert_count: 16,
      expert_used_count: 2,
      vocab_size: 65_536,
    },
    ["blk.0.ffn_gate.weight", "output.weight", ...routers("-E".repeat(16))],
  ],
  [
    "tiiuae/Falcon-H1-0.5B-Base",
    "falcon-h1",
    {
      block_count: 36,
      context_length: 16_384,
      embedding_length: 1024,
      feed_forward_length: 2048,
      "attention.head_count": 8,
      "attention.head_count_kv": 2,
      "attention.key_length": 64,
      "attention.value_length": 64,
      "ssm.conv_kernel": 4,
      "ssm.state_size": 128,
      "ssm.group_count": 1,
      "ssm.inner_size": 1536,
      "ssm.time_step_rank": 24,
      vocab_size: 32_784,
    },
  ],
  [
    "Qwen/Qwen3-Next-80B-A3B-Instruct",
    "qwen3next",
    {
      block_count: 48,
      context_length: 262_144,
      embedding_length: 2048,
      feed_forward_length: 5120,
      full_attention_interval: 4,
      "attention.head_count": 16,
      "attention.head_count_kv": 2,
      "attention.key_length": 256,
      "attention.value_length": 256,
      "ssm.conv_kernel": 4,
      "ssm.state_size": 128,
      "ssm.group_count": 16,
      "ssm.time_step_rank": 32,
      "ssm.inner_size": 4096,
      expert_count: 512,
      expert_used_count: 10,
      expert_feed_forward_length: 512,
      expert_shared_feed_forward_length: 512,
      vocab_size: 151_936,
    },
  ],
  [
    "Qwen/Qwen3.5-27B",
    "qwen35",
    {
      // One block more: it drafts tokens.
      block_count: 65,
      nextn_predict_layers: 1,
      context_length: 262_144,
      embedding_length: 5120,
      feed_forward_length: 17_408,
      "attention.head_count": 24,
      "attention.head_count_kv": 4,
      "attention.key_length": 256,
      "attention.value_length": 256,
      "ssm.conv_kernel": 4,
      "ssm.state_size": 128,
      "ssm.group_count": 16,
      "ssm.time_step_rank": 48,
      "ssm.inner_size": 6144,
      vocab_size: 248_320,
    },
  ],
  [
    "LiquidAI/LFM2-8B-A1B",
    "lfm2moe",
    {
      block_count: 24,
      context_length: 32_768,
      embedding_length: 2048,
      feed_forward_length: 7168,
      leading_dense_block_count: 2,
      "attention.head_count": 32,
      "attention.head_count_kv": marked("CC*CCC*CCC*CCC*CCC*CC*CC", 8),
      "shortconv.l_cache": 3,
      expert_count: 32,
      expert_used_count: 4,
      expert_feed_forward_length: 1792,
      vocab_size: 65_536,
    },
    gated,
  ],
  [
    "mistralai/Mamba-Codestral-7B-v0.1",
    "mamba2",
    {
      block_count: 64,
      embedding_length: 4096,
      feed_forward_length: 0,
      "attention.head_count": 0,
      "ssm.conv_kernel": 4,
      "ssm.inner_size": 8192,
      "ssm.state_size": 128,
      "ssm.time_step_rank": 128,
      "ssm.group_count": 8,
      vocab_size: 32_768,
    },
  ],
  [
    "tiiuae/falcon-mamba-7b",
    "mamba",
    {
      block_count: 64,
      embedding_length: 4096,
      feed_forward_length: 0,
      "attention.head_count": 0,
      "ssm.conv_kernel": 4,
      "ssm.inner_size": 8192,
      "ssm.state_size": 16,
      "ssm.time_step_rank": 256,
      "ssm.dt_b_c_rms": true,
      vocab_size: 65_024,
    },
  ],
];

/** What sizes rest on. No file says the chunk of a scan. */
function geometryOf(model: ModelSpec) {
  const { id, aliases, family, publishedParameters, confidence, releasedWeights, mamba2, ...geometry } =
    model;
  const { chunkTokens, isChunkRead, ...sizes } = mamba2 ?? {};
  return { ...geometry, mamba2: sizes };
}

describe("a header as it is converted", () => {
  it.each(files.map((file) => [file[0], file] as const))(
    "%s has the geometry of the catalogue",
    (id, [, architecture, values, tensors]) => {
      const { model, notes } = read(architecture, values, tensors);
      expect(geometryOf(model)).toEqual(geometryOf(findModel(id)));
      expect(notes).toEqual([
        "The memory beside the weights is worked out for bf16 weights, whatever the file's quantization, unless the capacity is given: it is one of several files, or has tensors of a type that is not known.",
      ]);
    },
  );
});

const llama: Values = {
  block_count: 4,
  embedding_length: 64,
  feed_forward_length: 256,
  "attention.head_count": 4,
  vocab_size: 100,
};

describe("layers, windows, and what cannot be seen", () => {
  const pattern = (architecture: string, values: Values) =>
    read(architecture, { ...llama, ...values }).model.mixerPattern;

  it("slide by the rule of the architecture, a number or a list", () => {
    expect(pattern("gemma2", { "attention.sliding_window": 32 })).toBe("S*S*");
    expect(pattern("gemma3", { "attention.sliding_window": 32 })).toBe("SSSS");
    expect(pattern("gemma3", { "attention.sliding_window": 32, "attention.sliding_window_pattern": 4 })).toBe(
      "SSS*",
    );
    expect(pattern("phi3", { "attention.sliding_window": 32 })).toBe("SSSS");
    const listed = { "attention.sliding_window": 32, "attention.sliding_window_pattern": [1, 0, 0, 1] };
    expect(pattern("llama", listed)).toBe("S**S");
  });

  it("have values, and windows, of their own widths", () => {
    const widths = {
      "attention.key_length": 24,
      "attention.value_length": 16,
      "attention.key_length_swa": 8,
    };
    const values = { ...llama, ...widths, "attention.sliding_window": 32, "attention.head_count_kv": 2 };
    expect(read("gemma2", values).model.attention).toMatchObject({
      ...{ queryHeads: 4, kvHeads: 2, headWidth: 24, valueWidth: 16 },
      sliding: { queryHeads: 4, kvHeads: 2, headWidth: 8, valueWidth: 16 },
    });
  });

  it("have no rows but those that the tokens have, where no number is given", () => {
    const { vocab_size: _rows, ...rest } = llama;
    const own = Object.entries(rest).map(([key, value]) => [`llama.${key}`, value]);
    const values = {
      "general.architecture": "llama",
      ...Object.fromEntries(own),
      "tokenizer.ggml.tokens": ["a", "bé", "c"],
    };
    const found = header(ggufBytes(values, ["output.weight", ...gated]));
    expect(readGguf(found, "given").model.vocabularyTokens).toBe(3);
    const list = found.values.get("tokenizer.ggml.tokens");
    expect(typeof list === "object" && list.texts()).toEqual(["a", "bé", "c"]);
  });

  it("are said where the file is one of several", () => {
    const values = {
      "general.architecture": "llama",
      "split.count": 2,
      ...Object.fromEntries(Object.entries(llama).map(([key, value]) => [`llama.${key}`, value])),
    };
    const { model, notes } = readGguf(header(ggufBytes(values, [])), "given");
    expect(model.hasTiedEmbeddings).toBe(false);
    expect(notes.slice(0, 2)).toEqual(
      [
        "From the GGUF header: whether feed-forward blocks are gated cannot be seen in this part of the file: gated ones are taken.",
        "From the GGUF header: whether the embedding is the output head cannot be seen in this part of the file: one of its own is taken.",
      ].toSorted((a) => (a.includes("output head") ? -1 : 1)),
    );
  });

  it.each([
    [
      "a missing key",
      "llama",
      { embedding_length: 0 },
      /"llama\.embedding_length" is 0, and must be a whole number from 1/,
    ],
    [
      "blocks without end",
      "llama",
      { block_count: 100_000 },
      /"llama\.block_count" is 100000, and must be at most 2000/,
    ],
    [
      "a window without layers",
      "llama",
      { "attention.sliding_window": 32 },
      /nothing says which layers have it/,
    ],
    ["too few heads", "llama", { "attention.head_count_kv": [4, 4] }, /has 2 numbers for 4 layers/],
    ["heads that differ", "llama", { "attention.head_count_kv": [4, 2, 4, 4] }, /differs between layers/],
    [
      "a layer without heads",
      "llama",
      { "attention.head_count_kv": [4, 0, 4, 4] },
      /is 0 in layer 1, and nothing is known/,
    ],
    [
      "a mechanism of an unknown architecture",
      "rwkv7",
      { "wkv.head_size": 64 },
      /"rwkv7\.wkv\.head_size" belongs to a mechanism/,
    ],
    ["a state without sizes", "mamba2", {}, /has no "mamba2\.ssm\.time_step_rank"/],
    ["no experts per token", "qwen3moe", { expert_count: 8 }, /has no "qwen3moe\.expert_used_count"/],
  ])("refuse %s", (_name, architecture, values, message) => {
    expect(() => read(architecture, { ...llama, ...values })).toThrow(message);
  });

  it("says that an architecture is not known", () => {
    expect(read("newcomer", llama).notes[0]).toBe(
      'From the GGUF header: the architecture "newcomer" is not known: it is read as attention.',
    );
  });
});

describe("bytes of a stranger", () => {
  const start = (tensors: number | bigint, keys: number | bigint) => [
    "GGUF",
    u32(3),
    u64(tensors),
    u64(keys),
  ];

  it.each([
    ["other magic", ["GGML", u32(3), u64(0), u64(0)], /does not begin with GGUF/],
    ["a later version", ["GGUF", u32(9), u64(0), u64(0)], /its version is 9/],
    ["keys without end", start(0, 2n ** 63n), /says that it has 9223372036854775808 keys/],
    ["tensors without end", start(2n ** 40n, 0), /1099511627776 tensors/],
    ["a long key", [...start(0, 1), u64(1e9)], /1000000000 bytes in a text/],
    ["a list without end", [...start(0, 1), text("a"), u32(9), u32(4), u64(2n ** 50n)], /items in "a"/],
    [
      "a list of lists",
      [...start(0, 1), text("a"), u32(9), u32(9), u64(1)],
      /the items of "a" are of the kind 9/,
    ],
    ["an unknown kind", [...start(0, 1), text("a"), u32(77)], /unknown kind 77/],
    [
      "a tensor of many dimensions",
      [...start(1, 0), text("a"), u32(2 ** 30)],
      /a tensor has 1073741824 dimensions/,
    ],
  ])("%s", (_name, parts, message) => {
    expect(() => header(bytesOf(parts))).toThrow(message);
  });

  it("that end early are told apart from those that are wrong, wherever they end", () => {
    const whole = ggufBytes({ "general.architecture": "llama", a: [1, 2], b: ["x", "y"], c: true }, ["t"]);
    expect(header(whole).tensors).toEqual(["t"]);
    for (let length = 0; length < whole.length; length++) {
      expect(() => header(whole.subarray(0, length)), `${length}`).toThrow("the header is longer");
    }
  });

  it("that say that a list is long make none before it is there", () => {
    expect(() => header(bytesOf([...start(0, 1), text("a"), u32(9), u32(12), u64(4_000_000)]))).toThrow(
      "the header is longer",
    );
  });

  it("with names of JavaScript are keys like others", () => {
    const values = {
      "general.architecture": "constructor",
      "constructor.__proto__": 1,
      "constructor.block_count": 1,
    };
    expect(() => readGguf(header(ggufBytes(values, [])), "given")).toThrow(/embedding_length/);
  });
});

it("the tensors of a file say what its weights take", () => {
  const tensor = (name: string, columns: number, rows: number, type: number) =>
    bytesOf([text(name), u32(2), u64(columns), u64(rows), u32(type), u64(0)]);
  const tensors = [
    tensor("token_embd.weight", 256, 512, 1),
    tensor("blk.0.ffn_gate.weight", 256, 1024, 12),
    tensor("blk.0.ffn_up.weight", 256, 1024, 14),
    tensor("output.weight", 256, 512, 8),
  ];
  const entry = (key: string, value: number) => bytesOf([text(key), u32(4), u32(value)]);
  const keys = {
    block_count: 1,
    embedding_length: 256,
    feed_forward_length: 1024,
    "attention.head_count": 4,
    "attention.head_count_kv": 4,
    vocab_size: 512,
  };
  const bytes = bytesOf([
    "GGUF",
    u32(3),
    u64(tensors.length),
    u64(1 + Object.keys(keys).length),
    bytesOf([text("general.architecture"), u32(8), text("llama")]),
    ...Object.entries(keys).map(([key, value]) => entry(`llama.${key}`, value)),
    ...tensors,
  ]);
  const { model, notes } = readGguf(header(bytes), "given");
  // 2 bytes, 144 and 210 bytes per 256, 34 per 32.
  const expected = 256 * 512 * 2 + 1024 * 144 + 1024 * 210 + (256 * 512 * 34) / 32;
  expect(weightBytes(model)).toBe(expected);
  expect(notes.join()).toContain("what the tensors of this file leave");
});
