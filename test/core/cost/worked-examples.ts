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
    "XiaomiMiMo/MiMo-V2-Flash",
    // 9 full layers: 4 heads with keys of 192 and values of 128, 2 bytes each.
    4 * (192 + 128) * 9 * 2,
    // 39 sliding layers with 8 such heads, of which 128 tokens are kept.
    8 * (192 + 128) * 39 * 2 * 128,
    2 *
      // Queries and keys of 192, values and what goes out of 128, in 9 full and 39 sliding layers.
      (9 * 4096 * (64 * (192 + 128) + 4 * (192 + 128)) +
        39 * 4096 * (64 * (192 + 128) + 8 * (192 + 128)) +
        // The first layer's MLP; 47 times a router and 256 experts of 2,048.
        3 * 4096 * 16_384 +
        47 * (4096 * 256 + 256 * 3 * 4096 * 2048) +
        2 * 152_576 * 4096),
  ],
  [
    "deepseek-ai/DeepSeek-V3.2",
    // A latent vector of 512 and 64 in 61 layers, and in each an index key of 128 in fp8 with its scale of 4 bytes.
    61 * ((512 + 64) * 2 + 128 + 4),
    0,
    2 *
      // Down and up for the queries, down and up for the latent, and out.
      (61 * (7168 * 1536 + 1536 * 128 * 192 + 7168 * 576 + 512 * 128 * 256 + 128 * 128 * 7168) +
        // The indexer: 64 queries of 128 from the latent query, one key, and a weight for each head.
        61 * (1536 * 64 * 128 + 7168 * 128 + 7168 * 64) +
        3 * 3 * 7168 * 18_432 +
        58 * (7168 * 256 + 257 * 3 * 7168 * 2048) +
        2 * 129_280 * 7168),
  ],
  [
    "zai-org/GLM-5.3-Flash",
    // 11 layers with a latent vector of 512 and, for four tokens together, an index key of 128 in fp8 with its scale.
    11 * (512 * 2 + (128 + 4) / 4),
    // 34 delta layers: three windows of 64 heads of 128, and a square of 128 per head in 4 bytes; four index keys with gates.
    34 * (3 * 64 * 128 * 3 * 2 + 64 * 128 * 128 * 4) + 11 * 4 * 2 * 128 * 2,
    2 *
      // Queries, keys, values and out; the strength of a write; decay and gate of low rank.
      (34 * (4 * 4096 * 8192 + 4096 * 64 + 2 * (4096 * 128 + 128 * 8192)) +
        11 * (4096 * 1536 + 1536 * 64 * 256 + 4096 * 512 + 512 * 64 * (256 + 256) + 64 * 256 * 4096) +
        // The indexer: queries from the latent query, a key, a weight for each head, and the gate of a pool.
        11 * (1536 * 32 * 128 + 4096 * 128 + 4096 * 32 + 4096 * 128) +
        3 * 3 * 4096 * 12_288 +
        42 * (4096 * 288 + 289 * 3 * 4096 * 2048) +
        2 * 154_880 * 4096),
  ],
  [
    "deepseek-ai/DeepSeek-V4-Flash",
    // 21 layers with an entry of 512 in 2 bytes and an index key of 128 in fp8 with its scale for 4 tokens; 20 with an entry for 128.
    (21 * (512 * 2 + 128 + 4)) / 4 + (20 * 512 * 2) / 128,
    // Windows of 128 in 43 layers; 8 tokens of two halves, each entry and weight, with those of the indexer; 128 such of one. In float32.
    43 * 128 * 512 * 2 + (21 * 8 * 2 * 2 * (512 + 128) + 20 * 128 * 2 * 512) * 4,
    2 *
      // Queries by a rank of 1,024, one key, and out in 8 groups of 1,024.
      (43 * (4096 * 1024 + 1024 * 64 * 512 + 4096 * 512 + 64 * 512 * 1024 + 8 * 1024 * 4096) +
        // Compressors of two halves, the indexer's with its queries and a weight for each head; those of one.
        21 * (4096 * 4 * 512 + 4096 * 4 * 128 + 1024 * 64 * 128 + 4096 * 64) +
        20 * 4096 * 2 * 512 +
        43 * (4096 * 256 + 257 * 3 * 4096 * 2048) +
        2 * 129_280 * 4096),
  ],
  [
    "deepseek-ai/DeepSeek-V4-Pro",
    (30 * (512 * 2 + 128 + 4)) / 4 + (31 * 512 * 2) / 128,
    61 * 128 * 512 * 2 + (30 * 8 * 2 * 2 * (512 + 128) + 31 * 128 * 2 * 512) * 4,
    2 *
      (61 * (7168 * 1536 + 1536 * 128 * 512 + 7168 * 512 + 128 * 512 * 1024 + 16 * 1024 * 7168) +
        30 * (7168 * 4 * 512 + 7168 * 4 * 128 + 1536 * 64 * 128 + 7168 * 64) +
        31 * 7168 * 2 * 512 +
        61 * (7168 * 384 + 385 * 3 * 7168 * 3072) +
        2 * 129_280 * 7168),
  ],
  [
    "Qwen/Qwen3.8-Flash-Next",
    // 12 layers with 2 heads of 256 and, for four tokens together, an index key of 128, 2 bytes each.
    12 * (2 * 2 * 256 * 2 + (128 * 2) / 4),
    // 36 delta nets: a window of three columns, and a square of 128 for each of 48 heads in 4 bytes; four index keys;
    // nine columns of four streams for the table of n-grams.
    36 * ((2 * 16 + 48) * 128 * 3 * 2 + 48 * 128 * 128 * 4) + 12 * 4 * 128 * 2 + 9 * 4 * 2560 * 2,
    2 *
      (12 * (2560 * 2 * 24 * 256 + 2 * 2560 * 2 * 256 + 24 * 256 * 2560 + 2560 * 5 * 128) +
        36 * (2560 * (2 * 16 * 128 + 2 * 48 * 128 + 2 * 48) + 48 * 128 * 2560) +
        48 * (2560 * 512 + 513 * 3 * 2560 * 640) +
        // 96 blocks read four streams through a rank of 320 and write back to each; the last one only reads.
        96 * (2 * 320 + 4) * 4 * 2560 +
        2 * 320 * 4 * 2560 +
        // The look-up: keys of four streams and a value, from 16 rows of 160 of the table.
        2560 * 5 * 2560 +
        320_001_536 * 160 +
        2 * 248_320 * 2560),
  ],
  [
    "MiniMaxAI/MiniMax-M3",
    // K and V of 4 heads of 128 in 60 layers, and in 57 of them an index key of 128, 2 bytes each.
    2 * 4 * 128 * 60 * 2 + 57 * 128 * 2,
    0,
    2 *
      (60 * attention(6144, 64 * 128, 4 * 128) +
        // The indexer: 4 queries of 128 and one key.
        57 * 6144 * 5 * 128 +
        3 * 3 * 6144 * 12_288 +
        57 * (6144 * 128 + 129 * 3 * 6144 * 3072) +
        2 * 200_064 * 6144),
  ],
  [
    "zai-org/GLM-5.2",
    // 78 layers of latent attention, of which 21 keep index keys.
    78 * (512 + 64) * 2 + 21 * (128 + 4),
    0,
    2 *
      (78 * (6144 * 2048 + 2048 * 64 * 256 + 6144 * 576 + 512 * 64 * (192 + 256) + 64 * 256 * 6144) +
        21 * (2048 * 32 * 128 + 6144 * 128 + 6144 * 32) +
        3 * 3 * 6144 * 12_288 +
        75 * (6144 * 256 + 257 * 3 * 6144 * 2048) +
        2 * 154_880 * 6144),
  ],
  [
    "inclusionAI/Ling-3.0-tiny",
    // A latent vector of 512 and 64 in 6 layers.
    (512 + 64) * 6 * 2,
    // 18 delta layers: 3 columns of query, key and value channels in bf16, and 16 matrices of 128 x 128 in float32.
    18 * (3 * 3 * 16 * 128 * 2 + 16 * 128 * 128 * 4),
    2 *
      // Query, key, value, output, gate and decay of 2,048, and beta of each head, in 18 layers.
      (18 * (6 * 1536 * 2048 + 1536 * 16) +
        // 6 latent layers: down and up for the queries, down and up for the latent, and out.
        6 * (1536 * 256 + 256 * 16 * 192 + 1536 * 576 + 512 * 16 * 256 + 2048 * 1536) +
        3 * 1536 * 4608 +
        // 23 times a router, 128 experts and a shared one of 512.
        23 * (1536 * 128 + 129 * 3 * 1536 * 512) +
        2 * 157_184 * 1536),
  ],
  [
    "google/gemma-4-31B",
    // 10 full layers of 4 heads of 512.
    2 * 4 * 512 * 10 * 2,
    // 50 sliding layers of 16 heads of 256, of which 1,024 tokens are kept.
    2 * 16 * 256 * 50 * 2 * 1024,
    // Both with 32 query heads; one embedding, which is the output head.
    2 *
      (10 * attention(5376, 32 * 512, 4 * 512) +
        50 * attention(5376, 32 * 256, 16 * 256) +
        60 * 3 * 5376 * 21_504 +
        262_144 * 5376),
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
  ["RUBIN-SXM", "Qwen/Qwen3-8B", Math.floor(288e9 * 0.92) - 2 * 8_190_427_136],
  ["MI355X", "Qwen/Qwen3-8B", Math.floor(288e9 * 0.92) - 2 * 8_190_427_136],
];
