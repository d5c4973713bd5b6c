import type { Encoding, Tokenizer } from "../tokenizer.ts";

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
    const ids: number[] = [];
    const ends: number[] = [];
    for (const { start, end, id } of this.pieces(text)) {
      if (id === null) {
        const encoding = ordinary.encodeWithEnds(text.slice(start, end));
        for (const each of encoding.ids) ids.push(each);
        for (const tokenEnd of encoding.ends) ends.push(start + tokenEnd);
      } else {
        ids.push(id);
        ends.push(end);
      }
    }
    return { ids: Int32Array.from(ids), ends: Int32Array.from(ends) };
  }
}
