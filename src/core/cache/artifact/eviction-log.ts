/** Removed nodes of one replay, in columns: the block cache removes hundreds of thousands of blocks. */
import { Int32Column } from "../../tokens/columns.ts";

/**
 * Told of a node before it is removed: 0 for a deleted leaf, 1 for a node merged into its only child; tokens from the root
 * to the node's end, −1 where the artifact does not know them; tokens on its edge; its last access.
 */
export type EvictionListener = (
  kind: 0 | 1,
  endTokens: number,
  edgeTokens: number,
  lastAccess: number,
) => void;

/** One removed node: request index, then what an `EvictionListener` is told. */
export type EvictionRow = readonly [number, 0 | 1, number, number, number];

const width = 5;

export class EvictionLog {
  /** Nodes removed. */
  length = 0;
  private readonly cells = new Int32Column(width * 64);

  add(request: number, kind: 0 | 1, endTokens: number, edgeTokens: number, lastAccess: number): void {
    const start = width * this.length++;
    this.cells.reserve(start + width);
    const { data } = this.cells;
    data[start] = request;
    data[start + 1] = kind;
    data[start + 2] = endTokens;
    data[start + 3] = edgeTokens;
    data[start + 4] = lastAccess;
  }

  rows(): EvictionRow[] {
    const { data } = this.cells;
    return Array.from({ length: this.length }, (_, row) => {
      const [request, kind, endTokens, edgeTokens, lastAccess] = data.subarray(
        width * row,
        width * (row + 1),
      );
      return [request, kind === 0 ? 0 : 1, endTokens, edgeTokens, lastAccess];
    });
  }
}
