/** The replays of golden traces that are measured; capacities and multipliers are those of golden runs. */
import type { ArtifactPolicy } from "../../src/core/cache/artifact/replay.ts";

export const goldenTraces = [
  { name: "swe-a", capacityBytes: 15e9, multiplier: 2 },
  { name: "swe-collapse-a", capacityBytes: 25e9, multiplier: 2 },
  { name: "mixed-a", capacityBytes: 10e9, multiplier: 3 },
] as const;

export type GoldenTrace = (typeof goldenTraces)[number];

export const artifactPolicies = (multiplier: number): readonly (readonly [string, ArtifactPolicy])[] => [
  ["vLLM+ 32", { kind: "vllm", blockTokens: 32 }],
  ["V1", { kind: "v1" }],
  ["V2", { kind: "v2", alphaInitial: 0, multiplier }],
  ["V3 alpha 0.5", { kind: "v3", alpha: 0.5 }],
];
