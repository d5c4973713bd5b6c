/** The chain of block hashes, as ids: two prefixes of whole units have the same id where they are equal. */
import { PageSymbols } from "../../../tokens/page-symbols.ts";

/** Above every id of a unit, so that a pair of ids is one exact number. */
const radix = 2 ** 26;

export class PrefixIds {
  private readonly units: PageSymbols;
  private readonly ids = new Map<number, number>();

  /** A unit is the smallest number of tokens that a prefix is compared by: the block, or `--prefix-match-unit`. */
  constructor(unitTokens: number) {
    this.units = new PageSymbols(unitTokens);
  }

  /** The id of the prefix that ends with each whole unit. */
  of(tokens: Int32Array): Int32Array {
    // With units of one token the symbols are the tokens themselves, which are not changed.
    const result = this.units.symbols(tokens).slice();
    let prefix = 0;
    for (let index = 0; index < result.length; index++) {
      const key = prefix * radix + result[index];
      let next = this.ids.get(key);
      if (next === undefined) {
        next = this.ids.size + 1;
        this.ids.set(key, next);
      }
      prefix = next;
      result[index] = prefix;
    }
    return result;
  }
}
