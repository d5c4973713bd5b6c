/** What of a template is the same in every request, whatever its holes hold. */
import type { Segment, Template } from "./template.ts";
import type { TextRange } from "./text.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface StaticPrefix {
  /** Ids of the leading tokens that no value can change. A token that a value could still grow is left out. */
  readonly tokens: Int32Array;
  /** The hole or block that ends the prefix; `null` when the whole template is static. */
  readonly endedBy: (Segment & { readonly kind: "hole" | "block" }) | null;
  /** Where the prefix ends in the template's own document; `null` when the whole template is static. */
  readonly end: number | null;
  /** Static text of the whole template, wherever it stands, blocks and includes entered. */
  readonly texts: readonly StaticText[];
}

export interface StaticText {
  /** Document of the range; another one than the template's inside an include. */
  readonly path: string;
  readonly range: TextRange;
  readonly text: string;
  /** As in `TextSegment`: given where the text is not the source slice. */
  readonly sourceOffsets?: Int32Array;
  /** Whether it stands in front of every hole. */
  readonly isLeading: boolean;
}

/** Source offset of a UTF-16 unit of the text, or of its end. */
export function sourceOffsetOf({ range, text, sourceOffsets }: StaticText, unit: number): number {
  const within = Math.min(unit, text.length);
  return sourceOffsets?.[within] ?? range.start + within;
}

export function staticPrefix(template: Template, tokenizer: Tokenizer): StaticPrefix {
  const walk: Walk = { messages: [""], texts: [], endedBy: null };
  visit(template.segments, template.path, walk);
  const ids: Int32Array[] = [];
  const last = walk.messages.length - 1;
  for (const [index, message] of walk.messages.entries()) {
    const encoded = tokenizer.encode(message);
    // Each message is tokenized by itself; only the one that a hole cuts off can still change.
    const isOpen = index === last && walk.endedBy !== null;
    ids.push(isOpen ? encoded.subarray(0, tokenizer.stableCount(message)) : encoded);
  }
  return {
    tokens: concat(ids),
    endedBy: walk.endedBy,
    end: walk.endedBy === null ? null : endInTemplate(template.segments, walk.endedBy),
    texts: walk.texts,
  };
}

interface Walk {
  /** Leading static text, one entry per message. */
  readonly messages: string[];
  readonly texts: StaticText[];
  endedBy: StaticPrefix["endedBy"];
}

function visit(segments: readonly Segment[], path: string, walk: Walk): void {
  for (const segment of segments) {
    const isLeading = walk.endedBy === null;
    switch (segment.kind) {
      case "text":
        walk.texts.push({ ...segment, path, isLeading });
        if (isLeading) walk.messages[walk.messages.length - 1] += segment.text;
        break;
      case "marker":
        if (isLeading) walk.messages.push("");
        break;
      case "include":
        if (segment.resolved !== null) visit(segment.resolved.segments, segment.resolved.path, walk);
        break;
      case "hole":
        walk.endedBy ??= segment;
        break;
      case "block":
        walk.endedBy ??= segment;
        visit(segment.body, path, walk);
        visit(segment.otherwise, path, walk);
        break;
    }
  }
}

/** Start of the top-level segment that is, or contains through includes, the one that ended the prefix. */
function endInTemplate(segments: readonly Segment[], ended: Segment): number {
  for (const segment of segments) {
    if (segment === ended) return segment.range.start;
    if (
      segment.kind === "include" &&
      segment.resolved !== null &&
      contains(segment.resolved.segments, ended)
    ) {
      return segment.range.start;
    }
  }
  return segments.at(-1)?.range.end ?? 0;
}

function contains(segments: readonly Segment[], wanted: Segment): boolean {
  return segments.some(
    (segment) =>
      segment === wanted ||
      (segment.kind === "include" &&
        segment.resolved !== null &&
        contains(segment.resolved.segments, wanted)),
  );
}

function concat(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
