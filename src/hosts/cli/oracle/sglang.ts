/** What SGLang's own cache code reuses: each run of a file is replayed, and compared request by request. */
import { Served } from "../../../core/cache/cache-system.ts";
import { SglangCache } from "../../../core/cache/engines/sglang/sglang-cache.ts";
import type { OracleRequest } from "../../../log/marconi-oracle.ts";
import {
  isSglangOracle,
  readSglangOracle,
  type SglangOracle,
  type SglangOracleRun,
} from "../../../log/sglang-oracle.ts";
import { compareReuse, type ReuseRun } from "./compare-reuse.ts";
import type { OracleFormat } from "./format.ts";

/** A line per file: its runs differ in the sizes of the pools alone. */
export const sglangOracle: OracleFormat = {
  id: "sglang",
  isOne: isSglangOracle,
  *check(text, name, traces) {
    const file = readSglangOracle(text);
    const requests = traces.requests(file.trace.file, file.trace.requests);
    const replays = file.runs.map((run) => replay(file, run, requests));
    const checked = compareReuse(
      name,
      replays.map(({ reuse }) => reuse),
    );
    yield { ...checked, differences: [...checked.differences, ...replays.flatMap(({ final }) => final)] };
  },
};

/** What was reused, and what the cache holds at the end where that is another amount than the file's. */
function replay(
  file: SglangOracle,
  run: SglangOracleRun,
  requests: readonly OracleRequest[],
): { readonly reuse: ReuseRun; readonly final: readonly string[] } {
  const cache = cacheOf(file, run);
  const served = new Served();
  const actual: number[] = [];
  for (const { tokens, inputLength } of requests) {
    cache.serve(tokens.subarray(0, inputLength), tokens.subarray(inputLength), served);
    actual.push(served.reusedTokens);
  }
  const name = nameOf(file, run);
  const { kvBytes, checkpoints } = cache.contents();
  return {
    reuse: {
      name,
      promptTokens: requests.map(({ inputLength }) => inputLength),
      expected: run.reused,
      actual,
    },
    final: [
      ...atEnd(name, "KV tokens", kvBytes, run.finalKvTokens),
      ...atEnd(name, "states", checkpoints, run.finalStates),
    ],
  };
}

function atEnd(name: string, what: string, actual: number, expected: number | undefined): string[] {
  if (expected === undefined || actual === expected) return [];
  return [`${name}, at the end: ${actual} ${what} instead of ${expected}`];
}

/** One byte per token and per state: contents are then counts. */
function cacheOf({ states, ...file }: SglangOracle, { kvTokens, stateSlots }: SglangOracleRun): SglangCache {
  return new SglangCache({
    strategy: states?.strategy ?? "no_buffer",
    level: 3,
    chunkTokens: states?.chunkTokens ?? 1,
    trackIntervalTokens: states?.trackIntervalTokens ?? 1,
    hasOverlap: file.hasOverlap,
    pageTokens: file.pageTokens,
    prefillChunkTokens: file.prefillChunkTokens,
    kvTokens: kvTokens ?? Number.POSITIVE_INFINITY,
    stateSlots: states === null ? null : (stateSlots ?? Number.POSITIVE_INFINITY),
    kvBytesPerToken: 1,
    stateBytes: 1,
  });
}

function nameOf({ states }: SglangOracle, { kvTokens, stateSlots }: SglangOracleRun): string {
  const kv = kvTokens === null ? "any KV" : `${kvTokens} KV tokens`;
  if (states === null) return kv;
  return `${kv}, ${stateSlots === null ? "any states" : `${stateSlots} states`}`;
}
