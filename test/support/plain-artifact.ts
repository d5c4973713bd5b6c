/**
 * The artifact as its description reads: objects and lists, every walk from the root, every candidate's path counted anew.
 * Only the formulas and the order of its heap are shared with the cache that is compared with it.
 */
import { efficiency } from "../../src/core/cache/artifact/arithmetic.ts";
import { TimeHeap } from "../../src/core/cache/artifact/time-heap.ts";
import {
  type PaperModel,
  paperCheckpointBytes,
  paperKvBytesPerToken,
} from "../../src/core/cost/paper-formulas.ts";

export type PlainPolicy =
  | { readonly kind: "v1" }
  | { readonly kind: "v3"; readonly alpha: number }
  | { readonly kind: "vllm"; readonly blockTokens: number };

interface PlainNode {
  tokens: readonly number[];
  parent: PlainNode | null;
  children: PlainNode[];
  time: number;
}

/** What both caches tell after a request; evictions as (kind, tokens from the root or −1, tokens on the edge, last access). */
export interface PlainState {
  readonly reused: number;
  readonly clock: number;
  readonly evictions: readonly (readonly [number, number, number, number])[];
  /** In pre-order: depth, tokens on the edge, first token, last access. */
  readonly tree: readonly (readonly [number, number, number, number])[];
}

export class PlainArtifact {
  private readonly model: PaperModel;
  private readonly capacityBytes: number;
  private readonly policy: PlainPolicy;
  private readonly stateBytes: number;
  private readonly tokenBytes: number;
  private readonly root: PlainNode = { tokens: [], parent: null, children: [], time: 0 };
  private clock = 0;
  private evictions: [number, number, number, number][] = [];

  constructor(model: PaperModel, capacityBytes: number, policy: PlainPolicy) {
    this.model = model;
    this.capacityBytes = capacityBytes;
    this.policy = policy;
    this.stateBytes = paperCheckpointBytes(model);
    this.tokenBytes = paperKvBytesPerToken(model);
  }

  serve(tokens: readonly number[], inputLength: number): PlainState {
    this.evictions = [];
    const input = tokens.slice(0, inputLength);
    const { policy } = this;
    const reused =
      policy.kind === "vllm" ? this.blockWalk(input, policy.blockTokens).reusable : this.walk(input).reusable;
    this.clock++;
    if (policy.kind === "vllm") this.insertBlocks(tokens, policy.blockTokens);
    else this.insert(tokens);
    const tree = this.nodes().map(
      (node) => [depth(node), node.tokens.length, node.tokens[0]!, node.time] as const,
    );
    return { reused, clock: this.clock, evictions: this.evictions, tree };
  }

  /** Request lookup and probe alike; goes on from a child that agrees in part only, too. */
  private walk(tokens: readonly number[]): { overlap: number; reusable: number } {
    this.clock++;
    let node = this.root;
    let lastMatched: PlainNode | null = null;
    let overlap = 0;
    let reusable = 0;
    for (;;) {
      if (this.policy.kind === "v1") node.time = this.clock;
      const child = node.children.find(({ tokens: edge }) => edge[0] === tokens[overlap]);
      if (child === undefined) break;
      const agreed = agreement(child.tokens, tokens.slice(overlap));
      overlap += agreed;
      if (agreed === child.tokens.length) {
        reusable += agreed;
        lastMatched = child;
      }
      node = child;
    }
    if (this.policy.kind === "v3" && lastMatched !== null) lastMatched.time = this.clock;
    return { overlap, reusable };
  }

  private insert(tokens: readonly number[]): void {
    const { overlap, reusable } = this.walk(tokens);
    this.makeRoom(
      (overlap > reusable ? 2 : 1) * this.stateBytes + (tokens.length - overlap) * this.tokenBytes,
    );
    const isV1 = this.policy.kind === "v1";
    let node = this.root;
    let rest = tokens;
    while (rest.length > 0) {
      if (isV1) node.time = this.clock;
      const child = node.children.find(({ tokens: edge }) => edge[0] === rest[0]);
      if (child === undefined) {
        node.children.push({ tokens: rest, parent: node, children: [], time: this.clock });
        return;
      }
      const agreed = agreement(child.tokens, rest);
      rest = rest.slice(agreed);
      node = agreed === child.tokens.length ? child : this.split(child, agreed);
    }
  }

  private split(node: PlainNode, keep: number): PlainNode {
    const parent = node.parent!;
    const upper: PlainNode = {
      tokens: node.tokens.slice(0, keep),
      parent,
      children: [node],
      time: this.clock,
    };
    parent.children[parent.children.indexOf(node)] = upper;
    node.tokens = node.tokens.slice(keep);
    node.parent = upper;
    return upper;
  }

  private blockWalk(tokens: readonly number[], blockTokens: number): { accessed: number; reusable: number } {
    this.clock++;
    let node = this.root;
    let reusable = 0;
    for (let accessed = 1; ; accessed++) {
      node.time = this.clock;
      const rest = tokens.slice(reusable);
      const whole = node.children.filter((child) => agreement(child.tokens, rest) === child.tokens.length);
      const full = whole.find((child) => child.tokens.length === blockTokens);
      if (full === undefined && whole.length === 0) return { accessed, reusable };
      if (full === undefined) return { accessed: accessed + 1, reusable: reusable + whole[0]!.tokens.length };
      reusable += blockTokens;
      node = full;
    }
  }

