/**
 * Values of which nothing is known, in front of known text. They are counted as new in every call, so that nothing is
 * promised, and blamed for nothing: once for each file they are named, with the quick way to declare them.
 */
import { every } from "../core/steps.ts";
import { canDirect } from "../prompt/directives.ts";
import { findFormat } from "../prompt/registry.ts";
import type { Template } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { listed } from "../words/lists.ts";
import { plural } from "../words/numbers.ts";
import type { SourceSegment } from "../workload/workload.ts";
import { lossesByCulprit } from "./culprit-losses.ts";
import { type Finding, type FindingContext, isShown, type Rule, undeclaredValues } from "./finding.ts";
import { headline } from "./sentences.ts";
import { isWorthEdit, type Loss, lossAt, stakeOf, worthSaying } from "./stake.ts";
import { volatileEarly } from "./volatile-early.ts";
import { isStanding, isWhole } from "./whole-prompt.ts";

/** Segments between two steps, so that a step takes a few milliseconds. */
const stepSegments = 1000;

/** In a system prompt most is fixed at deployment: fewer tokens per request are not worth a question. */
const worthAsking = 512;

/** How many other places a finding marks, and how many names its advice writes out. */
const most = { places: 20, names: 6 };

/** One finding for each file in which such a value ends a prefix; in a prompt of a call it is one of `volatileEarly`. */
export const undeclared: Rule = {
  id: "undeclared",
  get title() {
    return t("A value of which nothing is known, in a system prompt");
  },
  scope: "workspace",
  *check(context) {
    const files = new Map<string, Unknown[]>();
    const lossOf = yield* unknownLosses(context);
    for (const ofTemplate of yield* segmentsByTemplate(context)) {
      for (const unknown of unknownIn(context, ofTemplate, lossOf)) {
        const { path } = unknown.segment;
        const known = files.get(path);
        if (known === undefined) files.set(path, [unknown]);
        else known.push(unknown);
      }
      yield;
    }
    const found = [...files.values()].map((unknowns) => ({ unknowns, first: leading(unknowns) }));
    found.sort((a, b) => b.first.lostTokens - a.first.lostTokens);
    return found.map(({ unknowns, first }) => describe(context, first, unknowns));
  },
};

/** A hole or block of which nothing is known. */
interface Unknown {
  readonly segment: SourceSegment;
  readonly template: Template;
  /** Known text behind it in the template's first request. */
  readonly tokensBehind: number;
  /** Per request of the template: what was sent before and is prefilled again, as the value is counted as new. */
  readonly lostTokens: number;
  /** Whether declaring its template's values may change what is worth an edit. */
  readonly isWorth: boolean;
}

/** What diverged at such values, by segment. */
function* unknownLosses(context: FindingContext): Generator<void, ReadonlyMap<number, Loss>, void> {
  return new Map(
    [...(yield* lossesByCulprit(context))].filter(([culprit]) =>
      isUnknown(context.workload.segments[culprit]),
    ),
  );
}

function isUnknown(segment: SourceSegment | undefined): boolean {
  const isNamed = segment?.kind === "hole" || segment?.kind === "block";
  return isNamed && segment.scope?.basis === "unknown" && !segment.isHistory;
}

/** Indexes of the segments of each template that is simulated. */
function* segmentsByTemplate({
  templates,
  workload,
}: FindingContext): Generator<void, Iterable<readonly number[]>, void> {
  const lists = new Map<number, number[]>();
  const isTime = every(stepSegments);
  for (const [index, { template }] of workload.segments.entries()) {
    if (isTime(1)) yield;
    const isSimulated = (workload.requestsOf[template]?.length ?? 0) > 0;
    if (!isSimulated || templates[template]?.captured !== undefined) continue;
    const list = lists.get(template);
    if (list === undefined) lists.set(template, [index]);
    else list.push(index);
  }
  return lists.values();
}

/** Those of a template, where one of them ends the prefix of its requests. */
function unknownIn(
  context: FindingContext,
  indexes: readonly number[],
  losses: ReadonlyMap<number, Loss>,
): readonly Unknown[] {
  const { segments, requestsOf } = context.workload;
  const ends = indexes.find((index) => ["hole", "block"].includes(segments[index]!.kind));
  const isEnd = (index: number) => losses.has(index) || index === ends;
  const unknown = indexes.filter((index) => isUnknown(segments[index]));
  if (!unknown.some(isEnd)) return [];
  const { template } = segments[indexes[0]!]!;
  const requests = requestsOf[template]!;
  const all = lossAt(new Map<number, Loss>(), 0);
  for (const index of unknown) {
    const loss = losses.get(index);
    all.tokens += loss?.tokens ?? 0;
    all.ttftSeconds += loss?.ttftSeconds ?? 0;
  }
  const stake = stakeOf(context, all, requests.length);
  // Where known values have to be moved as well, that finding names these too.
  const isSaid = context.found?.some(
    (finding) =>
      isShown(finding) &&
      finding.templateId === context.templates[template]!.id &&
      finding.rule === volatileEarly.id,
  );
  const isWorth = isSaid !== true && isWhole(context, template) && isWorthEdit(stake);
  const isWorthIn = (segment: SourceSegment) =>
    isWorth && (stake.tokensPerRequest >= worthAsking || !isStanding(segment, context.templates[template]!));
  const behind = textBehind(context, requests[0]!);
  return unknown
    .filter((index) => isEnd(index) || (segments[index]!.loop < 0 && behind(index) >= worthSaying))
    .map((index) => ({
      segment: segments[index]!,
      template: context.templates[template]!,
      tokensBehind: behind(index),
      lostTokens: (losses.get(index)?.tokens ?? 0) / requests.length,
      isWorth: isWorthIn(segments[index]!),
    }));
}

