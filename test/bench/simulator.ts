/**
 * Speed of the simulator on golden traces. Every cache replays a trace from empty; the compiler is warm unless a row says
 * otherwise, and the median of nine runs counts. Tokens are those of the prompts. The reference is a
 * plain twin on the same requests, run once; a bare loop that compares tokens, or a copy of them; or what the public
 * artifact took in another run. `npx tsx test/bench/simulator.ts`.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { replayArtifact } from "../../src/core/cache/artifact/replay.ts";
import { cutArtifactTrace } from "../../src/core/cache/artifact/span-cache.ts";
import { type CacheSystem, Served } from "../../src/core/cache/cache-system.ts";
import type { TraceRequest } from "../../src/core/cache/span-trace.ts";
import type { PolicyContext } from "../../src/core/policies/policy.ts";
import { marconiWithAlpha, utilityCache } from "../../src/core/policies/prefix-caches.ts";
import { policies } from "../../src/core/policies/registry.ts";
import { Match } from "../../src/core/tree/radix-tree.ts";
import { artifactModel } from "../../src/hosts/cli/oracle/marconi.ts";
import { createCache } from "../support/cache-pairs.ts";
import { NaiveCache, type NaiveOptions } from "../support/naive-cache.ts";
import { oracleFile, oracleMissing, paperCost, requestsOf } from "../support/oracle-traces.ts";
import { PlainArtifact, type PlainPolicy } from "../support/plain-artifact.ts";
import { tinyCost } from "../support/tiny-costs.ts";
import { zipfRequests } from "../support/zipf-requests.ts";
import { artifactPolicies, type GoldenTrace, goldenTraces } from "./golden-runs.ts";
import { artifactSeconds } from "./recorded.ts";
import { type BenchRow, benchRow, formatRows } from "./row.ts";
import { median, once } from "./timing.ts";

type Requests = ReturnType<typeof requestsOf>;

/** What vLLM derives for the hybrid of the traces. */
const engineBlockTokens = 416;

/** Prompt tokens that a plain twin is asked for; it takes seconds for what the cache does in milliseconds. */
const twinTokens = 60_000;

/** So small that the first requests of a trace have to evict. */
const twinCapacityBytes = 1e9;

const forkedNodes = 100_000;

const looksNothingUp = new Set(["no-cache", "epic-full-recompute"]);

export async function bench(): Promise<BenchRow[]> {
  const rows = [forkCost()];
  if (oracleMissing !== null) {
    console.log(`Traces are left out: ${oracleMissing}.`);
    return rows;
  }
  rows.push(...matchSpeed("swe-a"));
  for (const trace of goldenTraces) {
    rows.push(...artifactSpeed(trace), ...artifactTwins(trace.name));
    rows.push(...policySpeed(trace), ...policyTwins(trace.name));
  }
  return rows;
}

/** All sequences of a trace in a tree that holds them, beside what any comparison has to do at least. */
function matchSpeed(name: string): BenchRow[] {
  const sequences = oracleFile(name).requests.map(({ tokens }) => tokens);
  const { trie } = cutArtifactTrace(oracleFile(name).requests);
  const cached = sequences.map((tokens) => tokens.slice());
  const match = new Match();
  const ours = median(() => {
    for (const tokens of sequences) {
      if (trie.match(tokens, tokens.length, match).matched < tokens.length)
        throw new Error("not in the tree");
    }
  });
  const bare = median(() => {
    for (const [index, tokens] of sequences.entries()) {
      const other = cached[index]!;
      let length = 0;
      while (length < tokens.length && tokens[length] === other[length]) length++;
      if (length < tokens.length) throw new Error("not a copy");
    }
  });
  const copy = median(() => {
    for (const [index, tokens] of sequences.entries()) cached[index]!.set(tokens);
  });
  const thousand = sequences.reduce((sum, { length }) => sum + length, 0) / 1000;
  const row = (title: string, reference: number) =>
    benchRow(`${name}, match, against ${title}`, "M tokens/s", thousand / ours, thousand / reference);
  return [row("a bare loop", bare), row("a copy of memory", copy)];
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
  return benchRow(`fork at ${forkedNodes} nodes, against serving it all again`, "ms", ours, again);
}

function artifactSpeed({ name, capacityBytes, multiplier }: GoldenTrace): BenchRow[] {
  const file = oracleFile(name);
  const model = artifactModel(file.models["hybrid7b"]!);
  return artifactPolicies(multiplier).flatMap(([title, policy]) => {
    const recorded = artifactSeconds[name]?.[title];
    const row = (how: string, ours: number) =>
      speedRow(
        `${name}, ${title}${how}, against the artifact in another run`,
        requestsOf(file),
        ours,
        recorded === undefined ? null : 1000 * recorded,
      );
    const warm = median(() => replayArtifact(file.requests, model, capacityBytes, policy));
    return [row("", warm), row(", first replay of a process", firstReplay(name, title))];
  });
}

