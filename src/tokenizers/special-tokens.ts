import type { Encoding, Tokenizer } from "./tokenizer.ts";

/** A special token, or a stretch of ordinary text between two of them. */
export interface SpecialPiece {
  /** UTF-16 offsets in the text. */
  readonly start: number;
  readonly end: number;
  /** `null` for ordinary text. */
  readonly id: number | null;
}

/** Finds the text of special tokens: the leftmost, and of those that start at one place the longest. */
export class SpecialTokens {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #pattern: RegExp | null;

  constructor(ids: ReadonlyMap<string, number>) {
    this.#ids = ids;
    const longestFirst = [...ids.keys()].sort((a, b) => b.length - a.length);
    const escaped = longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
    this.#pattern = escaped.length === 0 ? null : new RegExp(escaped.join("|"), "gu");
  }

  /** The pieces of the text in order, without gaps; stretches of ordinary text are never empty. */
  pieces(text: string): readonly SpecialPiece[] {
    const pieces: SpecialPiece[] = [];
    let start = 0;
    const appendOrdinary = (end: number): void => {
      if (end > start) pieces.push({ start, end, id: null });
    };
    for (const match of this.#pattern === null ? [] : text.matchAll(this.#pattern)) {
      appendOrdinary(match.index);
      start = match.index + match[0].length;
      pieces.push({ start: match.index, end: start, id: this.#ids.get(match[0])! });
    }
    appendOrdinary(text.length);
    return pieces;
  }

  /** The text between special tokens is encoded by `ordinary`, each stretch by itself. */
  encode(text: string, ordinary: Pick<Tokenizer, "encodeWithEnds">): Encoding {
    const pieces = this.pieces(text);
    const encodings = pieces.map(({ start, end, id }) =>
      id === null ? ordinary.encodeWithEnds(text.slice(start, end)) : null,
    );
    const count = encodings.reduce((sum, encoding) => sum + (encoding?.ids.length ?? 1), 0);
    const ids = new Int32Array(count);
    const ends = new Int32Array(count);
    let filled = 0;
    for (const [index, { start, end, id }] of pieces.entries()) {
      const encoding = encodings[index]!;
      if (encoding === null) {
        ids[filled] = id!;
        ends[filled++] = end;
        continue;
      }
      ids.set(encoding.ids, filled);
      for (let token = 0; token < encoding.ends.length; token++)
        ends[filled++] = start + encoding.ends[token]!;
    }
    return { ids, ends };
  }
}
