/**
 * `<message role="system">…</message>` around the messages of a prompt: what Semantic Kernel reads in the rendered text,
 * whichever engine rendered it. The role may be a place, in a loop over the earlier turns.
 */

import { roleNamed } from "./role-lines.ts";
import { sliceText } from "./segments.ts";
import type { Segment, TextSegment } from "./template.ts";
import { choiceOfRole } from "./turn-roles.ts";

const tags = /<message\s+role\s*=\s*["'](\w+)["'][^<>]{0,200}>\s*|<\/message>\s*/g;
/** The text before a role that is a place, and the text behind it. */
const openingHead = /<message\s+role\s*=\s*["']$/;
const openingTail = /^["'][^<>]{0,200}>\s*/;

/** Puts markers in place of the tags. Blanks around a message's text say nothing, and neither do those between messages. */
export function splitAtMessageTags(segments: readonly Segment[]): readonly Segment[] {
  const split: Segment[] = [];
  for (let index = 0; index < segments.length; index++) {
    const segment = segments[index]!;
    const next = segments[index + 1];
    const last = split.at(-1);
    const head = last?.kind === "text" ? openingHead.exec(last.text) : null;
    if (segment.kind === "hole" && last?.kind === "text" && head !== null && next?.kind === "text") {
      const tail = openingTail.exec(next.text)?.[0].length ?? 0;
      if (tail > 0) {
        split.pop();
        addText(split, sliceText(last, 0, head.index));
        split.push(choiceOfRole(segment, sliceText(next, 0, tail)));
        if (tail < next.text.length) splitText(split, sliceText(next, tail, next.text.length));
        index++;
        continue;
      }
    }
    if (segment.kind === "text") splitText(split, segment);
    else if (segment.kind === "block") {
      const body = splitAtMessageTags(segment.body);
      split.push({ ...segment, body, otherwise: splitAtMessageTags(segment.otherwise) });
    } else split.push(segment);
  }
  return withoutGaps(split);
}

function splitText(into: Segment[], segment: TextSegment): void {
  const { text } = segment;
  let from = 0;
  for (const match of text.matchAll(tags)) {
    const before = text.slice(from, match.index);
    const kept = match[1] === undefined ? before.trimEnd().length : before.length;
    addText(into, sliceText(segment, from, from + kept));
    from = match.index + match[0].length;
    if (match[1] === undefined) continue;
    const { range } = sliceText(segment, match.index, from);
    into.push({ kind: "marker", range, role: roleNamed(match[1]) ?? "user" });
  }
  if (from === 0) into.push(segment);
  else addText(into, sliceText(segment, from, text.length));
}

function addText(into: Segment[], segment: TextSegment): void {
  if (segment.text !== "") into.push(segment);
}

/** Blank text between messages belongs to none. */
function withoutGaps(segments: readonly Segment[]): readonly Segment[] {
  if (!segments.some(holdsMarker)) return segments;
  return segments.filter((segment, index) => {
    if (segment.kind !== "text" || segment.text.trim() !== "") return true;
    const next = segments[index + 1];
    return next !== undefined && !holdsMarker(next);
  });
}

function holdsMarker(segment: Segment): boolean {
  if (segment.kind === "marker") return true;
  return segment.kind === "block" && [...segment.body, ...segment.otherwise].some(holdsMarker);
}
