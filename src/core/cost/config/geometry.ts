/** What a family's reader gives of a configuration; the rest of a `ModelSpec` is the same for all. */
import type { Dtype, ModelSpec } from "../model-spec.ts";
import type { ConfigFields } from "./config-fields.ts";

export type Mixers = Pick<
  ModelSpec,
  | "attention"
  | "latentAttention"
  | "compressedAttention"
  | "gatedResidual"
  | "ngramTable"
  | "mamba1"
  | "mamba2"
  | "gatedDeltaNet"
  | "kimiDelta"
  | "lightning"
  | "shortConv"
  | "rgLru"
  | "sharedBlocks"
>;

export interface Geometry
  extends Partial<Mixers>,
    Pick<ModelSpec, "mixerPattern" | "ffnPattern" | "mlp" | "moe"> {
  /** What vLLM keeps the recurrent state in where the configuration names no type; `null` where it keeps none. */
  readonly vllmStateDtype: Dtype | null;
}

export interface Family {
  /** For people. */
  readonly name: string;
  /** Whether the embedding is the output head where the file does not say; the default of the reference code. */
  readonly isTied: boolean;
  /** Throws `CostError`. */
  read(fields: ConfigFields, shape: Shape): Geometry;
}

/** What every configuration says. */
export interface Shape {
  readonly layers: number;
  readonly hiddenWidth: number;
}
