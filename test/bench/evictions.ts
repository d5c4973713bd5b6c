/**
 * Time per victim, with what the events between two victims cost, beside a plain scan that computes the score of every
 * candidate as the definition says. In one replay both are asked for every victim and must name the same; in another the
 * eviction is measured alone, because a scan of all nodes leaves nothing of theirs in the processor's caches.
 * `npx tsx test/bench/evictions.ts`.
 */
import { pathToFileURL } from "node:url";
import { branchAndEnd } from "../../src/core/cache/admission/branch-and-end.ts";
import { Served } from "../../src/core/cache/cache-system.ts";
import { componentsOf } from "../../src/core/cache/components/of-cost.ts";
import type { Eviction, EvictionView } from "../../src/core/cache/eviction/eviction.ts";
import { LruEviction } from "../../src/core/cache/eviction/lru.ts";
import { UtilityEviction } from "../../src/core/cache/eviction/utility.ts";
import { PrefixCache } from "../../src/core/cache/prefix-cache.ts";
import type { TraceRequest } from "../../src/core/cache/span-trace.ts";
import { createRandom } from "../../src/workload/random.ts";
import { PlainEviction, type PlainRule, TimedEviction, TwoEvictions } from "../support/plain-eviction.ts";
import { tinyCost } from "../support/tiny-costs.ts";
import { zipfRequests } from "../support/zipf-requests.ts";
import { type BenchRow, benchRow, formatRows } from "./row.ts";

const sizes = [1000, 10_000, 100_000] as const;
const rules: readonly PlainRule[] = ["lru", 0, 0.1, 0.5, 1, 2];
/** A checkpoint is worth so many tokens of KV, about as in a hybrid of 7 billion parameters. */
const cost = tinyCost(1, 1000);
const blockTokens = 16;
const comparedVictims = 101;
/** Measured behind the first ones, before which all nodes are new and the code is cold. */
const measuredVictims = 2000;

const traffics = {
  /** Whole blocks of few lengths: hundreds of nodes are equally efficient. */
  "few lengths": (): Iterable<TraceRequest> => zipfRequests(shape),
  /** Prompts end anywhere, so that hardly two nodes are equally efficient. */
  "any length": stretched,
} as const;

const shape = { seed: 3, requests: 1_000_000, documents: 200_000, systems: 500, blockTokens };

export function bench(): BenchRow[] {
  const rows: BenchRow[] = [];
  for (const [traffic, requests] of Object.entries(traffics)) {
    for (const nodes of sizes) {
      const capacityBytes = bytesAt(nodes, requests());
      for (const rule of rules) rows.push(measure(traffic, requests, nodes, capacityBytes, rule));
    }
  }
  return rows;
}

/** New symbols behind each prompt, up to 2,000 of them. */
function* stretched(): Generator<TraceRequest, void, void> {
  const random = createRandom(5);
  // Above all symbols that the blocks are made of.
  let next = 2 ** 30;
  for (const request of zipfRequests(shape)) {
    const more = Int32Array.from({ length: 1 + Math.floor(random() * 2000) }, () => next++);
    const sequence = new Int32Array(request.sequence.length + more.length);
    sequence.set(request.sequence);
    sequence.set(more, request.sequence.length);
    yield { ...request, sequence };
  }
}

function createCache(capacityBytes: number, createEviction: (view: EvictionView) => Eviction): PrefixCache {
  const components = componentsOf(cost);
  const options = {
    components,
    capacityBytes,
    blockTokens,
    admission: branchAndEnd,
    computedTokensAtLeast: 1,
  };
  return new PrefixCache({ ...options, createEviction });
}

/** What a cache holds once it has so many nodes. */
function bytesAt(nodes: number, requests: Iterable<TraceRequest>): number {
  const cache = createCache(Number.POSITIVE_INFINITY, (view) => new LruEviction(view));
  const served = new Served();
  for (const request of requests) {
    if (cache.tree.nodeCount >= nodes) break;
    cache.serveSymbols(request, served);
  }
  return cache.usedBytes;
}

function measure(
  traffic: string,
  requests: () => Iterable<TraceRequest>,
  nodes: number,
  capacityBytes: number,
  rule: PlainRule,
): BenchRow {
  const fastEviction = (view: EvictionView) =>
    rule === "lru" ? new LruEviction(view) : new UtilityEviction(view, cost, rule);
  const compared = createCache(
    capacityBytes,
    (view) => new TwoEvictions(fastEviction(view), new PlainEviction(view, cost, rule)),
  );
  const { fast, plain } = compared.eviction as TwoEvictions<LruEviction | UtilityEviction>;
  let steps = 0;
  serveUntil(compared, requests(), () => {
    if (fast instanceof UtilityEviction) steps = Math.max(steps, fast.lastSearchSteps);
    return plain.victimMs.length >= comparedVictims;
  });
  const alone = createCache(capacityBytes, (view) => new TimedEviction(fastEviction(view)));
  const { victimMs } = alone.eviction as TimedEviction<Eviction>;
  serveUntil(alone, requests(), () => victimMs.length >= 2 * measuredVictims);
  const name = rule === "lru" ? "LRU" : `alpha ${rule}, at most ${steps} steps`;
  const title = `${traffic}, ${nodes} nodes, a victim by ${name}`;
  return benchRow(title, "ms", mean(victimMs.slice(measuredVictims)), median(plain.victimMs));
}

function serveUntil(cache: PrefixCache, requests: Iterable<TraceRequest>, isDone: () => boolean): void {
  const served = new Served();
  for (const request of requests) {
    cache.serveSymbols(request, served);
    if (isDone()) return;
  }
}

/** What a victim costs in the long run, rare events such as growing columns included. */
function mean(times: readonly number[]): number {
  return times.reduce((sum, time) => sum + time, 0) / times.length;
}

/** Neither the first victim, before which all nodes are new, nor a pause of the machine counts. */
function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1]!;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) console.log(formatRows(bench()));
