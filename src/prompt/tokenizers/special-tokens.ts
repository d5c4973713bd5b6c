import type { Encoding, Tokenizer } from "../tokenizer.ts";

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

  /** The text between special tokens is encoded by `ordinary`, each stretch by itself. */
  encode(text: string, ordinary: Tokenizer): Encoding {
    const ids: number[] = [];
    const ends: number[] = [];
    let start = 0;
    const appendOrdinary = (end: number): void => {
      const encoding = ordinary.encodeWithEnds(text.slice(start, end));
      for (const id of encoding.ids) ids.push(id);
      for (const tokenEnd of encoding.ends) ends.push(start + tokenEnd);
      start = end;
    };
    for (const match of this.#pattern === null ? [] : text.matchAll(this.#pattern)) {
      appendOrdinary(match.index);
      start += match[0].length;
      ids.push(this.#ids.get(match[0])!);
      ends.push(start);
    }
    appendOrdinary(text.length);
    return { ids: Int32Array.from(ids), ends: Int32Array.from(ends) };
  }
}
