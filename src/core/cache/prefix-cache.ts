/**
 * A prefix cache: one radix tree, the components whose states lie along it, admission apart from eviction, a capacity.
 * Every policy is a choice of components, block size, admission and eviction; none is a special case here.
 *
 * Invariant: the states of all nodes never exceed the capacity.
 * Positions inside this file are in symbols: tokens, whole blocks, or spans. Start reading at `serveSymbols`.
 */
import { invariant } from "../invariant.ts";
import { Match, type NodeId, type RadixTree, ROOT } from "../tree/radix-tree.ts";
import type { Admission } from "./admission/admission.ts";
import type {
  CacheContents,
  CacheSystem,
  Ended,
  Flights,
  Inspection,
  ServeContext,
  Served,
  StaticEnd,
} from "./cache-system.ts";
import { CachedTree } from "./cached-tree.ts";
import { checkCapacity, checkStates } from "./check-memory.ts";
import type { CreateComponent } from "./components/component.ts";
import { BlockEdges, type EdgeTokens, SpanEdges, type Spans } from "./edge-tokens.ts";
import type { Eviction, EvictionView } from "./eviction/eviction.ts";
import { boundaryPlan, cutPlan } from "./plan.ts";
import { SequenceHistory } from "./sequence-history.ts";
import { noStaticEnds, RequestSymbols, type SymbolRequest } from "./symbols.ts";

export interface PrefixCacheOptions {
  /** The kinds of state that the model has; at least one. */
  readonly components: readonly CreateComponent[];
  /** May be infinite. */
  readonly capacityBytes: number;
  readonly blockTokens: number;
  readonly admission: Admission;
  /** Tokens computed even if the whole prompt is cached; 1 unless the results are compared with a system that has 0. */
  readonly computedTokensAtLeast: number;
  /**
   * Requests that run at once; default 1. A request takes room for all of its answer when it begins, and its states cannot be
   * evicted until so many later ones have begun, or one of them has no room without it.
   */
  readonly inFlight?: number;
  /** What the symbols are where requests come as spans; only for an admission that asks for branch points and ends. */
  readonly spans?: Spans;
  /** Remembers so many recent sequences, as ids, for policies that ask what was sent before; left out for none. */
  readonly historySequences?: number;
  createEviction(view: EvictionView): Eviction;
}

/** What a cache begins with. It becomes the cache's own, but for the symbols of blocks, which forks share. */
interface Held {
  readonly hasEvicted: boolean;
  readonly capacityBytes: number;
  readonly cached: CachedTree;
  readonly symbols: RequestSymbols;
  readonly history: SequenceHistory | null;
}

export class PrefixCache implements CacheSystem, Flights {
  readonly blockTokens: number;
  readonly computedTokensAtLeast: number;
  readonly keepsAnything = true;
  readonly options: PrefixCacheOptions;
  readonly cached: CachedTree;
  readonly history: SequenceHistory | null;
  private capacity: number;
  private readonly symbols: RequestSymbols;
  private hasEvicted: boolean;
  private expected: number | null = null;
  private readonly match = new Match();
  private readonly positions: number[] = [];

  /**
   * Empty, unless it is a fork, which says what it begins with.
   * Throws when no layer of the model has a state that could be cached, or the capacity is negative.
   */
  constructor(options: PrefixCacheOptions, held: Held = nothingHeld(options)) {
    checkCapacity(options.capacityBytes);
    checkStates(options.components.length > 0);
    this.options = options;
    this.capacity = held.capacityBytes;
    this.blockTokens = options.blockTokens;
    this.computedTokensAtLeast = options.computedTokensAtLeast;
    this.cached = held.cached;
    this.symbols = held.symbols;
    this.history = held.history;
    this.hasEvicted = held.hasEvicted;
  }

  get tree(): RadixTree {
    return this.cached.tree;
  }

  get eviction(): Eviction {
    return this.cached.eviction;
  }

  get needsCheckpoints(): boolean {
    return this.cached.states.needBoundaries;
  }

  get servesSpans(): boolean {
    return this.options.spans !== undefined;
  }

  get takesStaticEnds(): boolean {
    return this.options.admission.takesStaticEnds === true;
  }

  get capacityBytes(): number {
    return this.capacity;
  }

  get usedBytes(): number {
    return this.cached.states.bytes;
  }

  /** An independent cache with equal contents, for what-if runs. Costs a copy of columns. */
  fork(): PrefixCache {
    return this.forkOver(this.options, this.tree.copy());
  }

  /** The same over a tree that has this one's nodes; the options may say otherwise what its symbols are. */
  forkOver(options: PrefixCacheOptions, tree: RadixTree): PrefixCache {
    const history = this.history?.copy() ?? null;
    return new PrefixCache(options, {
      hasEvicted: this.hasEvicted,
      capacityBytes: this.capacity,
      cached: this.cached.copy(tree, edgesOf(tree, options), history),
      symbols: this.symbols,
      history,
    });
  }

