/**
 * Many replays of one trace: a further replay over spans beside a replay over tokens, in the same run.
 * Both are medians after a warm-up, so that what a first run pays for compiling helps neither; cutting the trace, which is
 * paid once, has a row of its own. `npx tsx test/bench/replays.ts`.
 */
import { pathToFileURL } from "node:url";
import { type ArtifactPolicy, replayArtifact } from "../../src/core/cache/artifact/replay.ts";
import { cutArtifactTrace } from "../../src/core/cache/artifact/span-cache.ts";
import { type CacheSystem, Served, type StateCost } from "../../src/core/cache/cache-system.ts";
import type { UtilityEviction } from "../../src/core/cache/eviction/utility.ts";
import type { PrefixCache } from "../../src/core/cache/prefix-cache.ts";
import {
  cutForCapacity,
  cutIntoSpans,
  type SpanTrace,
  tokenRequest,
} from "../../src/core/cache/span-trace.ts";
import type { SymbolRequest } from "../../src/core/cache/symbols.ts";
import { TunedMarconi } from "../../src/core/cache/tuned-marconi.ts";
import { forksInSpans } from "../../src/core/cache/what-if.ts";
import type { PolicyContext } from "../../src/core/policies/policy.ts";
import { radixCache, utilityCache } from "../../src/core/policies/prefix-caches.ts";
import { clairvoyantReuse } from "../../src/core/replay/clairvoyant.ts";
import { alphaGrid } from "../../src/core/replay/sweep.ts";
import { drain } from "../../src/core/steps.ts";
import { artifactModel } from "../../src/hosts/cli/oracle/marconi.ts";
import { mooncakeFacts, mooncakeMissing, mooncakeTrace, plainLruHits } from "../support/mooncake.ts";
import { oracleFile, oracleMissing, paperCost, requestsOf } from "../support/oracle-traces.ts";
import { tinyCost } from "../support/tiny-costs.ts";
import { type GoldenTrace, goldenTraces } from "./golden-runs.ts";
import { type BenchRow, benchRow, formatRows } from "./row.ts";
import { median } from "./timing.ts";

type SpanServer = PrefixCache | TunedMarconi;

export async function bench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  if (oracleMissing !== null) console.log(`Golden traces are left out: ${oracleMissing}.`);
  else {
    for (const trace of goldenTraces) {
      rows.push(...policyReplays(trace), ...artifactReplays(trace), alphaTuning(trace));
    }
  }
  if (mooncakeMissing !== null) console.log(`Mooncake is left out: ${mooncakeMissing}.`);
  else rows.push(...mooncakeReplays());
  return rows;
}

function costOf(name: string): StateCost {
  return paperCost(artifactModel(oracleFile(name).models["hybrid7b"]!));
}

function policyReplays({ name, capacityBytes, multiplier }: GoldenTrace): BenchRow[] {
  const requests = requestsOf(oracleFile(name));
  const context: PolicyContext = { cost: costOf(name), capacityBytes, engineBlockTokens: 32 };
  const uncut = requests.map(({ prompt, output }) => tokenRequest(prompt, output, 1));
  const trace = cutIntoSpans(uncut);
  const unlimited = { ...context, capacityBytes: Number.POSITIVE_INFINITY };
  const systems: readonly (readonly [string, PolicyContext, (context: PolicyContext) => SpanServer])[] = [
    ["radix, LRU", context, radixCache],
    ["marconi, alpha 0.5", context, (given) => utilityCache(given, 0.5)],
    ["marconi, tuned", context, (given) => new TunedMarconi(utilityCache(given, 0), multiplier)],
    ["unlimited", unlimited, radixCache],
  ];
  const rows = systems.map(([title, given, create]) => {
    const overSpans = () => serveSpans(create({ ...given, spans: trace.spans }), trace);
    const overTokens = () => serveTokens(create(given), requests);
    if (overSpans() !== overTokens()) throw new Error(`${name}, ${title}: results differ`);
    return benchRow(
      `${name}, ${title}: over spans, over tokens`,
      "ms",
      median(overSpans),
      median(overTokens),
    );
  });
  const clairvoyant = () => drain(clairvoyantReuse(trace, context.cost, capacityBytes));
  return [
    benchRow(
      `${name}: cut into ${trace.spans.ends.length - 1} spans, once`,
      "ms",
      median(() => cutIntoSpans(uncut)),
      null,
    ),
    ...rows,
    benchRow(`${name}, clairvoyant over spans`, "ms", median(clairvoyant), null),
  ];
}

