/** Tokens of byte-level BPE as files spell them: each byte is a printable character, as GPT-2 introduced it. */
import { MergeList } from "./merge-list.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The bytes of each token, by id; `null` when text could hold a byte that no token is. */
export function byteTokens(
  ids: ReadonlyMap<string, number>,
  specialIds: ReadonlySet<number>,
): Pick<Vocabulary, "bytes" | "starts" | "lengths"> | null {
  const byteOf = byteOfCharacter();
  const count = [...ids.values(), ...specialIds].reduce((most, id) => Math.max(most, id + 1), 0);
  const starts = new Int32Array(count);
  const lengths = new Uint16Array(count);
  const bytes = new Uint8Array([...ids.keys()].reduce((sum, token) => sum + token.length, 0));
  let filled = 0;
  for (const [token, id] of ids) {
    const start = filled;
    for (const character of token) {
      const byte = byteOf.get(character);
      if (byte === undefined) {
        // The text of a special token, which is no spelling in bytes.
        filled = start;
        break;
      }
      bytes[filled++] = byte;
    }
    if (filled - start > 0xffff) throw new Error(`its token ${id} is longer than any token that we know`);
    starts[id] = start;
    lengths[id] = filled - start;
  }
  const isMissing = ([character, byte]: [string, number]): boolean =>
    isInUtf8(byte) && ids.get(character) === undefined;
  return [...byteOf].some(isMissing) ? null : { bytes, starts, lengths };
}

function isInUtf8(byte: number): boolean {
  return byte !== 0xc0 && byte !== 0xc1 && byte < 0xf5;
}

/** Of pairs, or of texts with a blank between the two. Throws an Error for a token that is not there. */
export function readMerges(
  value: unknown,
  ids: ReadonlyMap<string, number>,
  wholePiecesFirst: boolean,
): MergeList {
  const merges: readonly unknown[] = Array.isArray(value) ? value : [];
  const [left, right, merged] = [0, 1, 2].map(() => new Int32Array(merges.length)) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  for (const [rank, merge] of merges.entries()) {
    const [first, second] = pairOf(merge);
    const found = [ids.get(first), ids.get(second), ids.get(first + second)];
    if (found.includes(undefined)) {
      throw new Error(`its merge ${rank} (${JSON.stringify(merge)}) has a token that the vocabulary lacks`);
    }
    [left[rank], right[rank], merged[rank]] = found as [number, number, number];
  }
  return new MergeList(left, right, merged, wholePiecesFirst);
}

function pairOf(merge: unknown): readonly [string, string] {
  if (typeof merge === "string") {
    const blank = merge.indexOf(" ");
    return [merge.slice(0, Math.max(0, blank)), merge.slice(blank + 1)];
  }
  return Array.isArray(merge) ? [String(merge[0]), String(merge[1])] : ["", ""];
}

/** The printable stand-ins for bytes that GPT-2 introduced. */
function byteOfCharacter(): ReadonlyMap<string, number> {
  const byteOf = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const isPrintable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    byteOf.set(String.fromCodePoint(isPrintable ? byte : next++), byte);
  }
  return byteOf;
}
