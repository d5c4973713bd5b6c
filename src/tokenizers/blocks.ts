/** Blocks of lines that are tokenized each by itself, to the ids of the whole. */

import { isWhiteSpace } from "./characters.ts";
import type { Encoding } from "./tokenizer.ts";

export interface Block {
  /** In UTF-16 units. */
  readonly length: number;
  readonly ids: Int32Array;
  /** Relative to the block; computed when first asked for. */
  ends: Int32Array | null;
}

/** Tokenizes blocks, or remembers them. */
export interface BlockSource {
  block(text: string): Block;
  /** Ends of the tokens of a block with these ids, relative to it. */
  ends(text: string, ids: Int32Array): Int32Array;
}

/**
 * End of the block that starts at `start`: after the next newline that begins a line with something on it, indented or not,
 * unless that is a `/` right at its start.
 * No pattern of ours has a piece across such a place, and none looks past it: `\s*[\r\n]+` ends a run of white space after
 * its last newline, so that the blanks behind it begin a piece, and only o200k's `[\r\n/]*` goes on after a newline.
 * Normalization stops there too, as a newline never changes and joins nothing.
 */
export function blockEnd(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf("\n", end) + 1;
    if (end === 0 || end === text.length) return text.length;
    let first = end;
    while (isBlank(text.charCodeAt(first))) first++;
    if (first === text.length) return first;
    const isSlash = first === end && text.charCodeAt(first) === 0x2f;
    if (!isSlash && !isWhiteSpace(text.charCodeAt(first))) return end;
    // Lines without anything on them are looked at once only.
    end = first;
  }
}

/** NaN, behind the end, is none. */
export function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}

export function joinIds(blocks: readonly Block[]): Int32Array {
  const ids = new Int32Array(tokenCount(blocks));
  let filled = 0;
  for (const block of blocks) {
    ids.set(block.ids, filled);
    filled += block.ids.length;
  }
  return ids;
}

/** `source` gives the ends of the blocks of `text` that lack them. */
export function joinBlocks(text: string, blocks: readonly Block[], source: BlockSource): Encoding {
  const ids = joinIds(blocks);
  const ends = new Int32Array(ids.length);
  let filled = 0;
  let start = 0;
  for (const block of blocks) {
    const end = start + block.length;
    block.ends ??= source.ends(text.slice(start, end), block.ids);
    for (let token = 0; token < block.ends.length; token++) ends[filled++] = start + block.ends[token]!;
    start = end;
  }
  return { ids, ends };
}

export function tokenCount(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.ids.length, 0);
}