function artifactReplays({ name, capacityBytes, multiplier }: GoldenTrace): BenchRow[] {
  const { requests, models } = oracleFile(name);
  const model = artifactModel(models["hybrid7b"]!);
  const spans = cutArtifactTrace(requests);
  const systems: readonly (readonly [string, ArtifactPolicy])[] = [
    ["V1", { kind: "v1" }],
    ["V3, alpha 0.5", { kind: "v3", alpha: 0.5 }],
    ["V2, tuned over spans in both", { kind: "v2", alphaInitial: 0, multiplier }],
  ];
  return systems.map(([title, policy]) => {
    const overSpans = () => replayArtifact(requests, model, capacityBytes, policy, spans);
    const overTokens = () => replayArtifact(requests, model, capacityBytes, policy);
    return benchRow(
      `${name}, artifact ${title}: over spans, over tokens`,
      "ms",
      median(overSpans),
      median(overTokens),
    );
  });
}

/** All alphas on forks of the cache at its first eviction; over spans the cutting is included. */
function alphaTuning({ name, capacityBytes, multiplier }: GoldenTrace): BenchRow {
  const requests = requestsOf(oracleFile(name));
  const cache = utilityCache({ cost: costOf(name), capacityBytes, engineBlockTokens: 32 }, 0);
  const served = new Served();
  const first = requests.findIndex(({ prompt, output }) => {
    cache.serve(prompt, output, served);
    return served.evictedNodes > 0;
  });
  const bootstrap = requests
    .slice(first + 1, (first + 1) * (1 + multiplier))
    .map(({ prompt, output }) => cache.symbolsOf(prompt, output));
  const tune = (fork: () => PrefixCache, symbols: readonly SymbolRequest[]): number[] =>
    alphaGrid.map((alpha) => {
      const replayed = fork();
      (replayed.eviction as UtilityEviction).alpha = alpha;
      return symbols.reduce((sum, request) => {
        replayed.serveSymbols(request, served);
        return sum + served.reusedTokens;
      }, 0);
    });
  const overSpans = () => {
    const spans = drain(forksInSpans(cache, bootstrap));
    return tune(() => spans.fork(), spans.requests);
  };
  const overTokens = () => tune(() => cache.fork(), bootstrap);
  if (overSpans().join() !== overTokens().join()) throw new Error(`${name}, tuning: results differ`);
  const title = `${name}: alpha tuned on ${bootstrap.length} requests, over spans, over tokens`;
  return benchRow(title, "ms", median(overSpans), median(overTokens));
}

/** Blocks as symbols of one byte. */
function mooncakeReplays(): BenchRow[] {
  const { requests } = mooncakeTrace();
  const none = new Int32Array(0);
  const uncut = requests.map(({ blocks }) => tokenRequest(blocks, none, 0));
  const trace = cutIntoSpans(uncut);
  const prompts = requests.map(({ blocks }) => ({ prompt: blocks, output: none }));
  const rows = mooncakeFacts().bounded.flatMap(({ capacityPercentOfUnique, capacityBlocks }) => {
    const context: PolicyContext = {
      cost: tinyCost(1, 0),
      capacityBytes: capacityBlocks,
      engineBlockTokens: 1,
      computedTokensAtLeast: 0,
    };
    const title = `mooncake, LRU at ${capacityPercentOfUnique} %`;
    const cut = cutForCapacity(trace, context.cost, capacityBlocks);
    const overSpans = median(() => serveSpans(radixCache({ ...context, spans: cut.spans }), cut));
    const overBlocks = median(() => serveTokens(radixCache(context), prompts));
    return [
      benchRow(`${title}: over spans, over blocks`, "ms", overSpans, overBlocks),
      benchRow(
        `${title}: over blocks, a flat list of blocks`,
        "ms",
        overBlocks,
        median(() => plainLruHits(requests, capacityBlocks)),
      ),
    ];
  });
  return [
    benchRow(
      "mooncake: cut into spans, once",
      "ms",
      median(() => cutIntoSpans(uncut)),
      null,
    ),
    ...rows,
  ];
}

/** Tokens reused. */
function serveSpans(cache: SpanServer, trace: SpanTrace): number {
  const served = new Served();
  let reused = 0;
  for (const request of trace.requests) {
    cache.serveSymbols(request, served);
    reused += served.reusedTokens;
  }
  return reused;
}

function serveTokens(
  cache: CacheSystem,
  requests: readonly { readonly prompt: Int32Array; readonly output: Int32Array }[],
): number {
  const served = new Served();
  let reused = 0;
  for (const { prompt, output } of requests) {
    cache.serve(prompt, output, served);
    reused += served.reusedTokens;
  }
  return reused;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  void bench().then((rows) => console.log(formatRows(rows)));
}
