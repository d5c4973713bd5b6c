// From the facts on GPUs to the entries of src/core/cost/catalogue/gpus.ts and ttft-series.ts.
import { checkGpus } from "./check-gpus.mjs";

/** @typedef {any} Facts gpus.json, or a part of it, once it is checked. */

/** @param {Record<string, number>} points */
const curve = (points) =>
  Object.entries(points).map(([argument, value]) => /** @type {const} */ ([Number(argument), value]));

/** @param {Facts} facts */
function scans(facts = {}) {
  return Object.entries(facts).map(([name, /** @type {Facts} */ measured]) => ({
    heads: Number.parseInt(name, 10),
    scanNsByTokens: curve(measured.scan),
    convNsByTokens: curve(measured.conv),
  }));
}

/** @param {Facts} facts */
function kernels(facts) {
  if (!facts) return null;
  return {
    software: facts.software,
    gemm: Object.entries(facts.gemm_bf16_tflops_by_rows).map(([shape, points]) => {
      const [, n, k] = /^n(\d+)_k(\d+)$/.exec(shape) ?? [];
      return { n: Number(n), k: Number(k), tflopsByRows: curve(points) };
    }),
    attentionTflopsByTokens: curve(facts.causal_attention_bf16_tflops_by_length_32q_8kv_128),
    gatedDeltaNet: scans(facts.gated_delta_net_ns_per_token_per_layer),
    mamba2: scans(facts["mamba2_ns_per_token_per_layer_trtllm_1.3.0rc15"]),
  };
}

/** @param {number | null} gigabytes */
const bytesPerSecond = (gigabytes) => (gigabytes === null ? null : Math.round(gigabytes * 1e9));

/** @param {Facts} facts @param {Facts} measured */
function gpu(facts, measured) {
  return {
    id: facts.id,
    name: facts.name,
    architecture: facts.architecture,
    computeCapability: facts.compute_capability,
    bf16Tflops: facts.bf16_dense_tflops,
    fp16Tflops: facts.fp16_dense_tflops,
    fp8Tflops: facts.fp8_dense_tflops,
    fp4Tflops: facts.fp4_dense_tflops,
    memoryMarketedGb: facts.memory_gb_marketed,
    memoryReportedBytes: facts.memory_bytes_reported,
    memoryBytesPerSecond: bytesPerSecond(facts.memory_bandwidth_gb_per_s),
    pcieBytesPerSecond: bytesPerSecond(facts.host_to_device_gb_per_s_theoretical),
    hostToDeviceBytesPerSecond: bytesPerSecond(facts.host_to_device_gb_per_s_measured),
    nvlinkBytesPerSecond: bytesPerSecond(facts.nvlink_gb_per_s_bidirectional),
    matmulBf16Tflops: facts.measured_matmul_bf16_tflops,
    matmulFp8Tflops: facts.measured_matmul_fp8_tflops,
    prefillMfu: facts.prefill_mfu,
    kernels: kernels(measured),
    confidence: facts.confidence,
  };
}

/** @param {Facts} efficiency */
function defaults(efficiency) {
  const { default: chosen, fixed_overhead_ms: floor, memory_bandwidth_efficiency: bandwidth } = efficiency;
  return {
    denseMfu: chosen.single_gpu_dense,
    tensorParallelMfu: chosen.multi_gpu_tensor_parallel,
    moeMfu: chosen.mixture_of_experts,
    floorSeconds: floor.typical / 1000,
    floorSecondsRange: floor.range.map((/** @type {number} */ milliseconds) => milliseconds / 1000),
    bandwidthEfficiency: bandwidth.typical,
    basis: `${chosen.basis}; floor: ${floor.basis}; bandwidth: ${bandwidth.source}`,
  };
}

/** A published straight line is evaluated at powers of two inside its range: its raw table may not be shipped. @param {Facts} line */
function linePoints({ intercept, per_token: perToken, valid_tokens: [low, high] }) {
  const lengths = [1024, 2048, 4096, 8192, 16384, 24576, 31950].filter(
    (tokens) => tokens >= low && tokens <= high,
  );
  return lengths.map((tokens) => ({
    promptTokens: tokens,
    seconds: round((intercept + perToken * tokens) / 1000),
  }));
}

/** @param {number} seconds */
const round = (seconds) => Number(seconds.toPrecision(6));

/** @param {Facts} facts */
function seriesPoints(facts) {
  if (facts.fit_ms) return { basis: "published straight line", points: linePoints(facts.fit_ms) };
  if (facts.prefill_tokens_per_s_by_tokens) {
    const points = curve(facts.prefill_tokens_per_s_by_tokens);
    return {
      basis: "tokens per second",
      points: points.map(([tokens, rate]) => ({ promptTokens: tokens, seconds: round(tokens / rate) })),
    };
  }
  const measured = Object.entries(facts.ttft_ms_by_tokens ?? facts.mean_ttft_ms);
  const points = measured.map(([tokens, ms]) => ({
    promptTokens: Number.parseInt(tokens, 10),
    seconds: round(ms / 1000),
  }));
  points.sort((a, b) => a.promptTokens - b.promptTokens);
  return { basis: facts.ttft_ms_by_tokens ? "measured" : "mean under load", points };
}

/** @param {Facts} facts */
function series(facts) {
  const { basis, points } = seriesPoints(facts);
  return {
    model: facts.model,
    system: facts.system,
    engine: facts.engine ?? "not stated",
    points,
    basis,
    source: facts.source,
    confidence: facts.confidence,
    isCalibration: facts.calibrates_engine_share ?? false,
    note: facts.note ?? null,
  };
}

/** @param {Facts} facts */
export function gpusOf(facts) {
  checkGpus(facts);
  const { by_gpu: measured } = facts.kernel_measurements;
  return facts.gpus.map((/** @type {Facts} */ each) => gpu(each, measured[each.id]));
}

/** @param {Facts} facts */
export const prefillDefaultsOf = (facts) => defaults(facts.prefill_efficiency);

/** @param {Facts} facts */
export const ttftSeriesOf = (facts) => facts.ttft_measurements.fits_with_models_json_flops.map(series);
