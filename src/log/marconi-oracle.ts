/**
 * Reader of `marconi-oracle/1` files: request traces with the results that the public Marconi artifact gives on them.
 * The file holds token ids as literal or generated segments; requests refer to segments and to earlier requests.
 */

export interface OracleModel {
  readonly num_ssm_layers: number;
  readonly num_attn_layers: number;
  readonly num_mlp_layers: number;
  readonly d: number;
  readonly n: number;
}

export interface OracleRun {
  readonly policy: "vllm" | "v1" | "v2" | "v3";
  readonly model: string;
  readonly capacity_bytes: number;
  readonly block_size?: number;
  readonly alpha?: number;
  readonly alpha_initial?: number;
  readonly bootstrap_multiplier?: number;
  readonly [expected: string]: unknown;
}

export interface OracleRequest {
  /** Input followed by output. */
  readonly tokens: Int32Array;
  readonly inputLength: number;
  /** The whole segments that the input begins with, and where each ends in it. */
  readonly leading: readonly { readonly segment: number; readonly end: number }[];
  readonly session: number;
  readonly turn: number;
  readonly arrivalSeconds: number;
  /** Index of the request that its input begins with; `null` where it begins anew. */
  readonly continues: number | null;
}

export interface OracleFile {
  readonly id: string;
  readonly models: Readonly<Record<string, OracleModel>>;
  readonly requests: readonly OracleRequest[];
  readonly runs: readonly OracleRun[];
}

interface RawSegment {
  readonly t?: readonly number[];
  readonly s?: number;
  readonly n?: number;
  readonly v?: number;
}

type RawReference = number | readonly [number, number];

interface RawRequest {
  readonly b?: number;
  readonly k?: number;
  readonly i: readonly RawReference[];
  readonly o: readonly RawReference[];
  readonly sid?: number;
  readonly turn?: number;
  readonly ts?: number;
}

interface RawFile {
  readonly format: string;
  readonly id: string;
  readonly vocab: number;
  readonly models: Readonly<Record<string, OracleModel>>;
  readonly segments: readonly RawSegment[];
  readonly requests: readonly RawRequest[];
  readonly token_hash: readonly number[];
  readonly runs: readonly OracleRun[];
}

/** Whether the text looks like such a file, by its first characters. */
export function isOracle(text: string): boolean {
  return text.slice(0, 2000).includes('"marconi-oracle/');
}

