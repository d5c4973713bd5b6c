/**
 * vLLM's prefix cache for requests that come one after the other: the scheduler with one request at a time, or with so many
 * in flight. Then a request is served when it is admitted, runs on, and ends while later ones are served.
 * What the pool holds of a group is counted in whole blocks, padding included, as the server's memory is.
 */
import { concatTokens } from "../../../tokens/common-prefix.ts";
import type { CacheContents, CacheSystem, Ended, Flights, Inspection, Served } from "../../cache-system.ts";
import { checkCapacity, checkStates } from "../../check-memory.ts";
import { NULL_BLOCK } from "./block-pool.ts";
import type { GroupKind, VllmGroup, VllmOptions } from "./options.ts";
import { PrefixIds } from "./prefix-ids.ts";
import { VllmRequest } from "./request.ts";
import { VllmScheduler } from "./scheduler.ts";

export interface VllmCacheOptions {
  readonly groups: readonly VllmGroup[];
  /** Of any group; see `VllmLayout.blockBytes`. */
  readonly blockBytes: number;
  readonly capacityBytes: number;
  readonly server: VllmOptions;
  /** Requests that run at once; default 1. */
  readonly inFlight?: number;
}

/** A request that was sent and has not ended. */
interface Running {
  readonly number: number;
  /** `null` where it is not known. */
  readonly conversation: number | null;
  readonly request: VllmRequest;
  /** Where it could be resumed when it was looked up. */
  resumable: ReadonlySet<number>;
}

export class VllmCache implements CacheSystem, Flights {
  readonly computedTokensAtLeast = 1;
  readonly keepsAnything: boolean;
  readonly needsCheckpoints: boolean;
  /** What hits are multiples of. */
  readonly blockTokens: number;
  readonly options: VllmCacheOptions;
  private readonly scheduler: VllmScheduler;
  private readonly ids: PrefixIds;
  /** Indices of the groups of each kind. */
  private readonly byKind: Readonly<Record<GroupKind, readonly number[]>>;
  private readonly running: Running[] = [];
  private readonly ended: Ended[] = [];
  private expected: number | null = null;
  private served = 0;

