/**
 * Reader of `vllm-oracle/1` and `vllm-oracle-cases/1` files: what vLLM's own scheduler and block pool reused, request by
 * request, of traces of `marconi-oracle/1` or of requests of the file's own.
 */
import { generatedTokens } from "./marconi-oracle.ts";

export type VllmLayerKind = "full" | "window" | "recurrent";

export interface VllmOracleConfig {
  readonly mambaCacheMode: "align" | "all" | "none";
  /** `null` keeps every state that exists. */
  readonly retentionInterval: number | null;
  readonly maxBatchedTokens: number;
  readonly maxModelTokens: number;
  readonly matchUnitTokens: number | null;
  readonly draftTokens: number;
  readonly hasAsyncScheduling: boolean;
  readonly hasPrefixCaching: boolean;
  readonly blockTokens: number;
  /** `null` without sliding windows. */
  readonly windowTokens: number | null;
  /** The kind of each layer, in order. */
  readonly layers: readonly VllmLayerKind[];
}

export interface VllmOracleGroup {
  readonly kind: VllmLayerKind;
  readonly blockTokens: number;
}

export interface VllmOracleRun {
  readonly capacityBlocks: number;
  readonly inFlight: number;
  /** Prompt tokens of each request that were hits. */
  readonly cached: readonly number[];
  /** Requests in the order in which they were sent; `null` for that of the trace. */
  readonly order: readonly number[] | null;
  /** Ends of the prefill steps of each request; `null` where the file does not say. */
  readonly stepEnds: readonly (readonly number[])[] | null;
  /** Blocks of each group that hold a prefix at the end; `null` where the file does not say. */
  readonly cachedBlocks: readonly number[] | null;
}

export interface VllmOracleFile {
  readonly commit: string;
  /** Of the engine's commit, such as `2026-08-20`. */
  readonly date: string;
  readonly config: VllmOracleConfig;
  readonly groups: readonly VllmOracleGroup[];
  readonly trace: { readonly file: string; readonly requests: number };
  readonly runs: readonly VllmOracleRun[];
}

export interface VllmOracleCase {
  readonly id: string;
  readonly config: VllmOracleConfig;
  readonly requests: readonly { readonly prompt: Int32Array; readonly output: Int32Array }[];
  readonly run: VllmOracleRun;
}

export interface VllmOracleCases {
  readonly date: string;
  readonly cases: readonly VllmOracleCase[];
}

const traceFormat = "vllm-oracle/1";
const casesFormat = "vllm-oracle-cases/1";
/** More than any engine has; what is larger would not fit in memory. */
const most = {
  tokens: 2 ** 24,
  blocks: 2 ** 31 - 1,
  groups: 256,
  layers: 4096,
  requests: 2 ** 20,
  inFlight: 2 ** 16,
};

type Json = Readonly<Record<string, unknown>>;

/** Whether the text looks like one of the two, by its first characters. */
export function isVllmOracle(text: string): boolean {
  return /"vllm-oracle(-cases)?\//.test(text.slice(0, 200));
}

/** Whether its requests stand in the file. */
export function isVllmCases(text: string): boolean {
  return text.slice(0, 200).includes(`"${casesFormat}"`);
}

/** Throws an `Error` that says what is wrong when the text is no such file. */
export function readVllmOracle(text: string): VllmOracleFile {
  const raw = parse(text, traceFormat);
  const trace = objectAt(raw, "trace", "the file");
  const runs = listAt(raw, "runs", "the file", most.requests).map((run, index) => {
    const where = `run ${index}`;
    return runOf(asObject(run, where), where);
  });
  const groups = listAt(raw, "groups", "the file", most.groups).map((group, index) => {
    const where = `group ${index}`;
    const fields = asObject(group, where);
    return { kind: groupKind(fields["kind"], where), blockTokens: blockAt(fields, where) };
  });
  if (groups.length === 0) throw new Error('"groups" of the file is empty.');
  return {
    commit: textAt(raw, "commit"),
    date: textAt(raw, "date"),
    config: configOf(objectAt(raw, "config", "the file"), groups),
    groups,
    trace: {
      file: textAt(trace, "file"),
      requests: countAt(trace, "requests", '"trace"', 1, most.requests),
    },
    runs,
  };
}

