/**
 * The specification that `PrefixCache` is compared with: one object per cached position, and no memory of anything that
 * can be found by looking at all of them. It inserts first and evicts afterwards; positions are symbols, as in the cache.
 *
 * A *segment* is what the cache keeps as one node: a maximal run of positions without a checkpoint, a branching, an end or
 * a border of the pinned path inside it. All positions of a segment were used at the same time, the latest of any of them.
 */
import type { StateCost } from "../../src/core/cache/cache-system.ts";
import { NaiveHistory } from "./naive-history.ts";
import type { Windows } from "./sliding-windows.ts";

export interface NaiveOptions {
  readonly cost: StateCost;
  /** A third kind of state; for the least recently used leaf only. */
  readonly windows?: Windows;
  readonly capacityBytes: number;
  readonly blockTokens: number;
  readonly computedTokensAtLeast: number;
  /** Default 1. */
  readonly inFlight?: number;
  readonly admission: "branch-and-end" | "every-block" | "forks";
  /** Alpha of the utility eviction, least recently used leaf, or density over age, with the continuation rate or without. */
  readonly eviction: number | "lru" | "density" | "density-continuation";
}

export interface NaiveServed {
  readonly reusedTokens: number;
  readonly insertedTokens: number;
  readonly checkpoints: readonly number[];
  readonly evictedNodes: number;
  readonly evictedBytes: number;
}

/** One cached symbol. */
interface Position {
  readonly symbol: number;
  /** Symbols from the start of the sequence up to and with this one. */
  readonly depth: number;
  readonly parent: Position | null;
  children: Position[];
  hasCheckpoint: boolean;
  /** The request that used it last. */
  usedBy: number;
  /** Of its checkpoint: the request that resumed from it last, or made it, how many did, and the turn that it ended. */
  lastResumed: number;
  resumes: number;
  turn: number | "branch";
}

interface Segment {
  readonly positions: readonly Position[];
  readonly last: Position;
}

/**
 * One node as it looks from outside: its symbols from the root, those on its edge, its facts.
 * The age is its place in the order of eviction where the policy keeps one, else the request that used it last.
 */
export type NodeFacts = readonly [path: string, edge: number, hasCheckpoint: boolean, age: number];

export class NaiveCache {
  private readonly options: NaiveOptions;
  private readonly blocks = new Map<string, number>();
  private top: Position[] = [];
  /** The path of the request that is being served, and those of requests that were and have not ended, oldest first. */
  private served: readonly Position[] = [];
  private running: (readonly Position[])[] = [];
  private now = 0;
  private readonly history = new NaiveHistory();

  constructor(options: NaiveOptions) {
    this.options = options;
  }

  serve(promptTokens: readonly number[], outputTokens: readonly number[]): NaiveServed {
    const { blockTokens, capacityBytes, computedTokensAtLeast, inFlight = 1 } = this.options;
    while (this.running.length >= inFlight) this.endOldest();
    this.now++;
    const sequence = this.symbolsOf([...promptTokens, ...outputTokens]);
    const promptSymbols = Math.floor(promptTokens.length / blockTokens);
    const limit = Math.floor(Math.max(0, promptTokens.length - computedTokensAtLeast) / blockTokens);
    const path = this.walk(sequence);
    const matched = Math.min(path.length, promptSymbols);
    const usable = path.filter(
      (position) => position.depth <= Math.min(matched, limit) && this.canResumeAt(position, path),
    );
    const reused = usable.at(-1)?.depth ?? 0;
    this.history.observe(sequence, promptSymbols);
    const wanted = this.wanted(matched, reused, limit, sequence.length);
    const kept = this.fitting(
      path,
      wanted.filter((depth) => !path[depth - 1]?.hasCheckpoint),
      sequence.length,
    );
    const superseded = this.supersede(path, kept);

    if (reused > 0) this.use(path, reused);
    if (reused > 0) this.resume(path[reused - 1]!);
    const evicted = { evictedNodes: 0, evictedBytes: 0 };
    const evictDownTo = (bytes: number) => {
      this.served = path;
      const { evictedNodes, evictedBytes } = this.evictDownTo(bytes);
      evicted.evictedNodes += evictedNodes;
      evicted.evictedBytes += evictedBytes;
    };
    if (this.options.windows !== undefined) {
      // Windows of others that the new ones overlap may go, so that room is made for whole ones.
      const behind = kept.filter((depth) => depth > path.length);
      this.mark(path, kept.slice(0, kept.length - behind.length), sequence.length);
      evictDownTo(capacityBytes - this.bytesWith(path, behind) + this.bytesWith(path, []));
    }
    this.extend(path, sequence.slice(0, Math.max(path.length, kept.at(-1) ?? 0)));
    this.mark(path, kept, sequence.length);
    for (const depth of kept) this.use(path, depth);
    evictDownTo(capacityBytes);
    this.use(path, path.length);
    this.served = [];
    if (inFlight > 1) this.running.push(path);
    this.tidy();
    return {
      reusedTokens: reused * blockTokens,
      insertedTokens: this.resumable(this.walk(sequence)) * blockTokens,
      checkpoints: kept.map((depth) => depth * blockTokens),
      evictedNodes: superseded.evictedNodes + evicted.evictedNodes,
      evictedBytes: superseded.evictedBytes + evicted.evictedBytes,
    };
  }

