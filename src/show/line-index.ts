/** Offsets to lines and characters, with the line ends that the editor knows: \n, \r\n and \r. */
export interface Place {
  readonly line: number;
  readonly character: number;
}

export class LineIndex {
  /** Offset at which each line starts; ascending, the first is 0. */
  readonly #starts: number[] = [0];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    for (const match of text.matchAll(/\r\n|\n|\r/g)) this.#starts.push(match.index + match[0].length);
  }

  /** Offsets outside the text give its nearest end; one between \r and \n gives the end of the line. */
  placeAt(offset: number): Place {
    const wanted = Math.min(Math.max(offset, 0), this.#text.length);
    const starts = this.#starts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= wanted) low = middle;
      else high = middle - 1;
    }
    const isInsideLineEnd =
      wanted > 0 && this.#text.charAt(wanted - 1) === "\r" && this.#text.charAt(wanted) === "\n";
    return { line: low, character: wanted - starts[low]! - (isInsideLineEnd ? 1 : 0) };
  }
}