  /** Gives the cache another capacity between two requests; what no longer fits goes at once, and is added to `out`. */
  resize(capacityBytes: number, out: Served): void {
    checkCapacity(capacityBytes);
    this.capacity = capacityBytes;
    this.evictUntil(capacityBytes, out);
  }

  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served, context?: ServeContext): void {
    invariant(!this.servesSpans, "a cache of spans does not serve tokens");
    const staticEnds = this.staticEndsOf(context);
    this.serveSymbols(this.symbols.passingRequest(promptTokens, outputTokens, staticEnds), out);
  }

  /** The request in this cache's symbols; nothing of it is kept by reference. */
  symbolsOf(promptTokens: Int32Array, outputTokens: Int32Array, context?: ServeContext): SymbolRequest {
    invariant(!this.servesSpans, "a cache of spans does not serve tokens");
    return this.symbols.request(promptTokens, outputTokens, this.staticEndsOf(context));
  }

  /** Looks up, charges, admits, evicts, inserts. */
  serveSymbols(request: SymbolRequest, out: Served): void {
    const { cached } = this;
    const { tree, edges, states } = cached;
    const { sequence, resumeLimit } = request;
    while (this.areFull) this.goOn();
    cached.pins.beginRequest();
    out.evictedNodes = 0;
    out.evictedBytes = 0;

    // Of the whole sequence, which is inserted: what lies behind the resume limit changes nothing for the prompt.
    const match = tree.match(sequence, sequence.length, this.match);
    const { matched } = match;
    const reused = states.resumeAt(match, resumeLimit);
    out.reusedTokens = edges.leading(sequence, reused);

    const positions = this.wantedPositions(request, matched, reused);
    let node = cached.endOf(match);
    // After the split: what lies behind the request's own tokens on the same edge was of no use to it.
    if (reused > 0) cached.resumed(node, reused);
    const wanted = positions.filter((position) => position > matched || !cached.isKept(node, position));
    const boundaries = states.needBoundaries ? cached.keptAlong(node) : [];
    const path = { sequence, matched, boundaries, edges, states };
    const plan = (states.needBoundaries ? boundaryPlan : cutPlan)(wanted, path, this.capacity);

    cached.supersede(node, plan.superseded, out);
    for (const position of plan.kept) if (position <= matched) cached.keepAt(node, position, sequence);
    cached.pinPath(node);
    this.evictUntil(this.capacity - plan.bytesBehind, out);

    for (const position of plan.kept) {
      if (position <= matched) continue;
      node = cached.append(node, sequence, position);
      cached.keep(node, sequence);
    }
    if (node !== ROOT) cached.eviction.onUse(node, "ended");
    out.insertedTokens = edges.leading(sequence, this.end(node));
    out.checkpoints.length = 0;
    for (const position of plan.kept) out.checkpoints.push(edges.leading(sequence, position));
    // The sentence is made only where it is needed: it would cost more than a short request.
    const { usedBytes, capacity } = this;
    if (usedBytes > capacity) invariant(false, `the cache holds ${usedBytes} of ${capacity} bytes`);
  }

  get flights(): Flights | undefined {
    return this.inFlight > 1 ? this : undefined;
  }

  get areFull(): boolean {
    return this.cached.pins.runningRequests >= this.inFlight;
  }

  include(conversation: number): boolean {
    return this.cached.pins.isRunning(conversation);
  }

  expect(conversation: number): void {
    this.expected = conversation;
  }

  goOn(): void {
    this.cached.endOldest();
  }

  /** All that a request leaves is there when it was served. */
  takeEnded(): readonly Ended[] {
    return [];
  }

  contents(): CacheContents {
    return this.cached.states.contents();
  }

  inspect(tokens: Int32Array): Inspection {
    invariant(!this.servesSpans, "a cache of spans does not know tokens");
    const sequence = this.symbols.of(tokens);
    return this.inspectSymbols(sequence, sequence.length);
  }

  inspectSymbols(sequence: Int32Array, limit: number): Inspection {
    const { tree, edges } = this.cached;
    const match = tree.match(sequence, limit, this.match);
    return {
      cachedTokens: edges.leading(sequence, match.matched),
      checkpoints: this.needsCheckpoints ? this.cached.keptAlong(match.node) : [],
    };
  }

  /** Valid until the next request. */
  private wantedPositions(request: SymbolRequest, matched: number, reused: number): readonly number[] {
    const { sequence, promptSymbols, resumeLimit, staticEnds = noStaticEnds } = request;
    const { positions, history } = this;
    history?.observe(sequence, promptSymbols);
    positions.length = 0;
    this.options.admission.positions(
      {
        matched: Math.min(matched, promptSymbols),
        reused,
        resumeLimit,
        promptSymbols,
        sequenceSymbols: sequence.length,
        deepestFork: history?.deepestFork ?? 0,
        staticEnds,
        hasEvicted: this.hasEvicted,
      },
      positions,
    );
    return positions;
  }

  private get inFlight(): number {
    return this.options.inFlight ?? 1;
  }

  /** The request was served up to the node. Returns the symbols of its path that are still held. */
  private end(node: NodeId): number {
    const { cached, expected } = this;
    this.expected = null;
    return this.inFlight > 1 ? cached.keepRunning(node, expected) : cached.endRequest(node);
  }

  private staticEndsOf(context: ServeContext | undefined): readonly StaticEnd[] | undefined {
    return this.takesStaticEnds ? context?.staticEnds?.() : undefined;
  }

  private evictUntil(targetBytes: number, out: Served): void {
    if (this.cached.evictUntil(targetBytes, out)) this.hasEvicted = true;
  }
}

function nothingHeld(options: PrefixCacheOptions): Held {
  const { components, capacityBytes, blockTokens, computedTokensAtLeast, historySequences } = options;
  const history = historySequences === undefined ? null : new SequenceHistory(historySequences);
  const createEviction = (view: EvictionView) => options.createEviction(view);
  return {
    hasEvicted: false,
    capacityBytes,
    cached: CachedTree.empty((tree) => edgesOf(tree, options), components, history, createEviction),
    symbols: new RequestSymbols(blockTokens, computedTokensAtLeast),
    history,
  };
}

function edgesOf(tree: RadixTree, { spans, blockTokens }: PrefixCacheOptions): EdgeTokens {
  return spans === undefined ? new BlockEdges(tree, blockTokens) : new SpanEdges(tree, spans);
}
