/** The smallest prefix that can hit in a scenario, found once for each length of what stands behind it. */
import type { GpuSpec } from "../core/cost/gpu-spec.ts";
import type { ModelSpec } from "../core/cost/model-spec.ts";
import type { Policy } from "../core/policies/policy.ts";
import { sharedPrefixDefaults, smallestSharedPrefix } from "../core/replay/shared-prefix.ts";
import type { TemplateReport } from "./report.ts";
import { modelContext, type ResolvedScenario, type ServedSo } from "./scenario.ts";
import type { Studied } from "./study.ts";

/** What a prompt has behind its stable prefix is taken as a power of two between these, so that an edit seldom changes it. */
const [leastTail, mostTail] = [16, 4096];

const known = new WeakMap<ResolvedScenario, Map<number, number | null>>();

export function* smallestPrefixOf(
  studied: Pick<Studied, "scenario" | "studies">,
): Generator<void, number | null, void> {
  const { scenario } = studied;
  const byTail = known.get(scenario) ?? new Map<number, number | null>();
  known.set(scenario, byTail);
  const tailTokens = tailOf(studied.studies.map(({ row }) => row));
  const found = byTail.get(tailTokens);
  if (found !== undefined) return found;
  const tokens = yield* smallestSharedPrefix(() => scenario.createCache(), undefined, {
    ...sharedPrefixDefaults,
    tailTokens,
  });
  byTail.set(tailTokens, tokens);
  return tokens;
}

/** Tokens behind the stable prefix, of the mean request. llama.cpp looks how much of a prompt is shared, and how far from its end. */
export function tailOf(
  rows: readonly Pick<TemplateReport, "requests" | "promptTokensMean" | "stablePrefixTokens">[],
): number {
  let requests = 0;
  let tokens = 0;
  for (const row of rows) {
    requests += row.requests;
    tokens += row.requests * Math.max(0, row.promptTokensMean - row.stablePrefixTokens);
  }
  if (requests === 0) return sharedPrefixDefaults.tailTokens;
  const power = 2 ** Math.round(Math.log2(Math.max(1, tokens / requests)));
  return Math.min(mostTail, Math.max(leastTail, power));
}

/** Enough for any one request, so that nothing is evicted. */
const plenty = 2 ** 44;

export interface ServedBy {
  readonly model: ModelSpec;
  readonly gpu: GpuSpec;
  readonly policy: Policy;
}

/** The same without any prompt; `null` where no prefix up to `mostTokens` hits. Throws `CostError` where nothing serves it so. */
export function smallestPrefixBy(
  { model, gpu, policy }: ServedBy,
  served: ServedSo,
  mostTokens: number,
): Generator<void, number | null, void> {
  const { ttft: _ttft, ...context } = modelContext(model, gpu, { ...served, engine: policy.engine });
  return smallestSharedPrefix(() => policy.create({ ...context, capacityBytes: plenty }), mostTokens);
}
