import { type Block, type BlockSource, blockEnd, isBlank, joinBlocks, joinIds } from "./blocks.ts";
import type { ByteLevelTokenizer } from "./byte-level-bpe.ts";
import type { Encoding } from "./tokenizer.ts";

/** A text that is being edited, with the ids of its blocks kept: an edit tokenizes only the blocks that it touches. */
export class TokenizedDocument {
  readonly #source: BlockSource;
  #text: string;
  /** In order, without gaps; none is empty. */
  #blocks: Block[];

  constructor(source: BlockSource, text: string) {
    this.#source = source;
    this.#text = text;
    this.#blocks = this.#blocksOf(text);
  }

  get text(): string {
    return this.#text;
  }

  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** A new array each time, equal to what the tokenizer gives for the whole text. */
  ids(): Int32Array {
    return joinIds(this.#blocks);
  }

  encoding(): Encoding {
    return joinBlocks(this.#text, this.#blocks, this.#source);
  }

  /** Puts `replacement` in place of `text[start, end)`; offsets beyond the text count as its end. */
  edit(start: number, end: number, replacement: string): void {
    const from = Math.max(0, Math.min(start, this.#text.length));
    const to = Math.max(from, Math.min(end, this.#text.length));
    // The cut before a block depends on the first thing on its line, the cut behind it on that of the next.
    let lineStart = from;
    while (lineStart > 0 && isBlank(this.#text.charCodeAt(lineStart - 1))) lineStart--;
    const first = this.#blockAt(lineStart - 1);
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
    const start = alike(shorter, (from, to) => before.slice(from, to) === text.slice(from, to));
    const same = alike(
      shorter - start,
      (from, to) =>
        before.slice(before.length - to, before.length - from) ===
        text.slice(text.length - to, text.length - from),
    );
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
      blocks.push(this.#source.block(text.slice(start, end)));
      start = end;
    }
    return blocks;
  }
}

/** The longest length, up to `limit`, over which all stretches `[from, to)` are the same: by halves, as comparing is fast. */
function alike(limit: number, isSame: (from: number, to: number) => boolean): number {
  let low = 0;
  let step = limit;
  while (step > 0) {
    if (low + step <= limit && isSame(low, low + step)) low += step;
    else step >>= 1;
  }
  return low;
}

/** Every block is tokenized anew. */
export function tokenizeBlocks(tokenizer: Pick<ByteLevelTokenizer, "encode" | "endsOf">): BlockSource {
  return {
    block: (text) => ({ length: text.length, ids: tokenizer.encode(text), ends: null }),
    ends: (text, ids) => tokenizer.endsOf(text, ids),
  };
}
