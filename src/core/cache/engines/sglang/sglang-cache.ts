/**
 * SGLang's prefix cache, one request at a time: it is looked up, prefilled in chunks, decoded, and kept in a tree whose KV
 * and states lie in the same two pools as those of the running request.
 * Source: sgl-project/sglang at 8905cbd (July 2026), places at the single steps, under `python/sglang/srt`.
 */
import { invariant } from "../../../invariant.ts";
import { PageSymbols } from "../../../tokens/page-symbols.ts";
import { type NodeId, ROOT } from "../../../tree/radix-tree.ts";
import type { CacheContents, CacheSystem, Inspection, Served } from "../../cache-system.ts";
import {
  type SglangModeOptions,
  type SglangPools,
  type StateThinning,
  type StrategyRules,
  sglangLevels,
  sglangStrategies,
} from "./options.ts";
import { PooledTree } from "./pooled-tree.ts";
import { prefillChunks, trackedInDecoding, trackedInPrefill } from "./state-positions.ts";
import { TieredTree } from "./tiered-tree.ts";

export interface SglangCacheOptions extends SglangModeOptions, SglangPools {
  readonly kvBytesPerToken: number;
  /** Of one state of the tree; 0 without recurrent layers. */
  readonly stateBytes: number;
}

/** The server makes one token at least; which one is not known where no output is, and no vocabulary has this id. */
const someAnswer = Int32Array.of(2 ** 30);

/** What is being served. */
interface Running {
  readonly sequence: Int32Array;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** The end of what the tree holds for it, and cannot give up. */
  node: NodeId;
  readonly out: Served;
}

export class SglangCache implements CacheSystem {
  readonly blockTokens: number;
  readonly computedTokensAtLeast = 1;
  readonly needsCheckpoints: boolean;
  readonly keepsAnything = true;
  private readonly options: SglangCacheOptions;
  private readonly rules: StrategyRules;
  private readonly thinning: StateThinning;
  private readonly tree: PooledTree;
  /** The same, where nodes can lie in host memory. */
  private readonly tiered: TieredTree | null;
  private readonly pages: PageSymbols;
  private joined = new Int32Array(0);

