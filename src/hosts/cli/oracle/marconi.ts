/** marconi-oracle/1: each run of a file is replayed by the caches of the artifact, and every number is compared exactly. */
import type { EvictionRow } from "../../../core/cache/artifact/eviction-log.ts";
import {
  type ArtifactPolicy,
  type ArtifactReplay,
  replayArtifact,
  type TreeRow,
} from "../../../core/cache/artifact/replay.ts";
import type { ArtifactSpans } from "../../../core/cache/artifact/span-cache.ts";
import type { PaperModel } from "../../../core/cost/paper-formulas.ts";
import {
  isOracle,
  type OracleFile,
  type OracleModel,
  type OracleRun,
  readOracle,
} from "../../../log/marconi-oracle.ts";
import { compareReuse } from "./compare-reuse.ts";
import type { OracleFormat } from "./format.ts";

/** A line per file. Passed is one whose runs are equal in every number, of which the reused tokens are only some. */
export const marconiOracle: OracleFormat = {
  id: "marconi-oracle/1",
  isOne: isOracle,
  *check(text, name) {
    const file = readOracle(text);
    if (file.runs.length === 0) throw new Error('"runs" is empty, so there is nothing to compare.');
    const promptTokens = file.requests.map(({ inputLength }) => inputLength);
    const compared = file.runs.map((run, index) => {
      const { differences, expected, actual } = differencesOf(file, run);
      const title = `#${index} ${describeRun(run)}`;
      return {
        reuse: { name: title, promptTokens, expected, actual },
        differences: differences.map((difference) => `${title}: ${difference}`),
      };
    });
    const replayed = compared.flatMap(({ reuse }) =>
      reuse.expected.length === promptTokens.length ? [reuse] : [],
    );
    const differences = compared.flatMap((each) => each.differences);
    const equal = compared.filter((each) => each.differences.length === 0).length;
    const runs = { equal, all: compared.length };
    if (replayed.length === 0) {
      yield { title: name, runs, differences };
      return;
    }
    const { summary } = compareReuse(name, replayed, "the artifact");
    yield { title: name, summary: `${summary}; ${equal} of ${runs.all} runs`, runs, differences };
  },
};

function describeRun(run: OracleRun): string {
  const parts = [run.policy, run.model, `${run.capacity_bytes} B`];
  if (run.block_size !== undefined) parts.push(`block ${run.block_size}`);
  if (run.alpha !== undefined) parts.push(`alpha ${run.alpha}`);
  if (run.bootstrap_multiplier !== undefined) parts.push(`multiplier ${run.bootstrap_multiplier}`);
  return parts.join(" ");
}

interface Compared {
  readonly differences: readonly string[];
  /** Reused tokens by request; empty where the run was not replayed. */
  readonly expected: readonly number[];
  readonly actual: readonly number[];
}

