import { TokenArena } from "./arena.ts";
import { Int32Column } from "./columns.ts";
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
  /** What came last behind each symbol and is likely to come again, so that most pages need no hash; by symbol + 1, 0 is the start. */
  private readonly followers = new Int32Column();
  private count = 0;

  constructor(pageTokens: number) {
    this.pageTokens = pageTokens;
  }

  /** Symbols of the full pages of `tokens`; a last, partial page has none. */
  symbols(tokens: Int32Array): Int32Array {
    if (this.pageTokens === 1) return tokens;
    const pages = Math.floor(tokens.length / this.pageTokens);
    const result = new Int32Array(pages);
    this.followers.reserve(this.count + pages + 1);
    const { data: followers } = this.followers;
    let place = 0;
    for (let page = 0; page < pages; page++) {
      const start = page * this.pageTokens;
      const expected = followers[place];
      const symbol = this.isPage(expected, tokens, start) ? expected : this.intern(tokens, start);
      result[page] = symbol;
      followers[place] = symbol;
      place = symbol + 1;
    }
    return result;
  }

  private isPage(symbol: number, tokens: Int32Array, start: number): boolean {
    const size = this.pageTokens;
    return (
      symbol < this.count && commonPrefixLength(this.arena.data, symbol * size, tokens, start, size) === size
    );
  }

  private intern(tokens: Int32Array, start: number): number {
    const size = this.pageTokens;
    let hash = 0x811c9dc5;
    for (let i = 0; i < size; i++) hash = Math.imul(hash ^ tokens[start + i], 0x01000193);
    const candidates = this.byHash.get(hash);
    if (candidates !== undefined) {
      for (const symbol of candidates) {
        if (this.isPage(symbol, tokens, start)) return symbol;
      }
    }
    const symbol = this.count++;
    this.arena.append(tokens, start, start + size);
    if (candidates === undefined) this.byHash.set(hash, [symbol]);
    else candidates.push(symbol);
    return symbol;
  }
}
