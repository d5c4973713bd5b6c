/** Prints token hit rates of the artifact's arithmetic beside the product's, on the golden traces: npx tsx test/bench/artifact-and-paper.ts */

import { replayArtifact } from "../../src/core/cache/artifact/replay.ts";
import { type CacheSystem, Served, type StateCost } from "../../src/core/cache/cache-system.ts";
import { TunedMarconi } from "../../src/core/cache/tuned-marconi.ts";
import type { PolicyContext } from "../../src/core/policies/policy.ts";
import { marconiWithAlpha } from "../../src/core/policies/prefix-caches.ts";
import { findPolicy } from "../../src/core/policies/registry.ts";
import { artifactModel } from "../../src/hosts/cli/oracle/marconi.ts";
import { createCache } from "../support/cache-pairs.ts";
import { mendedArtifact, mendedHitRate, type Slip } from "../support/mended-artifact.ts";
import { oracleFile, oracleMissing, paperCost, requestsOf } from "../support/oracle-traces.ts";
import { tunedHitRate } from "../support/tuning-variants.ts";

const gigabyte = 1e9;
/** Trace, model, capacity in GB and bootstrap multiplier, as the golden files have them. */
const rows = [
  ["chat-a", "hybrid7b", 2, 5],
  ["chat-a", "hybrid7b", 4, 2],
  ["fewshot-a", "hybrid7b", 2, 5],
  ["fewshot-a", "hybrid7b", 5, 3],
  ["fewshot-a", "jamba-like", 1, 3],
  ["fewshot-a", "pure-attention", 6, 3],
  ["fewshot-a", "pure-ssm", 3, 4],
  ["tot-a", "hybrid7b", 1.5, 5],
  ["tot-a", "hybrid7b", 4, 3],
  ["swe-a", "hybrid7b", 8, 4],
  ["swe-a", "hybrid7b", 15, 2],
  ["swe-collapse-a", "hybrid7b", 12, 3],
  ["swe-collapse-a", "hybrid7b", 25, 2],
  ["mixed-a", "hybrid7b", 5, 6],
  ["mixed-a", "hybrid7b", 10, 3],
] as const;

/** Per cent of the prompt tokens. */
function hitRate(cache: CacheSystem, requests: ReturnType<typeof requestsOf>): number {
  const served = new Served();
  let reused = 0;
  let prompts = 0;
  for (const { prompt, output } of requests) {
    cache.serve(prompt, output, served);
    reused += served.reusedTokens;
    prompts += prompt.length;
  }
  return (100 * reused) / prompts;
}

