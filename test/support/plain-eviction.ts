/**
 * Eviction by the definition: when each node was used last, and for every victim a look at every candidate. And the two
 * kinds side by side over one cache: told of the same events, asked for the same victims.
 */
import type { StateCost } from "../../src/core/cache/cache-system.ts";
import type { Eviction, EvictionView, Use } from "../../src/core/cache/eviction/eviction.ts";
import { NONE, type NodeId, ROOT } from "../../src/core/tree/radix-tree.ts";

/** Alpha of the utility eviction, or least recently used leaf. */
export type PlainRule = number | "lru";

export class PlainEviction implements Eviction {
  private readonly view: EvictionView;
  private readonly cost: StateCost;
  private readonly rule: PlainRule;
  private readonly lastUsed: number[] = [];

  constructor(view: EvictionView, cost: StateCost, rule: PlainRule) {
    this.view = view;
    this.cost = cost;
    this.rule = rule;
  }

  onAdd(node: NodeId): void {
    this.lastUsed[node] = this.view.now;
  }

  onSplit(upper: NodeId, lower: NodeId): void {
    this.lastUsed[upper] = this.lastUsed[lower]!;
  }

  onMerge(gone: NodeId, child: NodeId): void {
    this.lastUsed[child] = Math.max(this.lastUsed[child]!, this.lastUsed[gone]!);
  }

  onRemove(): void {}

  onChildCount(): void {}

  onUse(node: NodeId): void {
    const { tree, now } = this.view;
    for (let visited = node; visited !== ROOT; visited = tree.parent(visited)) {
      this.lastUsed[visited] = now;
      if (this.rule !== "lru") return;
    }
  }

  victim(): NodeId {
    const candidates = this.candidates();
    if (this.rule === "lru") return candidates.reduce((best, node) => this.older(best, node), NONE);
    const recency = candidates.map((node) => 1 / Math.max(1, this.view.now - this.lastUsed[node]!));
    const efficiency = candidates.map((node) => this.efficiencyOf(node));
    const scaleRecency = scaling(recency);
    const scaleEfficiency = scaling(efficiency);
    let victim = NONE;
    let lowest = Number.POSITIVE_INFINITY;
    for (const [index, node] of candidates.entries()) {
      const score = scaleRecency(recency[index]!) + this.rule * scaleEfficiency(efficiency[index]!);
      if (score > lowest || (score === lowest && this.older(victim, node) === victim)) continue;
      lowest = score;
      victim = node;
    }
    return victim;
  }

  copy(): Eviction {
    throw new Error("a plain eviction is never copied");
  }

  private candidates(): NodeId[] {
    const { view, rule } = this;
    const all: NodeId[] = [];
    view.tree.forEachPreorder((node) => {
      if (view.tree.childCount(node) > (rule === "lru" ? 0 : 1) || view.isPinned(node)) return;
      if (view.freedBytes(node) > 0) all.push(node);
    });
    return all;
  }

  private efficiencyOf(node: NodeId): number {
    const end = this.view.endTokens(node);
    const start = end - this.view.edgeTokens(node);
    return (this.cost.prefillFlops(start, end) - this.cost.prefillFlops(end, end)) / this.view.bytesAt(node);
  }

  /** What one request used lies on one path, of which the deepest goes first. */
  private older(best: NodeId, node: NodeId): NodeId {
    if (best === NONE) return node;
    const age = this.lastUsed[best]! - this.lastUsed[node]!;
    return age > 0 || (age === 0 && this.view.tree.end(node) > this.view.tree.end(best)) ? node : best;
  }
}

/** A plain loop, because spreading a hundred thousand numbers into `Math.min` overflows the stack. */
function scaling(values: readonly number[]): (value: number) => number {
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  const span = largest - smallest;
  return (value) => (span === 0 ? 1 : (value - smallest) / span);
}

/** Passes every event on and measures it. */
export class TimedEviction<E extends Eviction> implements Eviction {
  readonly timed: E;
  /** Milliseconds of each victim, with the events since the one before. */
  readonly victimMs: number[] = [];
  private sum = 0;

  constructor(timed: E) {
    this.timed = timed;
  }

  onAdd(node: NodeId): void {
    this.time((eviction) => eviction.onAdd(node));
  }

  onSplit(upper: NodeId, lower: NodeId): void {
    this.time((eviction) => eviction.onSplit(upper, lower));
  }

  onMerge(gone: NodeId, child: NodeId): void {
    this.time((eviction) => eviction.onMerge(gone, child));
  }

  onRemove(node: NodeId): void {
    this.time((eviction) => eviction.onRemove(node));
  }

  onChildCount(node: NodeId): void {
    this.time((eviction) => eviction.onChildCount(node));
  }

  onUse(node: NodeId, use: Use): void {
    this.time((eviction) => eviction.onUse(node, use));
  }

  victim(): NodeId {
    const victim = this.time((eviction) => eviction.victim());
    this.victimMs.push(this.sum);
    this.sum = 0;
    return victim;
  }

  copy(): Eviction {
    throw new Error("an eviction that is measured is never copied");
  }

  private time<T>(event: (eviction: E) => T): T {
    const start = performance.now();
    const result = event(this.timed);
    this.sum += performance.now() - start;
    return result;
  }
}

/** Throws when the two name different victims. */
export class TwoEvictions<E extends Eviction> implements Eviction {
  readonly fast: E;
  readonly plain: TimedEviction<PlainEviction>;
  /** How often a victim was asked for. */
  victims = 0;

  constructor(fast: E, plain: PlainEviction) {
    this.fast = fast;
    this.plain = new TimedEviction(plain);
  }

  onAdd(node: NodeId): void {
    this.fast.onAdd(node);
    this.plain.onAdd(node);
  }

  onSplit(upper: NodeId, lower: NodeId): void {
    this.fast.onSplit(upper, lower);
    this.plain.onSplit(upper, lower);
  }

  onMerge(gone: NodeId, child: NodeId): void {
    this.fast.onMerge(gone, child);
    this.plain.onMerge(gone, child);
  }

  onRemove(node: NodeId): void {
    this.fast.onRemove(node);
    this.plain.onRemove(node);
  }

  onChildCount(node: NodeId): void {
    this.fast.onChildCount(node);
    this.plain.onChildCount(node);
  }

  onUse(node: NodeId, use: Use): void {
    this.fast.onUse(node, use);
    this.plain.onUse(node, use);
  }

  victim(): NodeId {
    const victim = this.fast.victim();
    const expected = this.plain.victim();
    if (victim !== expected) throw new Error(`victim ${victim}, by the plain scan ${expected}`);
    this.victims++;
    return victim;
  }

  copy(): Eviction {
    throw new Error("two evictions side by side are never copied");
  }
}
