/**
 * Everything that was ever sent, and how far each prefix had ever been resumable: what tells an evicted token from one
 * that was never kept. It forgets nothing, so it grows with the trace.
 */
import { Int32Column } from "../tokens/columns.ts";
import { Match, NONE, type NodeId, RadixTree, ROOT } from "../tree/radix-tree.ts";
import { boundaryAt } from "../tree/walk.ts";

export interface Seen {
  /** Leading prompt tokens that somebody has sent before. */
  readonly sentTokens: number;
  /** Deepest of them whose KV was once cached. */
  readonly cachedTokens: number;
  /** Deepest position, at most `resumeLimit`, at which a checkpoint was once kept. */
  readonly checkpointTokens: number;
  /** The latest request known to have left the KV, and the checkpoint, up to there; -1 where there is none. */
  readonly cachedBy: number;
  readonly checkpointBy: number;
}

export class SeenTree {
  private readonly tree = new RadixTree();
  /** Deepest position up to which a sequence through this node was inserted into the cache. */
  private readonly cachedTo = new Int32Column(64);
  /** The last request that took so much of it, or went as far as the node's end. */
  private readonly cachedBy = new Int32Column(64);
  /** The last request that kept a checkpoint at the node's end; -1 where there never was one. */
  private readonly checkpointBy = new Int32Column(64);
  private readonly match = new Match();
  private readonly splitAt = (node: NodeId, keep: number): NodeId => this.split(node, keep);

  look(tokens: Int32Array, promptTokens: number, resumeLimit: number): Seen {
    const match = this.tree.match(tokens, promptTokens, this.match);
    let cachedTokens = 0;
    let cachedBy = -1;
    let checkpointTokens = 0;
    let checkpointBy = -1;
    let node: NodeId = match.partial === NONE ? match.node : match.partial;
    for (; node !== ROOT; node = this.tree.parent(node)) {
      const end = Math.min(this.tree.end(node), match.matched);
      const cached = Math.min(end, this.cachedTo.data[node]);
      if (cached > cachedTokens) {
        cachedTokens = cached;
        cachedBy = this.cachedBy.data[node];
      }
      const isEnd = end === this.tree.end(node) && end <= resumeLimit;
      if (isEnd && this.checkpointBy.data[node] >= 0 && end > checkpointTokens) {
        checkpointTokens = end;
        checkpointBy = this.checkpointBy.data[node];
      }
    }
    return { sentTokens: match.matched, cachedTokens, checkpointTokens, cachedBy, checkpointBy };
  }

  /** Remembers a request's sequence, how much of it the cache took, and the checkpoints that it kept. */
  add(request: number, tokens: Int32Array, insertedTokens: number, checkpoints: readonly number[]): void {
    const match = this.tree.match(tokens, tokens.length, this.match);
    let node = match.partial === NONE ? match.node : this.split(match.partial, match.partialLength);
    if (match.matched < tokens.length) {
      node = this.tree.addLeaf(node, tokens, match.matched, tokens.length);
      this.enter(node, 0, -1);
    }
    for (const position of checkpoints) {
      if (position > 0 && position <= tokens.length) {
        const at = boundaryAt(this.tree, node, position, this.splitAt);
        this.checkpointBy.data[at] = request;
      }
    }
    for (let visited = node; visited !== ROOT; visited = this.tree.parent(visited)) {
      const { data } = this.cachedTo;
      if (insertedTokens >= Math.min(data[visited], this.tree.end(visited)))
        this.cachedBy.data[visited] = request;
      data[visited] = Math.max(data[visited], insertedTokens);
    }
  }

  private split(node: NodeId, keep: number): NodeId {
    const upper = this.tree.split(node, keep);
    this.enter(upper, this.cachedTo.data[node], this.cachedBy.data[node]);
    return upper;
  }

  private enter(node: NodeId, cachedTo: number, cachedBy: number): void {
    for (const column of [this.cachedTo, this.cachedBy, this.checkpointBy]) column.reserve(node + 1);
    this.cachedTo.data[node] = cachedTo;
    this.cachedBy.data[node] = cachedBy;
    this.checkpointBy.data[node] = -1;
  }
}
