/** An explained request with the names that people know: templates, holes, bytes and times. */
import type { TtftBreakdown } from "../core/cost/ttft.ts";
import type { PolicyKind } from "../core/policies/policy.ts";
import type { RequestExplanation } from "../core/replay/explain.ts";
import { runOfToken } from "../core/replay/ledger.ts";
import type { Template } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import type { Workload } from "../workload/workload.ts";
import type { ResolvedScenario } from "./scenario.ts";

/** Where a token comes from. */
export interface TokenSource {
  readonly path: string;
  readonly range: TextRange;
  /** The hole or block; empty for static text. */
  readonly name: string;
}

export interface ExplainedRequest extends RequestExplanation {
  readonly model: string;
  readonly policy: string;
  readonly template: string;
  readonly arrivalSeconds: number;
  readonly session: number;
  readonly turn: number;
  readonly policyKind: PolicyKind;
  readonly kvBytesPerToken: number;
  readonly checkpointBytes: number;
  /** Source of the first token of each span of `spans`, `null` where it is not known. */
  readonly sources: readonly (TokenSource | null)[];
  readonly leftAt: TokenSource | null;
  /** The requests that the explanation names, by their number. */
  readonly others: Readonly<Record<number, OtherRequest>>;
  /** Of a prefill behind `equivalentPrefixTokens`; `restoreSeconds` come on top. */
  readonly prefill: TtftBreakdown;
  readonly prefillFlops: number;
}

export interface OtherRequest {
  readonly template: string;
  readonly arrivalSeconds: number;
}

interface Context {
  readonly scenario: ResolvedScenario;
  readonly templates: readonly Template[];
  readonly workload: Workload;
}

export function describeRequest(context: Context, explanation: RequestExplanation): ExplainedRequest {
  const { scenario, templates, workload } = context;
  const request = workload.requests[explanation.request];
  const templateOf = (index: number) => templates[workload.templateOf[index] ?? -1]?.id ?? "";
  const runs = request?.runs ?? null;
  return {
    ...explanation,
    model: scenario.model.id,
    policy: scenario.policy.id,
    template: templateOf(explanation.request),
    arrivalSeconds: request?.arrivalSeconds ?? 0,
    session: request?.session ?? 0,
    turn: request?.turn ?? 0,
    policyKind: scenario.policy.kind,
    kvBytesPerToken: scenario.cost.kvBytesPerToken,
    checkpointBytes: scenario.cost.checkpointBytes,
    sources: explanation.spans.map(({ start }) =>
      runs === null || runs.starts.length === 0
        ? null
        : sourceOf(workload, runs.segments[runOfToken(runs, start)] ?? -1),
    ),
    leftAt: sourceOf(workload, explanation.leftAtSegment),
    others: Object.fromEntries(
      namedRequests(explanation).map((index) => [
        index,
        {
          template: templateOf(index),
          arrivalSeconds: workload.requests[index]?.arrivalSeconds ?? 0,
        },
      ]),
    ),
    prefill: scenario.ttft.breakdown(explanation.equivalentPrefixTokens, explanation.promptTokens),
    prefillFlops: scenario.cost.prefillFlops(explanation.equivalentPrefixTokens, explanation.promptTokens),
  };
}

function namedRequests({ history, path, evictedParts }: RequestExplanation): number[] {
  return [
    ...history.map(({ request }) => request),
    ...path.map(({ leftBy }) => leftBy),
    ...evictedParts.flatMap(({ evictedBy, lastSentBy }) => [evictedBy, lastSentBy]),
  ];
}

function sourceOf(workload: Workload, segment: number): TokenSource | null {
  const found = workload.segments[segment];
  return found === undefined ? null : { path: found.path, range: found.range, name: found.name };
}
