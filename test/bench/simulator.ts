/**
 * Speed of the simulator on golden traces: every cache replays a trace from empty, median of three runs. The reference is
 * the naive twin on the same requests, a bare loop that compares tokens, or what the public artifact took in another run.
 * `npx tsx test/bench/simulator.ts`.
 */
import { pathToFileURL } from "node:url";
import { artifactModel } from "../../src/cli/oracle.ts";
import { type ArtifactPolicy, replayArtifact } from "../../src/core/cache/artifact/replay.ts";
import { type CacheSystem, Served } from "../../src/core/cache/cache-system.ts";
import type { TraceRequest } from "../../src/core/cache/span-trace.ts";
import type { PolicyContext } from "../../src/core/policies/policy.ts";
import { marconiWithAlpha, utilityCache } from "../../src/core/policies/prefix-caches.ts";
import { policies } from "../../src/core/policies/registry.ts";
import { Match, RadixTree, ROOT } from "../../src/core/tree/radix-tree.ts";
import { createCache } from "../support/cache-pairs.ts";
import { NaiveCache, type NaiveOptions } from "../support/naive-cache.ts";
import { oracleFile, oracleMissing, paperCost, requestsOf } from "../support/oracle-traces.ts";
import { tinyCost } from "../support/tiny-costs.ts";
import { zipfRequests } from "../support/zipf-requests.ts";
import { artifactSeconds } from "./recorded.ts";
import { type BenchRow, benchRow, formatRows } from "./row.ts";

type Requests = ReturnType<typeof requestsOf>;

const traces = [
  { name: "swe-a", capacityBytes: 15e9, multiplier: 2 },
  { name: "swe-collapse-a", capacityBytes: 25e9, multiplier: 2 },
  { name: "mixed-a", capacityBytes: 10e9, multiplier: 3 },
] as const;

const artifactPolicies = (multiplier: number): readonly (readonly [string, ArtifactPolicy])[] => [
  ["vLLM+ 32", { kind: "vllm", blockTokens: 32 }],
  ["V1", { kind: "v1" }],
  ["V2", { kind: "v2", alphaInitial: 0, multiplier }],
  ["V3 alpha 0.5", { kind: "v3", alpha: 0.5 }],
];

/** Prompt tokens that the naive twin is asked for; it takes seconds for what the cache does in milliseconds. */
const twinTokens = 60_000;

const forkedNodes = 100_000;

export async function bench(): Promise<BenchRow[]> {
  const rows = [matchSpeed(), forkCost()];
  if (oracleMissing !== null) {
    console.log(`Traces are left out: ${oracleMissing}.`);
    return rows;
  }
  for (const { name, capacityBytes, multiplier } of traces) {
    rows.push(...artifactSpeed(name, capacityBytes, multiplier));
    rows.push(...policySpeed(name, capacityBytes), twinSpeed(name));
  }
  return rows;
}

/** A sequence of a million tokens that is cached in pieces of 1,000. */
function matchSpeed(): BenchRow {
  const tokens = Int32Array.from({ length: 1_000_000 }, (_, i) => i % 32_000);
  const flat = tokens.slice();
  const tree = new RadixTree();
  let node = ROOT;
  for (let start = 0; start < tokens.length; start += 1000) {
    node = tree.addLeaf(node, tokens, start, start + 1000);
  }
  const match = new Match();
  const rounds = 20;
  const ours = median(() => {
    for (let i = 0; i < rounds; i++) tree.match(tokens, tokens.length, match);
  });
  const bare = median(() => {
    for (let i = 0; i < rounds; i++) {
      let length = 0;
      while (length < tokens.length && tokens[length] === flat[length]) length++;
      if (length !== match.matched) throw new Error(`${length} tokens agree, not ${match.matched}`);
    }
  });
  const million = (rounds * tokens.length) / 1e6;
  return benchRow("match, against a bare loop", "M tokens/s", million / ours, million / bare);
}

