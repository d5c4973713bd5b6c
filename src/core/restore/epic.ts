/**
 * EPIC (ICML 2025, arXiv 2410.15332): position-independent reuse. A prompt is a system piece, chunks and a query piece;
 * each chunk is compiled alone, and linking puts the stored chunks in any order and recomputes a few of their tokens.
 * Here: which tokens each method recomputes, and what that costs. Answers are approximate: see `epicCaution`.
 */

import { t } from "../../words/l10n.ts";
import type { TokenRange } from "../cache/cache-system.ts";
import { attentionFlopsPerPair, flopsPerTokenByKind, outputHeadFlops } from "../cost/flops.ts";
import { countLayers } from "../cost/layer-counts.ts";
import { createModelCost } from "../cost/model-cost.ts";
import type { ModelSpec } from "../cost/model-spec.ts";
import { invariant } from "../invariant.ts";

/** Belongs beside every number of LegoLink. */
export function epicCaution(): string {
  return t(
    "Approximate answers: linked chunks were computed without what stands before them. The paper reports 0 to 7 % lost accuracy; an independent rerun kept 78 to 91 % of the full score.",
  );
}

/** k of LegoLink-k as reports have it; the authors measured 0, 2, 4, 8, 16 and 32. */
export const publishedLinkTokens = 16;

/** r of CacheBlend-r that the authors compare with, and LMCache's default; they measured 1, 5, 10, 15 and 20. */
export const publishedBlendPercent = 15;

/**
 * `full` recomputes all tokens, `naive` the last one alone.
 * `legoLink` recomputes the first `tokens` of every chunk; with 0, chunks are compiled behind begin tokens that are dropped.
 * `cacheBlend` recomputes `percent` of the tokens, those whose V differs most.
 */
export type LinkMethod =
  | { readonly kind: "full" }
  | { readonly kind: "naive" }
  | { readonly kind: "legoLink"; readonly tokens: number }
  | { readonly kind: "cacheBlend"; readonly percent: number };

/** Belongs beside every number of the method; `null` where answers are exact. */
export function cautionOf(method: LinkMethod): string | null {
  switch (method.kind) {
    case "full":
      return null;
    case "legoLink":
      return epicCaution();
    case "naive":
      return t(
        "Approximate answers: linked chunks were computed without what stands before them. Nothing is recomputed to mend that; what it costs in accuracy is not published in numbers.",
      );
    case "cacheBlend":
      return t(
        "Approximate answers: linked chunks were computed without what stands before them. {0} % of them are recomputed to mend that; what is lost all the same is not published in numbers.",
        method.percent,
      );
  }
}

export interface LinkWork {
  readonly promptTokens: number;
  /** In every layer; with CacheBlend from the third layer on. */
  readonly recomputedTokens: number;
  /** In the first layer, which CacheBlend computes in full to choose its tokens. */
  readonly recomputedTokensInFirstLayer: number;
  /** (query, key) pairs under the causal mask in one layer; `null` where they depend on what the tokens say. */
  readonly attendedPairs: number | null;
  /** Ascending and apart; `null` where they depend on what the tokens say. */
  readonly recomputed: readonly TokenRange[] | null;
}

/** Extra begin tokens in front of a chunk's own when LegoLink-0 compiles it; their KV is dropped. The system piece has none. */
const legoLink0BeginTokens = 3;

export function extraBeginTokens(method: LinkMethod, piece: number): number {
  return method.kind === "legoLink" && method.tokens === 0 && piece > 0 ? legoLink0BeginTokens : 0;
}

/**
 * Why pieces cannot be reused out of place on this model; `null` when they can.
 * Not even the attention layers of a hybrid can: what they read has passed through recurrent layers below them, and
 * running those over all tokens is the prefill.
 */
