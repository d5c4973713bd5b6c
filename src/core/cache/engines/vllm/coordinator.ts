/**
 * All groups together: the longest prefix that each of them can go on from, and a place for the tokens of a step.
 * Source: vllm-project/vllm `v1/core/{kv_cache_coordinator,kv_cache_manager}.py`.
 */
import type { BlockGroup, Copies, Demand, GroupContext, Hit } from "./block-group.ts";
import { BlockPool } from "./block-pool.ts";
import { FullAttentionGroup } from "./full-attention.ts";
import type { VllmGroup, VllmOptions } from "./options.ts";
import { RecurrentStateGroup } from "./recurrent-state.ts";
import type { VllmRequest } from "./request.ts";
import { SlidingWindowGroup } from "./sliding-window.ts";

/** Groups of one kind, looked up together; full attention first. */
type Kin = readonly [BlockGroup, ...BlockGroup[]];

export interface Found {
  readonly tokens: number;
  /** By group; empty where there is no hit. */
  readonly tables: readonly (readonly number[])[];
  /** Where the prefix of a group goes on beyond the hit; 0 for nowhere. */
  readonly junction: number;
}

export class Coordinator {
  readonly pool: BlockPool;
  readonly groups: readonly BlockGroup[];
  readonly unitTokens: number;
  readonly blockTokens: number;
  private readonly options: VllmOptions;
  private readonly kin: readonly Kin[];
  /** Hits end on multiples of it. */
  readonly hitUnitTokens: number;
  private readonly copies: Copies = [];

  constructor(groups: readonly VllmGroup[], capacityBlocks: number, options: VllmOptions) {
    this.options = options;
    this.pool = new BlockPool(capacityBlocks, groups.length, options.freesUnhashedFirst);
    this.blockTokens = groups.map((group) => group.blockTokens).reduce(leastCommonMultiple);
    const shortest = groups.map((group) => group.blockTokens).reduce(greatestCommonDivisor);
    this.unitTokens = options.matchUnitTokens ?? shortest;
    const hitsInside =
      options.mambaCacheMode === "align" &&
      groups.some(({ kind, blockTokens }) => kind === "recurrent" && blockTokens > this.unitTokens);
    this.hitUnitTokens = hitsInside ? this.unitTokens : this.blockTokens;
    this.groups = groups.map((group, index) => createGroup(index, group, this.contextOf(group)));
    this.kin = kinOf(this.groups);
  }

  beginStep(): void {
    for (const group of this.groups) group.beginStep();
  }

  /** The longest hit that leaves one token to be computed. */
  find(request: VllmRequest): Found {
    const none = this.groups.map((): number[] => []);
    if (!this.options.hasPrefixCaching) return { tokens: 0, tables: none, junction: 0 };
    const most = request.tokens - 1;
    const hits = new Map<Kin, Hit>();
    let tokens = most;
    let longest = 0;
    // With two kinds, of which one is full attention, one round is enough.
    const isSimple = this.kin.length === 2 && this.kin[0][0].spec.kind === "full";
    const hasDropped = new Set<Kin>();
    for (;;) {
      let current = tokens;
      for (const kin of this.kin) {
        const [first] = kin;
        const before = hits.get(kin);
        if (first.spec.kind === "full" && before !== undefined) {
          current = Math.min(current, before.tokens);
          continue;
        }
        const drops = first.dropsLast && !hasDropped.has(kin);
        const margin = drops ? this.dropUnitOf(first) : 0;
        const hit = first.longestHit(kin, request, Math.min(current + margin, most), drops);
        if (drops) hasDropped.add(kin);
        else if (hit.tokens < current) hasDropped.clear();
        current = hit.tokens;
        hits.set(kin, hit);
        longest = Math.max(longest, current);
      }
      const isSettled = current >= tokens;
      tokens = Math.min(current, tokens);
      if (isSettled || isSimple || this.kin.length === 1) break;
    }
    const tables: number[][] = none;
    for (const [kin, hit] of hits) {
      for (let index = 0; index < kin.length; index++) {
        const table = hit.tables[index];
        if (kin[0].spec.kind === "full") table.length = Math.ceil(tokens / kin[0].spec.blockTokens);
        tables[kin[index].index] = table;
      }
    }
    const hasJunction = this.options.hasJunctions && this.kin.length > 1 && longest > tokens;
    return { tokens, tables, junction: hasJunction ? longest : 0 };
  }

