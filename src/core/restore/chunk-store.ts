/**
 * Chunks by what their tokens are, wherever they stood: one copy of each distinct chunk, the least recently used goes first.
 * Chunks that went stay known, so that a chunk that was evicted can be told from one that never was there.
 * Invariant: the KV of all chunks never exceeds the capacity, and what the request being served uses stays.
 */
import { commonPrefixLength } from "../tokens/common-prefix.ts";

interface Chunk {
  readonly tokens: Int32Array;
  usedBy: number;
  isHeld: boolean;
}

export class ChunkStore {
  readonly capacityBytes: number;
  private readonly bytesPerToken: number;
  /** From hash to the chunks that have or had it; a list, because hashes may collide. Grows with the trace. */
  private readonly byHash = new Map<number, Chunk[]>();
  /** Least recently used first: a set keeps the order of insertion. */
  private readonly byRecency = new Set<Chunk>();
  private heldTokens = 0;
  private pinnedTokens = 0;
  private request = 0;
  /** Since `beginRequest`. */
  evictedChunks = 0;
  evictedBytes = 0;

  constructor(capacityBytes: number, bytesPerToken: number) {
    this.capacityBytes = capacityBytes;
    this.bytesPerToken = bytesPerToken;
  }

  get bytes(): number {
    return this.heldTokens * this.bytesPerToken;
  }

  get chunks(): number {
    return this.byRecency.size;
  }

  /** What earlier requests used may go from now on. */
  beginRequest(): void {
    this.request++;
    this.pinnedTokens = 0;
    this.evictedChunks = 0;
    this.evictedBytes = 0;
  }

  /** Whether the chunk is held; if so, it is now the most recently used, and stays while the request is served. */
  use(tokens: Int32Array): boolean {
    const chunk = this.find(tokens);
    if (!chunk?.isHeld) return false;
    this.touch(chunk);
    return true;
  }

  /** Whether the chunk was held once, and had to make room. */
  wasEvicted(tokens: Int32Array): boolean {
    return this.find(tokens)?.isHeld === false;
  }

  /** Whether a chunk that is not held fits beside what is in use. */
  hasRoomFor(tokens: Int32Array): boolean {
    return (this.pinnedTokens + tokens.length) * this.bytesPerToken <= this.capacityBytes;
  }

  /** Takes a chunk that is not held, by copy; `false`, and nothing evicted, if there is no room for it. */
  keep(tokens: Int32Array): boolean {
    if (!this.hasRoomFor(tokens)) return false;
    this.shrinkTo(this.capacityBytes - tokens.length * this.bytesPerToken);
    const chunk = this.find(tokens) ?? this.enter(tokens);
    chunk.isHeld = true;
    this.heldTokens += tokens.length;
    this.touch(chunk);
    return true;
  }

  /** Lets the oldest chunks go until so many bytes are left, or none; not below what the request being served uses. */
  shrinkTo(bytes: number): void {
    while (this.bytes > bytes && this.heldTokens > this.pinnedTokens) this.evictOldest();
  }

  /** Tokens of the longest chunk with which the tokens begin; 0 if there is none. O(chunks). */
  longestBeginning(tokens: Int32Array): number {
    let longest = 0;
    for (const { tokens: chunk } of this.byRecency) {
      const isLonger = chunk.length > longest && chunk.length <= tokens.length;
      if (isLonger && commonPrefixLength(chunk, 0, tokens, 0, chunk.length) === chunk.length)
        longest = chunk.length;
    }
    return longest;
  }

  private enter(tokens: Int32Array): Chunk {
    const chunk: Chunk = { tokens: tokens.slice(), usedBy: 0, isHeld: false };
    const hash = hashOf(tokens);
    const sameHash = this.byHash.get(hash);
    if (sameHash === undefined) this.byHash.set(hash, [chunk]);
    else sameHash.push(chunk);
    return chunk;
  }

  private find(tokens: Int32Array): Chunk | undefined {
    return this.byHash
      .get(hashOf(tokens))
      ?.find(
        (chunk) =>
          chunk.tokens.length === tokens.length &&
          commonPrefixLength(chunk.tokens, 0, tokens, 0, tokens.length) === tokens.length,
      );
  }

  private touch(chunk: Chunk): void {
    if (chunk.usedBy !== this.request) this.pinnedTokens += chunk.tokens.length;
    chunk.usedBy = this.request;
    this.byRecency.delete(chunk);
    this.byRecency.add(chunk);
  }

  /** The oldest is never pinned while an unpinned one is left, because a use makes a chunk the newest. */
  private evictOldest(): void {
    const [chunk] = this.byRecency;
    this.byRecency.delete(chunk);
    chunk.isHeld = false;
    this.heldTokens -= chunk.tokens.length;
    this.evictedChunks++;
    this.evictedBytes += chunk.tokens.length * this.bytesPerToken;
  }
}

/** FNV-1a over whole tokens. */
function hashOf(tokens: Int32Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < tokens.length; i++) hash = Math.imul(hash ^ tokens[i], 0x01000193);
  return hash;
}