/** Throws an `Error` that says what is wrong when the text is no oracle file, or its token hashes do not match. */
export function readOracle(text: string): OracleFile {
  let raw: RawFile;
  try {
    raw = JSON.parse(text) as RawFile;
  } catch (error) {
    throw new Error(`The file is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (raw?.format !== "marconi-oracle/1") {
    throw new Error(`"format" is ${JSON.stringify(raw?.format)}; this reader knows "marconi-oracle/1".`);
  }
  for (const key of ["segments", "requests", "token_hash", "runs"] as const) {
    if (!Array.isArray(raw[key])) throw new Error(`"${key}" is missing, or no list.`);
  }
  if (typeof raw.models !== "object" || raw.models === null)
    throw new Error('"models" is missing, or no object.');
  for (const [name, model] of Object.entries(raw.models)) checkModel(name, model);
  if (raw.vocab !== undefined) checkCount('"vocab"', raw.vocab, 1, largestId + 1);
  const segments = raw.segments.map((segment, index) => expandSegment(segment, index, raw.vocab));
  const requests: OracleRequest[] = [];
  for (const [index, request] of raw.requests.entries()) {
    const expanded = expandRequest(request, segments, requests);
    const hash = tokenHash(expanded.tokens);
    if (hash !== raw.token_hash[index]) {
      throw new Error(
        `Request ${index} expands to tokens with hash ${hash}, but ${raw.token_hash[index]} is written.`,
      );
    }
    requests.push(expanded);
  }
  return { id: raw.id, models: raw.models, requests, runs: raw.runs };
}

const largestId = 2 ** 31 - 1;
/** More than any trace has; what is longer would not fit in memory. */
const longestSegment = 2 ** 28;

const modelFields = ["num_ssm_layers", "num_attn_layers", "num_mlp_layers", "d", "n"] as const;

function checkModel(name: string, model: OracleModel): void {
  for (const field of modelFields) checkCount(`"${field}" of the model "${name}"`, model?.[field], 0);
}

function checkCount(what: string, value: unknown, smallest: number, largest = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && (value as number) >= smallest && (value as number) <= largest) return;
  const range = largest === Number.MAX_SAFE_INTEGER ? `${smallest} or more` : `${smallest} to ${largest}`;
  throw new Error(`${what} is ${JSON.stringify(value)}; it has to be a whole number, ${range}.`);
}

function expandSegment(segment: RawSegment, index: number, vocabulary: number): Int32Array {
  const where = `of segment ${index}`;
  if (typeof segment !== "object" || segment === null) throw new Error(`Segment ${index} is no object.`);
  if (segment.t !== undefined) {
    if (!Array.isArray(segment.t)) throw new Error(`"t" ${where} is no list of token ids.`);
    for (const [place, id] of segment.t.entries()) checkCount(`Token ${place} ${where}`, id, 0, largestId);
    return Int32Array.from(segment.t);
  }
  const { s = 0, n = 0, v = vocabulary } = segment;
  checkCount(`"n" ${where}`, n, 0, longestSegment);
  checkCount(`"v" ${where}`, v, 1, largestId + 1);
  return generatedTokens(s, n, v);
}

/** The first `count` outputs of mulberry32 from `seed`, each modulo `vocabulary`. */
export function generatedTokens(seed: number, count: number, vocabulary: number): Int32Array {
  const tokens = new Int32Array(count);
  let state = seed | 0;
  for (let i = 0; i < count; i++) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    tokens[i] = ((mixed ^ (mixed >>> 14)) >>> 0) % vocabulary;
  }
  return tokens;
}

function expandRequest(
  request: RawRequest,
  segments: readonly Int32Array[],
  earlier: readonly OracleRequest[],
): OracleRequest {
  const where = `of request ${earlier.length}`;
  for (const key of ["i", "o"] as const) {
    if (!Array.isArray(request?.[key])) throw new Error(`"${key}" ${where} is missing, or no list.`);
  }
  if (!Number.isFinite(request.ts ?? 0)) throw new Error(`"ts" ${where} is no time in seconds.`);
  const parts: Int32Array[] = [];
  let leading: OracleRequest["leading"] = [];
  if (request.b !== undefined) {
    const base = earlier[request.b];
    if (base === undefined)
      throw new Error(`Request ${earlier.length} builds on request ${request.b}, which is not before it.`);
    if (request.k !== undefined) checkCount(`"k" ${where}`, request.k, 0, base.tokens.length);
    const kept = request.k ?? base.tokens.length;
    parts.push(base.tokens.subarray(0, kept));
    leading = base.leading.filter(({ end }) => end <= kept);
  }
  for (const reference of request.i) parts.push(resolve(reference, segments));
  const inputLength = lengthOf(parts);
  if (request.b === undefined) leading = wholeSegments(request.i, parts);
  for (const reference of request.o) parts.push(resolve(reference, segments));
  return {
    tokens: join(parts),
    inputLength,
    leading,
    session: request.sid ?? 0,
    turn: request.turn ?? 0,
    arrivalSeconds: request.ts ?? 0,
    continues: request.b ?? null,
  };
}

/** Up to the first segment that is taken in part. */
function wholeSegments(
  references: readonly RawReference[],
  parts: readonly Int32Array[],
): { readonly segment: number; readonly end: number }[] {
  const whole: { segment: number; end: number }[] = [];
  let end = 0;
  for (const [index, reference] of references.entries()) {
    if (typeof reference !== "number") break;
    end += parts[index]?.length ?? 0;
    whole.push({ segment: reference, end });
  }
  return whole;
}

function resolve(reference: RawReference, segments: readonly Int32Array[]): Int32Array {
  const [index, count] = typeof reference === "number" ? [reference, undefined] : reference;
  const segment = segments[index];
  if (segment === undefined)
    throw new Error(`There is no segment ${index}; the file has ${segments.length}.`);
  if (count === undefined) return segment;
  checkCount(`What is taken of segment ${index}`, count, 0, segment.length);
  return segment.subarray(0, count);
}

function lengthOf(parts: readonly Int32Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function join(parts: readonly Int32Array[]): Int32Array {
  const joined = new Int32Array(lengthOf(parts));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** FNV-1a with one step per token. */
export function tokenHash(tokens: Int32Array): number {
  let hash = 0x811c9dc5;
  for (const token of tokens) hash = Math.imul(hash ^ token, 0x01000193);
  return hash >>> 0;
}
