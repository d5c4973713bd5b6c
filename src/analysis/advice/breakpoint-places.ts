/**
 * Where the requests of a template could mark their prefixes: structural places, the same in each of them, so that the
 * code that sends the requests can mark them too.
 */
import type { SharedBy } from "../../core/cache/cache-system.ts";
import { runOfToken } from "../../core/replay/ledger.ts";
import type { KnownRequests } from "../../core/replay/serve-request.ts";
import type { BreakpointPlace } from "../../findings/breakpoint-proposal.ts";
import type { Template } from "../../prompt/template.ts";
import { t } from "../../words/l10n.ts";
import { endInPrompt, markedPlaces, markersOf } from "../../workload/cache-markers.ts";
import type { Workload } from "../../workload/workload.ts";

/** A place, and where it lies in each of the template's requests. */
export interface Candidate extends BreakpointPlace {
  /** In tokens, by position in the list of the template's requests; 0 where a request has no such place. */
  readonly ends: Int32Array;
  /** Whether the longer of two lifetimes is asked for, as only authors do. */
  readonly isLong: boolean;
}

export interface PlacesInput {
  readonly templates: readonly Template[];
  readonly workload: Workload;
  readonly known: KnownRequests;
}

/** Places that lie nearer to each other in every request than a chat template's words between two messages are one. */
const sameTokens = 16;
/** Of the messages that a template writes, the first and the last so many. */
const messagesAtEachEnd = 4;

const partNames: Readonly<Record<SharedBy, () => string>> = {
  all: () => t("behind the part that never changes"),
  tenant: () => t("behind the part that the calls of a tenant share"),
  session: () => t("behind the part that the calls of a conversation share"),
};

/** Of one template, whose requests are `rows`; without places that no request has at `minimumTokens` or behind. */
export function candidatePlaces(
  input: PlacesInput,
  index: number,
  rows: readonly number[],
  minimumTokens: number,
): readonly Candidate[] {
  const all = [
    ...writtenPlaces(input, index, rows),
    ...toolPlaces(input, index, rows),
    ...lastMessages(input, index, rows, 1, t("behind the last message")),
    ...messagePlaces(input, index, rows),
    ...partPlaces(input, index, rows),
    ...lastMessages(input, index, rows, 2, t("behind the message before the last")),
  ];
  const kept: Candidate[] = [];
  for (const candidate of all) {
    if (Math.max(...candidate.ends) < Math.max(1, minimumTokens)) continue;
    if (!kept.some((other) => isSame(other, candidate))) kept.push(candidate);
  }
  return kept;
}

function isSame(a: Candidate, b: Candidate): boolean {
  if (a.isLong && !b.isLong) return false;
  return a.ends.every((end, at) => Math.abs(end - b.ends[at]!) < sameTokens);
}

function writtenPlaces(
  { templates, workload }: PlacesInput,
  index: number,
  rows: readonly number[],
): readonly Candidate[] {
  const template = templates[index]!;
  const { segments } = workload;
  const places = markedPlaces(template, index, segments);
  return places.map((place, at) => ({
    name: t("where one is written now"),
    path: template.path,
    range: template.cacheMarkers![at]!.range,
    ends: endsOf(workload, rows, (runs, length) => markersOf([place], runs, length, segments)[0]?.end ?? 0),
    isLong: place.isLong,
  }));
}

function toolPlaces({ workload }: PlacesInput, index: number, rows: readonly number[]): readonly Candidate[] {
  const { segments } = workload;
  const last = segments.findLastIndex(({ template, kind }) => template === index && kind === "tool");
  return last < 0 ? [] : [segmentPlace(workload, rows, [last], t("behind the tools"))];
}

