/**
 * EPIC as a caching system. Every piece of a prompt that a link does not recompute whole is a chunk, keyed by its tokens
 * alone: a hit is linked, a miss is compiled (prefilled alone) and kept, whatever stands before it.
 *
 * The system piece is a chunk whose place never changes, so that LegoLink reuses it exactly and whole; a system piece that
 * agrees with a kept one only in part counts as a miss. Outputs are not kept: in a later turn they are pieces like others.
 * On models whose state is not one entry per token, and for requests without pieces, a prefix cache serves.
 * Invariant: chunks and prefixes together never exceed the capacity.
 */
import {
  type CacheContents,
  type CacheSystem,
  type Inspection,
  type ServeContext,
  Served,
  type StateCost,
  type TokenRange,
} from "../cache/cache-system.ts";
import { createModelCost, type ModelCostOptions } from "../cost/model-cost.ts";
import type { ModelSpec } from "../cost/model-spec.ts";
import { invariant } from "../invariant.ts";
import { concatTokens } from "../tokens/common-prefix.ts";
import { ChunkStore } from "./chunk-store.ts";
import {
  createLinkCost,
  epicRefusal,
  equivalentPrefixTokens,
  extraBeginTokens,
  type LinkCost,
  type LinkMethod,
  type PieceLink,
  pieceLinks,
  rangesOfLinks,
  workOfLinks,
} from "./epic.ts";

/** What happened to a request of pieces. `reusedTokens` are the leading ones of the first piece: nothing stands before it. */
export class PieceServed extends Served {
  /** Reused tokens of pieces that were computed without what stands before them, and all behind a computed token. */
  linkedTokens = 0;
  /** Tokens of missing pieces that were prefilled alone. */
  compiledTokens = 0;
  /** Tokens computed in their place: the link's, the query's, and those of pieces that could not be kept. */
  recomputedTokens = 0;
  /** Of compiling and linking together. */
  prefillFlops = 0;
  /** Leading reuse that would have left as many FLOPs or more. */
  override equivalentPrefixTokens = 0;
  /** All reused tokens, the leading ones first. */
  readonly reused: TokenRange[] = [];
}

/** A prefix cache that shares its memory. */
export interface ResizableCache extends CacheSystem {
  /** Gives it another capacity between two requests; what no longer fits goes at once, and is added to `out`. */
  resize(capacityBytes: number, out: Served): void;
}

export interface EpicCacheOptions {
  readonly model: ModelSpec;
  readonly costOptions?: ModelCostOptions;
  /** Of chunks and prefixes together; may be infinite. */
  readonly capacityBytes: number;
  readonly method: LinkMethod;
  /** Serves what cannot be linked; of the same capacity, as long as there are no chunks. */
  readonly prefixCache: ResizableCache;
}

export class EpicCache implements CacheSystem {
  readonly keepsAnything = true;
  /** Why nothing is reused out of place; `null` when pieces are linked. */
  readonly refusal: string | null;
  private readonly options: EpicCacheOptions;
  private readonly cost: StateCost;
  private readonly linkCost: LinkCost | null;
  private readonly store: ChunkStore;
  private readonly pieceServed = new PieceServed();
  /** What prefixes had to go for the chunks of the request. */
  private readonly goneOfPrefixes = new Served();

  constructor(options: EpicCacheOptions) {
    const { model } = options;
    this.options = options;
    this.refusal = epicRefusal(model);
    this.cost = createModelCost(model, options.costOptions);
    this.linkCost = this.refusal === null ? createLinkCost(model) : null;
    this.store = new ChunkStore(options.capacityBytes, this.cost.kvBytesPerToken);
  }

  get blockTokens(): number {
    return this.linkCost === null ? this.options.prefixCache.blockTokens : 1;
  }

  get computedTokensAtLeast(): number {
    return this.options.prefixCache.computedTokensAtLeast;
  }

  get needsCheckpoints(): boolean {
    return this.options.prefixCache.needsCheckpoints;
  }

