/**
 * A prefix cache: one radix tree, the components whose states lie along it, admission apart from eviction, a capacity.
 * Every policy is a choice of block size, admission and eviction; none is a special case here.
 *
 * Invariant: the states of all nodes never exceed the capacity.
 * Invariant: a node other than the root has a checkpoint mark, or several children, or is KV that can still be resumed.
 * Positions inside this file are in symbols: tokens, whole blocks, or spans. Start reading at `serve`.
 */
import { invariant } from "../invariant.ts";
import { Int32Column } from "../tokens/columns.ts";
import { concatTokens } from "../tokens/common-prefix.ts";
import { PageSymbols } from "../tokens/page-symbols.ts";
import { Match, NONE, type NodeId, RadixTree, ROOT } from "../tree/radix-tree.ts";
import type { Admission } from "./admission/admission.ts";
import type {
  CacheContents,
  CacheSystem,
  Inspection,
  ServeContext,
  Served,
  StateCost,
  StaticEnd,
} from "./cache-system.ts";
import { checkMemory } from "./check-memory.ts";
import { CheckpointComponent, type Component, KvComponent } from "./components.ts";
import { BlockEdges, type EdgeTokens, SpanEdges, type Spans } from "./edge-tokens.ts";
import type { Eviction, EvictionView } from "./eviction/eviction.ts";
import { SequenceHistory } from "./sequence-history.ts";
import { cutForCapacity, cutSteps, treeInSpans } from "./span-trace.ts";

export interface PrefixCacheOptions {
  readonly cost: StateCost;
  /** May be infinite. */
  readonly capacityBytes: number;
  readonly blockTokens: number;
  readonly admission: Admission;
  /** Tokens computed even if the whole prompt is cached; 1 unless the results are compared with a system that has 0. */
  readonly computedTokensAtLeast: number;
  /** What the symbols are where requests come as spans; only for an admission that asks for branch points and ends. */
  readonly spans?: Spans;
  /** Remembers so many recent sequences, as ids, for policies that ask what was sent before; left out for none. */
  readonly historySequences?: number;
  createEviction(view: EvictionView): Eviction;
}

/** A request in the symbols of a cache. Positions count symbols. */
export interface SymbolRequest {
  /** Prompt and output. */
  readonly sequence: Int32Array;
  readonly promptSymbols: number;
  /** Deepest position from which the prompt may resume. */
  readonly resumeLimit: number;
  /** Where static parts of the prompt end, ascending; none where it is left out. */
  readonly staticEnds?: readonly StaticEnd[];
}

const noStaticEnds: readonly StaticEnd[] = [];

/** Requests in spans, and caches of equal contents for them. */
export interface SpanForks {
  readonly requests: readonly SymbolRequest[];
  readonly spans: Spans;
  fork(): PrefixCache;
}

/** What of a request goes into the cache. */
interface Plan {
  /** Positions of new checkpoints; with KV only, also the end of what is inserted. */
  readonly kept: readonly number[];
  /** Bytes that it adds. */
  readonly bytes: number;
  /** Bytes by which it and the path in use together exceed the capacity; at most 0 where they fit. */
  readonly missing: number;
}

/** What a cache begins with. It becomes the cache's own, but for the interned pages, which forks share. */
interface Held {
  readonly now: number;
  readonly hasEvicted: boolean;
  readonly capacityBytes: number;
  readonly tree: RadixTree;
  readonly edges: EdgeTokens;
  readonly pages: PageSymbols;
  readonly kv: KvComponent;
  readonly checkpoints: CheckpointComponent;
  readonly pinnedBy: Int32Column;
  readonly history: SequenceHistory | null;
  createEviction(view: EvictionView): Eviction;
}

export class PrefixCache implements CacheSystem, EvictionView {
  readonly tree: RadixTree;
  readonly blockTokens: number;
  readonly computedTokensAtLeast: number;
  readonly keepsAnything = true;
  now: number;
  private readonly options: PrefixCacheOptions;
  private capacityBytes: number;
  private readonly pages: PageSymbols;
  private readonly edges: EdgeTokens;
  private readonly kv: KvComponent;
  private readonly checkpoints: CheckpointComponent;
  private readonly components: readonly Component[];
  readonly eviction: Eviction;
  readonly history: SequenceHistory | null;
  private hasEvicted: boolean;
  /** The request by which a node is pinned. */
  private readonly pinnedBy: Int32Column;
  private isServing = false;
  private readonly match = new Match();
  private readonly positions: number[] = [];
  private joinedTokens = new Int32Array(0);

