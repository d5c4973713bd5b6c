/** Lines such as `system:` that begin a message, in static text. */
import { lineAt } from "./frontmatter.ts";
import { isBlank, sliceText } from "./segments.ts";
import type { MarkerSegment, Role, Segment, TextSegment } from "./template.ts";
import { markTurnRoles } from "./turn-roles.ts";

export interface RoleLines {
  /** First group: the role. Matched against one line without its newline. */
  readonly pattern: RegExp;
  /** Whether a role may be the last line of the file, without a newline. */
  readonly mayEndFile: boolean;
  /** What is cut from both ends of a message: everything blank, or newlines only. */
  readonly trimmed: "blanks" | "newlines";
  /** Role of text before the first role line; `null` when such a file has no messages at all. */
  readonly first: Role | null;
}

/** promptflow: `# system:` and `system:`; a chat prompt begins with a role. */
export const promptflowRoles: RoleLines = {
  pattern: /^[ \t]*(?:#[ \t]*)?(system|user|assistant|function|tool|developer)[ \t]*:[ \t]*$/i,
  mayEndFile: false,
  trimmed: "blanks",
  first: null,
};

/** Prompty: the same with attributes in brackets; text before the first role belongs to the system. */
export const promptyRoles: RoleLines = {
  pattern:
    /^[ \t]*(?:#[ \t]*)?(system|user|assistant|function|tool|developer)[ \t]*(?:\[[^\]\n]*\][ \t]*)?:[ \t]*$/i,
  mayEndFile: true,
  trimmed: "newlines",
  first: "system",
};

/** No role line is longer, attributes included. */
const maxLength = 300;

const roleNames: Readonly<Record<string, Role>> = {
  system: "system",
  user: "user",
  assistant: "assistant",
  model: "assistant",
  function: "tool",
  tool: "tool",
  developer: "developer",
};

/** The role that a format's own word stands for; `null` for words that are no role. */
export function roleNamed(name: string): Role | null {
  return roleNames[name.toLowerCase()] ?? null;
}

/**
 * Puts a marker in place of every role line, and trims the messages as the format does.
 * `threads` names holes that whole messages are put in place of: each ends the message before it.
 */
export function splitAtRoleLines(
  segments: readonly Segment[],
  lines: RoleLines,
  threads: ReadonlySet<string> = new Set(),
): readonly Segment[] {
  const turns = markTurnRoles(segments);
  const marked = resumeAfterThreads(markRoles(turns, lines, true).segments, threads);
  const firstContent = marked.find((segment) => !isBlank(segment));
  if (firstContent === undefined) return marked;
  if (firstContent.kind === "marker") return trimMessages(marked, lines.trimmed, threads);
  if (lines.first === null) return segments;
  const { start } = firstContent.range;
  const first: MarkerSegment = { kind: "marker", range: { start, end: start }, role: lines.first };
  return trimMessages([first, ...marked.slice(marked.indexOf(firstContent))], lines.trimmed, threads);
}

/** The message that a thread interrupts goes on after it in the same role. */
function resumeAfterThreads(segments: readonly Segment[], threads: ReadonlySet<string>): readonly Segment[] {
  if (threads.size === 0) return segments;
  let role: Role = "system";
  return segments.flatMap((segment, index): readonly Segment[] => {
    if (segment.kind === "marker") role = segment.role;
    if (!isThread(segment, threads)) return [segment];
    const next = segments.slice(index + 1).find((after) => !isBlank(after));
    if (next === undefined || next.kind === "marker" || isThread(next, threads)) return [segment];
    const { end } = segment.range;
    return [segment, { kind: "marker", range: { start: end, end }, role }];
  });
}

function isThread(segment: Segment | undefined, threads: ReadonlySet<string>): boolean {
  return segment?.kind === "hole" && threads.has(segment.name);
}

/** `atLineStart`: whether what comes next begins a line of the rendered prompt. */
function markRoles(
  segments: readonly Segment[],
  lines: RoleLines,
  startsLine: boolean,
): { segments: readonly Segment[]; endsLine: boolean } {
  let atLineStart = startsLine;
  const marked = segments.flatMap((segment, index): readonly Segment[] => {
    if (segment.kind === "text") {
      const isLast = index === segments.length - 1 && lines.mayEndFile;
      const split = markText(segment, lines, atLineStart, isLast);
      atLineStart = /\n[ \t]*$/.test(segment.text) || (atLineStart && segment.text.trim() === "");
      return split;
    }
    if (segment.kind !== "block") {
      atLineStart = false;
      return [segment];
    }
    const body = markRoles(segment.body, lines, atLineStart);
    const otherwise = markRoles(segment.otherwise, lines, atLineStart);
    atLineStart &&= body.endsLine && otherwise.endsLine;
    return [{ ...segment, body: body.segments, otherwise: otherwise.segments }];
  });
  return { segments: marked, endsLine: atLineStart };
}

function markText(
  segment: TextSegment,
  lines: RoleLines,
  startsLine: boolean,
  mayEnd: boolean,
): readonly Segment[] {
  const { text } = segment;
  const parts: Segment[] = [];
  let from = 0;
  let line = { start: 0, end: 0, next: 0 };
  while (line.next < text.length) {
    line = lineAt(text, line.next);
    const isWhole = line.next > line.end || mayEnd;
    if (!isWhole || line.end - line.start > maxLength || (line.start === 0 && !startsLine)) continue;
    const name = lines.pattern.exec(text.slice(line.start, line.end).replace(/\r$/, ""))?.[1];
    if (name === undefined) continue;
    if (line.start > from) parts.push(sliceText(segment, from, line.start));
    parts.push({
      kind: "marker",
      range: sliceText(segment, line.start, line.end).range,
      role: roleNamed(name) ?? "user",
    });
    from = line.next;
  }
  if (from === 0 && parts.length === 0) return [segment];
  if (from < text.length) parts.push(sliceText(segment, from, text.length));
  return parts;
}

/** Cuts blanks at both ends of every message, where they are static text. */
export function trimMessages(
  segments: readonly Segment[],
  trimmed: RoleLines["trimmed"],
  threads: ReadonlySet<string> = new Set(),
): readonly Segment[] {
  const isCut = trimmed === "blanks" ? /\s/ : /[\r\n]/;
  const isBorder = (segment: Segment | undefined) =>
    segment === undefined || isMarker(segment) || isThread(segment, threads);
  const endsBefore = messageEnds(segments, isBorder);
  return segments.flatMap((segment, index): readonly Segment[] => {
    if (segment.kind !== "text") return [segment];
    let from = 0;
    let to = segment.text.length;
    if (isBorder(segments[index - 1])) while (from < to && isCut.test(segment.text[from]!)) from++;
    if (endsBefore[index + 1]) while (from < to && isCut.test(segment.text[to - 1]!)) to--;
    if (from === 0 && to === segment.text.length) return [segment];
    return from < to ? [sliceText(segment, from, to)] : [];
  });
}

/** A marker, or a choice of two. */
function isMarker(segment: Segment): boolean {
  if (segment.kind !== "block") return segment.kind === "marker";
  const branches = [...segment.body, ...segment.otherwise];
  return segment.otherwise.length > 0 && branches.every(({ kind }) => kind === "marker");
}

/** For every place between segments whether a message ends there, also when the blocks behind it render nothing. */
function messageEnds(
  segments: readonly Segment[],
  isBorder: (segment: Segment | undefined) => boolean,
): readonly boolean[] {
  const ends: boolean[] = [];
  ends[segments.length] = true;
  for (let index = segments.length - 1; index >= 0; index--) {
    const segment = segments[index]!;
    const isPassed = isBlank(segment) || opensMessage(segment);
    ends[index] = isBorder(segment) || (isPassed && ends[index + 1]!);
  }
  return ends;
}

/** True for blocks that begin with a message of their own whenever they render anything. */
function opensMessage(segment: Segment | undefined): boolean {
  if (segment?.kind === "marker") return true;
  if (segment?.kind !== "block") return false;
  const first = (body: readonly Segment[]) => body.find((inner) => !isBlank(inner));
  const [body, otherwise] = [first(segment.body), first(segment.otherwise)];
  return opensMessage(body) && (otherwise === undefined || opensMessage(otherwise));
}
