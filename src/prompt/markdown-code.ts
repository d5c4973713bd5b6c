/** Which parts of a Markdown text are code: references in them are examples, not references. */
import { lineAt } from "./frontmatter.ts";
import type { TextRange } from "./text.ts";

const fenceStart = /^ {0,3}(?:[-*+] +)?(`{3,}|~{3,})/;

/** Fenced blocks and inline code spans between `start` and the end of `text`, in order. */
export function codeRanges(text: string, start: number): readonly TextRange[] {
  const ranges: TextRange[] = [];
  let fence: { mark: string; start: number } | null = null;
  let line = { start, end: start, next: start };
  while (line.next < text.length) {
    line = lineAt(text, line.next);
    const content = text.slice(line.start, line.end).trimEnd();
    const mark = fenceStart.exec(content)?.[1];
    if (fence === null) {
      if (mark !== undefined) fence = { mark, start: line.start };
      else addSpans(ranges, content, line.start);
    } else if (mark?.startsWith(fence.mark) && content.trim() === mark) {
      ranges.push({ start: fence.start, end: line.end });
      fence = null;
    }
  }
  if (fence !== null) ranges.push({ start: fence.start, end: text.length });
  return ranges;
}

/** Code spans of one line: a run of backticks up to the next run of the same length. */
function addSpans(ranges: TextRange[], line: string, offset: number): void {
  const runs = [...line.matchAll(/`+/g)];
  /** For every run the next one of the same length. */
  const closers: (number | undefined)[] = [];
  const nextOfLength = new Map<number, number>();
  for (let index = runs.length - 1; index >= 0; index--) {
    const { length } = runs[index]![0];
    closers[index] = nextOfLength.get(length);
    nextOfLength.set(length, index);
  }
  for (let index = 0; index < runs.length; index++) {
    const open = runs[index]!;
    const close = closers[index];
    if (close === undefined) continue;
    const end = runs[close]!.index + open[0].length;
    ranges.push({ start: offset + open.index, end: offset + end });
    index = close;
  }
}

/** Tells whether an offset lies in one of `ranges`; offsets must be asked in ascending order. */
export function within(ranges: readonly TextRange[]): (offset: number) => boolean {
  let index = 0;
  return (offset) => {
    while (index < ranges.length && ranges[index]!.end <= offset) index++;
    const range = ranges[index];
    return range !== undefined && range.start <= offset;
  };
}
