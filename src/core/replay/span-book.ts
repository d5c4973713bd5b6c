/**
 * A trace in spans, kept while its requests change: of the next list of requests only those that are new are inserted, and
 * those that are gone are taken out again. What is left is the trace that `cutSteps` gives for the list, but for the ids
 * of its spans, so its memory follows what the list holds however often it changed.
 *
 * Invariant: a node other than the root is where a request ends, its prompt ends or may resume from at most, or has
 * several children.
 */
import type { SpanTrace, TraceRequest } from "../cache/span-trace.ts";
import { every } from "../steps.ts";
import { Int32Column } from "../tokens/columns.ts";
import { Match, NONE, type NodeId, RadixTree, ROOT } from "../tree/radix-tree.ts";
import { boundaryAt } from "../tree/walk.ts";
import type { Request } from "./request.ts";

export type SpanBookRequest = Pick<Request, "promptTokens" | "outputTokens">;

/** A sequence in the tree. Nodes that are split keep their ids and their ends. */
interface Entry {
  readonly promptTokens: number;
  readonly end: NodeId;
  readonly prompt: NodeId;
  readonly resume: NodeId;
  /** The last update whose list had it. */
  update: number;
}

/** Tokens, and spans, between two steps, so that a step takes a few milliseconds. */
const stepTokens = 100_000;
const stepSpans = 50_000;
/** What a request costs beside its tokens, or its spans. */
const requestTokens = 200;
const requestSpans = 20;

export class SpanBook {
  readonly #computedTokensAtLeast: number;
  readonly #tree = new RadixTree();
  /** By the arrays of prompt and output: whoever makes a request again keeps those. */
  readonly #entries = new Map<Int32Array, Map<Int32Array, Entry>>();
  /** Of each node, how many positions of entries are its end. */
  readonly #uses = new Int32Column(64);
  readonly #match = new Match();
  readonly #splitAt = (node: NodeId, keep: number): NodeId => this.#added(this.#tree.split(node, keep));
  #joined = new Int32Array(0);
  #update = 0;

  /** See `CacheSystem.computedTokensAtLeast`. */
  constructor(computedTokensAtLeast: number) {
    this.#computedTokensAtLeast = computedTokensAtLeast;
  }

  /** Spans that the last trace consists of. */
  get spanCount(): number {
    return this.#tree.nodeCount;
  }

  /** Tokens that are stored, those included that nothing needs any longer. */
  get storedTokens(): number {
    return this.#tree.storedSymbols;
  }

  /** Costs the tokens of new requests and the spans of all. Yields now and then; may be left halfway and begun anew. */
  *update(requests: readonly SpanBookRequest[]): Generator<void, SpanTrace, void> {
    this.#update++;
    const entries: Entry[] = [];
    const isDue = every(stepTokens);
    for (const request of requests) {
      const known = this.#entries.get(request.promptTokens)?.get(request.outputTokens);
      const entry = known ?? this.#insert(request);
      entry.update = this.#update;
      entries.push(entry);
      if (isDue(requestTokens + (known === undefined ? entry.promptTokens : 0))) yield;
    }
    for (const [promptTokens, byOutput] of this.#entries) {
      for (const [outputTokens, entry] of byOutput) {
        if (entry.update === this.#update) continue;
        this.#remove(entry);
        byOutput.delete(outputTokens);
        if (isDue(entry.promptTokens + requestTokens)) yield;
      }
      if (byOutput.size === 0) this.#entries.delete(promptTokens);
    }
    yield;
    return yield* this.#traceOf(entries);
  }

  #insert({ promptTokens, outputTokens }: SpanBookRequest): Entry {
    const end = this.#endOf(this.#join(promptTokens, outputTokens));
    const { length } = promptTokens;
    const resumeLimit = Math.max(0, length - this.#computedTokensAtLeast);
    const entry = {
      promptTokens: length,
      end,
      prompt: boundaryAt(this.#tree, end, length, this.#splitAt),
      resume: boundaryAt(this.#tree, end, resumeLimit, this.#splitAt),
      update: 0,
    };
    this.#use(entry, 1);
    const byOutput = this.#entries.get(promptTokens) ?? new Map<Int32Array, Entry>();
    this.#entries.set(promptTokens, byOutput.set(outputTokens, entry));
    return entry;
  }

  /** Valid until the next one. */
  #join(promptTokens: Int32Array, outputTokens: Int32Array): Int32Array {
    const length = promptTokens.length + outputTokens.length;
    if (this.#joined.length < length) this.#joined = new Int32Array(2 * length);
    this.#joined.set(promptTokens);
    this.#joined.set(outputTokens, promptTokens.length);
    return this.#joined.subarray(0, length);
  }

  #endOf(sequence: Int32Array): NodeId {
    const match = this.#tree.match(sequence, sequence.length, this.#match);
    const { matched } = match;
    const node = match.partial === NONE ? match.node : this.#splitAt(match.partial, match.partialLength);
    if (matched === sequence.length) return node;
    return this.#added(this.#tree.addLeaf(node, sequence, matched, sequence.length));
  }

  #added(node: NodeId): NodeId {
    this.#uses.reserve(node + 1);
    this.#uses.data[node] = 0;
    return node;
  }

  #use({ end, prompt, resume }: Entry, by: 1 | -1): void {
    this.#uses.data[end] += by;
    this.#uses.data[prompt] += by;
    this.#uses.data[resume] += by;
  }

  /** With it goes what nobody else has, and boundaries that only it had. */
  #remove(entry: Entry): void {
    const tree = this.#tree;
    this.#use(entry, -1);
    for (let node = entry.end, parent = NONE; node !== ROOT; node = parent) {
      parent = tree.parent(node);
      if (this.#uses.data[node] !== 0) continue;
      if (tree.childCount(node) === 0) tree.removeLeaf(node);
      else if (tree.childCount(node) === 1) tree.mergeIntoChild(node);
    }
  }

  *#traceOf(entries: readonly Entry[]): Generator<void, SpanTrace, void> {
    const tree = this.#tree;
    const depths = new Int32Array(tree.idCount);
    const ends = new Int32Array(tree.idCount);
    const lengths = new Int32Array(tree.idCount);
    tree.forEachPreorder((node) => {
      depths[node] = depths[tree.parent(node)] + 1;
      ends[node] = tree.end(node);
      lengths[node] = tree.edgeLength(node);
    });
    yield;
    // One array for all sequences: thousands of their own would cost more than what stands in them.
    const all = new Int32Array(entries.reduce((sum, { end }) => sum + depths[end], 0));
    const requests: TraceRequest[] = [];
    const isDue = every(stepSpans);
    let start = 0;
    for (const { end, prompt, resume, promptTokens } of entries) {
      const stop = start + depths[end];
      for (let node = end, place = stop; node !== ROOT; node = tree.parent(node)) all[--place] = node;
      requests.push({
        sequence: all.subarray(start, stop),
        promptSymbols: depths[prompt],
        resumeLimit: depths[resume],
        promptTokens,
      });
      if (isDue(stop - start + requestSpans)) yield;
      start = stop;
    }
    yield;
    return { requests, spans: { ends, lengths }, symbolTokens: 1 };
  }
}
