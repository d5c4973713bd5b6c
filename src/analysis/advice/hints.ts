/**
 * `checkpoint-hints.json`: where the static parts of each template end, for servers that keep states of prompts.
 * The format is described by docs/checkpoint-hints.md and schemas/checkpoint-hints.schema.json.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { StaticEnd } from "../../core/cache/cache-system.ts";
import { invariant } from "../../core/invariant.ts";
import type { Policy } from "../../core/policies/policy.ts";
import { withoutHints } from "../../core/policies/registry.ts";
import { marconiPolicy } from "../../core/policies/research.ts";
import { runOfToken } from "../../core/replay/ledger.ts";
import type { KnownRequests } from "../../core/replay/serve-request.ts";
import { commonPrefixLength } from "../../core/tokens/common-prefix.ts";
import type { StaticPrefix } from "../../prompt/static-prefix.ts";
import type { Template } from "../../prompt/template.ts";
import type { Workload } from "../../workload/workload.ts";
import { type ResolvedScenario, resolveScenario } from "../scenario.ts";
import { indices } from "../statistics.ts";
import { type ServedColumns, serveSteps, sumOf } from "./serve-all.ts";

export const hintsSchema = "prompt-cache-lens/checkpoint-hints/1";

export interface CheckpointHints {
  readonly schema: typeof hintsSchema;
  readonly model: string;
  readonly vocabulary: { readonly id: string; readonly isExact: boolean };
  /** Which chat template wraps the messages, in a sentence. */
  readonly chatTemplate: string;
  /** SHA-256, in lower-case hex, of the token ids up to a position, each as a little-endian 32-bit integer. */
  readonly hash: "sha256-int32le";
  readonly worth: HintsWorth;
  readonly templates: readonly TemplateHints[];
}

/** The same requests through the same cache, told and not told of the positions. */
export interface HintsWorth {
  readonly policy: string;
  readonly policyWithHints: string;
  readonly capacityBytes: number;
  readonly requests: number;
  readonly promptTokens: number;
  readonly reusedTokens: number;
  readonly reusedTokensWithHints: number;
  readonly ttftSecondsMean: number;
  readonly ttftSecondsMeanWithHints: number;
}

export interface TemplateHints {
  readonly id: string;
  readonly path: string;
  readonly requests: number;
  readonly promptTokens: number;
  readonly reusedTokens: number;
  readonly reusedTokensWithHints: number;
  /** In the order of the prompt. */
  readonly positions: readonly PositionHint[];
}

export type PositionHint = SharedPosition | VaryingPosition;

/** The end of what every call of the template begins with. */
export interface SharedPosition {
  readonly scope: "all";
  /** A state at this position has seen so many tokens. */
  readonly tokens: number;
  readonly sha256: string;
  readonly source: SourcePlace | null;
}

/** The end of what the calls of one tenant, or of one conversation, begin with; it moves with their values. */
export interface VaryingPosition {
  readonly scope: "tenant" | "session";
  /** Smallest and largest of the workload. */
  readonly tokensMin: number;
  readonly tokensMax: number;
  /** Requests of the workload that have such a position, and the different prefixes that end there. */
  readonly requests: number;
  readonly prefixes: number;
  readonly source: SourcePlace | null;
}

/** In front of this offset, in UTF-16 units, the part ends; `null` where it ends with the prompt. */
export interface SourcePlace {
  readonly path: string;
  readonly offset: number;
}

