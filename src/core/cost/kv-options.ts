/** Element type of the KV cache; `bf16` stands for float16 as well. */
export type KvDtype = "bf16" | "fp8";

export const bytesOfKvDtype: Readonly<Record<KvDtype, number>> = { bf16: 2, fp8: 1 };

export interface KvOptions {
  /** Default `bf16`. */
  readonly kvDtype?: KvDtype;
  /** Default 1. */
  readonly tensorParallel?: number;
}
