/** A GPU as its data sheet and public measurements describe it. TFLOPS are dense, 1e12 FLOP/s, FP32 accumulation. */

/** Pairs of an argument and a value, ascending by argument. */
export type Curve = readonly (readonly [number, number])[];

/** Achieved TFLOPS of one matrix shape (rows × k times k × n) by rows. */
export interface GemmCurve {
  readonly n: number;
  readonly k: number;
  readonly tflopsByRows: Curve;
}

/** Nanoseconds per token and layer of a recurrent kernel with so many heads, by sequence length. */
export interface ScanCurve {
  readonly heads: number;
  readonly scanNsByTokens: Curve;
  readonly convNsByTokens: Curve;
}

/** Kernel timings at batch 1 (ai-dynamo/aiconfigurator performance tables, Apache-2.0). */
export interface KernelMeasurements {
  readonly software: string;
  readonly gemm: readonly GemmCurve[];
  /** Causal attention, 32 query and 8 KV heads of width 128, TFLOPS by sequence length. */
  readonly attentionTflopsByTokens: Curve;
  /** Heads are value heads of width 128. */
  readonly gatedDeltaNet: readonly ScanCurve[];
  /** Heads of width 64 with state 128. */
  readonly mamba2: readonly ScanCurve[];
}

export interface GpuSpec {
  readonly id: string;
  readonly name: string;
  readonly architecture: string;
  /** NVIDIA's number for what the cores can do; `null` for other makers. */
  readonly computeCapability: string | null;
  readonly bf16Tflops: number | null;
  readonly fp16Tflops: number;
  readonly fp8Tflops: number | null;
  readonly fp4Tflops: number | null;
  /** Gigabytes as sold; whether decimal or binary varies by vendor. */
  readonly memoryMarketedGb: number;
  /** What the driver or NVIDIA's tool reports; `null` when unread. */
  readonly memoryReportedBytes: number | null;
  readonly memoryBytesPerSecond: number;
  /** `null` where no source gives a link to host memory. */
  readonly pcieBytesPerSecond: number | null;
  readonly hostToDeviceBytesPerSecond: number | null;
  /** Both directions together, per GPU; `null` without NVLink. */
  readonly nvlinkBytesPerSecond: number | null;
  readonly matmulBf16Tflops: number | null;
  readonly matmulFp8Tflops: number | null;
  /** Achieved share of the dense bf16 peak over a whole prefill. */
  readonly prefillMfu: {
    readonly low: number;
    readonly typical: number;
    readonly high: number;
    readonly basis: string;
  };
  readonly kernels: KernelMeasurements | null;
  /** How sure its numbers are; where they come from stands in facts/gpus.json. */
  readonly confidence: string;
}

/** Numbers that hold for all cards; sources in the `basis` fields of the facts they were imported from. */
export interface PrefillDefaults {
  /** Whole-prefill shares of peak: judgements informed by measurements, not fits. */
  readonly denseMfu: number;
  readonly tensorParallelMfu: number;
  readonly moeMfu: number;
  readonly floorSeconds: number;
  readonly floorSecondsRange: readonly [number, number];
  /** Achieved share of memory bandwidth. */
  readonly bandwidthEfficiency: number;
  readonly basis: string;
}

/** TTFT of one model on one system as somebody measured it. */
export interface TtftSeries {
  readonly model: string;
  readonly system: string;
  readonly engine: string;
  readonly points: readonly { readonly promptTokens: number; readonly seconds: number }[];
  /** How `points` were had from what the source states. */
  readonly basis: "measured" | "tokens per second" | "published straight line" | "mean under load";
  readonly source: string;
  readonly confidence: string;
  /** `engineShare` in gpu-rates.ts was derived from it, so that it tests the shape over lengths, not the level. */
  readonly isCalibration: boolean;
  readonly note: string | null;
}
