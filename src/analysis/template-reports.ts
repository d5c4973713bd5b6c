/** One row per template, and one per segment of it. */
import { fates } from "../core/fates.ts";
import type { OutcomeTable } from "../core/replay/replay.ts";
import type { FindingContext } from "../findings/finding.ts";
import type { StaticPrefix } from "../prompt/static-prefix.ts";
import type { Role, Template } from "../prompt/template.ts";
import type { SourceSegment, WorkloadPart } from "../workload/workload.ts";
import { compositionOf } from "./composition.ts";
import type { SegmentReport, TemplateRow } from "./report.ts";
import { indices, ledgerOf, ledgerTokens, ratio, secondsOf } from "./statistics.ts";

export interface TemplateRowInput {
  readonly template: Template;
  readonly prefix: StaticPrefix;
  readonly part: WorkloadPart;
  /** Its own requests and segments, both counted from 0. */
  readonly outcomes: OutcomeTable;
}

type RowContext = Pick<FindingContext, "tokenizer" | "memory" | "kvBytesPerToken" | "policy">;

export function templateRow(input: TemplateRowInput, context: RowContext): TemplateRow {
  const { template, prefix, outcomes } = input;
  const { kvBytesPerToken, policy } = context;
  const rows = indices(outcomes.length);
  const ledger = ledgerOf(outcomes.fates, rows);
  const promptTokens = ledgerTokens(ledger);
  const stablePrefixTokens = prefix.tokens.length;
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
    stablePrefixChatTokens: prefix.chatTokens,
    stablePrefixEnd: prefix.end,
    staticTokens: staticTokensOf(prefix, context),
    stablePrefixKvBytes: stablePrefixTokens * kvBytesPerToken,
    ledger,
    tokenHitRate: ratio(ledger.reused, promptTokens),
    ttftSeconds: secondsOf(outcomes.ttftSeconds, rows),
    ttftSecondsWithoutCache: secondsOf(outcomes.ttftSecondsWithoutCache, rows),
    ...(policy.limits !== undefined && {
      inputUnitsMean: ratio(
        outcomes.inputUnits.reduce((sum, units) => sum + units, 0),
        rows.length,
      ),
    }),
    segments: segmentRows(input),
  };
}

function staticTokensOf(prefix: StaticPrefix, { tokenizer, memory }: RowContext): number {
  const known = memory.of("static-tokens", () => new WeakMap<StaticPrefix, number>());
  const tokens = known.get(prefix) ?? prefix.texts.reduce((sum, { text }) => sum + tokenizer.count(text), 0);
  known.set(prefix, tokens);
  return tokens;
}

/** Rows of all segments; tokens and ledgers of blocks and includes hold those of what is inside them. */
function segmentRows({ part: { segments, requests }, outcomes }: TemplateRowInput): SegmentReport[] {
  const sums = summedFates(segments, outcomes);
  let current: Role | null = null;
  return segments.map((segment, index) => {
    const ledger = ledgerOf(sums, [index]);
    // What the chat template writes goes with the message before it.
    current = segment.role ?? current;
    return {
      path: segment.path,
      range: segment.range,
      kind: segment.kind,
      role: current,
      name: segment.name,
      scope: segment.scope,
      depth: depthOf(segments, segment),
      tokensMean: ratio(ledgerTokens(ledger), requests.length),
      ledger,
    };
  });
}

function summedFates(segments: readonly SourceSegment[], outcomes: OutcomeTable): Float64Array {
  const sums = outcomes.segmentFates.slice();
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