export function epicRefusal(model: ModelSpec): string | null {
  const cost = createModelCost(model);
  if (model.compressedAttention !== undefined) {
    return t(
      "Position-independent reuse is 0: nothing is published for entries that stand for several tokens. Prefixes are reused instead.",
    );
  }
  if (cost.hasRecurrentLayers) {
    return t(
      "Position-independent reuse is 0: a recurrent layer keeps one state per sequence, which depends on everything before it, and not one entry per token; attention layers above it read what it made of another past. Prefixes are reused instead.",
    );
  }
  const counts = countLayers(model);
  if (counts.slidingAttention > 0) {
    return t(
      "Position-independent reuse is 0: nothing is published for sliding-window layers. Prefixes are reused instead.",
    );
  }
  if ((model.latentAttention?.indexer ?? model.attention?.indexer ?? null) !== null) {
    return t(
      "Position-independent reuse is 0: nothing is published for attention to tokens that an indexer chooses. Prefixes are reused instead.",
    );
  }
  return cost.hasAttentionLayers
    ? null
    : t("Position-independent reuse is 0: no layer keeps an entry per token.");
}

/** What a link recomputes of one piece: so many of its first tokens, and so many of its last. */
export interface PieceLink {
  readonly first: number;
  readonly last: number;
}

/**
 * Pieces in order, none empty: the first is the system piece, the last the query; one piece alone is a query.
 * Which tokens CacheBlend chooses depends on their values: the first ones of each piece stand in for them, in the piece's
 * share of the whole.
 */
export function pieceLinks(pieceTokens: ArrayLike<number>, method: LinkMethod): PieceLink[] {
  const promptTokens = sum(pieceTokens);
  const links: PieceLink[] = [];
  for (let piece = 0, start = 0; piece < pieceTokens.length; start += pieceTokens[piece], piece++) {
    const tokens = pieceTokens[piece];
    const isQuery = piece === pieceTokens.length - 1;
    links.push(linkOfPiece(method, { tokens, start, isSystem: piece === 0, isQuery, promptTokens }));
  }
  return links;
}

interface PlacedPiece {
  readonly tokens: number;
  readonly start: number;
  readonly isSystem: boolean;
  readonly isQuery: boolean;
  readonly promptTokens: number;
}

function linkOfPiece(method: LinkMethod, piece: PlacedPiece): PieceLink {
  const { tokens, start, isSystem, isQuery, promptTokens } = piece;
  const last = isQuery ? 1 : 0;
  switch (method.kind) {
    case "full":
      return { first: tokens, last: 0 };
    case "naive":
      return { first: 0, last };
    case "legoLink":
      if (isQuery) return { first: tokens, last: 0 };
      return { first: isSystem ? 0 : Math.min(method.tokens, tokens), last: 0 };
    case "cacheBlend": {
      // ⌊(N − 1)·r⌋ tokens of all but the last, which is always recomputed.
      const chosenUpTo = (end: number) =>
        Math.floor((Math.min(end, promptTokens - 1) * method.percent) / 100);
      return { first: chosenUpTo(start + tokens) - chosenUpTo(start), last };
    }
  }
}

/** Pieces as in `pieceLinks`. */
export function linkWork(pieceTokens: ArrayLike<number>, method: LinkMethod): LinkWork {
  return workOfLinks(pieceTokens, pieceLinks(pieceTokens, method), method);
}

/** The same with links of the caller's choice: a piece that could not be kept is recomputed whole. */
export function workOfLinks(
  pieceTokens: ArrayLike<number>,
  links: readonly PieceLink[],
  method: LinkMethod,
): LinkWork {
  const promptTokens = sum(pieceTokens);
  const recomputed = rangesOfLinks(pieceTokens, links);
  const recomputedTokens = recomputed.reduce((tokens, { start, end }) => tokens + end - start, 0);
  if (method.kind === "cacheBlend") {
    const recomputedTokensInFirstLayer = promptTokens;
    return {
      promptTokens,
      recomputedTokens,
      recomputedTokensInFirstLayer,
      attendedPairs: null,
      recomputed: null,
    };
  }
  // Position p attends to p + 1 keys.
  const attendedPairs = recomputed.reduce(
    (pairs, { start, end }) => pairs + ((end - start) * (start + end + 1)) / 2,
    0,
  );
  return {
    promptTokens,
    recomputedTokens,
    recomputedTokensInFirstLayer: recomputedTokens,
    attendedPairs,
    recomputed,
  };
}

