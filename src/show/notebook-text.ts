/** A notebook that an editor shows, as the text of its file would be: cells are edited one by one, and analysed together. */

export interface ShownCell {
  readonly isCode: boolean;
  readonly text: string;
}

/** Where the text of a cell stands in that of the file. Offsets in UTF-16 units. */
export interface CellPlace {
  readonly start: number;
  readonly end: number;
  /** Of an offset in the cell. */
  inFile(offset: number): number;
  /** Of an offset in the file between `start` and `end`; within an escape its beginning. */
  inCell(offset: number): number;
}

export interface NotebookText {
  readonly text: string;
  /** In the order of the cells. */
  readonly cells: readonly CellPlace[];
}

/** nbformat 4, the least of it. */
export function notebookText(cells: readonly ShownCell[], language: string): NotebookText {
  const metadata = JSON.stringify({ language_info: { name: language } });
  let text = `{"nbformat":4,"nbformat_minor":5,"metadata":${metadata},"cells":[`;
  const places = cells.map((cell, index): CellPlace => {
    const kind = cell.isCode ? "code" : "markdown";
    text += `${index === 0 ? "" : ","}{"cell_type":"${kind}","metadata":{},"source":"`;
    const start = text.length;
    const { written, starts } = escaped(cell.text);
    text += `${written}"}`;
    return placeOf(start, starts);
  });
  return { text: `${text}]}`, cells: places };
}

/** Of what a file says in a string of JSON, what is meant. Written otherwise, it stays as it is. */
export function unescaped(written: string): string {
  try {
    return JSON.parse(`"${written}"`) as string;
  } catch {
    return written;
  }
}

/** As it stands between the quotes of JSON, and where each unit begins in it; one more for the end. */
function escaped(text: string): { readonly written: string; readonly starts: Int32Array } {
  const starts = new Int32Array(text.length + 1);
  let written = "";
  for (let at = 0; at < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(at)!);
    for (let unit = 0; unit < character.length; unit++) starts[at + unit] = written.length + unit;
    written += JSON.stringify(character).slice(1, -1);
    at += character.length;
  }
  starts[text.length] = written.length;
  return { written, starts };
}

function placeOf(start: number, starts: Int32Array): CellPlace {
  return {
    start,
    end: start + starts.at(-1)!,
    inFile: (offset) => start + starts[Math.min(offset, starts.length - 1)]!,
    inCell: (offset) => lastAtMost(starts, offset - start),
  };
}

/** Index of the last that is no more than `value`. */
function lastAtMost(starts: Int32Array, value: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