/** Tokens of a request that come from known text behind a segment. */
function textBehind({ workload, outcomes }: FindingContext, request: number): (segment: number) => number {
  const runs = workload.requests[request]?.runs;
  return (segment) => {
    if (!runs) return 0;
    let tokens = 0;
    for (let run = runs.starts.length - 1; run >= 0; run--) {
      const from = runs.segments[run]!;
      if (from === segment) break;
      const end = runs.starts[run + 1] ?? outcomes.promptTokens[request] ?? 0;
      if (from > segment && workload.segments[from]?.kind === "text") tokens += end - runs.starts[run]!;
    }
    return tokens;
  };
}

/** What costs most; where nothing costs anything, what has most text behind it. */
function leading(unknowns: readonly Unknown[]): Unknown {
  return unknowns.reduce((best, each) => {
    const more = each.lostTokens - best.lostTokens || each.tokensBehind - best.tokensBehind;
    return more > 0 ? each : best;
  });
}

function describe(context: FindingContext, first: Unknown, unknowns: readonly Unknown[]): Finding {
  const { segment, template } = first;
  // Text of a branch that the first request does not take is lost all the same.
  const tokens = Math.max(first.tokensBehind, first.lostTokens);
  const ordered = [first, ...unknowns.filter((each) => each !== first)];
  const names = [...new Set(ordered.map(({ segment: { name } }) => name))];
  const others = ordered.slice(1).map((each) => each.segment);
  return {
    rule: isStanding(segment, template) ? undeclared.id : volatileEarly.id,
    severity: unknowns.some(({ isWorth }) => isWorth) ? "information" : "hint",
    templateId: template.id,
    path: segment.path,
    range: segment.range,
    message: headline(listed(names), (shown) => headlineText(tokens, shown, names.length === 1)),
    detail: detailText(segment.name, wayToDeclare(template, names), names.length === 1),
    stake: stakeOf(context, lossAt(new Map(), 0), 1),
    assumptions: [undeclaredValues, "hole-values"],
    related: uniquePlaces(segment, others).map((each) => ({
      path: each.path,
      range: each.range,
      message: t('nothing is known of "{0}" either', each.name),
    })),
  };
}

function headlineText(tokens: number, names: string, isOne: boolean): string {
  const what = { tokens: plural(tokens, "token"), names };
  if (Math.round(tokens) === 1)
    return isOne
      ? t("{tokens} stands behind {names}, of which nothing is known: declare it", what)
      : t("{tokens} stands behind {names}, of which nothing is known: declare them", what);
  return isOne
    ? t("{tokens} stand behind {names}, of which nothing is known: declare it", what)
    : t("{tokens} stand behind {names}, of which nothing is known: declare them", what);
}

function detailText(name: string, way: string, isOne: boolean): string {
  return isOne
    ? t(
        'Nothing tells how often its value changes, so it is counted as new in every call: the shared prefix ends at "{name}", and what stands behind is prefilled again. Declare how often it changes (constant, day, tenant, session, request or volatile), {way}. What is then still new in every call belongs behind the text that stays the same.',
        { name, way },
      )
    : t(
        'Nothing tells how often their values change, so they are counted as new in every call: the shared prefix ends at "{name}", and what stands behind is prefilled again. Declare how often they change (constant, day, tenant, session, request or volatile), {way}. What is then still new in every call belongs behind the text that stays the same.',
        { name, way },
      );
}

/** A value may stand in several templates that share a text. */
function uniquePlaces(first: SourceSegment, others: readonly SourceSegment[]): readonly SourceSegment[] {
  const key = ({ path, range, name }: SourceSegment) => JSON.stringify([path, range.start, name]);
  const places = new Map(others.map((each) => [key(each), each]));
  places.delete(key(first));
  return [...places.values()].slice(0, most.places);
}

/** In the file where its format can say so, and in promptcache.json, which can always. */
function wayToDeclare({ format }: Template, names: readonly string[]): string {
  const shown = names.slice(0, most.names);
  const entries = shown.map((name) => [name, "session"] as const);
  const inFile = names.every(canDirect) ? findFormat(format)?.declaring?.words(entries) : undefined;
  const holes = Object.fromEntries(entries.map(([name, scope]) => [name, { scope }]));
  const entry = JSON.stringify({ holes }).slice(1, -1);
  return inFile === undefined
    ? t("such as {0} in promptcache.json", entry)
    : t("such as {inFile}, or {entry} in promptcache.json", { inFile, entry });
}
