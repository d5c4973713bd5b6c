/** Which of the words that there are was probably meant. */

/** Up to three, best first: those that contain the word, and those within a third of its length by edits. */
export function nearWords(
  word: string,
  known: readonly string[],
  keyOf: (known: string) => string = (each) => each,
): readonly string[] {
  const squeezed = squeeze(keyOf(word.trim()));
  if (squeezed === "") return [];
  const scored = known.map((each) => {
    const key = squeeze(keyOf(each));
    const distance = key.includes(squeezed) ? 0 : editDistance(squeezed, key);
    return { each, distance, length: key.length };
  });
  return scored
    .filter(({ distance }) => distance <= Math.max(1, squeezed.length / 3))
    .sort((a, b) => a.distance - b.distance || a.length - b.length)
    .slice(0, 3)
    .map(({ each }) => each);
}

/** A sentence about a name that is none: near ones, else some of all. */
export function unknownName(
  what: string,
  name: string,
  known: readonly string[],
  keyOf?: (known: string) => string,
): string {
  const near = nearWords(name, known, keyOf);
  const some =
    known.length > 25 ? `${known.slice(0, 8).join(", ")} and ${known.length - 8} more` : known.join(", ");
  const hint = near.length > 0 ? `Did you mean ${near.join(", or ")}?` : `Known: ${some}.`;
  return `Unknown ${what} "${name}". ${hint}`;
}

/** People type `h100 sxm` and `granite4-h-small`: punctuation says little. */
function squeeze(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}

/** Insertions, deletions, substitutions and swaps of neighbours. Cost: product of the lengths. */
export function editDistance(left: string, right: string): number {
  // A word of a file can be of any length, a known word cannot: far apart in length is far apart.
  if (Math.abs(left.length - right.length) > right.length) return Number.POSITIVE_INFINITY;
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      const swap = isSwap ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(substitution, swap, row[j]! + 1, next[j - 1]! + 1));
    }
    before = row;
    row = next;
  }
  return row[right.length]!;
}