/** Milliseconds; the median of three processes. */
function firstReplay(name: string, title: string): number {
  const script = join(import.meta.dirname, "first-replay.ts");
  const run = () =>
    Number(execFileSync(process.execPath, [...process.execArgv, script, name, title], { encoding: "utf8" }));
  return [run(), run(), run()].sort((a, b) => a - b)[1]!;
}

/** The twin of V2 would be its 21 replays once more. */
function artifactTwins(name: string): BenchRow[] {
  const file = oracleFile(name);
  const model = artifactModel(file.models["hybrid7b"]!);
  const requests = firstOf(requestsOf(file), twinTokens);
  const replayed = file.requests.slice(0, requests.length);
  const lists = replayed.map(({ tokens, inputLength }) => ({ tokens: [...tokens], inputLength }));
  const policies: readonly (readonly [string, PlainPolicy])[] = [
    ["vLLM+ 32", { kind: "vllm", blockTokens: 32 }],
    ["V1", { kind: "v1" }],
    ["V3 alpha 0.5", { kind: "v3", alpha: 0.5 }],
  ];
  return policies.map(([title, policy]) => {
    const ours = median(() => replayArtifact(replayed, model, twinCapacityBytes, policy));
    const twin = once(() => {
      const plain = new PlainArtifact(model, twinCapacityBytes, policy);
      for (const { tokens, inputLength } of lists) plain.serve(tokens, inputLength);
    });
    return twinRow(name, title, requests, ours, twin);
  });
}

function policySpeed({ name, capacityBytes }: GoldenTrace): BenchRow[] {
  const file = oracleFile(name);
  const requests = requestsOf(file);
  const cost = paperCost(artifactModel(file.models["hybrid7b"]!));
  const context: PolicyContext = { cost, capacityBytes, engineBlockTokens };
  const systems: readonly (readonly [string, () => CacheSystem])[] = [
    ["marconi with alpha 0.5", () => marconiWithAlpha(context, 0.5)],
    ...policies
      .filter(({ id, kind }) => !looksNothingUp.has(id) && kind !== "hosted")
      .map((policy) => [policy.id, () => policy.create(context)] as const),
  ];
  return systems.map(([title, create]) => {
    const ours = median(() => serveAll(create(), requests));
    return speedRow(`${name}, ${title}`, requests, ours, null);
  });
}

/** The policies that the naive twin can play; marconi tunes its alpha, so it stands here with a fixed one. */
function policyTwins(name: string): BenchRow[] {
  const file = oracleFile(name);
  const requests = firstOf(requestsOf(file), twinTokens);
  const lists = requests.map(({ prompt, output }) => ({ prompt: [...prompt], output: [...output] }));
  const base: NaiveOptions = {
    cost: paperCost(artifactModel(file.models["hybrid7b"]!)),
    capacityBytes: twinCapacityBytes,
    blockTokens: 1,
    computedTokensAtLeast: 1,
    admission: "branch-and-end",
    eviction: "lru",
  };
  const systems: readonly (readonly [string, NaiveOptions])[] = [
    ["marconi with alpha 0.5", { ...base, eviction: 0.5 }],
    ["sglang-radix", base],
    ["vllm-block", { ...base, blockTokens: engineBlockTokens, admission: "every-block" }],
    ["unlimited", { ...base, capacityBytes: Number.POSITIVE_INFINITY }],
  ];
  return systems.map(([title, options]) => {
    const ours = median(() => serveAll(createCache(options), requests));
    const twin = once(() => {
      const cache = new NaiveCache(options);
      for (const { prompt, output } of lists) cache.serve(prompt, output);
    });
    return twinRow(name, title, requests, ours, twin);
  });
}

function twinRow(name: string, title: string, requests: Requests, ours: number, twin: number): BenchRow {
  return speedRow(
    `${name}, first ${requests.length} requests, ${title}, against its plain twin`,
    requests,
    ours,
    twin,
  );
}

/** Both times in milliseconds. */
function speedRow(title: string, requests: Requests, ours: number, reference: number | null): BenchRow {
  const thousand = requests.reduce((sum, { prompt }) => sum + prompt.length, 0) / 1000;
  return benchRow(
    title,
    "M tokens/s",
    thousand / ours,
    reference === null ? null : thousand / reference,
    (1000 * requests.length) / ours,
  );
}

function serveAll(cache: CacheSystem, requests: Requests): void {
  const served = new Served();
  for (const { prompt, output } of requests) cache.serve(prompt, output, served);
}

function firstOf(requests: Requests, tokens: number): Requests {
  let sum = 0;
  return requests.filter(({ prompt }) => {
    sum += prompt.length;
    return sum <= tokens;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  void bench().then((rows) => console.log(formatRows(rows)));
}
