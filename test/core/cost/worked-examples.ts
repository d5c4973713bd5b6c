/**
 * Models and GPUs whose numbers were worked out by hand, from the geometry on the page of the model. A new model or GPU
 * adds a row here, written as the calculation and not as its result, so that a reader can follow it.
 */

/** Id, KV bytes of a token, bytes of a checkpoint, bytes of the weights; vLLM's element types, one GPU. */
type ModelRow = readonly [id: string, kvBytesPerToken: number, checkpointBytes: number, weightBytes: number];

/** Query and output projection, key and value projection, of one attention layer. */
const attention = (hidden: number, queries: number, keys: number) => 2 * hidden * queries + 2 * hidden * keys;
/** Query, key and value channels of a gated delta net. */
const deltaChannels = (heads: number, keyWidth: number, valueWidth: number) =>
  heads * (2 * keyWidth + valueWidth);

export const workedExamples: readonly ModelRow[] = [
  [
    "Qwen/Qwen3-32B",
    // K and V of 8 heads of 128 in 64 layers, 2 bytes each.
    2 * 8 * 128 * 64 * 2,
    0,
    // 64 layers: attention with 64 and 8 heads of 128, three matrices of 25,600; embedding and output head.
    2 * (64 * (attention(5120, 64 * 128, 8 * 128) + 3 * 5120 * 25_600) + 2 * 151_936 * 5120),
  ],
  [
    "allenai/Olmo-Hybrid-7B",
    // K and V of 30 heads of 128 in the 8 attention layers, 2 bytes each.
    2 * 30 * 128 * 8 * 2,
    // 24 delta layers: 3 columns of all channels, and per head a matrix of 96 x 192; 2 bytes each.
    24 * (3 * deltaChannels(30, 96, 192) + 30 * 96 * 192) * 2,
    2 *
      // 8 attention layers; queries are as wide as keys.
      (8 * attention(3840, 30 * 128, 30 * 128) +
        // 24 delta layers: projections to all channels, to the gate, to beta and the decay of each head, and back.
        24 * (3840 * (deltaChannels(30, 96, 192) + 30 * 192 + 2 * 30) + 30 * 192 * 3840) +
        32 * 3 * 3840 * 11_008 +
        2 * 100_352 * 3840),
  ],
];

/** GPU, model, bytes that are left: 92 % of the memory, less the weights. */
type GpuRow = readonly [gpu: string, model: string, capacityBytes: number];

export const gpuExamples: readonly GpuRow[] = [
  // 24 GB as sold, 24 GiB as the driver reports it; 8,190,427,136 parameters of 2 bytes.
  ["A30", "Qwen/Qwen3-8B", Math.floor(24 * 2 ** 30 * 0.92) - 2 * 8_190_427_136],
  // 288 GB as sold, and nobody's driver report: decimal gigabytes.
  ["MI355X", "Qwen/Qwen3-8B", Math.floor(288e9 * 0.92) - 2 * 8_190_427_136],
];
