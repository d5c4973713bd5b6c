/**
 * Role lines that are filled in: `{{ item.role }}:` in a loop over the earlier turns begins a message as `user:` does.
 * The role is known only per turn, so a condition on it chooses between the two markers.
 */
import { sliceText } from "./segments.ts";
import type { BlockSegment, HoleSegment, MarkerSegment, Role, Segment, TextSegment } from "./template.ts";

const roleField = /(?:\.|\[['"]?)role(?:['"]?\])?$/;

/** What may stand before the role in its line, and behind it. */
const lineStart = /(?:^|\n)[ \t]*(?:#[ \t]*)?$/;
const lineRest = /^[ \t]*:[ \t]*(?:\r?\n)/;

/** Puts markers in place of the role lines of all loops over earlier turns. */
export function markTurnRoles(segments: readonly Segment[], isInLoop = false): readonly Segment[] {
  const marked: Segment[] = [];
  for (let index = 0; index < segments.length; index++) {
    const segment = segments[index]!;
    const next = segments[index + 1];
    const lead = leadOf(marked.at(-1));
    if (isInLoop && lead !== null && isRole(segment) && next?.kind === "text" && lineRest.test(next.text)) {
      const cut = lineRest.exec(next.text)![0].length;
      if (lead.text !== null) marked.pop();
      if (lead.text !== null && lead.kept > 0) marked.push(sliceText(lead.text, 0, lead.kept));
      marked.push(choiceOfRole(segment, sliceText(next, 0, cut)));
      if (cut < next.text.length) marked.push(sliceText(next, cut, next.text.length));
      index++;
    } else {
      marked.push(segment.kind === "block" ? insideOf(segment, isInLoop) : segment);
    }
  }
  return marked;
}

function insideOf(block: BlockSegment, isInLoop: boolean): BlockSegment {
  const isInside = isInLoop || block.isHistory;
  return {
    ...block,
    body: markTurnRoles(block.body, isInside),
    otherwise: markTurnRoles(block.otherwise, isInLoop),
  };
}

function isRole(segment: Segment): segment is HoleSegment {
  return segment.kind === "hole" && roleField.test(segment.name);
}

/** The text whose last line the role stands in, and how much of it comes before that line; `null` when the line has begun. */
function leadOf(before: Segment | undefined): { text: TextSegment | null; kept: number } | null {
  if (before === undefined) return { text: null, kept: 0 };
  const start = before.kind === "text" ? lineStart.exec(before.text) : null;
  if (before.kind !== "text" || start === null) return null;
  return { text: before, kept: start.index + (start[0].startsWith("\n") ? 1 : 0) };
}

/** A marker that is chosen by a role which only a run knows; `rest` is what is written behind it. */
export function choiceOfRole(role: HoleSegment, rest: TextSegment): BlockSegment {
  const marker = (name: Role, { start, end }: Segment["range"]): MarkerSegment => ({
    kind: "marker",
    range: { start, end },
    role: name,
  });
  return {
    kind: "block",
    range: { start: role.range.start, end: rest.range.end },
    form: "conditional",
    name: role.name,
    expression: `${role.name} == "user"`,
    scope: role.scope,
    // Two places, so that each marker has a range of its own.
    body: [marker("user", role.range)],
    otherwise: [marker("assistant", rest.range)],
    item: null,
    isHistory: false,
  };
}
