import {
  type Block,
  type BlockSource,
  blockEnd,
  isBlank,
  joinBlocks,
  joinIds,
  tokenCount,
} from "./blocks.ts";
import { BoundedCache } from "./bounded-cache.ts";
import { type BpeTokenizer, type ByteLevelTokenizer, createTokenizer } from "./byte-level-bpe.ts";
import { withoutHalfPair } from "./characters.ts";
import { SpecialTokens } from "./special-tokens.ts";
import { TokenizedDocument } from "./tokenized-document.ts";
import type { Encoding } from "./tokenizer.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** In UTF-16 units of text plus token ids and ends: with both generations of the cache full, about 30 MB. */
const defaultBudget = 4_000_000;

/** In UTF-16 units. From here on, finding what has changed costs less than looking up every block. */
const longText = 8000;
const maxDocuments = 8;

/**
 * The same answers as `tokenizer`, with the ids of blocks of lines remembered by their text:
 * after an edit, only the changed block is tokenized anew. `budget` bounds what is remembered.
 */
export function cacheBlocks(tokenizer: ByteLevelTokenizer, budget = defaultBudget): BpeTokenizer {
  return new CachingTokenizer(tokenizer, budget);
}

/** With blocks of lines remembered where the vocabulary's patterns let them be tokenized each by itself. */
export function createCachedTokenizer(vocabulary: Vocabulary): BpeTokenizer {
  const tokenizer = createTokenizer(vocabulary);
  return vocabulary.preTokenizer.cutsAtLines ? cacheBlocks(tokenizer) : tokenizer;
}

class CachingTokenizer implements BpeTokenizer {
  readonly vocabulary: string;
  readonly specials: ReadonlyMap<string, number>;
  readonly #tokenizer: ByteLevelTokenizer;
  readonly #specialTokens: SpecialTokens;
  readonly #blocks: BoundedCache<Block>;
  readonly #source: BlockSource = {
    block: (text) => this.#block(text),
    ends: (text, ids) => this.#tokenizer.endsOf(text, ids),
  };
  /** The long texts of last, the latest first: the next one is often one of them with an edit. */
  readonly #documents: TokenizedDocument[] = [];

  constructor(tokenizer: ByteLevelTokenizer, budget: number) {
    this.vocabulary = tokenizer.vocabulary;
    this.specials = tokenizer.specials;
    this.#tokenizer = tokenizer;
    this.#specialTokens = new SpecialTokens(tokenizer.specials);
    this.#blocks = new BoundedCache(budget, (text, block) => text.length + 2 * block.ids.length + 64);
  }

  encode(text: string): Int32Array {
    return joinIds(this.#tableOf(text));
  }

  encodeWithEnds(text: string): Encoding {
    return joinBlocks(text, this.#tableOf(text), this.#source);
  }

  encodeWithSpecials(text: string): Encoding {
    return this.#specialTokens.encode(text, this);
  }

  count(text: string): number {
    return tokenCount(this.#tableOf(text));
  }

  /** Blocks before the last one are settled: the character after each of their ends has been seen. */
  stableCount(text: string): number {
    const whole = withoutHalfPair(text);
    let lastStart = 0;
    for (let end = blockEnd(whole, 0); end < whole.length; end = blockEnd(whole, end)) {
      // What could still grow is judged from the start of a line on.
      if (!isBlank(whole.charCodeAt(end))) lastStart = end;
    }
    return tokenCount(this.#blocksOf(text, lastStart)) + this.#tokenizer.stableCount(text.slice(lastStart));
  }

  /** The blocks of the whole text. */
  #tableOf(text: string): readonly Block[] {
    if (text.length < longText) return this.#blocksOf(text, text.length);
    const known = this.#documents.findIndex((document) => beginsOrEndsAlike(document.text, text));
    const document =
      known < 0 ? new TokenizedDocument(this.#source, text) : this.#documents.splice(known, 1)[0]!;
    document.update(text);
    this.#documents.unshift(document);
    if (this.#documents.length > maxDocuments) this.#documents.pop();
    return document.blocks;
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
    const block: Block = { length: text.length, ids: this.#tokenizer.encode(text), ends: null };
    this.#blocks.set(text, block);
    return block;
  }
}

function beginsOrEndsAlike(a: string, b: string): boolean {
  const length = 256;
  return a.slice(0, length) === b.slice(0, length) || a.slice(-length) === b.slice(-length);
}