/** A run that cannot be replayed is a failed run; the others still count. */
function differencesOf(file: OracleFile, run: OracleRun): Compared {
  try {
    return compared(file, run, null);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

function failed(why: string): Compared {
  return { differences: [why], expected: [], actual: [] };
}

/**
 * What differs between the run as written and as replayed here; empty when every number is equal.
 * `spans` are the file's requests as `cutArtifactTrace` cuts them, or `null` for a replay over tokens.
 */
export function compareRun(
  file: OracleFile,
  run: OracleRun,
  spans: ArtifactSpans | null = null,
): readonly string[] {
  return compared(file, run, spans).differences;
}

function compared(file: OracleFile, run: OracleRun, spans: ArtifactSpans | null): Compared {
  const model = file.models[run.model];
  if (model === undefined) return failed(`the file has no model "${run.model}"`);
  const expected = run["reused"];
  if (!Array.isArray(expected)) return failed('the run holds no "reused" to compare with');
  const wrong = wrongNumber(run);
  if (wrong !== null) return failed(wrong);
  const replay = replayArtifact(
    file.requests,
    artifactModel(model),
    run.capacity_bytes,
    policyOf(run),
    spans,
  );
  const actual = asWritten(file, run, replay);
  const differences: string[] = [];
  for (const [key, value] of Object.entries(run)) {
    if (configurationKeys.has(key)) continue;
    if (!(key in actual)) differences.push(`"${key}" is not known to this tool`);
    else compareValues(key, value, actual[key], differences);
  }
  return { differences, expected: expected.map(Number), actual: replay.reused };
}

/** What a run needs of its numbers; `null` when all of them are right. */
function wrongNumber(run: OracleRun): string | null {
  const { capacity_bytes, block_size = 1, alpha = 0, alpha_initial = 0, bootstrap_multiplier = 1 } = run;
  for (const [name, value] of Object.entries({ capacity_bytes, alpha, alpha_initial })) {
    if (!Number.isFinite(value) || value < 0) return `"${name}" is no number of 0 or more`;
  }
  for (const [name, value] of Object.entries({ block_size, bootstrap_multiplier })) {
    if (!Number.isInteger(value) || value < 1) return `"${name}" is no whole number of 1 or more`;
  }
  return null;
}

const configurationKeys = new Set([
  "policy",
  "model",
  "capacity_bytes",
  "block_size",
  "alpha",
  "alpha_initial",
  "bootstrap_multiplier",
]);

export function artifactModel(model: OracleModel): PaperModel {
  return {
    ssmLayers: model.num_ssm_layers,
    attentionLayers: model.num_attn_layers,
    mlpLayers: model.num_mlp_layers,
    width: model.d,
    stateWidth: model.n,
  };
}

export function policyOf(run: OracleRun): ArtifactPolicy {
  switch (run.policy) {
    case "vllm":
      return { kind: "vllm", blockTokens: run.block_size ?? 32 };
    case "v1":
      return { kind: "v1" };
    case "v2":
      return { kind: "v2", alphaInitial: run.alpha_initial ?? 0, multiplier: run.bootstrap_multiplier ?? 5 };
    case "v3":
      return { kind: "v3", alpha: run.alpha ?? 0 };
    default:
      throw new Error(`the policy ${JSON.stringify(run.policy)} is none of vllm, v1, v2 and v3`);
  }
}

/** The replay in the file's own shape. */
function asWritten(file: OracleFile, run: OracleRun, replay: ArtifactReplay): Record<string, unknown> {
  const evictions = replay.evictions.rows();
  return {
    reused: replay.reused,
    states: replay.states,
    kv_tokens: replay.kvTokens,
    evicted: replay.evicted,
    final: finalOf(file, replay, evictions),
    tuning: run.policy === "v2" ? tuningOf(replay) : undefined,
    tree: replay.tree,
    evict_log: evictions,
  };
}

function finalOf(
  file: OracleFile,
  replay: ArtifactReplay,
  evictions: readonly EvictionRow[],
): Record<string, unknown> {
  const inputs = file.requests.reduce((sum, request) => sum + request.inputLength, 0);
  const reused = replay.reused.reduce((sum, tokens) => sum + tokens, 0);
  const { ssm, attention, mlp, total } = replay.flopsSaved;
  return {
    request_hit_rate: replay.reused.filter((tokens) => tokens > 0).length / replay.reused.length,
    token_hit_rate: reused / inputs,
    tokens_reused: reused,
    tokens_input: inputs,
    flops_saved: { ssm: `${ssm}`, attn: `${attention}`, mlp: `${mlp}`, total: `${total}` },
    nodes: replay.tree.length,
    cached_states: replay.states.at(-1) ?? 0,
    cached_kv_tokens: replay.kvTokens.at(-1) ?? 0,
    tree_bytes: replay.treeBytes,
    peak_tree_bytes: replay.peakTreeBytes,
    logical_clock: replay.logicalClock,
    evict_calls: replay.evictCalls,
    leaf_evictions: evictions.filter((row) => row[1] === 0).length,
    merge_evictions: evictions.filter((row) => row[1] === 1).length,
    first_eviction_at: replay.firstEvictionAt,
    tree_digest: treeDigest(replay.tree, true),
    tree_digest_no_clock: treeDigest(replay.tree, false),
  };
}

function tuningOf(replay: ArtifactReplay): Record<string, unknown> {
  const { tuning } = replay;
  const grid = tuning?.grid ?? null;
  const best = largest(grid?.map((row) => row.flopsSavedLast500) ?? []);
  return {
    requests_before_first_eviction: tuning?.requestsBeforeFirstEviction ?? null,
    window: tuning?.window ?? null,
    tuned_at: tuning?.tunedAt ?? null,
    alpha_final: replay.alphaFinal,
    window_requests: tuning?.windowRequests ?? null,
    grid:
      grid?.map((row) => ({
        alpha: row.alpha,
        flops_saved_last500: `${row.flopsSavedLast500}`,
        token_hit_rate_last500: row.tokenHitRateLast500,
      })) ?? null,
    tied_best: grid?.filter((row) => row.flopsSavedLast500 === best).map((row) => row.alpha) ?? null,
  };
}

function largest(values: readonly bigint[]): bigint {
  let result = 0n;
  for (const value of values) if (value > result) result = value;
  return result;
}

/** FNV-1a over the ASCII text of all nodes. */
function treeDigest(rows: readonly TreeRow[], withTime: boolean): number {
  let hash = 0x811c9dc5;
  for (const [depth, tokens, first, time] of rows) {
    const text = withTime ? `${depth},${tokens},${first},${time};` : `${depth},${tokens},${first};`;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** Deep, exact comparison; names the first place of each difference. */
function compareValues(path: string, expected: unknown, actual: unknown, differences: string[]): void {
  if (Object.is(expected, actual)) return;
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length) {
      differences.push(`${path} has ${actual.length} entries instead of ${expected.length}`);
    }
    const firstDifferent = expected.findIndex(
      (value, i) => JSON.stringify(value) !== JSON.stringify(actual[i]),
    );
    if (firstDifferent >= 0) {
      compareValues(
        `${path}[${firstDifferent}]`,
        expected[firstDifferent],
        actual[firstDifferent],
        differences,
      );
    }
    return;
  }
  if (isObject(expected) && isObject(actual)) {
    for (const [key, value] of Object.entries(expected)) {
      compareValues(`${path}.${key}`, value, actual[key], differences);
    }
    return;
  }
  differences.push(`${path} is ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
