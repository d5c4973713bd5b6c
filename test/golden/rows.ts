/** The golden numbers: one row for each policy, model and capacity over the golden trace. */
import { modelContext } from "../../src/analysis/scenario.ts";
import { findGpu, findModel } from "../../src/core/cost/find.ts";
import { type Fate, fates } from "../../src/core/fates.ts";
import type { Policy, PolicyContext } from "../../src/core/policies/policy.ts";
import { replay } from "../../src/core/replay/replay.ts";
import type { ExpandedTrace } from "./trace.ts";

export interface GoldenRow {
  /** Leading tokens. */
  readonly reusedTokens: number;
  /** Tokens behind the leading ones. */
  readonly linkedTokens: number;
  readonly evictedNodes: number;
  readonly peakBytes: number;
  readonly endCheckpoints: number;
  /** In millionths of the price of a plain input token; 0 on one's own GPUs. */
  readonly inputMicroUnits: number;
  readonly fates: Readonly<Record<Fate, number>>;
}

/** A hybrid and a model with attention alone. */
const modelIds = ["ibm-granite/granite-4.0-h-small", "Qwen/Qwen3-8B"];
const gpuId = "H100-SXM";
const capacities = [2, 8, 64];

/** By model and capacity; hosted caches know neither. */
export function goldenRows(policy: Policy, trace: ExpandedTrace): Record<string, GoldenRow> {
  if (policy.memory === "provider")
    return { hosted: goldenRow(policy, trace, contextOf(policy, modelIds[0]!, capacities[0]!)) };
  const rows: Record<string, GoldenRow> = {};
  for (const model of modelIds) {
    for (const capacity of capacities) {
      rows[`${model}, ${capacity} GiB`] = goldenRow(policy, trace, contextOf(policy, model, capacity));
    }
  }
  return rows;
}

function contextOf({ engine }: Policy, modelId: string, gibibytes: number): PolicyContext {
  const { ttft: _ttft, ...known } = modelContext(findModel(modelId), findGpu(gpuId), { engine });
  return { ...known, capacityBytes: gibibytes * 2 ** 30 };
}

function goldenRow(policy: Policy, trace: ExpandedTrace, context: PolicyContext): GoldenRow {
  const cache = policy.create(context);
  const table = replay({ ...trace, cache, ttftSeconds: (reused, prompt) => prompt - reused });
  const sum = (column: ArrayLike<number>) => Array.from(column).reduce((total, value) => total + value, 0);
  const sent = (at: number) => sum(table.fates.filter((_, index) => index % fates.length === at));
  const bytes = table.kvBytes.map((kvBytes, row) => kvBytes + table.checkpointBytes[row]!);
  return {
    reusedTokens: sum(table.reusedTokens),
    linkedTokens: sum(table.linkedTokens),
    evictedNodes: sum(table.evictedNodes),
    peakBytes: bytes.reduce((most, each) => Math.max(most, each), 0),
    endCheckpoints: cache.contents().checkpoints,
    inputMicroUnits: Math.round(sum(table.inputUnits) * 1e6),
    fates: Object.fromEntries(fates.map((fate, at) => [fate, sent(at)])) as GoldenRow["fates"],
  };
}