/** Ascending and apart. */
export function rangesOfLinks(pieceTokens: ArrayLike<number>, links: readonly PieceLink[]): TokenRange[] {
  const ranges: TokenRange[] = [];
  for (let piece = 0, start = 0; piece < links.length; start += pieceTokens[piece], piece++) {
    const end = start + pieceTokens[piece];
    const { first, last } = links[piece];
    ranges.push({ start, end: start + first }, { start: end - last, end });
  }
  return joined(ranges);
}

/** Without empty ranges, neighbours joined. */
function joined(ranges: readonly TokenRange[]): TokenRange[] {
  const result: TokenRange[] = [];
  for (const range of ranges) {
    const last = result.at(-1);
    if (range.start === range.end) continue;
    if (last && last.end === range.start) result[result.length - 1] = { start: last.start, end: range.end };
    else result.push(range);
  }
  return result;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

export interface LinkCost {
  /** FLOPs of the recomputed tokens against all keys before them, with the logits of the last one; stored chunks are free. */
  linkFlops(work: LinkWork): number;
  /** Prefill of one chunk alone with one output token, behind so many begin tokens besides its own. */
  compileFlops(chunkTokens: number, extraBegins: number): number;
}

/**
 * Σ over layers of 2·W·|R| + 4·D·Σ (p + 1) over the recomputed positions p, with the model's own W and D. CacheBlend
 * computes the first layer in full, and Q, K and V of the second; its later tokens are taken to be spread evenly.
 * The model must be one that `epicRefusal` lets pass.
 */
export function createLinkCost(model: ModelSpec): LinkCost {
  invariant(epicRefusal(model) === null, `${model.id} does not link chunks`);
  const cost = createModelCost(model);
  const counts = countLayers(model);
  const layers = counts.attention + counts.latentAttention + counts.crossAttention;
  const perToken = flopsPerTokenByKind(model).reduce((total, { matrices }) => total + matrices, 0) / layers;
  const perPair = attentionFlopsPerPair(model).full / layers;
  const queryKeyValue = queryKeyValueFlops(model);
  const head = outputHeadFlops(model);
  return {
    linkFlops(work) {
      const { promptTokens, recomputedTokens: chosen } = work;
      if (work.attendedPairs !== null)
        return layers * (chosen * perToken + work.attendedPairs * perPair) + head;
      const chosenLayer = chosen * perToken + evenPairs(promptTokens, chosen) * perPair;
      const first = promptTokens * perToken + (promptTokens * (promptTokens + 1) * perPair) / 2;
      const second = chosenLayer + (promptTokens - chosen) * queryKeyValue;
      return first + (layers > 1 ? second : 0) + Math.max(0, layers - 2) * chosenLayer + head;
    },
    compileFlops: (chunkTokens, extraBegins) => cost.prefillFlops(0, chunkTokens + extraBegins),
  };
}

/** Projections of one token in one grouped-query layer; 0 for latent attention, which CacheBlend does not know. */
function queryKeyValueFlops(model: ModelSpec): number {
  const { attention, hiddenWidth } = model;
  if (!attention) return 0;
  const { queryHeads, kvHeads, headWidth, valueWidth } = attention;
  return 2 * hiddenWidth * ((queryHeads + kvHeads) * headWidth + kvHeads * valueWidth);
}

/** The last token, and `chosen` − 1 others, each of which has N / 2 keys on average. */
function evenPairs(promptTokens: number, chosen: number): number {
  return promptTokens === 0 ? 0 : promptTokens + ((chosen - 1) * promptTokens) / 2;
}

/**
 * Leading tokens whose reuse would leave as many FLOPs or more: lets a TTFT that was made for prefixes speak of links too.
 * The largest such number, and 0 when linking costs more than the whole prefill.
 */
export function equivalentPrefixTokens(
  prefillFlops: (reusedTokens: number, promptTokens: number) => number,
  promptTokens: number,
  flops: number,
): number {
  let low = 0;
  let high = promptTokens;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (prefillFlops(middle, promptTokens) >= flops) low = middle;
    else high = middle - 1;
  }
  return low;
}
