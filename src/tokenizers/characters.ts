/** Small questions about UTF-16 text. A lone surrogate counts as a character of its own. */

/** The character that ends at `index`, which is above 0. */
export function characterBefore(text: string, index: number): string {
  const last = text.slice(index - 1, index);
  if (index < 2 || !isLowSurrogate(last.charCodeAt(0))) return last;
  return isHighSurrogate(text.charCodeAt(index - 2)) ? text.slice(index - 2, index) : last;
}

/** `text` without the first half of a surrogate pair at its end: what is appended may be the second. */
export function withoutHalfPair(text: string): string {
  return isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.slice(0, -1) : text;
}

/** `index`, or the end of the text before it, or one less where it would cut a surrogate pair in two. */
export function wholeCharacterEnd(text: string, index: number): number {
  if (index >= text.length) return text.length;
  const isWithinPair = isHighSurrogate(text.charCodeAt(index - 1)) && isLowSurrogate(text.charCodeAt(index));
  return isWithinPair ? index - 1 : index;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Unicode's White_Space: a closed list, all of it in the basic plane. */
export function isWhiteSpace(unit: number): boolean {
  if (unit < 0x80) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
  return (
    unit === 0x85 ||
    unit === 0xa0 ||
    unit === 0x1680 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x2028 ||
    unit === 0x2029 ||
    unit === 0x202f ||
    unit === 0x205f ||
    unit === 0x3000
  );
}