  constructor(options: SglangCacheOptions) {
    const { pageTokens, kvBytesPerToken, stateBytes, kvTokens, stateSlots, checkpointSlots } = options;
    invariant(
      stateSlots === null || positionsOf(options).every((position) => position % pageTokens === 0),
      `states at ${positionsOf(options)} tokens do not stand at ends of pages of ${pageTokens}`,
    );
    this.options = options;
    this.rules = sglangStrategies[options.strategy];
    this.thinning = sglangLevels[options.level];
    this.blockTokens = pageTokens;
    this.needsCheckpoints = stateSlots !== null;
    this.pages = new PageSymbols(pageTokens);
    const treeOptions = {
      kvSymbols: Math.floor(kvTokens / pageTokens),
      stateSlots: stateSlots ?? 0,
      ...(checkpointSlots === undefined ? {} : { checkpointSlots }),
      bytesPerSymbol: kvBytesPerToken * pageTokens,
      stateBytes,
    };
    this.tiered =
      options.host === undefined
        ? null
        : new TieredTree({
            ...treeOptions,
            hostSymbols: Math.floor(options.host.kvTokens / pageTokens),
            hostStateSlots: options.host.stateSlots,
            copiedAfter: options.host.copiedAfter,
          });
    this.tree = this.tiered ?? new PooledTree(treeOptions);
  }

  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served): void {
    out.evictedNodes = 0;
    out.evictedBytes = 0;
    out.checkpoints.length = 0;
    const answer = outputTokens.length === 0 ? someAnswer : outputTokens;
    const running: Running = {
      sequence: this.pages.symbols(this.join(promptTokens, answer)),
      promptTokens: promptTokens.length,
      outputTokens: answer.length,
      node: ROOT,
      out,
    };
    this.tree.beginRequest();
    const matched = this.lookUp(running);
    out.isRefused = !this.tree.canHold(this.pagesOf(promptTokens.length + 1), this.slotsToRun);
    if (!out.isRefused) this.finish(running, this.prefill(running, matched));
    this.tree.endRequest();
    const { sequence, node } = running;
    out.insertedTokens = this.tokensOf(this.tree.matchedFrom(node, sequence, sequence.length).matched);
  }

  contents(): CacheContents {
    const { kvBytesPerToken, stateBytes } = this.options;
    return {
      kvBytes: this.tokensOf(this.tree.symbolCount) * kvBytesPerToken,
      checkpointBytes: this.tree.stateCount * stateBytes,
      checkpoints: this.tree.stateCount,
    };
  }

  inspect(tokens: Int32Array): Inspection {
    const symbols = this.pages.symbols(tokens);
    const { node, matched } = this.tree.matchedFrom(ROOT, symbols, symbols.length);
    return {
      cachedTokens: this.tokensOf(matched),
      checkpoints: this.tree.statesAlong(node).map((position) => this.tokensOf(position)),
    };
  }

  /**
   * The key is one token short, so that one is always computed. The state that is resumed is copied for the request.
   * Returns the tokens that agree with the tree. `mem_cache/unified_cache/components/mamba.py`.
   */
  private lookUp(running: Running): number {
    const { tree } = this;
    const limit = this.symbolsIn(Math.max(0, running.promptTokens - 1));
    const walk = tree.matchedFrom(ROOT, running.sequence, limit);
    const node = tree.nodeAt(walk, running.sequence);
    const resumed = this.needsCheckpoints ? tree.resumable(node) : node;
    tree.renew(resumed);
    running.node = this.tiered === null ? resumed : this.broughtBack(this.tiered, resumed, running);
    tree.lock(running.node);
    running.out.reusedTokens = this.tokensOf(tree.end(running.node));
    if (this.needsCheckpoints && running.node !== ROOT && tree.ownSlots === 0) this.takeSlots(1, running);
    return this.tokensOf(walk.matched);
  }

  /**
   * What of the path to `wanted` is on the host alone is loaded, its state twice: for the tree and for the request. Where
   * that is too little, or there is no room, returns what is on the GPU. `unified_radix_cache.py` (`load_back`).
   */
  private broughtBack(tree: TieredTree, wanted: NodeId, running: Running): NodeId {
    const { host, kvBytesPerToken, stateBytes } = this.options;
    const here = tree.resumableHere(wanted, this.needsCheckpoints);
    if (host === undefined || here === wanted) return here;
    const { out } = running;
    const symbols = tree.awaySymbols(wanted);
    if (!this.needsCheckpoints && this.tokensOf(symbols) < host.leastLoadedTokens) return here;
    tree.lock(wanted);
    // Of states only that of what is here is held.
    tree.lock(here);
    if (this.needsCheckpoints) this.takeSlots(1, running);
    if (tree.freeSymbols < symbols) tree.evictKv(symbols - tree.freeSymbols, out);
    if (this.needsCheckpoints) this.askSlots(1, out);
    if (tree.freeSymbols < symbols || (this.needsCheckpoints && tree.freeSlots < 1)) {
      tree.ownSlots = 0;
      tree.unlock(here, wanted);
      return here;
    }
    tree.bringBack(wanted);
    const [start, end] = [this.tokensOf(tree.end(here)), this.tokensOf(tree.end(wanted))];
    out.restored.push({ from: "host memory", start, end });
    const states = this.needsCheckpoints ? 2 : 0;
    out.restoreSeconds =
      (this.tokensOf(symbols) * kvBytesPerToken + states * stateBytes) / host.bytesPerSecond;
    return wanted;
  }

  /**
   * Chunk by chunk: slots, KV, and then what lies before the chunk's state becomes the tree's. A request that ends with its
   * prefill leaves the last of that to `finish`. Returns the position of the last chunk's state; 0 for none.
   * `allocation.py` (`alloc_for_extend`), `unified_radix_cache.py` (`cache_unfinished_req`).
   */
  private prefill(running: Running, matched: number): number {
    const { pageTokens, prefillChunkTokens, chunkTokens } = this.options;
    const { promptTokens, outputTokens, out } = running;
    const branch = matched > out.reusedTokens ? Math.floor(matched / chunkTokens) * chunkTokens : 0;
    // Pages are asked for as if none of the tokens had a place in the last one.
    const spare = pageTokens === 1 ? 0 : pageTokens;
    let position = 0;
    for (const chunk of prefillChunks(out.reusedTokens, promptTokens, prefillChunkTokens)) {
      if (this.needsCheckpoints) {
        this.askSlots(this.rules.prefillSlots, out);
        this.tree.ownSlots = this.rules.runningSlots;
      }
      this.takeKv(chunk.end, chunk.end - chunk.start + spare, running);
      position = this.isExact ? chunk.end : trackedInPrefill(chunk, branch, chunkTokens);
      const isLast = chunk.end === promptTokens;
      if (position === 0 || (isLast && outputTokens === 1)) continue;
      if (!isLast && position !== branch && this.skipsChunkEnds) continue;
      if (this.takesSlotForCopy) this.askSlots(1, out);
      if (this.takesSlotForCopy && this.tree.freeSlots < 1) continue;
      this.askCheckpointSlot(out);
      this.keep(position, chunk.end, running, !isLast);
    }
    return position;
  }

  /**
   * Decodes, and gives KV and state to the tree: up to the last token that was computed, or to the last state that was
   * copied. With the overlap scheduler a step runs before the last token is known to be the last.
   * `unified_radix_cache.py` (`cache_finished_req`).
   */
  private finish(running: Running, prefillPosition: number): void {
    const { pageTokens, trackIntervalTokens, hasOverlap } = this.options;
    const { promptTokens, outputTokens } = running;
    const end = promptTokens + outputTokens - (hasOverlap ? 0 : 1);
    // One more page is asked for at each step, needed or not.
    const fits = this.tree.freeSymbols > this.pagesOf(end) - this.pagesOf(promptTokens);
    for (let computed = fits ? end : promptTokens + 1; computed <= end; computed++)
      this.takeKv(computed, pageTokens, running);
    let position = end;
    if (!this.isExact) {
      const decoded = { start: promptTokens, end };
      position =
        outputTokens === 1 ? prefillPosition : trackedInDecoding(decoded, trackIntervalTokens, hasOverlap);
    }
    this.tree.ownSlots = 0;
    // A state is stored before it is known whether one stands there, or where it is at all.
    this.askCheckpointSlot(running.out);
    if (position > 0) this.keep(position, end, running, false);
  }

  /** The server does not start with fewer, and refuses a prompt that its KV pool cannot hold: that one is looked up only. */
  private get slotsToRun(): number {
    return this.needsCheckpoints ? this.rules.runningSlots : 0;
  }

  /** Whether a request that runs on needs one more slot for a state that the tree takes. */
  private get takesSlotForCopy(): boolean {
    return this.needsCheckpoints && !(this.hasOwnPool && this.rules.isExact);
  }

  /** Whether states of the tree have a pool of their own. */
  private get hasOwnPool(): boolean {
    return this.needsCheckpoints && this.options.checkpointSlots !== undefined;
  }

  private get skipsChunkEnds(): boolean {
    return this.needsCheckpoints && !this.thinning.keepsChunkEnds;
  }

  /** Whether everything is kept up to where it ends, and not only up to a multiple. */
  private get isExact(): boolean {
    return !this.needsCheckpoints || this.rules.isExact;
  }

  /** Where less than what is asked for is free, that much is evicted. `mem_cache/common.py` (`evict_from_tree_cache`). */
  private takeKv(end: number, asked: number, running: Running): void {
    const { tree } = this;
    const symbols = this.pagesOf(asked);
    if (tree.freeSymbols < symbols) tree.evictKv(symbols, running.out);
    tree.ownSymbols = this.pagesOf(end) - tree.end(running.node);
  }

  private takeSlots(slots: number, running: Running): void {
    this.askSlots(slots, running.out);
    this.tree.ownSlots += slots;
  }

  /** As many states go as slots are missing, in whichever pool they lie. */
  private askSlots(slots: number, out: Served): void {
    this.tree.evictStates(slots - this.tree.freeSlots, out);
  }

  /** `unified_cache/components/mamba.py` (`_alloc_int8_ckpt_slot`). */
  private askCheckpointSlot(out: Served): void {
    if (this.hasOwnPool && this.tree.freeCheckpointSlots < 1) this.tree.evictStates(1, out);
  }

  /** The tree takes over what the request holds before `position`, and a state there, unless its pools are full of it. */
  private keep(position: number, end: number, running: Running, isChunk: boolean): void {
    const { tree } = this;
    const { sequence, out } = running;
    const target = this.symbolsIn(position);
    if (target === 0) return;
    const walk = tree.matchedFrom(running.node, sequence, target);
    const added = tree.addedSymbols(running.node, walk, target);
    if (!tree.canAdd(added, this.needsCheckpoints ? 1 : 0)) return;
    let node = tree.nodeAt(walk, sequence);
    tree.ownSymbols = this.pagesOf(end) - target;
    tree.pass(node, isChunk);
    const isNew = walk.matched < target;
    if (isNew) node = tree.append(node, sequence, target);
    const isNewState = this.needsCheckpoints && !tree.holdsState(node);
    if (isNewState) {
      tree.keepState(node);
      out.checkpoints.push(position);
    }
    if (isNew) tree.passNew(node, isChunk);
    tree.renew(node);
    if (isNewState) tree.thinPath(node, this.options.statesPerPath ?? this.thinning.statesPerPath, out);
    tree.lock(node);
    running.node = node;
  }

  private symbolsIn(tokens: number): number {
    return Math.floor(tokens / this.options.pageTokens);
  }

  private pagesOf(tokens: number): number {
    return Math.ceil(tokens / this.options.pageTokens);
  }

  private tokensOf(symbols: number): number {
    return symbols * this.options.pageTokens;
  }

  private join(promptTokens: Int32Array, outputTokens: Int32Array): Int32Array {
    const length = promptTokens.length + outputTokens.length;
    if (this.joined.length < length) this.joined = new Int32Array(2 * length);
    this.joined.set(promptTokens);
    this.joined.set(outputTokens, promptTokens.length);
    return this.joined.subarray(0, length);
  }
}

/** Distances between positions at which states can stand. */
function positionsOf({ strategy, chunkTokens, trackIntervalTokens }: SglangModeOptions): readonly number[] {
  return sglangStrategies[strategy].isExact ? [1] : [chunkTokens, trackIntervalTokens];
}