  private insertBlocks(tokens: readonly number[], blockTokens: number): void {
    const { accessed } = this.blockWalk(tokens, blockTokens);
    const extra = tokens.length - blockTokens * accessed;
    this.makeRoom((extra / blockTokens) * this.stateBytes + this.tokenBytes * extra);
    let node = this.root;
    let rest = tokens;
    for (;;) {
      node.time = this.clock;
      const agreements = node.children.map((child) => agreement(child.tokens, rest));
      const longest = Math.max(0, ...agreements);
      const next = node.children.find(
        (child, index) => longest > 0 && agreements[index] === longest && child.tokens.length === longest,
      );
      if (next !== undefined) {
        rest = rest.slice(longest);
        node = next;
        continue;
      }
      if (rest.length === 0) return;
      if (node.parent !== null && node.tokens.length < blockTokens) {
        const { parent } = node;
        const more = rest.slice(0, blockTokens - node.tokens.length);
        node.tokens = [...node.tokens, ...more];
        parent.children = [...parent.children.filter((child) => child !== node), node];
        rest = rest.slice(more.length);
        continue;
      }
      const child = { tokens: rest.slice(0, blockTokens), parent: node, children: [], time: this.clock };
      node.children.push(child);
      rest = rest.slice(blockTokens);
      node = child;
    }
  }

  private makeRoom(neededBytes: number): void {
    const nodes = this.nodes();
    const size =
      nodes.length * this.stateBytes +
      nodes.reduce((sum, { tokens }) => sum + tokens.length, 0) * this.tokenBytes;
    const target = size + neededBytes - this.capacityBytes;
    if (target <= 0) return;
    this.clock++;
    if (this.policy.kind === "v3") this.evictByUtility(target, this.policy.alpha);
    else this.evictLeastRecent(target);
  }

  private evictLeastRecent(target: number): void {
    const nodes = [this.root, ...this.nodes()];
    const leaves = nodes.flatMap((node, index) => (node.children.length === 0 ? [index] : []));
    const heap = new TimeHeap(
      leaves,
      Float64Array.from(nodes, ({ time }) => time),
    );
    for (let freed = 0; freed < target && heap.size > 0; ) {
      const leaf = nodes[heap.pop()]!;
      if (leaf.parent === null) return;
      freed += this.stateBytes + this.tokenBytes * leaf.tokens.length;
      this.removeLeaf(leaf);
      if (leaf.parent.children.length === 0) heap.push(nodes.indexOf(leaf.parent));
    }
  }

  private evictByUtility(target: number, alpha: number): void {
    for (let freed = 0; freed < target && this.root.children.length > 0; ) {
      const candidates = this.nodes().filter(({ children }) => children.length <= 1);
      const efficiencies = scaled(
        candidates.map((node) => efficiency(this.model, end(node), node.tokens.length)),
      );
      const recencies = scaled(candidates.map(({ time }) => 1 / (this.clock - time)));
      const scores = candidates.map((_, index) => alpha * efficiencies[index]! + recencies[index]!);
      const victim = candidates[scores.indexOf(Math.min(...scores))]!;
      if (victim.children.length === 1) {
        freed += this.stateBytes;
        this.merge(victim, victim.children[0]!);
      } else {
        freed += this.stateBytes + this.tokenBytes * candidates.at(-1)!.tokens.length;
        this.removeLeaf(victim);
      }
    }
  }

  private removeLeaf(leaf: PlainNode): void {
    this.evictions.push([0, this.policy.kind === "vllm" ? -1 : end(leaf), leaf.tokens.length, leaf.time]);
    leaf.parent!.children = leaf.parent!.children.filter((child) => child !== leaf);
  }

  private merge(node: PlainNode, child: PlainNode): void {
    this.evictions.push([1, end(node), node.tokens.length, node.time]);
    child.tokens = [...node.tokens, ...child.tokens];
    child.time = Math.max(child.time, node.time);
    child.parent = node.parent;
    const siblings = node.parent!.children;
    siblings[siblings.indexOf(node)] = child;
  }

  /** All but the root, in pre-order. */
  private nodes(): PlainNode[] {
    const below = (node: PlainNode): PlainNode[] =>
      node.children.flatMap((child) => [child, ...below(child)]);
    return below(this.root);
  }
}

function agreement(a: readonly number[], b: readonly number[]): number {
  const parted = a.findIndex((token, index) => token !== b[index]);
  return parted < 0 ? a.length : parted;
}

function end(node: PlainNode): number {
  return node.tokens.length + (node.parent === null ? 0 : end(node.parent));
}

function depth(node: PlainNode): number {
  return node.parent === null ? 0 : 1 + depth(node.parent);
}

function scaled(values: readonly number[]): number[] {
  const smallest = Math.min(...values);
  const span = Math.max(...values) - smallest;
  return values.map((value) => (span === 0 ? 1 : (value - smallest) / span));
}
