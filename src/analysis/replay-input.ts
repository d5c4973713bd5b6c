/** Requests of templates, and all that a replay is told of them. */
import type { CacheSystem } from "../core/cache/cache-system.ts";
import { cutForCapacity, type SpanTrace } from "../core/cache/span-trace.ts";
import type { ReplayInput } from "../core/replay/replay.ts";
import { fittedToCache } from "../core/replay/serve-request.ts";
import type { StaticPrefix } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import { markedPlaces, markersOf } from "../workload/cache-markers.ts";
import { scopesInForce, staticEndsOf } from "../workload/static-ends.ts";
import type { Workload } from "../workload/workload.ts";
import type { ResolvedScenario } from "./scenario.ts";

export interface Sent {
  readonly templates: readonly Template[];
  readonly prefixes: readonly StaticPrefix[];
  readonly scenario: ResolvedScenario;
  readonly workload: Pick<Workload, "requests" | "templateOf" | "segments" | "knownRuns">;
}

/** Tokens that a server computes even if the whole prompt is cached: the last, for its logits. */
export const computedTokensAtLeast = 1;

/** A kind of cache in a memory of a size. */
export type CacheMaker = Pick<ResolvedScenario, "cost" | "capacityBytes" | "createCache">;

export function replayInput({ templates, workload, scenario, prefixes }: Sent): ReplayInput {
  const stableTokens = (request: number) => prefixes[workload.templateOf[request] ?? -1]?.tokens.length ?? 0;
  let scopes: ReturnType<typeof scopesInForce> | null = null;
  let marked: ReturnType<typeof markedPlaces>[] | null = null;
  return {
    requests: workload.requests,
    segmentCount: workload.segments.length,
    isStatic: (segment) => workload.segments[segment]?.kind === "text",
    cache: scenario.createCache(),
    createCache: () => scenario.createCache(),
    knownRuns: workload.knownRuns,
    ttftSeconds: (reused, prompt) => scenario.ttft.ttftSeconds(reused, prompt),
    stableTokens,
    staticEnds(index) {
      const request = workload.requests[index];
      if (request === undefined || request.runs === null) return [];
      scopes ??= scopesInForce(workload.segments);
      return staticEndsOf(request.runs, request.promptTokens.length, scopes, stableTokens(index));
    },
    markers(index) {
      const request = workload.requests[index];
      if (request?.marks !== undefined) return request.marks;
      marked ??= templates.map((template, at) => markedPlaces(template, at, workload.segments));
      const template = workload.templateOf[index] ?? -1;
      const places = marked[template] ?? [];
      if (request === undefined || request.runs === null) return undefined;
      const { cacheMarkers, captured } = templates[template] ?? {};
      if (cacheMarkers === undefined || captured !== undefined) return undefined;
      return markersOf(places, request.runs, request.promptTokens.length, workload.segments);
    },
  };
}

/** The replay over spans, where the policy can serve those; otherwise over tokens, while what was sent is looked up in spans. */
export function* overSpans(
  { createCache: _, ...known }: Omit<ReplayInput, "cache">,
  spans: SpanTrace,
  { cost, capacityBytes, createCache }: CacheMaker,
): Generator<void, { readonly input: ReplayInput; createCache(): CacheSystem }, void> {
  const fitting = cutForCapacity(spans, cost, capacityBytes);
  const { trace, cache } = yield* fittedToCache(fitting, known, ({ spans: columns }) => createCache(columns));
  return {
    input: { ...known, cache, spans: trace },
    createCache: () => createCache(trace.spans),
  };
}
