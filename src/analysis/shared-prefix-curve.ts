/**
 * What is reused of a prefix that requests share and nothing else, by its length, and at the lengths that prompts have. Each
 * length is served once for each scenario, so that an edit costs the lengths that it made.
 */
import { curveLengths, reuseOfSharedPrefix, sharedPrefixDefaults } from "../core/replay/shared-prefix.ts";
import type { Report, TemplateReport } from "./report.ts";
import type { ResolvedScenario } from "./scenario.ts";
import { tailOf } from "./smallest-prefix.ts";

/** The stable prefix of a template on the curve. */
export interface PrefixMark
  extends Pick<TemplateReport, "id" | "name" | "path" | "range" | "requests" | "stablePrefixTokens"> {
  /** Of a prefix of that length, which others sent before. */
  readonly reusedTokens: number;
}

export interface SharedPrefixReport {
  /** Lengths in tokens, ascending from 0, and what is reused of each. */
  readonly prefixTokens: readonly number[];
  readonly reusedTokens: readonly number[];
  /** The templates with most requests, by length. */
  readonly marks: readonly PrefixMark[];
  /** Templates of which requests are sent, and which are no marks: longer than the curve, or too many. */
  readonly unmarked: number;
}

/** The curve ends at a power of two, so that it seldom changes with a prompt. */
const leastEnd = 1024;
const mostEnd = 32_768;
/** So many times the smallest prefix that can hit: some teeth. */
const teeth = 8;
const points = 192;
const mostMarks = 40;
/** Lengths that are remembered of a scenario. */
const mostKnown = 4096;

const knownOf = new WeakMap<ResolvedScenario, Map<number, number>>();

/** Yields after each length that is served. */
export function* sharedPrefixSteps(
  scenario: ResolvedScenario,
  {
    templates,
    smallestPrefixTokens,
  }: Pick<Report, "smallestPrefixTokens"> & {
    readonly templates: readonly (Omit<PrefixMark, "reusedTokens"> &
      Pick<TemplateReport, "promptTokensMean">)[];
  },
): Generator<void, SharedPrefixReport, void> {
  const sent = templates.filter(({ requests }) => requests > 0);
  const longest = sent.reduce((most, each) => Math.max(most, each.stablePrefixTokens), 0);
  const end = endOf(Math.max(longest, teeth * (smallestPrefixTokens ?? 0)));
  const marked = sent
    .filter((each) => each.stablePrefixTokens <= end)
    .sort((a, b) => b.requests - a.requests)
    .slice(0, mostMarks)
    .sort((a, b) => a.stablePrefixTokens - b.stablePrefixTokens);
  const lengths = new Set(curveLengths(scenario.createCache().blockTokens, end, points));
  for (const { stablePrefixTokens } of marked) lengths.add(stablePrefixTokens);
  const least = smallestPrefixTokens ?? 0;
  for (const length of [least - 1, least]) if (length > 0 && length <= end) lengths.add(length);
  const options = { ...sharedPrefixDefaults, tailTokens: tailOf(templates) };
  const keyOf = (length: number) => length * 2 ** 16 + options.tailTokens;
  const prefixTokens = [...lengths].sort((a, b) => a - b);
  const known = knownOf.get(scenario) ?? new Map<number, number>();
  if (known.size > mostKnown) known.clear();
  knownOf.set(scenario, known);
  for (const length of prefixTokens) {
    if (known.has(keyOf(length))) continue;
    known.set(keyOf(length), reuseOfSharedPrefix(scenario.createCache(), length, options));
    yield;
  }
  const reuse = (length: number) => known.get(keyOf(length)) ?? 0;
  return {
    prefixTokens,
    reusedTokens: prefixTokens.map(reuse),
    marks: marked.map(({ id, name, path, range, requests, stablePrefixTokens }) => ({
      ...{ id, name, path, range, requests, stablePrefixTokens },
      reusedTokens: reuse(stablePrefixTokens),
    })),
    unmarked: sent.length - marked.length,
  };
}

function endOf(tokens: number): number {
  let end = leastEnd;
  while (end < tokens && end < mostEnd) end *= 2;
  return end;
}
