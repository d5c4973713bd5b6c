import { Int32Column } from "./columns.ts";

/**
 * Append-only store of token runs. Edges of the radix tree are (offset, length) into it,
 * so splitting an edge moves two numbers and copies no token.
 */
export class TokenArena {
  private readonly column: Int32Column;
  private used = 0;

  constructor(column = new Int32Column(1024)) {
    this.column = column;
  }

  /** The tokens; replaced when the arena grows, so read it anew after each append. */
  get data(): Int32Array {
    return this.column.data;
  }

  get length(): number {
    return this.used;
  }

  /** Copies `tokens[start, end)` to the end; returns their offset. */
  append(tokens: Int32Array, start: number, end: number): number {
    const offset = this.used;
    this.column.reserve(offset + end - start);
    this.column.data.set(tokens.subarray(start, end), offset);
    this.used += end - start;
    return offset;
  }

  copy(): TokenArena {
    const copy = new TokenArena(this.column.copy());
    copy.used = this.used;
    return copy;
  }
}
