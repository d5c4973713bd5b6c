import type { Encoding } from "../tokenizer.ts";
import { type Block, blockEnd, joinBlocks, joinIds } from "./blocks.ts";
import type { BpeTokenizer } from "./byte-level-bpe.ts";

/** A text that is being edited, with the ids of its blocks kept: an edit tokenizes only the blocks that it touches. */
export class TokenizedDocument {
  readonly #tokenizer: BpeTokenizer;
  #text: string;
  /** In order, without gaps; none is empty. */
  #blocks: Block[];

  constructor(tokenizer: BpeTokenizer, text: string) {
    this.#tokenizer = tokenizer;
    this.#text = text;
    this.#blocks = this.#blocksOf(text);
  }

  get text(): string {
    return this.#text;
  }

  /** A new array each time, equal to what the tokenizer gives for the whole text. */
  ids(): Int32Array {
    return joinIds(this.#blocks);
  }

  encoding(): Encoding {
    return joinBlocks(
      this.#blocks,
      (start, end) => this.#tokenizer.encodeWithEnds(this.#text.slice(start, end)).ends,
    );
  }

  /** Puts `replacement` in place of `text[start, end)`; offsets beyond the text count as its end. */
  edit(start: number, end: number, replacement: string): void {
    const from = Math.max(0, Math.min(start, this.#text.length));
    const to = Math.max(from, Math.min(end, this.#text.length));
    // The cut before a block depends on its first character, the cut behind it on the first one of the next.
    const first = this.#blockAt(from - 1);
    const last = this.#blockAt(to);
    const before = this.#text;
    this.#text = before.slice(0, from) + replacement + before.slice(to);
    const touched = before.slice(first.start, from) + replacement + before.slice(to, last.end);
    this.#blocks.splice(first.index, last.index - first.index + 1, ...this.#blocksOf(touched));
  }

  /** Becomes `text`, by way of the part in which the two differ. */
  update(text: string): void {
    const before = this.#text;
    const shorter = Math.min(before.length, text.length);
    let start = 0;
    while (start < shorter && before.charCodeAt(start) === text.charCodeAt(start)) start++;
    let same = 0;
    while (
      same < shorter - start &&
      before.charCodeAt(before.length - 1 - same) === text.charCodeAt(text.length - 1 - same)
    ) {
      same++;
    }
    this.edit(start, before.length - same, text.slice(start, text.length - same));
  }

  /** The block that holds the character at `offset`; the first or the last one for an offset outside of the text. */
  #blockAt(offset: number): { index: number; start: number; end: number } {
    let start = 0;
    for (let index = 0; index < this.#blocks.length; index++) {
      const end = start + this.#blocks[index]!.length;
      if (offset < end || index === this.#blocks.length - 1) return { index, start, end };
      start = end;
    }
    return { index: 0, start: 0, end: 0 };
  }

  #blocksOf(text: string): Block[] {
    const blocks: Block[] = [];
    for (let start = 0; start < text.length; ) {
      const end = blockEnd(text, start);
      blocks.push({ length: end - start, ids: this.#tokenizer.encode(text.slice(start, end)), ends: null });
      start = end;
    }
    return blocks;
  }
}
