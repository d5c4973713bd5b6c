import type { Encoding } from "../tokenizer.ts";
import { BoundedCache } from "./bounded-cache.ts";
import type { BpeTokenizer } from "./byte-level-bpe.ts";
import { isWhiteSpace, withoutHalfPair } from "./characters.ts";
import { SpecialTokens } from "./special-tokens.ts";

interface Block {
  readonly ids: Int32Array;
  /** Relative to the block; computed when first asked for. */
  ends: Int32Array | null;
}

/** In UTF-16 units of text plus token ids and ends: with both generations of the cache full, about 30 MB. */
const defaultBudget = 4_000_000;

/**
 * The same answers as `tokenizer`, with the ids of blocks of lines remembered by their text:
 * after an edit, only the changed block is tokenized anew. `budget` bounds what is remembered.
 */
export function cacheBlocks(tokenizer: BpeTokenizer, budget = defaultBudget): BpeTokenizer {
  return new CachingTokenizer(tokenizer, budget);
}

/**
 * End of the block that starts at `start`: after the next newline that is followed by neither white space nor `/`.
 * No pattern of ours has a piece across such a place, and none looks past it: only runs of white space go on after a newline,
 * and o200k's `[\r\n/]*`. Normalization stops there too, as a newline never changes and joins nothing.
 */
export function blockEnd(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf("\n", end) + 1;
    if (end === 0 || end === text.length) return text.length;
    const next = text.charCodeAt(end);
    if (next !== 0x2f && !isWhiteSpace(next)) return end;
  }
}

class CachingTokenizer implements BpeTokenizer {
  readonly vocabulary: string;
  readonly specials: ReadonlyMap<string, number>;
  readonly #tokenizer: BpeTokenizer;
  readonly #specialTokens: SpecialTokens;
  readonly #blocks: BoundedCache<Block>;

  constructor(tokenizer: BpeTokenizer, budget: number) {
    this.vocabulary = tokenizer.vocabulary;
    this.specials = tokenizer.specials;
    this.#tokenizer = tokenizer;
    this.#specialTokens = new SpecialTokens(tokenizer.specials);
    this.#blocks = new BoundedCache(budget, (text, block) => text.length + 2 * block.ids.length + 64);
  }

  encode(text: string): Int32Array {
    return joinIds(this.#blocksOf(text, text.length));
  }

  encodeWithEnds(text: string): Encoding {
    const blocks = this.#blocksOf(text, text.length);
    const ids = joinIds(blocks);
    const ends = new Int32Array(ids.length);
    let filled = 0;
    let start = 0;
    for (const block of blocks) {
      const end = blockEnd(text, start);
      block.ends ??= this.#tokenizer.encodeWithEnds(text.slice(start, end)).ends;
      for (let token = 0; token < block.ends.length; token++) ends[filled++] = start + block.ends[token]!;
      start = end;
    }
    return { ids, ends };
  }

  encodeWithSpecials(text: string): Encoding {
    return this.#specialTokens.encode(text, this);
  }

  count(text: string): number {
    return tokenCount(this.#blocksOf(text, text.length));
  }

  /** Blocks before the last one are settled: the character after each of their ends has been seen. */
  stableCount(text: string): number {
    const whole = withoutHalfPair(text);
    let lastStart = 0;
    for (let end = blockEnd(whole, 0); end < whole.length; end = blockEnd(whole, end)) lastStart = end;
    return tokenCount(this.#blocksOf(text, lastStart)) + this.#tokenizer.stableCount(text.slice(lastStart));
  }

  /** The blocks of `text[0, to)`, where `to` is the end of a block. */
  #blocksOf(text: string, to: number): Block[] {
    const blocks: Block[] = [];
    for (let start = 0; start < to; ) {
      const end = blockEnd(text, start);
      blocks.push(this.#block(text.slice(start, end)));
      start = end;
    }
    return blocks;
  }

  #block(text: string): Block {
    const known = this.#blocks.get(text);
    if (known !== undefined) return known;
    const block: Block = { ids: this.#tokenizer.encode(text), ends: null };
    this.#blocks.set(text, block);
    return block;
  }
}

function joinIds(blocks: readonly Block[]): Int32Array {
  const ids = new Int32Array(tokenCount(blocks));
  let filled = 0;
  for (const block of blocks) {
    ids.set(block.ids, filled);
    filled += block.ids.length;
  }
  return ids;
}

function tokenCount(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.ids.length, 0);
}
