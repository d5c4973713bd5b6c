/**
 * A hybrid model of a few megabytes with random weights: one Mamba-2 layer and one attention layer. What it says means nothing;
 * what a server keeps of it is what it keeps of any hybrid model.
 * Source of names and shapes: ggml-org/llama.cpp src/models/granite-hybrid.cpp.
 */
import { createRandom, type Random } from "../../../workload/random.ts";
import { type GgufTensor, type GgufValue, writeGguf } from "./gguf.ts";

const arch = "granitehybrid";
const width = 32;
const inner = 2 * width;
const heads = 4;
const stateWidth = 16;
const kernel = 4;
const feedForward = 64;
/** Convolved: what goes through the layer, and its two projections of the state. */
const convolved = inner + 2 * stateWidth;

/** Unknown, begin and end of a text; then one for each byte. */
const controls = ["<unk>", "<s>", "</s>"];
const bytesFrom = controls.length;
/** What a request may send: ids from here on are text of their own. */
export const firstFreeToken = bytesFrom + 256;
export const vocabularyTokens = 32_000;

/** KV of the attention layer at 16 bits, and the states of the other one in 32: one column of the convolution is not kept. */
export const tinyHybridBytes = {
  kvBytesPerToken: 2 * width * 2,
  stateBytes: 4 * ((kernel - 1) * convolved + inner * stateWidth),
} as const;

/** The whole file. */
export function tinyHybrid(seed: number, contextTokens: number): Uint8Array {
  return writeGguf(metadata(contextTokens), tensors(createRandom(seed)));
}

function metadata(contextTokens: number): Record<string, GgufValue> {
  return {
    "general.architecture": arch,
    "general.name": "tiny random hybrid",
    [`${arch}.context_length`]: contextTokens,
    [`${arch}.embedding_length`]: width,
    [`${arch}.block_count`]: 2,
    [`${arch}.feed_forward_length`]: feedForward,
    [`${arch}.vocab_size`]: vocabularyTokens,
    [`${arch}.attention.head_count`]: 1,
    // A layer without heads of KV is recurrent.
    [`${arch}.attention.head_count_kv`]: { ints: Int32Array.of(0, 1) },
    [`${arch}.attention.layer_norm_rms_epsilon`]: { float: 1e-5 },
    [`${arch}.rope.dimension_count`]: width,
    [`${arch}.ssm.conv_kernel`]: kernel,
    [`${arch}.ssm.inner_size`]: inner,
    [`${arch}.ssm.state_size`]: stateWidth,
    [`${arch}.ssm.time_step_rank`]: heads,
    [`${arch}.ssm.group_count`]: 1,
    ...vocabulary(),
  };
}

function vocabulary(): Record<string, GgufValue> {
  const [normal, unknown, control, byte] = [1, 2, 3, 6];
  const texts = [...controls];
  for (let value = 0; value < 256; value++)
    texts.push(`<0x${value.toString(16).toUpperCase().padStart(2, "0")}>`);
  while (texts.length < vocabularyTokens) texts.push(`t${texts.length}`);
  const kinds = new Int32Array(vocabularyTokens).fill(normal);
  kinds.fill(control, 0, bytesFrom).fill(byte, bytesFrom, firstFreeToken);
  kinds[0] = unknown;
  return {
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.tokens": { strings: texts },
    "tokenizer.ggml.scores": { floats: Float32Array.from(texts, (_, index) => -index) },
    "tokenizer.ggml.token_type": { ints: kinds },
    "tokenizer.ggml.unknown_token_id": 0,
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.ggml.eos_token_id": 2,
    "tokenizer.ggml.add_bos_token": false,
  };
}

function tensors(random: Random): GgufTensor[] {
  const drawn = (name: string, ...shape: number[]) => tensor(name, shape, () => (random() - 0.5) / 4);
  const ones = (name: string, ...shape: number[]) => tensor(name, shape, () => 1);
  const feedForwardOf = (layer: number) => [
    ones(`blk.${layer}.ffn_norm.weight`, width),
    drawn(`blk.${layer}.ffn_gate.weight`, width, feedForward),
    drawn(`blk.${layer}.ffn_up.weight`, width, feedForward),
    drawn(`blk.${layer}.ffn_down.weight`, feedForward, width),
  ];
  return [
    drawn("token_embd.weight", width, vocabularyTokens),
    ones("output_norm.weight", width),
    ones("blk.0.attn_norm.weight", width),
    drawn("blk.0.ssm_in.weight", width, inner + convolved + heads),
    drawn("blk.0.ssm_conv1d.weight", kernel, convolved),
    drawn("blk.0.ssm_conv1d.bias", convolved),
    drawn("blk.0.ssm_dt.bias", heads),
    // What a state keeps of itself shrinks: below 0.
    tensor("blk.0.ssm_a", [1, heads], () => -1 - random()),
    ones("blk.0.ssm_d", 1, heads),
    ones("blk.0.ssm_norm.weight", inner, 1),
    drawn("blk.0.ssm_out.weight", inner, width),
    ...feedForwardOf(0),
    ones("blk.1.attn_norm.weight", width),
    drawn("blk.1.attn_q.weight", width, width),
    drawn("blk.1.attn_k.weight", width, width),
    drawn("blk.1.attn_v.weight", width, width),
    drawn("blk.1.attn_output.weight", width, width),
    ...feedForwardOf(1),
  ];
}

function tensor(name: string, shape: readonly number[], value: () => number): GgufTensor {
  const count = shape.reduce((product, length) => product * length, 1);
  return { name, shape, values: Float32Array.from({ length: count }, value) };
}
