/** A prompt that begins like another one. */
import { sliceText } from "./segments.ts";
import type { Segment, Template } from "./template.ts";

/** Offsets in the text in front of the holes of two templates, as all of it joined. */
export interface Meeting {
  readonly own: number;
  readonly other: number;
}

/** The template with the beginning of the other one, up to where the two meet again. */
export function withBeginningOf(template: Template, other: Template, { own, other: end }: Meeting): Template {
  const rest = cut(flat(template.segments), own).behind;
  const start = rest[0]?.range.start ?? template.range.end;
  const beginning = {
    kind: "include" as const,
    range: { start, end: start },
    target: other.path,
    resolved: { path: other.path, segments: cut(flat(other.segments), end).front },
  };
  return { ...template, segments: [beginning, ...rest] };
}

/** What is included in place of the includes. */
export function flat(segments: readonly Segment[]): readonly Segment[] {
  return segments.flatMap((segment) =>
    segment.kind === "include" ? flat(segment.resolved?.segments ?? []) : [segment],
  );
}

/** At an offset in the texts. */
function cut(segments: readonly Segment[], offset: number) {
  const front: Segment[] = [];
  let left = offset;
  for (const [index, segment] of segments.entries()) {
    if (left === 0) return { front, behind: segments.slice(index) };
    if (segment.kind !== "text") {
      front.push(segment);
      continue;
    }
    const { length } = segment.text;
    if (length > left) {
      const behind = [sliceText(segment, left, length), ...segments.slice(index + 1)];
      return { front: [...front, sliceText(segment, 0, left)], behind };
    }
    front.push(segment);
    left -= length;
  }
  return { front, behind: [] };
}
