/** The chain of block hashes, as ids: two prefixes of whole units have the same id where they are equal. */
import { Int32Column } from "../../../tokens/columns.ts";
import { PageSymbols } from "../../../tokens/page-symbols.ts";

/** Above every id of a unit, so that a pair of ids is one exact number. */
const radix = 2 ** 26;

export class PrefixIds {
  private readonly units: PageSymbols;
  private readonly ids = new Map<number, number>();
  /** The unit that last came behind a prefix, and the prefix that it made: mostly it comes again. */
  private readonly lastUnits = new Int32Column();
  private readonly lastIds = new Int32Column();

  /** A unit is the smallest number of tokens that a prefix is compared by: the block, or `--prefix-match-unit`. */
  constructor(unitTokens: number) {
    this.units = new PageSymbols(unitTokens);
  }

  /** The id of the prefix that ends with each whole unit. */
  of(tokens: Int32Array): Int32Array {
    // With units of one token the symbols are the tokens themselves, which are not changed.
    const result = this.units.symbols(tokens).slice();
    this.lastUnits.reserve(this.ids.size + result.length + 2);
    this.lastIds.reserve(this.ids.size + result.length + 2);
    const { data: lastUnits } = this.lastUnits;
    const { data: lastIds } = this.lastIds;
    let prefix = 0;
    for (let index = 0; index < result.length; index++) {
      const unit = result[index];
      // No prefix has the id 0, so that what was never written is no hit.
      if (lastUnits[prefix] !== unit || lastIds[prefix] === 0) {
        const key = prefix * radix + unit;
        let next = this.ids.get(key);
        if (next === undefined) {
          next = this.ids.size + 1;
          this.ids.set(key, next);
        }
        lastUnits[prefix] = unit;
        lastIds[prefix] = next;
      }
      prefix = lastIds[prefix];
      result[index] = prefix;
    }
    return result;
  }
}
