/** Recorded traces of every known format as what a sweep replays. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../config/settings.ts";
import type { StaticEnd } from "../../core/cache/cache-system.ts";
import {
  cutIntoSpans,
  type SpanTrace,
  type TraceRequest,
  tokenRequest,
} from "../../core/cache/span-trace.ts";
import type { Request } from "../../core/replay/request.ts";
import { type AgentConversation, isKvCacheTester, readKvCacheTester } from "../../log/kv-cache-tester.ts";
import { isOracle, type OracleModel, type OracleRequest, readOracle } from "../../log/marconi-oracle.ts";
import { isMooncake, mooncakeBlockTokens, readMooncake } from "../../log/mooncake.ts";

export interface TraceFile {
  readonly spans: SpanTrace;
  /** `null` where the trace has blocks and no tokens. */
  readonly requests: readonly Request[] | null;
  /** State sizes that the file itself names. */
  readonly ownModels: Readonly<Record<string, OracleModel>>;
}

type Kind = "oracle" | "mooncake" | "kv-cache-tester";

/** Tokens that a server computes even if the whole prompt is cached: the last, for its logits. */
export const computedTokensAtLeast = 1;

/**
 * One trace, or so many requests from its start. A folder is one where it holds conversations with coding agents, which then share a server.
 * Throws `UserError` when it cannot be read as any trace, or holds no requests.
 */
export function readTrace(path: string, first = Number.POSITIVE_INFINITY): TraceFile {
  const trace = isFolder(path) ? conversations(path, conversationsIn(path), first) : readFile(path, first);
  if (trace.spans.requests.length === 0) throw new UserError(`${path} holds no requests.`);
  return trace;
}

/**
 * A trace itself, or all traces in a folder and those below it; conversations with agents in one folder are one trace.
 * Throws `UserError` when there are none.
 */
export function traceFiles(path: string): readonly string[] {
  if (!existsSync(path)) throw new UserError(`There is no file or folder ${path}.`);
  const found = isFolder(path) ? tracesBelow(path) : [path];
  if (found.length === 0) {
    throw new UserError(`${path} holds no trace; marconi-oracle/1, Mooncake and kv-cache-tester are known.`);
  }
  return found;
}

function tracesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const kinds = entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => ({ name, kind: kindOf(join(folder, name)) }));
  const conversationFolder = kinds.some(({ kind }) => kind === "kv-cache-tester") ? [folder] : [];
  const files = kinds.filter(({ kind }) => kind === "oracle" || kind === "mooncake");
  return [
    ...conversationFolder,
    ...files.map(({ name }) => join(folder, name)),
    ...entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => tracesBelow(join(folder, name))),
  ];
}

function kindOf(path: string): Kind | null {
  return /\.jsonl?$/.test(path) ? kindOfText(readFileSync(path, "utf8")) : null;
}

