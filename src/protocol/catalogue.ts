/** What can be chosen, with the facts that help to choose. The worker sends it: the host holds no catalogue of its own. */
import type { Change } from "../analysis/choices.ts";

export type { Change, ChosenKind } from "../analysis/choices.ts";

export interface ModelEntry {
  readonly id: string;
  readonly family: string;
  /** Layers of each kind that occur, by the kind's name, such as `mamba2`. */
  readonly layers: Readonly<Record<string, number>>;
  readonly hasRecurrentLayers: boolean;
  /** With bf16 KV on one GPU. */
  readonly kvBytesPerToken: number;
  /** 0 for models that resume at any token. */
  readonly checkpointBytes: number;
  /** Tokens of vLLM's block, from which on a shared prefix hits there; `null` where it is an ordinary one. */
  readonly vllmBlockTokens: number | null;
}

export interface GpuEntry {
  readonly id: string;
  readonly name: string;
  readonly memoryGb: number;
  readonly memoryBytesPerSecond: number;
  readonly bf16Tflops: number | null;
}

export interface PolicyEntry {
  readonly id: string;
  readonly name: string;
  readonly kind: "research" | "proposed" | "engine" | "bound" | "hosted";
  readonly description: string;
}

export interface Catalogue {
  readonly models: readonly ModelEntry[];
  readonly gpus: readonly GpuEntry[];
  readonly policies: readonly PolicyEntry[];
}

/** One of them in a list. */
export interface ChoiceItem {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  /** What to set so that it fits, the nearest first; empty where it fits as it is, or nothing is near. */
  readonly fits: readonly Change[];
}

/** Of one kind, under its name. */
export interface ChoiceGroup {
  readonly name: string;
  readonly items: readonly ChoiceItem[];
}