  /**
   * Empty, unless it is a fork, which says what it begins with.
   * Throws when no layer of the model has a state that could be cached, or the capacity is negative.
   */
  constructor(options: PrefixCacheOptions, held: Held = nothingHeld(options)) {
    checkMemory(options.capacityBytes, options.cost);
    this.options = options;
    this.capacityBytes = held.capacityBytes;
    this.blockTokens = options.blockTokens;
    this.computedTokensAtLeast = options.computedTokensAtLeast;
    this.now = held.now;
    this.tree = held.tree;
    this.edges = held.edges;
    this.pages = held.pages;
    this.kv = held.kv;
    this.checkpoints = held.checkpoints;
    this.components = [this.kv, this.checkpoints];
    this.pinnedBy = held.pinnedBy;
    this.history = held.history;
    this.hasEvicted = held.hasEvicted;
    this.eviction = held.createEviction(this);
  }

  get needsCheckpoints(): boolean {
    return this.checkpoints.isRequired;
  }

  get servesSpans(): boolean {
    return this.options.spans !== undefined;
  }

  get usedBytes(): number {
    return this.kv.bytes + this.checkpoints.bytes;
  }

  /** An independent cache with equal contents, for what-if runs. Costs a copy of columns; pages are shared. */
  fork(): PrefixCache {
    return this.forkWith(this.options, this.tree.copy());
  }

  /** Gives the cache another capacity between two requests; what no longer fits goes at once, and is added to `out`. */
  resize(capacityBytes: number, out: Served): void {
    checkMemory(capacityBytes, this.options.cost);
    this.capacityBytes = capacityBytes;
    this.evictUntil(capacityBytes, out);
  }

  /**
   * The requests, which follow on those served so far, cut into spans, and what makes caches of equal contents that serve
   * them so. Costs a pass over the tokens held and given, in steps; each cache then costs a copy of columns.
   */
  *inSpans(requests: readonly SymbolRequest[]): Generator<void, SpanForks, void> {
    const { spans, cost } = this.options;
    if (spans !== undefined) return { requests, spans, fork: () => this.fork() };
    invariant(this.history === null, "a history of tokens cannot go on with spans");
    const trie = this.tree.copy();
    yield;
    const cut = yield* cutSteps(requests, this.blockTokens, trie);
    yield;
    const trace = cutForCapacity(cut, cost, this.capacityBytes);
    const options = { ...this.options, spans: trace.spans };
    const tree = treeInSpans(this.tree, trie);
    yield;
    return {
      requests: trace.requests,
      spans: trace.spans,
      fork: () => this.forkWith(options, tree.copy()),
    };
  }