  /** Without pieces there is nothing to link: the prefix cache serves. */
  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served, context?: ServeContext): void {
    const starts = this.linkCost === null ? null : (context?.pieceStarts?.() ?? null);
    if (starts === null) {
      this.servePrefix(promptTokens, outputTokens, out, context);
      return;
    }
    const { pieceServed } = this;
    this.servePieces(promptTokens, outputTokens, starts, pieceServed);
    out.reusedTokens = pieceServed.reusedTokens;
    // A prefix that was cut otherwise is no use here: which tokens had to make room is told by `losses` alone.
    out.insertedTokens = 0;
    out.checkpoints.length = 0;
    out.evictedNodes = pieceServed.evictedNodes;
    out.evictedBytes = pieceServed.evictedBytes;
    out.equivalentPrefixTokens = pieceServed.equivalentPrefixTokens;
    out.reusedRanges.length = 0;
    for (const range of pieceServed.reused) if (range.start > 0) out.reusedRanges.push(range);
    out.losses.length = 0;
    out.losses.push(...pieceServed.losses);
  }

  /** `pieceStarts` ascend from 0, like `PromptRuns.starts`; the last piece is the query. */
  servePieces(
    promptTokens: Int32Array,
    outputTokens: Int32Array,
    pieceStarts: ArrayLike<number>,
    out: PieceServed,
  ): void {
    if (this.linkCost === null || pieceStarts.length === 0) {
      this.serve(promptTokens, outputTokens, out);
      this.reportPrefix(promptTokens.length, out);
      return;
    }
    const pieces = piecesOf(promptTokens, pieceStarts);
    const lengths = pieces.map((piece) => piece.length);
    const { method } = this.options;
    this.store.beginRequest();
    this.goneOfPrefixes.evictedNodes = 0;
    this.goneOfPrefixes.evictedBytes = 0;
    out.compiledTokens = 0;
    out.prefillFlops = 0;
    out.losses.length = 0;
    // Pins all chunks of the request that are there, before the first missing one needs room.
    for (const piece of pieces) this.store.use(piece);
    const links = pieceLinks(lengths, method);
    const fates = pieces.map((piece, index) => this.servePiece(piece, index, links[index], out));
    const linked = workOfLinks(
      lengths,
      fates.map(({ link }) => link),
      method,
    );
    out.recomputedTokens = linked.recomputedTokens;
    out.prefillFlops += this.linkCost.linkFlops(linked);
    const computed = fates.map(({ isHit, link }, index) => (isHit ? link : wholeOf(lengths[index])));
    this.report(lengths, promptTokens.length, rangesOfLinks(lengths, computed), out);
    reportLosses(lengths, fates, out);
    out.insertedTokens = fates.length > 1 && fates[0].isKept ? lengths[0] : 0;
    out.checkpoints.length = 0;
    out.evictedNodes = this.store.evictedChunks + this.goneOfPrefixes.evictedNodes;
    out.evictedBytes = this.store.evictedBytes + this.goneOfPrefixes.evictedBytes;
  }

  contents(): CacheContents {
    const prefixes = this.options.prefixCache.contents();
    return { ...prefixes, kvBytes: prefixes.kvBytes + this.store.bytes };
  }

  inspect(tokens: Int32Array): Inspection {
    const prefixes = this.options.prefixCache.inspect(tokens);
    const cachedTokens = Math.max(prefixes.cachedTokens, this.store.longestBeginning(tokens));
    return { ...prefixes, cachedTokens };
  }

  /** Chunks go first, as far as the tokens need room that are new to the prefix cache; then its own oldest prefixes. */
  private servePrefix(
    promptTokens: Int32Array,
    outputTokens: Int32Array,
    out: Served,
    context?: ServeContext,
  ): void {
    const { prefixCache, capacityBytes } = this.options;
    const { store } = this;
    if (store.chunks === 0) {
      prefixCache.serve(promptTokens, outputTokens, out, context);
      return;
    }
    store.beginRequest();
    const sequence = concatTokens(promptTokens, outputTokens);
    const newTokens = sequence.length - prefixCache.inspect(sequence).cachedTokens;
    const neededBytes = bytesOf(prefixCache.contents()) + newTokens * this.cost.kvBytesPerToken;
    store.shrinkTo(capacityBytes - neededBytes);
    prefixCache.resize(capacityBytes - store.bytes, this.goneOfPrefixes);
    prefixCache.serve(promptTokens, outputTokens, out, context);
    out.evictedNodes += store.evictedChunks;
    out.evictedBytes += store.evictedBytes;
  }

  /** Prefixes go first; then the store lets its own oldest chunks go. `false` if there is no room even so. */
  private keep(piece: Int32Array): boolean {
    const { store, goneOfPrefixes } = this;
    const { prefixCache, capacityBytes } = this.options;
    if (!store.hasRoomFor(piece)) return false;
    const neededBytes = store.bytes + piece.length * this.cost.kvBytesPerToken;
    const left = Math.max(0, capacityBytes - neededBytes);
    if (bytesOf(prefixCache.contents()) > left) prefixCache.resize(left, goneOfPrefixes);
    store.keep(piece);
    return true;
  }

  /**
   * A piece of which the link would recompute everything is neither compiled nor kept: nothing could come of it.
   * A piece that does not fit is computed in its place, as by a server that has no room for it.
   */
  private servePiece(piece: Int32Array, index: number, link: PieceLink, out: PieceServed): PieceFate {
    const { length } = piece;
    const { method } = this.options;
    if (link.first + link.last >= length) {
      return { isHit: false, isKept: false, wasEvicted: false, link: wholeOf(length) };
    }
    if (this.store.use(piece)) return { isHit: true, isKept: true, wasEvicted: false, link };
    const wasEvicted = this.store.wasEvicted(piece);
    if (!this.keep(piece)) return { isHit: false, isKept: false, wasEvicted, link: wholeOf(length) };
    out.compiledTokens += length;
    out.prefillFlops += this.linkCost?.compileFlops(length, extraBeginTokens(method, index)) ?? 0;
    return { isHit: false, isKept: true, wasEvicted, link };
  }

  /** Everything between the computed ranges was reused; a range that begins in the first piece is cut where that ends. */
  private report(
    lengths: readonly number[],
    promptTokens: number,
    computed: readonly TokenRange[],
    out: PieceServed,
  ): void {
    const [firstPiece = 0] = lengths;
    out.reused.length = 0;
    let start = 0;
    for (const { start: end, end: next } of [...computed, { start: promptTokens, end: promptTokens }]) {
      const cut = Math.max(start, Math.min(end, firstPiece));
      if (cut > start) out.reused.push({ start, end: cut });
      if (end > cut) out.reused.push({ start: cut, end });
      start = next;
    }
    const [first] = out.reused;
    out.reusedTokens = first?.start === 0 ? first.end : 0;
    const reusedTokens = out.reused.reduce((sum, range) => sum + range.end - range.start, 0);
    out.linkedTokens = reusedTokens - out.reusedTokens;
    out.equivalentPrefixTokens = this.equivalentPrefix(promptTokens, out.prefillFlops);
  }

  private reportPrefix(promptTokens: number, out: PieceServed): void {
    const { reusedTokens } = out;
    out.linkedTokens = 0;
    out.compiledTokens = 0;
    out.recomputedTokens = promptTokens - reusedTokens;
    out.prefillFlops = this.cost.prefillFlops(reusedTokens, promptTokens);
    out.equivalentPrefixTokens = reusedTokens;
    out.reused.length = 0;
    if (reusedTokens > 0) out.reused.push({ start: 0, end: reusedTokens });
  }

  private equivalentPrefix(promptTokens: number, flops: number): number {
    const prefillFlops = (reused: number, prompt: number) => this.cost.prefillFlops(reused, prompt);
    return equivalentPrefixTokens(prefillFlops, promptTokens, flops);
  }
}