/** Throws an `Error` that says what is wrong when the text is no such file. */
export function readVllmCases(text: string): VllmOracleCases {
  const raw = parse(text, casesFormat);
  const vocabulary = countAt(raw, "vocab", "the file", 1, most.blocks);
  return {
    date: textAt(raw, "date"),
    cases: listAt(raw, "cases", "the file", most.requests).map((entry, index) => {
      const where = `case ${index}`;
      const fields = asObject(entry, where);
      const config = configOf(objectAt(fields, "config", where), []);
      const requests = listAt(fields, "requests", where, most.requests).map((request) => {
        const parts = asObject(request, `a request of ${where}`);
        return {
          prompt: generated(parts["prompt"], vocabulary, where),
          output: generated(parts["output"], vocabulary, where),
        };
      });
      return { id: textAt(fields, "id"), config, requests, run: runOf(fields, where) };
    }),
  };
}

function parse(text: string, format: string): Json {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new Error(`The file is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const fields = asObject(raw, "the file");
  if (fields["format"] !== format)
    throw new Error(`"format" is ${JSON.stringify(fields["format"])}; this reader knows "${format}".`);
  return fields;
}

const layerLetters: Readonly<Record<string, VllmLayerKind>> = { A: "full", S: "window", M: "recurrent" };

function configOf(config: Json, groups: readonly VllmOracleGroup[]): VllmOracleConfig {
  const where = '"config"';
  const mode = config["mambaCacheMode"];
  if (mode !== "align" && mode !== "all" && mode !== "none")
    throw new Error(`"mambaCacheMode" is ${JSON.stringify(mode)}; it has to be align, all or none.`);
  const layers = [...textAt(config, "layers")].map((letter) => {
    const kind = layerLetters[letter];
    if (kind === undefined)
      throw new Error(`"layers" has the letter "${letter}"; the known ones are A, S and M.`);
    return kind;
  });
  if (layers.length === 0 || layers.length > most.layers)
    throw new Error(`"layers" has ${layers.length} letters; it has to have 1 to ${most.layers}.`);
  const hasWindows = layers.includes("window") || groups.some(({ kind }) => kind === "window");
  const unit = config["prefixMatchUnit"] ?? null;
  const interval = config["retentionInterval"] ?? null;
  return {
    mambaCacheMode: mode,
    retentionInterval: interval === null ? null : countAt(config, "retentionInterval", where, 0, most.blocks),
    maxBatchedTokens: countAt(config, "maxNumBatchedTokens", where, 1, most.tokens),
    maxModelTokens: countAt(config, "maxModelLen", where, 1, most.blocks),
    matchUnitTokens: unit === null ? null : countAt(config, "prefixMatchUnit", where, 1, most.tokens),
    draftTokens: countAt(config, "speculativeTokens", where, 0, 1024),
    hasAsyncScheduling: flagAt(config, "asyncScheduling"),
    hasPrefixCaching: flagAt(config, "prefixCaching"),
    blockTokens: blockAt(config, where),
    windowTokens: hasWindows ? countAt(config, "slidingWindow", where, 1, most.tokens) : null,
    layers,
  };
}

function runOf(run: Json, where: string): VllmOracleRun {
  const numbers = (value: unknown, name: string) =>
    asList(value, name, where, most.requests).map((each) => wholeNumber(each, `${name} of ${where}`));
  const { order = null, stepEnds = null, finalCachedBlocksByGroup = null } = run;
  return {
    capacityBlocks: countAt(run, "capacityBlocks", where, 1, most.blocks),
    inFlight: run["inFlight"] === undefined ? 1 : countAt(run, "inFlight", where, 1, most.inFlight),
    cached: numbers(run["cached"], '"cached"'),
    order: order === null ? null : numbers(order, '"order"'),
    stepEnds:
      stepEnds === null
        ? null
        : asList(stepEnds, '"stepEnds"', where, most.requests).map((ends) => numbers(ends, '"stepEnds"')),
    cachedBlocks:
      finalCachedBlocksByGroup === null
        ? null
        : numbers(finalCachedBlocksByGroup, '"finalCachedBlocksByGroup"'),
  };
}

const groupKinds: Readonly<Record<string, VllmLayerKind>> = {
  FullAttentionSpec: "full",
  SlidingWindowSpec: "window",
  MambaSpec: "recurrent",
};

function groupKind(name: unknown, where: string): VllmLayerKind {
  const kind = typeof name === "string" && Object.hasOwn(groupKinds, name) ? groupKinds[name] : undefined;
  if (kind === undefined)
    throw new Error(
      `"kind" of ${where} is ${JSON.stringify(name)}; the known ones are ${Object.keys(groupKinds).join(", ")}.`,
    );
  return kind;
}

/** Runs of `[seed, count]`, one behind the other. */
function generated(parts: unknown, vocabulary: number, where: string): Int32Array {
  const runs = asList(parts, "A prompt or output", where, 1024).map((part) => {
    const [seed, count] = asList(part, "A run of tokens", where, 2);
    if (!Number.isInteger(seed)) throw new Error(`A run of tokens of ${where} has no whole seed.`);
    const tokens = wholeNumber(count, `the length of a run of tokens of ${where}`, most.tokens);
    return generatedTokens(seed as number, tokens, vocabulary);
  });
  const length = runs.reduce((sum, run) => sum + run.length, 0);
  if (length > most.tokens)
    throw new Error(`A request of ${where} has ${length} tokens, more than ${most.tokens}.`);
  const joined = new Int32Array(length);
  let offset = 0;
  for (const run of runs) {
    joined.set(run, offset);
    offset += run.length;
  }
  return joined;
}

function asObject(value: unknown, where: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw new Error(`${where.charAt(0).toUpperCase()}${where.slice(1)} is no object.`);
}

function objectAt(fields: Json, name: string, where: string): Json {
  if (fields[name] === undefined) throw new Error(`"${name}" of ${where} is missing.`);
  return asObject(fields[name], `"${name}" of ${where}`);
}

function asList(value: unknown, name: string, where: string, longest: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${name} of ${where} is missing, or no list.`);
  if (value.length > longest)
    throw new Error(`${name} of ${where} has ${value.length} entries, more than ${longest}.`);
  return value;
}

function listAt(fields: Json, name: string, where: string, longest: number): readonly unknown[] {
  return asList(fields[name], `"${name}"`, where, longest);
}

function textAt(fields: Json, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "") throw new Error(`"${name}" is missing, or no text.`);
  return value;
}

function flagAt(fields: Json, name: string): boolean {
  const value = fields[name];
  if (typeof value !== "boolean")
    throw new Error(`"${name}" is ${JSON.stringify(value)}; it has to be true or false.`);
  return value;
}

function blockAt(fields: Json, where: string): number {
  return countAt(fields, "blockTokens", where, 1, most.tokens);
}

function countAt(fields: Json, name: string, where: string, smallest: number, largest: number): number {
  const value = fields[name];
  if (Number.isInteger(value) && (value as number) >= smallest && (value as number) <= largest)
    return value as number;
  throw new Error(
    `"${name}" of ${where} is ${JSON.stringify(value)}; it has to be a whole number, ${smallest} to ${largest}.`,
  );
}

function wholeNumber(value: unknown, what: string, largest = most.blocks): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= largest)
    return value as number;
  throw new Error(`${what} is ${JSON.stringify(value)}; it has to be a whole number, 0 to ${largest}.`);
}
