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
    const { data } = this.column;
    // A view costs more than it saves where few tokens are copied.
    if (end - start > 32) data.set(tokens.subarray(start, end), offset);
    else for (let i = start, at = offset; i < end; i++, at++) data[at] = tokens[i];
    this.used += end - start;
    return offset;
  }

  /** Forgets all runs and keeps the memory. */
  clear(): void {
    this.used = 0;
  }

  copy(): TokenArena {
    const copy = new TokenArena(this.column.copy());
    copy.used = this.used;
    return copy;
  }
}