  get usedBytes(): number {
    return this.bytesOf(this.positions());
  }

  get checkpointCount(): number {
    return this.needsCheckpoints ? this.positions().filter((position) => position.hasCheckpoint).length : 0;
  }

  /** Sorted by path. */
  nodes(): NodeFacts[] {
    const { eviction } = this.options;
    const isDensity = eviction === "density" || eviction === "density-continuation";
    return this.segments()
      .sort((a, b) => byLastUse(a.last, b.last))
      .map(({ positions, last }, place): NodeFacts => {
        if (isDensity) {
          return [
            pathOf(last).join(" "),
            positions.length,
            last.hasCheckpoint,
            last.hasCheckpoint ? last.lastResumed : 0,
          ];
        }
        const age = eviction === "lru" ? place : last.usedBy;
        return [pathOf(last).join(" "), positions.length, last.hasCheckpoint, age];
      })
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  private get needsCheckpoints(): boolean {
    return this.options.cost.checkpointBytes > 0 || this.options.windows !== undefined;
  }

  private canResumeAt({ depth, hasCheckpoint }: Position, path: readonly Position[]): boolean {
    const { cost, windows } = this.options;
    if (cost.checkpointBytes > 0 && !hasCheckpoint) return false;
    if (windows === undefined) return true;
    return path
      .slice(Math.max(0, depth - windows.tokens), depth)
      .every((position) => this.isInWindow(position, windows.tokens));
  }

  /** Whether a checkpoint lies at the position, or so few positions below it that its window holds it. */
  private isInWindow(position: Position, tokens: number): boolean {
    if (tokens === 0) return false;
    if (position.hasCheckpoint) return true;
    return position.children.some((child) => this.isInWindow(child, tokens - 1));
  }

  private symbolsOf(tokens: readonly number[]): number[] {
    const size = this.options.blockTokens;
    if (size === 1) return [...tokens];
    const symbols: number[] = [];
    for (let start = 0; start + size <= tokens.length; start += size) {
      const block = tokens.slice(start, start + size).join(" ");
      if (!this.blocks.has(block)) this.blocks.set(block, this.blocks.size);
      symbols.push(this.blocks.get(block)!);
    }
    return symbols;
  }

  private walk(sequence: readonly number[]): Position[] {
    const path: Position[] = [];
    let children = this.top;
    for (const symbol of sequence) {
      const next = children.find((child) => child.symbol === symbol);
      if (next === undefined) break;
      path.push(next);
      children = next.children;
    }
    return path;
  }

  /** Leading positions without those at the end that only a running request holds. */
  private resumable(path: readonly Position[]): number {
    let length = path.length;
    const isDead = ({ hasCheckpoint, children }: Position) =>
      !hasCheckpoint && children.every((child) => child === path[length]);
    while (this.needsCheckpoints && length > 0 && isDead(path[length - 1]!)) length--;
    return length;
  }

  private endOldest(): void {
    this.running.shift();
    this.tidy();
  }

  private mark(path: readonly Position[], kept: readonly number[], length: number): void {
    for (const depth of kept) {
      const turn = depth === length ? this.history.turn : "branch";
      Object.assign(path[depth - 1]!, { hasCheckpoint: true, lastResumed: this.now, resumes: 0, turn });
    }
  }

  private extend(path: Position[], sequence: readonly number[]): void {
    while (path.length < sequence.length) {
      const parent = path.at(-1) ?? null;
      const position: Position = {
        symbol: sequence[path.length]!,
        depth: path.length + 1,
        parent,
        children: [],
        hasCheckpoint: false,
        usedBy: this.now,
        lastResumed: this.now,
        resumes: 0,
        turn: "branch",
      };
      (parent?.children ?? this.top).push(position);
      path.push(position);
    }
  }

  private wanted(matched: number, reused: number, limit: number, length: number): number[] {
    if (this.options.admission === "every-block") {
      return Array.from({ length: length - reused }, (_, index) => reused + index + 1);
    }
    const fork = this.options.admission === "forks" ? this.history.deepestFork : 0;
    const branch = Math.min(Math.max(matched, fork), limit);
    return [branch > reused ? branch : 0, length].filter(
      (depth, index, all) => depth > reused && depth !== all[index - 1],
    );
  }

  /** The wanted depths that fit beside the path in use. With KV only, the sequence is cut where memory ends. */
  private fitting(path: readonly Position[], wanted: readonly number[], length: number): readonly number[] {
    const { capacityBytes } = this.options;
    if (this.needsCheckpoints) {
      let depths = wanted;
      while (depths.length > 1 && this.bytesWith(path, depths) > capacityBytes) depths = depths.slice(0, -1);
      const withoutCheckpoints = path.map((position) => ({ ...position, hasCheckpoint: false }));
      return this.bytesWith(withoutCheckpoints, depths) > capacityBytes ? [] : depths;
    }
    let to = length;
    while (to > path.length && this.bytesWith(path, [to]) > capacityBytes) to--;
    const depths = wanted.filter((depth) => depth <= to);
    return to > path.length && depths.at(-1) !== to ? [...depths, to] : depths;
  }

  /** The path with checkpoints at these depths, and KV up to the last of them. */
  private bytesWith(path: readonly Position[], depths: readonly number[]): number {
    const { cost, blockTokens } = this.options;
    const added = Math.max(path.length, depths.at(-1) ?? 0) - path.length;
    return (
      this.bytesOf(path) -
      this.windowBytesOf(path) +
      depths.length * cost.checkpointBytes +
      added * cost.kvBytesPerToken * blockTokens +
      this.windowBytesWith(path, depths)
    );
  }

  /** Of the path alone: what is held for others may go. */
  private windowBytesWith(path: readonly Position[], depths: readonly number[]): number {
    const { windows } = this.options;
    if (windows === undefined) return 0;
    const held = new Set<number>();
    for (const end of [
      ...path.filter(({ hasCheckpoint }) => hasCheckpoint).map(({ depth }) => depth),
      ...depths,
    ]) {
      for (let depth = end; depth > Math.max(0, end - windows.tokens); depth--) held.add(depth);
    }
    return held.size * windows.bytesPerToken;
  }

  /** Where even one checkpoint does not fit beside the path, those of the path make room, deepest first. */
  private supersede(
    path: readonly Position[],
    kept: readonly number[],
  ): { evictedNodes: number; evictedBytes: number } {
    const before = this.usedBytes;
    let dropped = 0;
    while (kept.length > 0 && this.bytesWith(path, kept) > this.options.capacityBytes) {
      path.findLast((position) => position.hasCheckpoint)!.hasCheckpoint = false;
      dropped++;
    }
    return { evictedNodes: dropped, evictedBytes: before - this.usedBytes };
  }

  /** A request resumed at this depth of the path, made a checkpoint there, or ended there. */
  private use(path: readonly Position[], depth: number): void {
    if (depth === 0) return;
    if (this.options.eviction === "lru") {
      for (const position of path.slice(0, depth)) position.usedBy = this.now;
      return;
    }
    const onPath = new Set(path);
    const segment = this.segments().find(({ positions }) => positions.includes(path[depth - 1]!))!;
    for (const position of segment.positions) if (onPath.has(position)) position.usedBy = this.now;
  }

  private evictDownTo(capacityBytes: number): { evictedNodes: number; evictedBytes: number } {
    const before = this.usedBytes;
    let evictedNodes = 0;
    while (this.usedBytes > capacityBytes) {
      const victim = this.victim();
      if (victim === undefined) {
        if (this.running.length === 0) throw new Error("nothing to evict");
        this.endOldest();
        continue;
      }
      if (victim.last.children.length === 0) this.remove(victim.positions);
      else victim.last.hasCheckpoint = false;
      this.tidy();
      evictedNodes++;
    }
    return { evictedNodes, evictedBytes: before - this.usedBytes };
  }

  private resume(position: Position): void {
    position.lastResumed = this.now;
    position.resumes++;
  }

  /** Lowest score; on ties the least recently used, and of those the deepest. */
  private victim(): Segment | undefined {
    const { eviction, cost, blockTokens } = this.options;
    if (eviction === "density" || eviction === "density-continuation") return this.leastDense(eviction);
    const pinned = this.pinned();
    const candidates = this.segments().filter(({ positions, last }) => {
      if (pinned.has(last)) return false;
      if (last.children.length === 0) return this.bytesOf(positions) > 0;
      return eviction !== "lru" && last.children.length === 1 && last.hasCheckpoint && this.needsCheckpoints;
    });
    const recency = candidates.map(({ last }) => 1 / (this.now - last.usedBy));
    const efficiency = candidates.map(({ positions, last }) => {
      const flops = cost.prefillFlops((positions[0]!.depth - 1) * blockTokens, last.depth * blockTokens);
      return flops / this.bytesOf(positions);
    });
    const alpha = eviction === "lru" ? 0 : eviction;
    const recencyScaled = scaled(recency);
    const efficiencyScaled = scaled(efficiency);
    const ranked = candidates.map((segment, i) => ({
      segment,
      score: recencyScaled[i]! + alpha * efficiencyScaled[i]!,
    }));
    ranked.sort((a, b) => a.score - b.score || byLastUse(a.segment.last, b.segment.last));
    return ranked[0]?.segment;
  }

  private leastDense(eviction: "density" | "density-continuation"): Segment | undefined {
    const { cost } = this.options;
    const pinned = this.pinned();
    const ranked = this.segments()
      .filter(({ last }) => last.hasCheckpoint && !pinned.has(last))
      .map((segment) => {
        const { last, positions } = segment;
        let above = last.parent;
        while (above !== null && !above.hasCheckpoint) above = above.parent;
        const saved =
          cost.prefillFlops(above?.depth ?? 0, last.depth) - cost.prefillFlops(last.depth, last.depth);
        const bytes = last.children.length === 0 ? this.bytesOf(positions) : cost.checkpointBytes;
        const age = this.now - last.lastResumed + 1;
        return { segment, score: (this.densityWeight(last, eviction) * saved) / bytes / age };
      });
    ranked.sort(
      (a, b) =>
        a.score - b.score ||
        a.segment.last.lastResumed - b.segment.last.lastResumed ||
        b.segment.last.depth - a.segment.last.depth,
    );
    return ranked[0]?.segment;
  }

  private densityWeight(
    { children, turn, resumes }: Position,
    eviction: "density" | "density-continuation",
  ): number {
    if (turn === "branch" || children.length > 1) return (1 + resumes) ** 0.5;
    if (children.length === 1) return 0.3;
    return eviction === "density-continuation" ? this.history.continuationRate(turn) : 1;
  }

  private remove(positions: readonly Position[]): void {
    const first = positions[0]!;
    if (first.parent === null) this.top = this.top.filter((position) => position !== first);
    else first.parent.children = first.parent.children.filter((position) => position !== first);
  }

  /** Removes KV that nothing can resume from; a segment that has grown together was used when any of it was. */
  private tidy(): void {
    const pinned = this.pinned();
    if (this.needsCheckpoints) {
      for (const position of this.positions().reverse()) {
        const isDead = position.children.length === 0 && !position.hasCheckpoint && !pinned.has(position);
        if (isDead) this.remove([position]);
      }
    }
    for (const { positions } of this.segments()) {
      if (this.served.includes(positions[0]!)) continue;
      const latest = Math.max(...positions.map((position) => position.usedBy));
      for (const position of positions) position.usedBy = latest;
    }
  }

  /** All positions, parents before children. */
  private positions(): Position[] {
    const all = [...this.top];
    for (let i = 0; i < all.length; i++) all.push(...all[i]!.children);
    return all;
  }

  private segments(): Segment[] {
    return this.positions()
      .filter((position) => this.isBoundary(position))
      .map((last) => {
        const positions = [last];
        for (let above = last.parent; above !== null && !this.isBoundary(above); above = above.parent) {
          positions.push(above);
        }
        return { positions: positions.reverse(), last };
      });
  }

  private isBoundary(position: Position): boolean {
    if (position.hasCheckpoint || position.children.length !== 1) return true;
    return this.served.at(-1) === position || this.running.some((path) => path.at(-1) === position);
  }

  private pinned(): ReadonlySet<Position> {
    return new Set([this.served, ...this.running].flat());
  }

  private windowBytesOf(positions: readonly Position[]): number {
    const { windows } = this.options;
    if (windows === undefined) return 0;
    return (
      positions.filter((position) => this.isInWindow(position, windows.tokens)).length * windows.bytesPerToken
    );
  }

  private bytesOf(positions: readonly Position[]): number {
    const { cost, blockTokens } = this.options;
    const checkpoints = positions.filter((position) => position.hasCheckpoint).length;
    const kvBytes = positions.length * cost.kvBytesPerToken * blockTokens;
    return kvBytes + checkpoints * cost.checkpointBytes + this.windowBytesOf(positions);
  }
}

function pathOf(position: Position): number[] {
  const path: number[] = [];
  for (let at: Position | null = position; at !== null; at = at.parent) path.unshift(at.symbol);
  return path;
}

/** Oldest first; what one request used lies on one path, of which the deepest goes first. */
function byLastUse(a: Position, b: Position): number {
  return a.usedBy - b.usedBy || b.depth - a.depth;
}

/** To [0, 1]; all 1 when there is nothing to tell apart. */
function scaled(values: readonly number[]): number[] {
  const smallest = Math.min(...values);
  const span = Math.max(...values) - smallest;
  return values.map((value) => (span === 0 ? 1 : (value - smallest) / span));
}
