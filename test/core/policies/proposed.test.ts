/** What docs/density.md says of the policies proposed here, on the golden traces. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Served } from "../../../src/core/cache/cache-system.ts";
import { PrefixCache } from "../../../src/core/cache/prefix-cache.ts";
import type { TraceRequest } from "../../../src/core/cache/span-trace.ts";
import { TunedMarconi } from "../../../src/core/cache/tuned-marconi.ts";
import { findModel } from "../../../src/core/cost/find.ts";
import { createModelCost } from "../../../src/core/cost/model-cost.ts";
import { findPolicy } from "../../../src/core/policies/registry.ts";
import { readTrace, type TraceFile } from "../../../src/hosts/cli/trace-files.ts";
import { oracleMissing } from "../../support/oracle-traces.ts";

const folder = join(import.meta.dirname, "../../../../shared/oracle/marconi");
const models = ["granite-4.0-h-small", "Nemotron-H-8B-Base-8K", "Qwen3-Next-80B-A3B-Instruct"];

function cacheOf(policy: string, trace: TraceFile, model: string, capacityBytes: number) {
  const cost = createModelCost(findModel(model));
  const spans = trace.spans.spans;
  const cache = findPolicy(policy)!.create({ cost, capacityBytes, engineBlockTokens: 16, spans });
  if (cache instanceof PrefixCache || cache instanceof TunedMarconi) return cache;
  throw new Error(`${policy} serves no spans`);
}

/** Per cent of the prompt tokens of these requests. */
function hitRate(
  policy: string,
  trace: TraceFile,
  model: string,
  capacityBytes = Number.POSITIVE_INFINITY,
  requests: readonly TraceRequest[] = trace.spans.requests,
): number {
  const cache = cacheOf(policy, trace, model, capacityBytes);
  const served = new Served();
  let reused = 0;
  let sent = 0;
  for (const request of requests) {
    cache.serveSymbols(request, served);
    reused += served.reusedTokens;
    sent += request.promptTokens;
  }
  return (100 * reused) / sent;
}

function footprint(trace: TraceFile, model: string): number {
  const cache = cacheOf("sglang-radix", trace, model, Number.POSITIVE_INFINITY);
  const served = new Served();
  for (const request of trace.spans.requests) cache.serveSymbols(request, served);
  const { kvBytes, checkpointBytes } = cache.contents();
  return kvBytes + checkpointBytes;
}

describe.skipIf(oracleMissing !== null)("on golden traces", () => {
  const read = (name: string) => readTrace(join(folder, `${name}.json`));

  test.each([
    ["fewshot-a", 68.4, 81.6],
    ["chat-a", 78.6, 83.0],
  ])("the template makes prefixes of %s reusable a request sooner", (name, plain, told) => {
    const trace = read(name);
    const first = trace.spans.requests.slice(0, Math.floor(trace.spans.requests.length / 5));
    for (const model of models) {
      const rate = (policy: string) => hitRate(policy, trace, model, Number.POSITIVE_INFINITY, first);
      expect(rate("sglang-radix")).toBeCloseTo(plain, 0);
      expect(rate("sglang-radix+template")).toBeCloseTo(told, 0);
      expect(rate("density+template")).toBeCloseTo(told, 0);
    }
  });

  test.each(models)(
    "density gains on small caches with %s, and costs next to nothing where it loses",
    (model) => {
      for (const [name, share, gain] of [
        ["fewshot-a", 0.05, 10],
        ["mixed-a", 0.05, 10],
        ["swe-collapse-a", 0.2, -1.5],
        ["tot-a", 0.1, -1.5],
      ] as const) {
        const trace = read(name);
        const capacityBytes = share * footprint(trace, model);
        const rate = (policy: string) => hitRate(policy, trace, model, capacityBytes);
        const least = rate("sglang-radix");
        expect(rate("density") - least, name).toBeGreaterThan(gain);
        expect(rate("density-continuation") - least, name).toBeGreaterThan(gain);
      }
    },
  );

  test("64 sampled states choose nearly as well as all of them", () => {
    const trace = read("mixed-a");
    for (const model of models) {
      const capacityBytes = 0.1 * footprint(trace, model);
      const exact = hitRate("density", trace, model, capacityBytes);
      expect(Math.abs(hitRate("density-sampled", trace, model, capacityBytes) - exact)).toBeLessThan(0.3);
    }
  });
});

describe.skipIf(oracleMissing !== null)("ends that one conversation shares", () => {
  test("are kept until the memory was full once: a small cache loses at most a point by hints", () => {
    const trace = readTrace(join(folder, "swe-collapse-a.json"));
    for (const model of models) {
      for (const share of [0.05, 0.1]) {
        const capacityBytes = share * footprint(trace, model);
        const rate = (policy: string) => hitRate(policy, trace, model, capacityBytes);
        expect(rate("density+template") - rate("density"), `${model} ${share}`).toBeGreaterThan(-1);
      }
    }
  });
});