interface PieceFate {
  readonly isHit: boolean;
  readonly isKept: boolean;
  /** Not held any more when the request came. */
  readonly wasEvicted: boolean;
  /** What of the piece is computed in its place. */
  readonly link: PieceLink;
}

function wholeOf(tokens: number): PieceLink {
  return { first: tokens, last: 0 };
}

function bytesOf({ kvBytes, checkpointBytes }: CacheContents): number {
  return kvBytes + checkpointBytes;
}

/**
 * Pieces that had to make room, and what a link computes of those that are there; all other tokens that are computed were
 * never kept, or are the query's.
 */
function reportLosses(lengths: readonly number[], fates: readonly PieceFate[], out: PieceServed): void {
  for (let piece = 0, start = 0; piece < fates.length; start += lengths[piece], piece++) {
    const { wasEvicted, isHit, link } = fates[piece];
    const end = start + lengths[piece];
    if (wasEvicted) out.losses.push({ fate: "evicted", reason: "chunk evicted", start, end });
    else if (isHit && link.first > 0) {
      out.losses.push({ fate: "ruledOut", reason: "computed again to link", start, end: start + link.first });
    }
  }
}

/** Empty pieces are left out: they would shift which piece is the query. Throws when the rest does not cover the prompt. */
function piecesOf(tokens: Int32Array, starts: ArrayLike<number>): Int32Array[] {
  const pieces: Int32Array[] = [];
  for (let i = 0; i < starts.length; i++) {
    const end = i + 1 < starts.length ? starts[i + 1] : tokens.length;
    if (end > starts[i]) pieces.push(tokens.subarray(starts[i], end));
  }
  const covered = pieces.reduce((sum, piece) => sum + piece.length, 0);
  invariant(covered === tokens.length, `pieces of ${covered} tokens for a prompt of ${tokens.length}`);
  return pieces;
}