/** A copy of columns, beside what it takes to serve the same requests again. */
function forkCost(): BenchRow {
  const create = () =>
    utilityCache({ cost: tinyCost(1, 1000), capacityBytes: 1e15, engineBlockTokens: 16 }, 0.5);
  const cache = create();
  const served = new Served();
  const shape = { seed: 3, requests: 1_000_000, documents: 200_000, systems: 500, blockTokens: 1 };
  const requests: TraceRequest[] = [];
  for (const request of zipfRequests(shape)) {
    if (cache.tree.nodeCount >= forkedNodes) break;
    requests.push(request);
    cache.serveSymbols(request, served);
  }
  const ours = median(() => cache.fork());
  const again = median(() => {
    const other = create();
    for (const request of requests) other.serveSymbols(request, served);
  });
  return benchRow(
    `fork at ${forkedNodes} nodes, against serving it all again`,
    "ms",
    1000 * ours,
    1000 * again,
  );
}

function artifactSpeed(name: string, capacityBytes: number, multiplier: number): BenchRow[] {
  const file = oracleFile(name);
  const model = artifactModel(file.models["hybrid7b"]!);
  const million = promptTokens(requestsOf(file)) / 1e6;
  return artifactPolicies(multiplier).map(([title, policy]) => {
    const seconds = median(() => replayArtifact(file.requests, model, capacityBytes, policy));
    const recorded = artifactSeconds[name]?.[title];
    const reference = recorded === undefined ? null : million / recorded;
    return benchRow(
      `${name}, ${title}, against the artifact in another run`,
      "M tokens/s",
      million / seconds,
      reference,
    );
  });
}

function policySpeed(name: string, capacityBytes: number): BenchRow[] {
  const file = oracleFile(name);
  const requests = requestsOf(file);
  const cost = paperCost(artifactModel(file.models["hybrid7b"]!));
  const context: PolicyContext = { cost, capacityBytes, engineBlockTokens: 416 };
  const systems: readonly (readonly [string, () => CacheSystem])[] = [
    ["marconi with alpha 0.5", () => marconiWithAlpha(context, 0.5)],
    ...policies
      .filter(({ id, kind }) => id !== "no-cache" && kind !== "hosted")
      .map((policy) => [policy.id, () => policy.create(context)] as const),
  ];
  return systems.map(([title, create]) => {
    const seconds = median(() => serveAll(create(), requests));
    return benchRow(`${name}, ${title}`, "M tokens/s", promptTokens(requests) / 1e6 / seconds, null);
  });
}

/** The first requests of the trace, in a cache that has to evict. */
function twinSpeed(name: string): BenchRow {
  const file = oracleFile(name);
  const requests = firstOf(requestsOf(file), twinTokens);
  const options: NaiveOptions = {
    cost: paperCost(artifactModel(file.models["hybrid7b"]!)),
    capacityBytes: 1e9,
    blockTokens: 1,
    computedTokensAtLeast: 1,
    admission: "branch-and-end",
    eviction: 0.5,
  };
  const lists = requests.map(({ prompt, output }) => ({ prompt: [...prompt], output: [...output] }));
  const million = promptTokens(requests) / 1e6;
  const ours = median(() => serveAll(createCache(options), requests));
  const twin = once(() => {
    const cache = new NaiveCache(options);
    for (const { prompt, output } of lists) cache.serve(prompt, output);
  });
  const title = `${name}, first ${requests.length} requests, alpha 0.5, against the naive twin`;
  return benchRow(title, "M tokens/s", million / ours, million / twin);
}

function serveAll(cache: CacheSystem, requests: Requests): void {
  const served = new Served();
  for (const { prompt, output } of requests) cache.serve(prompt, output, served);
}

function promptTokens(requests: Requests): number {
  return requests.reduce((sum, { prompt }) => sum + prompt.length, 0);
}

function firstOf(requests: Requests, tokens: number): Requests {
  let sum = 0;
  return requests.filter(({ prompt }) => {
    sum += prompt.length;
    return sum <= tokens;
  });
}

/** Seconds. */
function once(run: () => void): number {
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

function median(run: () => void): number {
  const seconds = [once(run), once(run), once(run)].sort((a, b) => a - b);
  return seconds[1]!;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  void bench().then((rows) => console.log(formatRows(rows)));
}