function kindOfText(text: string): Kind | null {
  if (isKvCacheTester(text)) return "kv-cache-tester";
  if (isMooncake(text)) return "mooncake";
  return isOracle(text) ? "oracle" : null;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function readFile(path: string, first: number): TraceFile {
  const text = readText(path);
  try {
    switch (kindOfText(text)) {
      case "kv-cache-tester":
        return conversations(path, [readKvCacheTester(text)], first);
      case "mooncake":
        return mooncake(text, first);
      default:
        return oracle(text, first);
    }
  } catch (error) {
    throw new UserError(`${path} is no trace: ${messageOf(error)}`);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function oracle(text: string, first: number): TraceFile {
  const { requests: all, models } = readOracle(text);
  const requests = all.slice(0, first);
  const recorded = requests.map(
    ({ tokens, inputLength, arrivalSeconds, session, turn }): Request => ({
      arrivalSeconds,
      session,
      turn,
      promptTokens: tokens.subarray(0, inputLength),
      outputTokens: tokens.subarray(inputLength),
      runs: null,
    }),
  );
  const staticEnds = sharedSegments(requests);
  const uncut = recorded.map(({ promptTokens, outputTokens }, index) => ({
    ...tokenRequest(promptTokens, outputTokens, computedTokensAtLeast),
    staticEnds: staticEnds[index] ?? [],
  }));
  return { spans: cutIntoSpans(uncut), requests: recorded, ownModels: models };
}

/**
 * What a template would know of the trace: the ends of the leading segments that several conversations send, and of the
 * first one behind them that several requests of one conversation do.
 */
function sharedSegments(requests: readonly OracleRequest[]): StaticEnd[][] {
  const sessions = new Map<number, Set<number>>();
  const uses = new Map<number, number>();
  for (const { session, leading } of requests) {
    for (const { segment } of leading) {
      sessions.set(segment, (sessions.get(segment) ?? new Set()).add(session));
      uses.set(segment, (uses.get(segment) ?? 0) + 1);
    }
  }
  return requests.map(({ leading }) => {
    const ends: StaticEnd[] = [];
    for (const { segment, end } of leading) {
      const isShared = (sessions.get(segment)?.size ?? 0) > 1;
      if (isShared) ends.push({ end, sharedBy: "all" });
      else if ((uses.get(segment) ?? 0) > 1) ends.push({ end, sharedBy: "session" });
      if (!isShared) break;
    }
    return ends;
  });
}

/** Whole blocks only: a server keeps no others. What the model answers is not recorded. */
function mooncake(text: string, first: number): TraceFile {
  const { requests, problems } = readMooncake(text);
  const [problem] = problems;
  if (problem !== undefined) throw new Error(`line ${problem.line}: ${problem.message}`);
  const uncut = requests.slice(0, first).map(({ blocks, inputTokens }): TraceRequest => {
    const whole = Math.floor(inputTokens / mooncakeBlockTokens);
    return blockRequest(blocks.subarray(0, whole), whole, inputTokens, mooncakeBlockTokens);
  });
  return { spans: cutIntoSpans(uncut, mooncakeBlockTokens), requests: null, ownModels: {} };
}

function conversationsIn(folder: string): AgentConversation[] {
  const files = readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
  const found = files.filter((file) => !isFolder(file) && kindOf(file) === "kv-cache-tester");
  if (found.length === 0) {
    throw new UserError(`${folder} is a folder; name the traces in it.`);
  }
  return found.map((file) => {
    try {
      return readKvCacheTester(readText(file));
    } catch (error) {
      throw new UserError(`${file} is no trace: ${messageOf(error)}`);
    }
  });
}

/** Conversations that start together. Ids mean something inside a file only, so none of them shares anything. */
function conversations(path: string, all: readonly AgentConversation[], most: number): TraceFile {
  const [first] = all;
  const blockTokens = first?.blockTokens ?? 1;
  if (all.some((each) => each.blockTokens !== blockTokens)) {
    throw new UserError(`${path} holds conversations with blocks of different sizes; replay them apart.`);
  }
  const symbols = new Map<string, number>();
  const symbolOf = (conversation: number, id: number) => {
    const key = `${conversation}:${id}`;
    const symbol = symbols.get(key) ?? symbols.size;
    symbols.set(key, symbol);
    return symbol;
  };
  const calls = all.flatMap(({ toolTokens, systemTokens, calls: own }, conversation) =>
    own.map(({ arrivalSeconds, blocks, inputBlocks, inputTokens }) => {
      const sequence = Int32Array.from(blocks, (id) => symbolOf(conversation, id));
      const request = blockRequest(sequence, inputBlocks, inputTokens, blockTokens);
      const ends = [toolTokens, toolTokens + systemTokens].map((tokens) => Math.floor(tokens / blockTokens));
      const staticEnds = ends
        .filter((end) => end > 0 && end <= inputBlocks)
        .map((end): StaticEnd => ({ end, sharedBy: "session" }));
      return { arrivalSeconds, request: { ...request, staticEnds } };
    }),
  );
  calls.sort((a, b) => a.arrivalSeconds - b.arrivalSeconds);
  const spans = cutIntoSpans(
    calls.slice(0, most).map(({ request }) => request),
    blockTokens,
  );
  return { spans, requests: null, ownModels: {} };
}

function blockRequest(
  sequence: Int32Array,
  promptSymbols: number,
  promptTokens: number,
  blockTokens: number,
): TraceRequest {
  const computed = Math.max(0, promptTokens - computedTokensAtLeast);
  return { sequence, promptSymbols, resumeLimit: Math.floor(computed / blockTokens), promptTokens };
}