function print(trace: string, modelName: string, capacityGb: number, multiplier: number): void {
  const file = oracleFile(trace);
  const model = artifactModel(file.models[modelName]!);
  const requests = requestsOf(file);
  const prompts = requests.reduce((sum, { prompt }) => sum + prompt.length, 0);
  const capacityBytes = capacityGb * gigabyte;
  const artifact = (policy: Parameters<typeof replayArtifact>[3]) => {
    const replay = replayArtifact(file.requests, model, capacityBytes, policy);
    const reused = replay.reused.reduce((sum, tokens) => sum + tokens, 0);
    return { rate: ((100 * reused) / prompts).toFixed(1), replay };
  };
  const cost: StateCost = paperCost(model);
  // 0 computed tokens, as the artifact has it; what the last token costs is a column of its own.
  const context: PolicyContext = { cost, capacityBytes, engineBlockTokens: 32, computedTokensAtLeast: 0 };
  const product = (cache: CacheSystem) => hitRate(cache, requests).toFixed(1);
  const tuned = new TunedMarconi(
    createCache({
      cost,
      capacityBytes,
      blockTokens: 1,
      computedTokensAtLeast: 0,
      admission: "branch-and-end",
      eviction: 0,
    }),
    multiplier,
  );
  const tunedRate = product(tuned);
  const v2 = artifact({ kind: "v2", alphaInitial: 0, multiplier });
  const alphas = [0, 0.5, 1, 2];
  const shipped = findPolicy("marconi")!.create({ ...context, computedTokensAtLeast: 1 }) as TunedMarconi;
  const shippedRate = product(shipped);
  const cells = [
    `${trace} ${modelName} ${capacityGb} GB`,
    `${artifact({ kind: "v1" }).rate} → ${product(findPolicy("sglang-radix")!.create(context))}`,
    ...alphas.map(
      (alpha) => `${artifact({ kind: "v3", alpha }).rate} → ${product(marconiWithAlpha(context, alpha))}`,
    ),
    `${v2.rate} (${v2.replay.alphaFinal}) → ${tunedRate} (${tuned.tunedAlpha ?? "–"})`,
    `${shippedRate} (${shipped.tunedAlpha ?? "–"})`,
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

/** What mending one slip of the artifact does to its hit rate, with a fixed alpha. */
function printSlips(trace: string, modelName: string, capacityGb: number): void {
  const file = oracleFile(trace);
  const model = artifactModel(file.models[modelName]!);
  const requests = requestsOf(file);
  for (const alpha of [0.5, 1]) {
    const rate = (mended: readonly Slip[]) =>
      mendedHitRate(
        requests,
        mendedArtifact(model, capacityGb * gigabyte, { kind: "utility", alpha }, mended),
      );
    const asIs = rate([]);
    const changes = slips.map((mended) => signed(rate(mended) - asIs));
    console.log(
      `| ${trace} ${modelName} ${capacityGb} GB, α ${alpha} | ${asIs.toFixed(1)} | ${changes.join(" | ")} |`,
    );
  }
}

const slips: readonly (readonly Slip[])[] = [["Q1"], ["Q2"], ["Q1", "Q2"], ["Q3"], ["Q4"], ["Q5"], ["Q6"]];

function signed(points: number): string {
  return `${points < 0 ? "−" : "+"}${Math.abs(points).toFixed(1)}`;
}

/** What the artifact's choices in tuning would do to the product: its own, then each put back, then both. */
function printTuning(trace: string, modelName: string, capacityGb: number, multiplier: number): void {
  const file = oracleFile(trace);
  const cost = paperCost(artifactModel(file.models[modelName]!));
  const requests = requestsOf(file);
  const options = { cost, capacityBytes: capacityGb * gigabyte, blockTokens: 1, computedTokensAtLeast: 0 };
  const cells = [false, true].flatMap((startsEmpty) =>
    [false, true].map((countsLastFlops) => {
      const create = () => createCache({ ...options, admission: "branch-and-end", eviction: 0 });
      const variant = { countsLastFlops, startsEmpty };
      const { rate, alpha } = tunedHitRate(requests, create, cost, multiplier, variant);
      return `${rate.toFixed(1)} (${alpha ?? "–"})`;
    }),
  );
  console.log(`| ${trace} ${modelName} ${capacityGb} GB | ${cells.join(" | ")} |`);
}

if (oracleMissing !== null) console.log(`Nothing to print: ${oracleMissing}.`);
else {
  console.log(
    "| trace, model, capacity | V1 → radix LRU | α 0 | α 0.5 | α 1 | α 2 | tuned (α) | ours, as shipped |",
  );
  console.log("|---|---|---|---|---|---|---|---|");
  for (const [trace, model, gigabytes, multiplier] of rows) print(trace, model, gigabytes, multiplier);
  console.log(
    `\n| artifact, points by mending | as it is | ${slips.map((mended) => mended.join(" + ")).join(" | ")} |`,
  );
  console.log(`|---|---|${"---|".repeat(slips.length)}`);
  for (const [trace, model, gigabytes] of rows) printSlips(trace, model, gigabytes);
  console.log("\n| product, tuned (α) | as it is | Q9 put back | Q10 put back | both |");
  console.log("|---|---|---|---|---|");
  for (const [trace, model, gigabytes, multiplier] of rows) printTuning(trace, model, gigabytes, multiplier);
}
