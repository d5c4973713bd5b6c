/** UTF-8 by hand: src/prompt runs in Node, in workers and in pages, and is compiled with the types of none of them. */

/** What a lone surrogate becomes, as in every conversion of a JavaScript string to well-formed text. */
const replacement = 0xfffd;

/** UTF-8 bytes that `units` UTF-16 code units can take at most. */
export function maxUtf8Length(units: number): number {
  return units * 3;
}

/** The code point at `index` of well-formed text; U+FFFD for a lone surrogate. */
export function codePointAt(text: string, index: number): number {
  const codePoint = text.codePointAt(index)!;
  return codePoint >= 0xd800 && codePoint <= 0xdfff ? replacement : codePoint;
}

export function utf8LengthOf(codePoint: number): number {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}

/** Writes `text[start, end)` to the beginning of `out`, which has room for it, and returns the number of bytes. */
export function encodeUtf8(text: string, start: number, end: number, out: Uint8Array): number {
  let length = 0;
  let index = start;
  while (index < end) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      out[length++] = unit;
      index++;
      continue;
    }
    // A pair that `end` cuts in two cannot occur: pieces end between characters.
    const codePoint = codePointAt(text, index);
    index += codePoint > 0xffff ? 2 : 1;
    if (codePoint < 0x800) {
      out[length++] = 0xc0 | (codePoint >> 6);
    } else if (codePoint < 0x10000) {
      out[length++] = 0xe0 | (codePoint >> 12);
      out[length++] = 0x80 | ((codePoint >> 6) & 0x3f);
    } else {
      out[length++] = 0xf0 | (codePoint >> 18);
      out[length++] = 0x80 | ((codePoint >> 12) & 0x3f);
      out[length++] = 0x80 | ((codePoint >> 6) & 0x3f);
    }
    out[length++] = 0x80 | (codePoint & 0x3f);
  }
  return length;
}

/** For the few names in a vocabulary's header; expects well-formed UTF-8 and gives U+FFFD for stray bytes. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let index = start;
  while (index < end) {
    const lead = bytes[index++]!;
    const more = lead < 0x80 ? 0 : lead < 0xc0 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (more < 0 || index + more > end) {
      text += String.fromCodePoint(replacement);
      continue;
    }
    let codePoint = more === 0 ? lead : lead & (0x3f >> more);
    for (let k = 0; k < more; k++) codePoint = (codePoint << 6) | (bytes[index++]! & 0x3f);
    text += String.fromCodePoint(codePoint > 0x10ffff ? replacement : codePoint);
  }
  return text;
}
