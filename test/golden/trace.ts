/**
 * The golden trace: 300 requests of our own, small enough to be read and long enough for blocks, evictions and the tuning
 * of alpha. `trace.json` holds it in parts, `expand` gives the requests that a cache sees.
 */
import { readFileSync } from "node:fs";
import type { SharedBy, StaticEnd } from "../../src/core/cache/cache-system.ts";
import type { Request } from "../../src/core/replay/request.ts";
import type { KnownRequests } from "../../src/core/replay/serve-request.ts";

/** Who sends the same text in this place. `call` stands for what is new in every request. */
export type Scope = SharedBy | "call";

export interface GoldenSegment {
  readonly name: string;
  readonly scope: Scope;
  /** Whether a message ends behind it. */
  readonly endsMessage: boolean;
  /** Whether the author marks the prefix up to its end for a hosted cache. */
  readonly isMarked: boolean;
}

/** Index of a segment, number of its content, tokens. Equal numbers are equal text. */
export type Part = readonly [segment: number, content: number, tokens: number];

export interface GoldenRequest {
  readonly arrivalSeconds: number;
  readonly session: number;
  readonly turn: number;
  readonly prompt: readonly Part[];
  readonly output: readonly [content: number, tokens: number];
}

export interface GoldenTrace {
  readonly segments: readonly GoldenSegment[];
  readonly requests: readonly GoldenRequest[];
}

export interface ExpandedTrace
  extends Required<Pick<KnownRequests, "requests" | "stableTokens" | "staticEnds" | "markers">> {
  readonly segmentCount: number;
  isStatic(segment: number): boolean;
}

export function readTrace(): GoldenTrace {
  return JSON.parse(readFileSync(new URL("trace.json", import.meta.url), "utf8")) as GoldenTrace;
}

/** No content is longer. */
export const mostContentTokens = 4096;

export function expand({ segments, requests }: GoldenTrace): ExpandedTrace {
  const ends = requests.map(({ prompt }) => endsOf(prompt));
  const staticEnds = requests.map(({ prompt }, row) => staticEndsOf(prompt, ends[row]!, segments));
  return {
    requests: requests.map((request, row) => expanded(request, ends[row]!, segments)),
    stableTokens: (row) => staticEnds[row]!.find(({ sharedBy }) => sharedBy === "all")?.end ?? 0,
    staticEnds: (row) => staticEnds[row]!,
    markers(row) {
      const marked = requests[row]!.prompt.flatMap(([segment], at) =>
        segments[segment]!.isMarked ? [{ end: ends[row]![at]! }] : [],
      );
      // APIs refuse more than four.
      const kept = marked.slice(-4);
      // Of requests without a mark it is not known what they ask for: authors are taken to mark as usual.
      return kept.length === 0 ? undefined : kept;
    },
    segmentCount: segments.length,
    isStatic: (segment) => segments[segment]!.scope === "all",
  };
}

function expanded(
  { arrivalSeconds, session, turn, prompt, output }: GoldenRequest,
  ends: readonly number[],
  segments: readonly GoldenSegment[],
): Request {
  return {
    arrivalSeconds,
    session,
    turn,
    promptTokens: Int32Array.from(prompt.flatMap(([, content, tokens]) => tokensOf(content, tokens))),
    outputTokens: Int32Array.from(tokensOf(...output)),
    messageEnds: ends.filter((_, at) => segments[prompt[at]![0]]!.endsMessage),
    runs: {
      starts: Int32Array.from(ends, (end, at) => end - prompt[at]![2]),
      segments: Int32Array.from(prompt, ([segment]) => segment),
      contents: Int32Array.from(prompt, ([, content]) => content),
    },
  };
}

function tokensOf(content: number, tokens: number): number[] {
  return Array.from({ length: tokens }, (_, at) => content * mostContentTokens + at);
}

function endsOf(prompt: readonly Part[]): number[] {
  let end = 0;
  return prompt.map(([, , tokens]) => {
    end += tokens;
    return end;
  });
}

/** How far the prompt is the same for all, for a tenant, for a conversation; each only where it reaches further than the one before. */
function staticEndsOf(
  prompt: readonly Part[],
  ends: readonly number[],
  segments: readonly GoldenSegment[],
): StaticEnd[] {
  const found: StaticEnd[] = [];
  const scopes: SharedBy[] = ["all", "tenant", "session"];
  for (const [level, sharedBy] of scopes.entries()) {
    const isShared = ([segment]: Part) =>
      scopes.slice(0, level + 1).some((scope) => scope === segments[segment]!.scope);
    const first = prompt.findIndex((part) => !isShared(part));
    const end = first < 0 ? (ends.at(-1) ?? 0) : (ends[first - 1] ?? 0);
    if (end > (found.at(-1)?.end ?? 0)) found.push({ end, sharedBy });
  }
  return found;
}
