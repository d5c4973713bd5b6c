/**
 * Normal form NFC, with the way back to the text as it was written.
 * Normalization never reaches across the start of a character that cannot join the one before it,
 * so text is a row of clusters (such a character and what follows it), each normalized by itself.
 */
import { characterBefore } from "./characters.ts";

/**
 * Characters that may join the one before them: all marks, vowels and trailing consonants of Hangul,
 * and the vowel signs of Kirat Rai, which are letters. A test compares this with all compositions of Unicode.
 */
const joiners = "\\p{M}\\u1160-\\u11FF\\uD7B0-\\uD7FF\\u{16D40}-\\u{16D7F}";

/** Clusters that may differ from their normal form: nothing below U+0300 does, unless something joins it. */
const cluster = new RegExp(`[^\\0-\\u02FF${joiners}][${joiners}]*|[\\0-\\u02FF]?[${joiners}]+`, "gu");
const isJoiner = new RegExp(`[${joiners}]`, "u");

export interface NormalText {
  readonly text: string;
  /** Changes `ends` (ascending offsets in `text`) to offsets in the original; within what changed of a cluster, the cluster's end. */
  toOriginal(ends: Int32Array): void;
}

export function normalize(original: string): NormalText {
  const text = original.normalize("NFC");
  if (text === original) return { text, toOriginal: () => {} };
  return { text, toOriginal: (ends) => moveEnds(original, ends) };
}

function moveEnds(original: string, ends: Int32Array): void {
  let next = 0;
  /** Original offset minus normal offset, after the clusters passed so far. */
  let shift = 0;
  for (const match of original.matchAll(cluster)) {
    const written = match[0];
    const normal = written.normalize("NFC");
    if (normal === written) continue;
    const unchangedEnd = match.index - shift + commonLength(written, normal);
    const normalEnd = match.index - shift + normal.length;
    for (; next < ends.length && ends[next]! <= unchangedEnd; next++) ends[next]! += shift;
    for (; next < ends.length && ends[next]! <= normalEnd; next++) ends[next] = match.index + written.length;
    shift += written.length - normal.length;
  }
  for (; next < ends.length; next++) ends[next]! += shift;
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/**
 * Length of the leading part of `original.normalize("NFC")` of which every character keeps its kind (letter, white space…)
 * whatever is appended to `original`. The last character of that part may still become another of its kind: e becomes é.
 */
export function settledLength(original: string): number {
  let start = original.length;
  while (start > 0) {
    const character = characterBefore(original, start);
    // A newline joins nothing and never changes: what follows it is a cluster by itself, marks too.
    const isAfterNewline = character === "\n" && start < original.length;
    if (!isAfterNewline) start -= character.length;
    if (!isAfterNewline && isJoiner.test(character)) continue;
    const starter = original.slice(start).normalize("NFC").codePointAt(0)!;
    return original.slice(0, start).normalize("NFC").length + (starter > 0xffff ? 2 : 1);
  }
  return 0;
}
