import { TokenArena } from "./arena.ts";
import { commonPrefixLength } from "./common-prefix.ts";

/**
 * Interns whole pages of tokens to one symbol each, so that a cache of fixed blocks is a radix tree over symbols
 * and never hears of pages. Equal pages get equal symbols; symbols count from 0 in order of first appearance.
 */
export class PageSymbols {
  readonly pageTokens: number;
  private readonly arena = new TokenArena();
  /** From hash to the symbols that have it; a list, because hashes may collide. */
  private readonly byHash = new Map<number, number[]>();
  private count = 0;

  constructor(pageTokens: number) {
    this.pageTokens = pageTokens;
  }

  /** Symbols of the full pages of `tokens`; a last, partial page has none. */
  symbols(tokens: Int32Array): Int32Array {
    if (this.pageTokens === 1) return tokens;
    const pages = Math.floor(tokens.length / this.pageTokens);
    const result = new Int32Array(pages);
    for (let page = 0; page < pages; page++) result[page] = this.symbol(tokens, page * this.pageTokens);
    return result;
  }

  private symbol(tokens: Int32Array, start: number): number {
    const size = this.pageTokens;
    let hash = 0x811c9dc5;
    for (let i = 0; i < size; i++) hash = Math.imul(hash ^ tokens[start + i], 0x01000193);
    const candidates = this.byHash.get(hash);
    if (candidates !== undefined) {
      for (const symbol of candidates) {
        if (commonPrefixLength(this.arena.data, symbol * size, tokens, start, size) === size) return symbol;
      }
    }
    const symbol = this.count++;
    this.arena.append(tokens, start, start + size);
    if (candidates === undefined) this.byHash.set(hash, [symbol]);
    else candidates.push(symbol);
    return symbol;
  }
}