/** The end of each message that the template writes itself, up to where earlier turns stand in it. */
function messagePlaces(
  { templates, workload }: PlacesInput,
  index: number,
  rows: readonly number[],
): readonly Candidate[] {
  const { segments } = workload;
  const template = templates[index]!;
  const roles = new Map(
    template.segments.flatMap((segment) =>
      segment.kind === "marker" ? [[segment.range.start, segment.role] as const] : [],
    ),
  );
  const messages: { role: string | null; segments: number[] }[] = [];
  let message: (typeof messages)[number] | null = null;
  for (const [at, { template: owner, parent, kind, range, isHistory }] of segments.entries()) {
    if (owner !== index || parent >= 0 || kind === "tool" || kind === "chat") continue;
    if (kind === "marker" || isHistory) message = null;
    if (isHistory) continue;
    if (message === null) {
      const usual = template.usage === "instructions" ? "system" : null;
      message = { role: kind === "marker" ? (roles.get(range.start) ?? null) : usual, segments: [] };
      messages.push(message);
    }
    if (kind !== "marker") message.segments.unshift(at);
  }
  const full = messages.filter((each) => each.segments.length > 0);
  const chosen = full.filter((_, at) => at < messagesAtEachEnd || at >= full.length - messagesAtEachEnd);
  return chosen.map((each) => {
    const number = full.indexOf(each) + 1;
    const isOnly = full.filter(({ role }) => role === each.role).length === 1;
    const name =
      each.role !== null && isOnly ? t("behind the {0} message", each.role) : t("behind message {0}", number);
    return segmentPlace(workload, rows, each.segments, name);
  });
}

/** Behind the first of the segments that a request shows. */
function segmentPlace(
  workload: Workload,
  rows: readonly number[],
  segments: readonly number[],
  name: string,
): Candidate {
  const table = workload.segments;
  const { path, range } = table[segments[0]!]!;
  const ends = endsOf(workload, rows, (runs, length) => {
    for (const segment of segments) {
      const end = endInPrompt(runs, length, segment, table);
      if (end > 0) return end;
    }
    return 0;
  });
  return { name, path, range, ends, isLong: false };
}

/** Where the rate of change rises. */
function partPlaces(input: PlacesInput, index: number, rows: readonly number[]): readonly Candidate[] {
  const { templates, workload, known } = input;
  const { path, range } = templates[index]!;
  return (["all", "tenant", "session"] as const).flatMap((scope): Candidate[] => {
    let source = { path, range: { start: range.end, end: range.end } };
    const ends = Int32Array.from(rows, (row) => {
      const end = known.staticEnds?.(row).find(({ sharedBy }) => sharedBy === scope)?.end ?? 0;
      const { runs, promptTokens } = workload.requests[row]!;
      if (end > 0 && runs !== null && end + 1 < promptTokens.length) {
        const behind = workload.segments[runs.segments[runOfToken(runs, end + 1)]!]!;
        const { start } = behind.range;
        source = { path: behind.path, range: { start, end: start } };
      }
      return end;
    });
    return [{ ...source, name: partNames[scope](), ends, isLong: false }];
  });
}

/** Where the content of a message ends, counted from the end of the prompt. */
function lastMessages(
  { templates, workload }: PlacesInput,
  index: number,
  rows: readonly number[],
  fromEnd: number,
  name: string,
): readonly Candidate[] {
  const { path, range } = templates[index]!;
  const ends = Int32Array.from(rows, (row) => {
    const { messageEnds, promptTokens } = workload.requests[row]!;
    return messageEnds?.at(-fromEnd) ?? (fromEnd === 1 ? promptTokens.length : 0);
  });
  return [{ name, path, range: { start: range.end, end: range.end }, ends, isLong: false }];
}

function endsOf(
  { requests }: Workload,
  rows: readonly number[],
  endIn: (runs: NonNullable<Workload["requests"][number]["runs"]>, promptTokens: number) => number,
): Int32Array {
  return Int32Array.from(rows, (row) => {
    const { runs, promptTokens } = requests[row]!;
    return runs === null ? 0 : endIn(runs, promptTokens.length);
  });
}
