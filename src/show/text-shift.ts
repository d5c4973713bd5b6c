/**
 * Ranges of an analysed text, found again in the text that the editor holds now.
 * All edits since are taken as one: what stands between the longest common beginning and the longest common end.
 * A range around it grows or shrinks with it; one that begins or ends inside of it is lost, never guessed.
 */
import { commonEnds, type TextRange } from "../prompt/text.ts";

export type Shift = (range: TextRange) => TextRange | null;

export function shiftBetween(analysed: string, current: string): Shift {
  if (analysed === current) return (range) => range;
  const { head, tail } = commonEnds(analysed, current);
  const changeEnd = analysed.length - tail;
  const growth = current.length - analysed.length;
  return ({ start, end }) => {
    if (end <= head) return { start, end };
    if (start >= changeEnd) return { start: start + growth, end: end + growth };
    const isAround = start <= head && end >= changeEnd;
    const isReplaced = start === head && end === changeEnd;
    return isAround && !isReplaced ? { start, end: end + growth } : null;
  };
}
