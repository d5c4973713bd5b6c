/**
 * Reader of what SGLang's own cache code reuses of a trace, request by request: the server's settings, the trace they were
 * run on, and one run per size of its pools.
 */

export interface SglangOracleRun {
  /** `null` where the pool is never full. */
  readonly kvTokens: number | null;
  readonly stateSlots: number | null;
  /** Reused prompt tokens per request. */
  readonly reused: readonly number[];
  /** What the tree holds at the end; left out where that was not counted. */
  readonly finalKvTokens?: number;
  readonly finalStates?: number;
}

export interface SglangOracle {
  readonly trace: { readonly file: string; readonly requests: number };
  readonly pageTokens: number;
  readonly prefillChunkTokens: number;
  readonly hasOverlap: boolean;
  /** `null` for a model without recurrent layers. */
  readonly states: {
    readonly strategy: "no_buffer" | "extra_buffer";
    readonly chunkTokens: number;
    readonly trackIntervalTokens: number;
  } | null;
  readonly runs: readonly SglangOracleRun[];
}

type Raw = Readonly<Record<string, unknown>>;

/** Whether the text looks like such a file, by its first characters. */
export function isSglangOracle(text: string): boolean {
  return /"engine"\s*:\s*"sglang"/.test(text.slice(0, 2000));
}

/** Throws an `Error` that says what is wrong when the text is none. */
export function readSglangOracle(text: string): SglangOracle {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Error(`The file is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const file = object(parsed, "The file");
  const config = object(file["config"], '"config"');
  const trace = object(file["trace"], '"trace"');
  oneOf(config["tree"], ["RadixCache", "UnifiedRadixCache(FULL)", "UnifiedRadixCache(FULL,MAMBA)"], "tree");
  oneOf(config["eviction_policy"], ["lru"], "eviction_policy");
  oneOf(trace["mapping"], ["identity"], "mapping");
  if (typeof trace["file"] !== "string") throw new Error('"file" of the trace is no path.');
  if (!Array.isArray(file["runs"]) || file["runs"].length === 0)
    throw new Error('"runs" is missing or empty, so there is nothing to compare.');
  const requests = count(trace["requests"], '"requests" of the trace');
  return {
    trace: { file: trace["file"], requests },
    pageTokens: count(config["page_size"], '"page_size"', 1),
    prefillChunkTokens: count(config["chunked_prefill_size"], '"chunked_prefill_size"', 1),
    hasOverlap: flag(config["overlap_schedule"], '"overlap_schedule"'),
    states: statesOf(config),
    runs: file["runs"].map((run, index) => runOf(run, `run ${index}`, requests)),
  };
}

function statesOf(config: Raw): SglangOracle["states"] {
  if (!String(config["tree"]).includes("MAMBA")) return null;
  const strategy = oneOf(
    config["mamba_radix_cache_strategy"],
    ["no_buffer", "extra_buffer"] as const,
    "mamba_radix_cache_strategy",
  );
  const chunkTokens = count(config["mamba_cache_chunk_size"], '"mamba_cache_chunk_size"', 1);
  const trackIntervalTokens = count(config["mamba_track_interval"], '"mamba_track_interval"', 1);
  const pageTokens = count(config["page_size"], '"page_size"', 1);
  const distances = strategy === "no_buffer" ? [1] : [chunkTokens, trackIntervalTokens];
  if (distances.some((tokens) => tokens % pageTokens !== 0))
    throw new Error(`"page_size" is ${pageTokens}; with ${strategy} states would stand inside of pages.`);
  return { strategy, chunkTokens, trackIntervalTokens };
}

function runOf(value: unknown, where: string, requests: number): SglangOracleRun {
  const run = object(value, where);
  const { reused, final_kv_tokens: kv, final_states: states } = run;
  if (!Array.isArray(reused)) throw new Error(`"reused" of ${where} is missing, or no list.`);
  if (reused.length !== requests)
    throw new Error(`"reused" of ${where} has ${reused.length} numbers of ${requests} requests.`);
  return {
    kvTokens: size(run["kv_pool_tokens"], `"kv_pool_tokens" of ${where}`),
    stateSlots: size(run["state_slots"], `"state_slots" of ${where}`),
    reused: reused.map((tokens, index) => count(tokens, `"reused" ${index} of ${where}`)),
    ...(kv !== undefined && { finalKvTokens: count(kv, `"final_kv_tokens" of ${where}`) }),
    ...(states !== undefined && { finalStates: count(states, `"final_states" of ${where}`) }),
  };
}

function object(value: unknown, what: string): Raw {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Raw;
  throw new Error(`${what} is missing, or no object.`);
}

function count(value: unknown, what: string, smallest = 0): number {
  if (Number.isSafeInteger(value) && (value as number) >= smallest) return value as number;
  throw new Error(`${what} is ${JSON.stringify(value)}; it has to be a whole number, ${smallest} or more.`);
}

function size(value: unknown, what: string): number | null {
  return value === null || value === undefined ? null : count(value, what);
}

function flag(value: unknown, what: string): boolean {
  if (typeof value === "boolean") return value;
  throw new Error(`${what} is ${JSON.stringify(value)}; it has to be true or false.`);
}

function oneOf<T extends string>(value: unknown, known: readonly T[], name: string): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw new Error(`"${name}" is ${JSON.stringify(value)}; this reader knows ${known.join(", ")}.`);
}