/** SHA-256 as lower-case hex, on every platform. */
export function sha256Hex(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

export interface HintsInput {
  readonly scenario: ResolvedScenario;
  readonly chatTemplate: string;
  readonly templates: readonly Template[];
  readonly prefixes: readonly StaticPrefix[];
  readonly workload: Workload;
  readonly known: KnownRequests;
}

/** Yields now and then. */
export function* hintSteps(input: HintsInput): Generator<void, CheckpointHints, void> {
  const { scenario, workload } = input;
  const { vocabulary, capacityBytes, settings } = scenario;
  const [policy, withHints] = policiesFor(scenario.policy);
  const rows = indices(workload.requests.length);
  const cacheOf = ({ id }: Policy) => resolveScenario({ ...settings, policy: id }).createCache();
  const plain = yield* serveSteps(input.known, cacheOf(policy), rows);
  const told = yield* serveSteps(input.known, cacheOf(withHints), rows);
  const columns = { plain, told };
  const templates: TemplateHints[] = [];
  for (const index of input.templates.keys()) {
    const hints = templateHints(input, index, columns);
    if (hints !== null) templates.push(hints);
    yield;
  }
  return {
    schema: hintsSchema,
    model: scenario.model.id,
    vocabulary: { id: vocabulary.id, isExact: vocabulary.isExact },
    chatTemplate: input.chatTemplate,
    hash: "sha256-int32le",
    worth: {
      policy: policy.id,
      policyWithHints: withHints.id,
      capacityBytes,
      requests: rows.length,
      promptTokens: rows.reduce((sum, row) => sum + workload.requests[row]!.promptTokens.length, 0),
      reusedTokens: sumOf(plain.reusedTokens),
      reusedTokensWithHints: sumOf(told.reusedTokens),
      ttftSecondsMean: meanTtft(input, plain),
      ttftSecondsMeanWithHints: meanTtft(input, told),
    },
    templates,
  };
}

/** The chosen policy, or the one that it varies, and its variant that takes hints; Marconi's where it has none. */
function policiesFor(chosen: Policy): readonly [plain: Policy, told: Policy] {
  const plain = withoutHints(chosen);
  const policy = plain.withHints === undefined ? marconiPolicy : plain;
  invariant(policy.withHints !== undefined, "Marconi has a variant that takes hints");
  return [policy, policy.withHints];
}

function meanTtft({ scenario, workload }: HintsInput, columns: ServedColumns): number {
  const { requests } = workload;
  const seconds = requests.map(
    ({ promptTokens }, row) =>
      columns.restoreSeconds[row]! +
      scenario.ttft.ttftSeconds(columns.prefixTokens[row]!, promptTokens.length),
  );
  return requests.length === 0 ? 0 : sumOf(seconds) / requests.length;
}

/** `null` for templates that nobody calls. */
function templateHints(
  input: HintsInput,
  index: number,
  { plain, told }: { readonly plain: ServedColumns; readonly told: ServedColumns },
): TemplateHints | null {
  const { workload, templates } = input;
  const { id, path } = templates[index]!;
  const rows = workload.requestsOf[index]!;
  if (rows.length === 0) return null;
  const sum = (column: Int32Array) => rows.reduce((tokens, row) => tokens + column[row]!, 0);
  const shared = sharedPosition(input, index, rows);
  return {
    id,
    path,
    requests: rows.length,
    promptTokens: rows.reduce((tokens, row) => tokens + workload.requests[row]!.promptTokens.length, 0),
    reusedTokens: sum(plain.reusedTokens),
    reusedTokensWithHints: sum(told.reusedTokens),
    positions: [
      ...(shared === null ? [] : [shared]),
      ...varyingPosition(input, "tenant", rows),
      ...varyingPosition(input, "session", rows),
    ],
  };
}

/** What the template says that all calls share, as far as the requests agree with it. */
function sharedPosition(input: HintsInput, index: number, rows: readonly number[]): SharedPosition | null {
  const { workload, prefixes, templates } = input;
  const prefix = prefixes[index]!;
  const ends = rows.map((row) => endOf(input, row, "all")?.end ?? 0);
  const tokens = Math.min(prefix.tokens.length, ...ends);
  if (tokens === 0) return null;
  const ids = prefix.tokens.subarray(0, tokens);
  for (const row of rows) {
    const same = commonPrefixLength(ids, 0, workload.requests[row]!.promptTokens, 0, tokens);
    invariant(same === tokens, `request ${row} does not begin with the stable prefix of its template`);
  }
  const { path } = templates[index]!;
  const source = prefix.end === null ? null : { path, offset: prefix.end };
  return { scope: "all", tokens, sha256: sha256Hex(littleEndian(ids)), source };
}

/** At most one. */
function varyingPosition(
  input: HintsInput,
  scope: "tenant" | "session",
  rows: readonly number[],
): readonly VaryingPosition[] {
  const { workload } = input;
  const ends: number[] = [];
  const hashes = new Set<string>();
  let source: SourcePlace | null = null;
  for (const row of rows) {
    const end = endOf(input, row, scope)?.end;
    if (end === undefined) continue;
    ends.push(end);
    hashes.add(sha256Hex(littleEndian(workload.requests[row]!.promptTokens.subarray(0, end))));
    source ??= sourceBehind(workload, row, end);
  }
  if (ends.length === 0) return [];
  return [
    {
      scope,
      tokensMin: Math.min(...ends),
      tokensMax: Math.max(...ends),
      requests: ends.length,
      prefixes: hashes.size,
      source,
    },
  ];
}

function endOf({ known }: HintsInput, row: number, scope: StaticEnd["sharedBy"]): StaticEnd | undefined {
  return known.staticEnds?.(row).find(({ sharedBy }) => sharedBy === scope);
}

/** The segment that ends the part: it begins one token behind the position, which leaves out a token that may still grow. */
function sourceBehind({ requests, segments }: Workload, row: number, end: number): SourcePlace | null {
  const { runs, promptTokens } = requests[row]!;
  if (runs === null || end + 1 >= promptTokens.length) return null;
  const { path, range } = segments[runs.segments[runOfToken(runs, end + 1)]!]!;
  return { path, offset: range.start };
}

/** Token ids as servers hash them: 4 bytes each, the least significant first. */
export function littleEndian(tokens: Int32Array): Uint8Array {
  const bytes = new Uint8Array(tokens.length * 4);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < tokens.length; index++) view.setInt32(4 * index, tokens[index]!, true);
  return bytes;
}