  /** Throws `CostError` without groups, or when the capacity is negative or no number. */
  constructor(options: VllmCacheOptions) {
    const { groups, blockBytes, capacityBytes, server } = options;
    checkCapacity(capacityBytes);
    checkStates(groups.length > 0);
    this.options = options;
    // The null block is one of the pool's.
    const capacityBlocks = Math.max(0, Math.floor(capacityBytes / blockBytes) - 1);
    this.scheduler = new VllmScheduler(groups, capacityBlocks, server);
    const { coordinator } = this.scheduler;
    this.ids = new PrefixIds(coordinator.unitTokens);
    this.blockTokens = coordinator.hitUnitTokens;
    const ofKind = (kind: GroupKind) =>
      groups.flatMap((group, index) => (group.kind === kind ? [index] : []));
    this.byKind = { full: ofKind("full"), window: ofKind("window"), recurrent: ofKind("recurrent") };
    this.keepsAnything = server.hasPrefixCaching;
    this.needsCheckpoints = this.byKind.full.length < groups.length;
  }

  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served): void {
    const { pool } = this.scheduler.coordinator;
    const number = this.served++;
    const conversation = this.expected;
    this.expected = null;
    out.checkpoints.length = 0;
    out.reusedTokens = 0;
    out.insertedTokens = 0;
    if (promptTokens.length > 0) {
      while (this.areFull || (conversation !== null && this.include(conversation))) this.goOn();
      const prefixes = this.ids.of(concatTokens(promptTokens, outputTokens));
      const { groups } = this.options;
      const request = new VllmRequest(promptTokens.length, outputTokens.length, prefixes, groups.length);
      const resumable = new Set(this.needsCheckpoints ? this.resumePoints(prefixes) : []);
      const sent: Running = { number, conversation, request, resumable };
      out.attendedTokens = this.attendedTokens(prefixes, promptTokens.length);
      if (this.inFlight === 1) this.scheduler.serve(request);
      else out.held = this.admit(sent);
      out.isRefused = request.isGivenUp;
      out.reusedTokens = Math.max(0, request.hitTokens);
      const { insertedTokens, checkpoints } = this.leftBy(sent);
      out.insertedTokens = insertedTokens;
      out.checkpoints.push(...checkpoints);
    }
    out.evictedNodes = pool.evictedBlocks;
    out.evictedBytes = pool.evictedBlocks * this.options.blockBytes;
    pool.evictedBlocks = 0;
  }

  get flights(): Flights | undefined {
    return this.inFlight > 1 ? this : undefined;
  }

  get areFull(): boolean {
    return this.running.length >= this.inFlight;
  }

  include(conversation: number): boolean {
    return this.running.some((request) => request.conversation === conversation);
  }

  expect(conversation: number): void {
    this.expected = conversation;
  }

  goOn(): void {
    this.scheduler.leap();
    for (const ended of this.scheduler.step()) {
      const place = this.running.findIndex(({ request }) => request === ended);
      const [sent] = this.running.splice(place, 1);
      this.ended.push({ request: sent.number, ...this.leftBy(sent) });
    }
  }

  takeEnded(): readonly Ended[] {
    return this.ended.splice(0);
  }

  private get inFlight(): number {
    return this.options.inFlight ?? 1;
  }

  /** Sends the request, and goes on until it runs. Returns what was held of it then. */
  private admit(sent: Running): Inspection {
    const { request } = sent;
    this.running.push(sent);
    this.scheduler.add(request);
    for (;;) {
      const held = this.inspectPrefixes(request.prefixes);
      sent.resumable = new Set(held.checkpoints);
      this.goOn();
      if (request.hitTokens >= 0 || request.isFinished) return held;
    }
  }

  /** What is there of the request now. */
  private leftBy({ request, resumable }: Running): Omit<Ended, "request"> {
    const { cachedTokens, checkpoints } = this.inspectPrefixes(request.prefixes);
    return {
      insertedTokens: cachedTokens,
      checkpoints: checkpoints.filter((position) => !resumable.has(position)),
    };
  }

  contents(): CacheContents {
    const { cachedBlocks } = this.scheduler.coordinator.pool;
    const { blockBytes } = this.options;
    const blocksOf = (groups: readonly number[]) =>
      groups.reduce((sum, group) => sum + cachedBlocks[group], 0);
    return {
      kvBytes: blocksOf(this.byKind.full) * blockBytes,
      checkpointBytes: (blocksOf(this.byKind.recurrent) + blocksOf(this.byKind.window)) * blockBytes,
      // Groups lose their blocks of one state one by one.
      checkpoints: Math.max(0, ...this.byKind.recurrent.map((group) => cachedBlocks[group])),
    };
  }

  inspect(tokens: Int32Array): Inspection {
    return this.inspectPrefixes(this.ids.of(tokens));
  }

  private inspectPrefixes(prefixes: Int32Array): Inspection {
    const checkpoints = this.needsCheckpoints ? this.resumePoints(prefixes) : [];
    const { full } = this.byKind;
    const cachedTokens = full.length > 0 ? this.leadingTokens(full, prefixes) : (checkpoints.at(-1) ?? 0);
    return { cachedTokens, checkpoints };
  }

  /**
   * Leading prompt tokens from which the request could resume if windows alone had all that they look back on; 0 on models
   * where that is not what is missing.
   */
  private attendedTokens(prefixes: Int32Array, promptTokens: number): number {
    const { full, window, recurrent } = this.byKind;
    if (window.length === 0 || full.length === 0 || recurrent.length > 0) return 0;
    const most = Math.min(this.leadingTokens(full, prefixes), promptTokens - this.computedTokensAtLeast);
    return Math.floor(most / this.blockTokens) * this.blockTokens;
  }

  /** Leading tokens whose KV is there in all of the groups. */
  private leadingTokens(groups: readonly number[], prefixes: Int32Array): number {
    const { unitTokens } = this.scheduler.coordinator;
    const step = this.options.groups[groups[0]].blockTokens / unitTokens;
    let units = 0;
    while (units + step <= prefixes.length && this.holdsAll(groups, prefixes[units + step - 1]))
      units += step;
    // A prompt's end inside a block.
    const most = Math.min(prefixes.length, units + step - 1);
    for (let end = most; end > units; end--) {
      if (this.holdsAll(groups, prefixes[end - 1])) return end * unitTokens;
    }
    return units * unitTokens;
  }

  /** Positions at which every group can go on, ascending. */
  private resumePoints(prefixes: Int32Array): number[] {
    const { unitTokens, hitUnitTokens } = this.scheduler.coordinator;
    const { full, window, recurrent } = this.byKind;
    const most = full.length > 0 ? this.leadingTokens(full, prefixes) : prefixes.length * unitTokens;
    const windows = window.map((group) => this.windowRuns(group, prefixes));
    const points: number[] = [];
    for (let end = hitUnitTokens; end <= most; end += hitUnitTokens) {
      if (!this.holdsAll(recurrent, prefixes[end / unitTokens - 1])) continue;
      if (windows.every((holds) => holds(end))) points.push(end);
    }
    return points;
  }

  /** Whether the window's group holds what stands before a position. */
  private windowRuns(group: number, prefixes: Int32Array): (end: number) => boolean {
    const { unitTokens } = this.scheduler.coordinator;
    const { blockTokens, windowTokens } = this.options.groups[group];
    const step = blockTokens / unitTokens;
    const need = Math.ceil(((windowTokens ?? 1) - 1) / blockTokens);
    const runs = new Int32Array(Math.floor(prefixes.length / step) + 1);
    for (let block = 1; block < runs.length; block++) {
      runs[block] = this.holdsAll([group], prefixes[block * step - 1]) ? runs[block - 1] + 1 : 0;
    }
    return (end) => {
      const block = Math.floor(end / blockTokens);
      return runs[block] >= Math.min(need, block);
    };
  }

  private holdsAll(groups: readonly number[], prefix: number): boolean {
    const { pool } = this.scheduler.coordinator;
    for (const group of groups) if (pool.find(group, prefix) === NULL_BLOCK) return false;
    return true;
  }
}
