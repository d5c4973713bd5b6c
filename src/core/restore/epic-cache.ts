/**
 * EPIC with LegoLink as a caching system. Every piece of a prompt but the last is a chunk, keyed by its tokens alone: a hit
 * is linked, a miss is compiled (prefilled alone) and kept, whatever stands before it.
 *
 * The system piece is a chunk whose place never changes, so that it is reused exactly and whole; a system piece that
 * agrees with a kept one only in part counts as a miss. Outputs are not kept: in a later turn they are pieces like others.
 * On models whose state is not one entry per token, and for requests without pieces, the given prefix cache serves.
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
import { ChunkStore } from "./chunk-store.ts";
import {
  createLinkCost,
  epicRefusal,
  equivalentPrefixTokens,
  type LinkCost,
  leadingRanges,
  legoLinkTokens,
  workOfRanges,
} from "./epic.ts";

/** What happened to a request of pieces. `reusedTokens` are the leading ones, so that prefixes and pieces compare. */
export class PieceServed extends Served {
  /** Tokens behind a recomputed one that needed no prefill: approximate, see `epicCaution`. */
  linkedTokens = 0;
  /** Tokens of missing pieces that were prefilled alone. */
  compiledTokens = 0;
  /** Tokens computed in their place: the link's, the query's, and those of pieces that could not be kept. */
  recomputedTokens = 0;
  /** Of compiling and linking together. */
  prefillFlops = 0;
  /** Leading reuse that would have left as many FLOPs or more. */
  override equivalentPrefixTokens = 0;
  /** All reused tokens, leading and linked. */
  readonly reused: TokenRange[] = [];
}

export interface EpicCacheOptions {
  readonly model: ModelSpec;
  readonly costOptions?: ModelCostOptions;
  /** Of the chunks; may be infinite. The prefix cache has a capacity of its own. */
  readonly capacityBytes: number;
  /** k of LegoLink-k; the authors measured 0, 2, 4, 8, 16 and 32. */
  readonly linkTokens: number;
  /** Serves what cannot be linked. */
  readonly prefixCache: CacheSystem;
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

  constructor(options: EpicCacheOptions) {
    const { model, linkTokens } = options;
    invariant(Number.isInteger(linkTokens) && linkTokens >= 0, `${linkTokens} link tokens`);
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
    const starts = context?.pieceStarts ?? null;
    if (this.linkCost === null || starts === null) {
      this.options.prefixCache.serve(promptTokens, outputTokens, out, context);
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
    this.store.beginRequest();
    out.compiledTokens = 0;
    out.prefillFlops = 0;
    out.losses.length = 0;
    const fates = pieces.map((piece, index) => this.servePiece(piece, index, lengths, this.linkCost!, out));
    const link = leadingRanges(lengths, (piece) => fates[piece].recomputedTokens);
    const computed = leadingRanges(lengths, (piece) =>
      fates[piece].isHit ? fates[piece].recomputedTokens : lengths[piece],
    );
    const work = workOfRanges(promptTokens.length, link);
    out.recomputedTokens = work.recomputedTokens;
    out.prefillFlops += this.linkCost.linkFlops(work);
    this.report(promptTokens.length, computed, out);
    reportLosses(lengths, fates, out);
    out.insertedTokens = fates.length > 1 && fates[0].isKept ? lengths[0] : 0;
    out.checkpoints.length = 0;
    out.evictedNodes = this.store.evictedChunks;
    out.evictedBytes = this.store.evictedBytes;
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

  /**
   * A piece of which the link would recompute everything is neither compiled nor kept: nothing could come of it.
   * A piece that does not fit is computed in its place, as by a server that has no room for it.
   */
  private servePiece(
    piece: Int32Array,
    index: number,
    lengths: readonly number[],
    linkCost: LinkCost,
    out: PieceServed,
  ): PieceFate {
    const recomputedTokens = legoLinkTokens(lengths, index, this.options.linkTokens);
    if (recomputedTokens === piece.length)
      return { isHit: false, isKept: false, wasEvicted: false, recomputedTokens };
    if (this.store.use(piece)) return { isHit: true, isKept: true, wasEvicted: false, recomputedTokens };
    const wasEvicted = this.store.wasEvicted(piece);
    if (!this.store.keep(piece))
      return { isHit: false, isKept: false, wasEvicted, recomputedTokens: piece.length };
    out.compiledTokens += piece.length;
    // The system piece sees no begin tokens but its own.
    out.prefillFlops += linkCost.compileFlops(piece.length, index === 0 ? 1 : this.options.linkTokens);
    return { isHit: false, isKept: true, wasEvicted, recomputedTokens };
  }

  /** Everything between the computed ranges was reused. */
  private report(promptTokens: number, computed: readonly TokenRange[], out: PieceServed): void {
    out.reused.length = 0;
    out.reusedTokens = computed.length === 0 ? promptTokens : computed[0].start;
    out.linkedTokens = 0;
    for (let index = 0, start = 0; index <= computed.length; index++) {
      const end = index < computed.length ? computed[index].start : promptTokens;
      if (end > start) out.reused.push({ start, end });
      if (start > 0) out.linkedTokens += end - start;
      if (index < computed.length) start = computed[index].end;
    }
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
  /** Leading tokens of the piece that are computed in their place. */
  readonly recomputedTokens: number;
}

/** Pieces that had to make room; all other tokens that are computed were never kept, or are the link's and the query's. */
function reportLosses(lengths: readonly number[], fates: readonly PieceFate[], out: PieceServed): void {
  for (let piece = 0, start = 0; piece < fates.length; start += lengths[piece], piece++) {
    if (!fates[piece].wasEvicted) continue;
    out.losses.push({ fate: "evicted", reason: "chunk evicted", start, end: start + lengths[piece] });
  }
}

/** Empty pieces are left out: they would shift which piece is the query. */
function piecesOf(tokens: Int32Array, starts: ArrayLike<number>): Int32Array[] {
  const pieces: Int32Array[] = [];
  for (let i = 0; i < starts.length; i++) {
    const end = i + 1 < starts.length ? starts[i + 1] : tokens.length;
    if (end > starts[i]) pieces.push(tokens.subarray(starts[i], end));
  }
  return pieces;
}
