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

/** Joiners that a pattern takes at once: its stack would not hold millions of them. */
const most = 4096;

/** The beginnings of clusters that may differ from their normal form: nothing below U+0300 does, unless something joins it. */
const clusterStart = new RegExp(
  `[^\\0-\\u02FF${joiners}][${joiners}]{0,${most}}|[\\0-\\u02FF]?[${joiners}]{1,${most}}`,
  "gu",
);
const moreJoiners = new RegExp(`[${joiners}]{1,${most}}`, "uy");
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
  for (let end = 0; ; ) {
    clusterStart.lastIndex = end;
    const match = clusterStart.exec(original);
    if (match === null) break;
    const start = match.index;
    end = clusterEnd(original, start + match[0].length);
    const written = original.slice(start, end);
    const normal = written.normalize("NFC");
    if (normal === written) continue;
    const unchangedEnd = start - shift + commonLength(written, normal);
    const normalEnd = start - shift + normal.length;
    for (; next < ends.length && ends[next]! <= unchangedEnd; next++) ends[next]! += shift;
    for (; next < ends.length && ends[next]! <= normalEnd; next++) ends[next] = end;
    shift += written.length - normal.length;
  }
  for (; next < ends.length; next++) ends[next]! += shift;
}

/** The joiners from `index` on are passed over. */
function clusterEnd(text: string, index: number): number {
  let end = index;
  moreJoiners.lastIndex = end;
  while (moreJoiners.test(text)) end = moreJoiners.lastIndex;
  return end;
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