  /** The tree must have this one's nodes; the options may say otherwise what its symbols are. */
  private forkWith(options: PrefixCacheOptions, tree: RadixTree): PrefixCache {
    const edges = edgesOf(tree, options);
    return new PrefixCache(options, {
      now: this.now,
      hasEvicted: this.hasEvicted,
      capacityBytes: this.capacityBytes,
      tree,
      edges,
      pages: this.pages,
      kv: this.kv.copy(edges),
      checkpoints: this.checkpoints.copy(tree),
      pinnedBy: this.pinnedBy.copy(),
      history: this.history?.copy() ?? null,
      createEviction: (view) => this.eviction.copy(view),
    });
  }

  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served, context?: ServeContext): void {
    const tokens = this.joined(promptTokens, outputTokens);
    this.serveSymbols(this.requestOf(tokens, promptTokens.length, context?.staticEnds), out);
  }

  /** The request in this cache's symbols; nothing of it is kept by reference. */
  symbolsOf(
    promptTokens: Int32Array,
    outputTokens: Int32Array,
    staticEnds?: readonly StaticEnd[],
  ): SymbolRequest {
    return this.requestOf(concatTokens(promptTokens, outputTokens), promptTokens.length, staticEnds);
  }

  /** Valid until the next request: an array of its own for each costs a fifth of a replay. */
  private joined(promptTokens: Int32Array, outputTokens: Int32Array): Int32Array {
    const length = promptTokens.length + outputTokens.length;
    if (this.joinedTokens.length < length) this.joinedTokens = new Int32Array(2 * length);
    this.joinedTokens.set(promptTokens);
    this.joinedTokens.set(outputTokens, promptTokens.length);
    return this.joinedTokens.subarray(0, length);
  }

  private requestOf(
    tokens: Int32Array,
    promptTokens: number,
    staticEnds: readonly StaticEnd[] = noStaticEnds,
  ): SymbolRequest {
    invariant(!this.servesSpans, "a cache of spans does not serve tokens");
    const computed = Math.max(0, promptTokens - this.computedTokensAtLeast);
    return {
      sequence: this.pages.symbols(tokens),
      promptSymbols: Math.floor(promptTokens / this.blockTokens),
      resumeLimit: Math.floor(computed / this.blockTokens),
      staticEnds:
        this.blockTokens === 1
          ? staticEnds
          : staticEnds.map(({ end, sharedBy }) => ({ end: Math.floor(end / this.blockTokens), sharedBy })),
    };
  }

  serveSymbols(request: SymbolRequest, out: Served): void {
    const { sequence, promptSymbols, resumeLimit, staticEnds = noStaticEnds } = request;
    this.now++;
    this.isServing = true;
    out.evictedNodes = 0;
    out.evictedBytes = 0;
    // Of the whole sequence, which `insert` needs: what lies behind the resume limit changes nothing for the prompt.
    const match = this.tree.match(sequence, sequence.length, this.match);
    const reused = this.resumeAt(match, resumeLimit);
    out.reusedTokens = this.edges.leading(sequence, reused);
    const positions = this.positions;
    positions.length = 0;
    this.history?.observe(sequence, promptSymbols);
    this.options.admission.positions(
      {
        matched: Math.min(match.matched, promptSymbols),
        reused,
        resumeLimit,
        promptSymbols,
        sequenceSymbols: sequence.length,
        deepestFork: this.history?.deepestFork ?? 0,
        staticEnds,
        hasEvicted: this.hasEvicted,
      },
      positions,
    );
    this.insert(sequence, match, reused, positions, out);
    this.isServing = false;
  }

  contents(): CacheContents {
    return {
      kvBytes: this.kv.bytes,
      checkpointBytes: this.checkpoints.bytes,
      checkpoints: this.checkpoints.count,
    };
  }

  inspect(tokens: Int32Array): Inspection {
    const sequence = this.pages.symbols(tokens);
    const match = this.tree.match(sequence, sequence.length, new Match());
    const checkpoints: number[] = [];
    if (this.needsCheckpoints) {
      for (let node = match.node; node !== ROOT; node = this.tree.parent(node)) {
        if (this.checkpoints.has(node)) checkpoints.push(this.edges.end(node));
      }
    }
    return { cachedTokens: this.edges.leading(sequence, match.matched), checkpoints: checkpoints.reverse() };
  }

  isPinned(node: NodeId): boolean {
    return this.isServing && this.pinnedBy.data[node] === this.now;
  }

  endTokens(node: NodeId): number {
    return this.edges.end(node);
  }

  edgeTokens(node: NodeId): number {
    return this.edges.edge(node);
  }

  canResumeAt(node: NodeId): boolean {
    return !this.needsCheckpoints || this.checkpoints.has(node);
  }

  bytesAt(node: NodeId): number {
    let bytes = 0;
    for (const component of this.components) bytes += component.bytesAt(node);
    return bytes;
  }

  freedBytes(node: NodeId): number {
    return this.tree.childCount(node) === 0 ? this.bytesAt(node) : this.checkpoints.bytesAt(node);
  }

  /** Deepest position from which every component can resume. */
  private resumeAt(match: Match, limit: number): number {
    let depth = Math.min(match.matched, limit);
    for (let settled = false; !settled; ) {
      settled = true;
      for (const component of this.components) {
        const deepest = component.resumeAt(match, depth);
        if (deepest < depth) settled = false;
        depth = deepest;
      }
    }
    return depth;
  }

  /** Splits what must be split, makes room, appends, marks. What does not fit is given up, deepest first. */
  private insert(
    sequence: Int32Array,
    match: Match,
    reused: number,
    positions: readonly number[],
    out: Served,
  ): void {
    const { matched } = match;
    let node = match.partial === NONE ? match.node : this.split(match.partial, match.partialLength);
    // After the split: what lies behind the request's own tokens on the same edge was of no use to it.
    if (reused > 0) this.eviction.onUse(this.ancestorCovering(node, reused), "resumed");
    const wanted = positions.filter((position) => position > matched || !this.isKept(node, position));
    const plan = this.fit(wanted, node, matched, sequence);
    this.supersede(node, plan.missing, out);
    let bytesToCome = plan.bytes;
    for (const position of plan.kept) {
      if (position > matched) continue;
      this.keep(this.boundaryAt(node, position), sequence);
      bytesToCome -= this.checkpoints.bytesEach;
    }
    this.pinPath(node);
    this.evictUntil(this.capacityBytes - bytesToCome, out);
    for (const position of plan.kept) {
      if (position <= matched) continue;
      node = this.append(node, sequence, this.tree.end(node), position);
      this.keep(node, sequence);
    }
    if (node !== ROOT) this.eviction.onUse(node, "ended");
    this.isServing = false;
    out.insertedTokens = this.edges.leading(sequence, this.tidyPath(node));
    out.checkpoints.length = 0;
    for (const position of plan.kept) out.checkpoints.push(this.edges.leading(sequence, position));
    invariant(
      this.usedBytes <= this.capacityBytes,
      `the cache holds ${this.usedBytes} of ${this.capacityBytes} bytes`,
    );
  }

  /**
   * Which of the wanted positions fit beside the path that this request uses, and the bytes that they add.
   * The first of them may supersede checkpoints of that path, or a conversation that fills the memory would stand still.
   */
  private fit(wanted: readonly number[], node: NodeId, matched: number, sequence: Int32Array): Plan {
    const path = this.pathStates(node);
    const available = this.capacityBytes - path.bytes;
    const kvBytes = this.options.cost.kvBytesPerToken;
    const matchedTokens = this.edges.leading(sequence, matched);
    const checkpointBytes = this.checkpoints.bytesEach;
    if (!this.checkpoints.isRequired) {
      const insertedTo = matched + this.edges.fitting(sequence, matched, available / kvBytes);
      const kept = wanted.filter((position) => position <= insertedTo);
      if (insertedTo > matched && kept.at(-1) !== insertedTo) kept.push(insertedTo);
      const tokens = this.edges.leading(sequence, insertedTo) - matchedTokens;
      return { kept, bytes: tokens * kvBytes, missing: 0 };
    }
    for (let count = wanted.length; count > 0; count--) {
      const insertedTo = Math.max(matched, wanted[count - 1]);
      const tokens = this.edges.leading(sequence, insertedTo) - matchedTokens;
      const bytes = tokens * kvBytes + count * checkpointBytes;
      const room = count === 1 ? available + path.checkpointBytes : available;
      if (bytes <= room) return { kept: wanted.slice(0, count), bytes, missing: bytes - available };
    }
    return { kept: [], bytes: 0, missing: 0 };
  }

  /** Drops checkpoints of the path, deepest first, until they have freed the missing bytes. */
  private supersede(node: NodeId, missing: number, out: Served): void {
    let freed = 0;
    for (let visited = node; freed < missing; visited = this.tree.parent(visited)) {
      if (!this.checkpoints.has(visited)) continue;
      this.checkpoints.drop(visited);
      freed += this.checkpoints.bytesEach;
      out.evictedNodes++;
      out.evictedBytes += this.checkpoints.bytesEach;
    }
  }

  /** Bytes of all states from the root to the node's end. */
  private pathStates(node: NodeId): { readonly bytes: number; readonly checkpointBytes: number } {
    let bytes = 0;
    let checkpointBytes = 0;
    for (let visited = node; visited !== ROOT; visited = this.tree.parent(visited)) {
      bytes += this.bytesAt(visited);
      checkpointBytes += this.checkpoints.bytesAt(visited);
    }
    return { bytes, checkpointBytes };
  }

  private isKept(node: NodeId, position: number): boolean {
    const covering = this.ancestorCovering(node, position);
    return this.tree.end(covering) === position && this.checkpoints.has(covering);
  }

  /** The node on the path to `node` whose edge holds symbol number `position`, counted from 1. */
  private ancestorCovering(node: NodeId, position: number): NodeId {
    let covering = node;
    while (covering !== ROOT && this.tree.end(this.tree.parent(covering)) >= position) {
      covering = this.tree.parent(covering);
    }
    return covering;
  }

  /** The node on the path to `node` that ends at `position`; splits an edge if there is none yet. */
  private boundaryAt(node: NodeId, position: number): NodeId {
    const covering = this.ancestorCovering(node, position);
    const end = this.tree.end(covering);
    if (end === position) return covering;
    return this.split(covering, this.tree.edgeLength(covering) - (end - position));
  }

  private split(node: NodeId, keep: number): NodeId {
    const upper = this.tree.split(node, keep);
    this.checkpoints.added(upper);
    this.pinnedBy.reserve(upper + 1);
    this.pinnedBy.data[upper] = 0;
    this.eviction.onSplit(upper, node);
    return upper;
  }

  private keep(node: NodeId, sequence: Int32Array): void {
    this.checkpoints.keep(node);
    this.eviction.onUse(node, this.tree.end(node) === sequence.length ? "end" : "branch");
  }

  private append(parent: NodeId, sequence: Int32Array, start: number, end: number): NodeId {
    const leaf = this.tree.addLeaf(parent, sequence, start, end);
    this.kv.added(leaf);
    this.checkpoints.added(leaf);
    this.pinnedBy.reserve(leaf + 1);
    this.pinnedBy.data[leaf] = this.now;
    this.eviction.onAdd(leaf);
    if (parent !== ROOT) this.eviction.onChildCount(parent);
    return leaf;
  }

  private pinPath(node: NodeId): void {
    for (let visited = node; visited !== ROOT; visited = this.tree.parent(visited)) {
      this.pinnedBy.data[visited] = this.now;
    }
  }

  private evictUntil(targetBytes: number, out: Served): void {
    while (this.usedBytes > targetBytes) {
      const victim = this.eviction.victim();
      invariant(victim !== NONE, `nothing to evict, ${this.usedBytes} bytes held, ${targetBytes} allowed`);
      const before = this.usedBytes;
      if (this.tree.childCount(victim) === 0) {
        this.remove(victim);
      } else {
        this.checkpoints.drop(victim);
        this.tidyUp(victim);
      }
      this.hasEvicted = true;
      out.evictedNodes++;
      out.evictedBytes += before - this.usedBytes;
    }
  }

  private remove(leaf: NodeId): void {
    const parent = this.tree.parent(leaf);
    this.dropLeaf(leaf);
    this.tidyUp(parent);
  }

  private dropLeaf(leaf: NodeId): void {
    const parent = this.tree.parent(leaf);
    this.kv.removed(leaf);
    this.checkpoints.drop(leaf);
    this.eviction.onRemove(leaf);
    this.tree.removeLeaf(leaf);
    if (parent !== ROOT) this.eviction.onChildCount(parent);
  }

  /** Tidies the node and then its ancestors, as far as something changes. */
  private tidyUp(node: NodeId): void {
    for (let visited = node, parent = NONE; visited !== ROOT; visited = parent) {
      parent = this.tree.parent(visited);
      if (!this.tidy(visited)) return;
    }
  }

  /** Returns the symbols of the path that are still held: what made room for its end may have left dead KV. */
  private tidyPath(node: NodeId): number {
    let held = this.tree.end(node);
    for (let visited = node, parent = NONE; visited !== ROOT; visited = parent) {
      parent = this.tree.parent(visited);
      if (this.isDead(visited)) held = this.tree.end(parent);
      this.tidy(visited);
    }
    return held;
  }

  /** A leaf whose KV nothing can resume from. */
  private isDead(node: NodeId): boolean {
    return this.checkpoints.isRequired && this.tree.childCount(node) === 0 && !this.checkpoints.has(node);
  }

  /** Joins a node that ends nowhere in particular with its child; removes KV that nothing can resume from. */
  private tidy(node: NodeId): boolean {
    if (this.checkpoints.has(node) || this.isPinned(node)) return false;
    if (this.tree.childCount(node) === 1) {
      const child = this.tree.mergeIntoChild(node);
      this.eviction.onMerge(node, child);
      return true;
    }
    if (!this.isDead(node)) return false;
    this.dropLeaf(node);
    return true;
  }
}

function nothingHeld(options: PrefixCacheOptions): Held {
  const { cost, capacityBytes, blockTokens, historySequences } = options;
  const tree = new RadixTree();
  const edges = edgesOf(tree, options);
  return {
    now: 0,
    hasEvicted: false,
    capacityBytes,
    tree,
    edges,
    pages: new PageSymbols(blockTokens),
    kv: new KvComponent(edges, cost.kvBytesPerToken),
    checkpoints: new CheckpointComponent(tree, cost.checkpointBytes),
    pinnedBy: new Int32Column(64),
    history: historySequences === undefined ? null : new SequenceHistory(historySequences),
    createEviction: (view) => options.createEviction(view),
  };
}

function edgesOf(tree: RadixTree, { spans, blockTokens }: PrefixCacheOptions): EdgeTokens {
  return spans === undefined ? new BlockEdges(tree, blockTokens) : new SpanEdges(tree, spans);
}
