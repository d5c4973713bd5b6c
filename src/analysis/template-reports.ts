/** One row per template, and one per segment of it. */
import { fates } from "../core/replay/fates.ts";
import { commonPrefixLength } from "../core/tokens/common-prefix.ts";
import type { StaticPrefix } from "../prompt/static-prefix.ts";
import type { Role, Segment, Template } from "../prompt/template.ts";
import type { Tokenizer } from "../prompt/tokenizer.ts";
import type { SourceSegment, Workload } from "../workload/workload.ts";
import { compositionOf } from "./composition.ts";
import { type HeadroomInput, headroomOf } from "./headroom.ts";
import { lossesOf } from "./losses.ts";
import type { SegmentReport, TemplateReport } from "./report.ts";
import { ledgerOf, ledgerTokens, ratio, secondsOf } from "./statistics.ts";

export interface TemplateReportInput extends HeadroomInput {
  readonly templates: readonly Template[];
  readonly prefixes: readonly StaticPrefix[];
  readonly workload: Workload;
  readonly tokenizer: Tokenizer;
  readonly kvBytesPerToken: number;
}

const sharersShown = 5;

export function templateReports(input: TemplateReportInput): TemplateReport[] {
  const segments = segmentRows(input);
  return input.templates.map((template, index) => {
    const rows = input.workload.requestsOf[index] ?? [];
    const prefix = input.prefixes[index];
    const ledger = ledgerOf(input.outcomes.fates, rows);
    const promptTokens = ledgerTokens(ledger);
    const stablePrefixTokens = prefix?.tokens.length ?? 0;
    return {
      id: template.id,
      path: template.path,
      name: template.name,
      format: template.format,
      usage: template.usage,
      composition: compositionOf(template),
      range: template.range,
      requests: rows.length,
      promptTokensMean: ratio(promptTokens, rows.length),
      stablePrefixTokens,
      stablePrefixChatTokens: prefix?.chatTokens ?? 0,
      stablePrefixEnd: prefix?.end ?? null,
      staticTokens: (prefix?.texts ?? []).reduce((sum, { text }) => sum + input.tokenizer.count(text), 0),
      stablePrefixKvBytes: stablePrefixTokens * input.kvBytesPerToken,
      ledger,
      losses: lossesOf(input, rows),
      tokenHitRate: ratio(ledger.reused, promptTokens),
      headroom: headroomOf(input, rows),
      ttftSeconds: secondsOf(input.outcomes.ttftSeconds, rows),
      ttftSecondsWithoutCache: secondsOf(input.outcomes.ttftSecondsWithoutCache, rows),
      segments: segments.get(index) ?? [],
      sharesPrefixWith: sharers(input, index),
    };
  });
}

function sharers(input: TemplateReportInput, index: number): TemplateReport["sharesPrefixWith"] {
  const own = input.prefixes[index]?.tokens ?? new Int32Array(0);
  const found: { id: string; tokens: number }[] = [];
  for (const [other, template] of input.templates.entries()) {
    if (other === index) continue;
    const theirs = input.prefixes[other]?.tokens ?? new Int32Array(0);
    const tokens = commonPrefixLength(own, 0, theirs, 0, Math.min(own.length, theirs.length));
    if (tokens > 0) found.push({ id: template.id, tokens });
  }
  return found.sort((a, b) => b.tokens - a.tokens).slice(0, sharersShown);
}

/** Rows of all segments by template; tokens and ledgers of blocks and includes hold those of what is inside them. */
function segmentRows(input: TemplateReportInput): Map<number, SegmentReport[]> {
  const { segments } = input.workload;
  const sums = summedFates(input);
  const roles = new Map<string, Role>();
  for (const template of input.templates) collectRoles(template.segments, template.path, roles);
  const rows = new Map<number, SegmentReport[]>();
  const current = new Map<number, Role | null>();
  for (const [index, segment] of segments.entries()) {
    const requests = input.workload.requestsOf[segment.template]?.length ?? 0;
    const ledger = ledgerOf(sums, [index]);
    const own = rows.get(segment.template) ?? [];
    rows.set(segment.template, own);
    const marked = segment.kind === "marker" ? roles.get(placeKey(segment)) : undefined;
    if (marked !== undefined) current.set(segment.template, marked);
    own.push({
      path: segment.path,
      range: segment.range,
      kind: segment.kind,
      role: current.get(segment.template) ?? null,
      name: segment.name,
      scope: segment.scope,
      depth: depthOf(segments, segment),
      tokensMean: ratio(ledgerTokens(ledger), requests),
      ledger,
    });
  }
  return rows;
}

function summedFates(input: TemplateReportInput): Float64Array {
  const { segments } = input.workload;
  const sums = input.outcomes.segmentFates.slice();
  // Parents stand before their children, so backwards every child is complete before it is added.
  for (let index = segments.length - 1; index >= 0; index--) {
    const parent = segments[index]?.parent ?? -1;
    if (parent < 0) continue;
    for (let column = 0; column < fates.length; column++) {
      const place = parent * fates.length + column;
      sums[place] = (sums[place] ?? 0) + (sums[index * fates.length + column] ?? 0);
    }
  }
  return sums;
}

function depthOf(segments: readonly SourceSegment[], segment: SourceSegment): number {
  let depth = 0;
  for (let parent = segment.parent; parent >= 0; parent = segments[parent]?.parent ?? -1) depth++;
  return depth;
}

function collectRoles(segments: readonly Segment[], path: string, roles: Map<string, Role>): void {
  for (const segment of segments) {
    if (segment.kind === "marker") roles.set(placeKey({ path, range: segment.range }), segment.role);
    if (segment.kind === "include" && segment.resolved !== null) {
      collectRoles(segment.resolved.segments, segment.resolved.path, roles);
    }
    if (segment.kind === "block") {
      collectRoles(segment.body, path, roles);
      collectRoles(segment.otherwise, path, roles);
    }
  }
}

function placeKey({ path, range }: Pick<SourceSegment, "path" | "range">): string {
  return `${path}:${range.start}`;
}