  /**
   * Gives the request a place for `newTokens` behind what is computed, its hit included if it is new. False when the pool
   * has too few free blocks, or, with `wholeMustFit`, would have for the whole prompt; then nothing has changed but that
   * the request gave up what it no longer needs.
   */
  allocate(request: VllmRequest, newTokens: number, found: Found | null, wholeMustFit: boolean): boolean {
    const { draftTokens, maxModelTokens } = this.options;
    const computed = Math.min(request.computed + (found?.tokens ?? 0), maxModelTokens);
    if (wholeMustFit) {
      const whole = Math.min(request.tokens, maxModelTokens);
      if (this.blocksNeeded(request, whole, whole, found, computed, true) > this.pool.freeBlocks)
        return false;
    }
    const mainTokens = computed + newTokens;
    const tokens = Math.min(mainTokens + draftTokens, maxModelTokens);
    const processed = Math.max(0, computed - request.inFlight);
    for (const group of this.groups) group.dropSkipped(request, processed);
    if (this.blocksNeeded(request, tokens, mainTokens, found, computed, false) > this.pool.freeBlocks)
      return false;
    if (found !== null)
      for (const group of this.groups) group.adopt(request, found.tables[group.index], computed);
    for (const group of this.groups) group.take(request, tokens, mainTokens, this.copies);
    if (this.options.hasPrefixCaching) this.cache(request, Math.min(mainTokens, request.tokens));
    return true;
  }

  /** Makes reachable what so many tokens fill. */
  cache(request: VllmRequest, tokens: number): void {
    if (!this.options.hasPrefixCaching) return;
    const isWhole = this.kin.length === 1 || this.hitUnitTokens < this.blockTokens;
    const aligned = isWhole ? tokens : tokens - (tokens % this.blockTokens);
    for (const group of this.groups) {
      // The block behind the boundary, which a hit with a draft model sees and gives up.
      const hasNext = group.dropsLast && aligned > 0;
      group.cache(request, hasNext ? Math.min(tokens, aligned + group.spec.blockTokens) : aligned);
    }
  }

  free(request: VllmRequest): void {
    for (const group of this.groups) group.free(request);
  }

  /** The copies of blocks are on their way with the step. */
  endPlanning(): void {
    if (this.copies.length === 0) return;
    this.pool.release(this.copies);
    this.copies.length = 0;
  }

  private blocksNeeded(
    request: VllmRequest,
    tokens: number,
    mainTokens: number,
    found: Found | null,
    hitTokens: number,
    isWhole: boolean,
  ): number {
    let needed = 0;
    for (const group of this.groups) {
      const hit = found?.tables[group.index] ?? [];
      const mostBlocks = isWhole ? group.mostBlocksOfRequest : Number.POSITIVE_INFINITY;
      const demand: Demand = { tokens, mainTokens, hit, hitTokens, mostBlocks };
      needed += group.blocksNeeded(request, demand);
    }
    return needed;
  }

  /** What a hit of the group gives up with a draft model. */
  private dropUnitOf({ spec }: BlockGroup): number {
    if (spec.kind === "recurrent") return 0;
    return spec.kind === "full" ? Math.min(this.hitUnitTokens, spec.blockTokens) : spec.blockTokens;
  }

  private contextOf({ kind }: VllmGroup): GroupContext {
    const { options, pool, unitTokens, hitUnitTokens } = this;
    const { draftTokens, maxBatchedTokens, retentionInterval, mambaCacheMode, maxModelTokens } = options;
    const dropsBlock = draftTokens > 0 && options.dropsDraftBlock;
    return {
      pool,
      unitTokens,
      hitUnitTokens,
      retentionInterval,
      draftTokens,
      dropsLast: dropsBlock && kind === "full",
      mambaCacheMode,
      mostInFlightTokens: maxBatchedTokens * (options.hasAsyncScheduling ? 2 : 1),
      maxModelTokens,
    };
  }
}

function createGroup(index: number, spec: VllmGroup, context: GroupContext): BlockGroup {
  switch (spec.kind) {
    case "full":
      return new FullAttentionGroup(index, spec, context);
    case "window":
      return new SlidingWindowGroup(index, spec, context);
    case "recurrent":
      return new RecurrentStateGroup(index, spec, context);
  }
}

function kinOf(groups: readonly BlockGroup[]): Kin[] {
  const kin: [BlockGroup, ...BlockGroup[]][] = [];
  for (const group of groups) {
    const same = kin.find(
      ([{ spec }]) =>
        spec.kind === group.spec.kind &&
        spec.blockTokens === group.spec.blockTokens &&
        spec.windowTokens === group.spec.windowTokens,
    );
    if (same === undefined) kin.push([group]);
    else same.push(group);
  }
  return kin.sort(([a], [b]) => Number(b.spec.kind === "full") - Number(a.spec.kind === "full"));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function leastCommonMultiple(a: number, b: number): number {
  return (a / greatestCommonDivisor(a, b)) * b;
}
