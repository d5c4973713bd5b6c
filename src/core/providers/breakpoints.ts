/** Prefixes that requests mark: read where an earlier marker stood, written at this request's own. */
import { PrefixStore, type StoredUnit } from "./prefix-store.ts";
import type { BreakpointSpec } from "./provider.ts";
import type { LossReason, Marker, Matcher, ProviderRequest, ProviderServed } from "./request.ts";

export interface BreakpointsOptions extends Omit<BreakpointSpec, "kind" | "mayCountToolRunsOnce"> {
  /** Whether a run of tool calls, or of results, side by side is one position. */
  readonly countsToolRunsOnce?: boolean;
  /** Shortest prefix that is written. */
  readonly minimumTokens: number;
  /** Seconds from writing, or from the last read where reads renew, during which a prefix can be read. */
  readonly lifetimeSeconds: number;
  /** The same for long markers. */
  readonly longLifetimeSeconds: number;
}

export class Breakpoints implements Matcher {
  readonly stepTokens = 1;
  private readonly options: BreakpointsOptions;
  private readonly store = new PrefixStore();

  constructor(options: BreakpointsOptions) {
    this.options = options;
  }

  serve(request: ProviderRequest, out: ProviderServed): void {
    const { promptTokens, arrivalSeconds: now } = request;
    const markers = this.markersOf(request);
    if (this.options.refusesMore === true && markers.length > this.options.maxBreakpoints) {
      this.refuse(request, out);
      return;
    }
    const units = this.store.units(promptTokens, now);
    out.matchedTokens = this.store.matchedTokens(promptTokens);
    const isInReach = this.reach(request, markers);
    const read = units.findLast((unit) => unit.isReadable && isInReach.at(unit.end));
    const readTokens = read?.end ?? 0;
    const written = this.writtenMarkers(markers);
    const writtenEnd = Math.max(readTokens, written.at(-1)?.end ?? 0);
    const longEnd = Math.max(readTokens, written.findLast((marker) => marker.isLong)?.end ?? 0);
    out.bill(promptTokens.length, readTokens, writtenEnd - readTokens, longEnd - readTokens);
    this.explain(out, units, markers.at(-1)?.end ?? 0, isInReach);
    this.write(request, written, read);
  }

  /** Nothing is read or kept, and what would have been sent counts as plain. */
  private refuse(request: ProviderRequest, out: ProviderServed): void {
    const { promptTokens } = request;
    out.bill(promptTokens.length, 0, 0, 0);
    out.matchedTokens = this.store.matchedTokens(promptTokens);
    out.lose(out.matchedTokens, "refused");
    this.store.remember(request);
  }

  storedEnds(tokens: Int32Array, atSeconds: number): number[] {
    const alive = this.store.units(tokens, atSeconds).filter((unit) => unit.isAlive);
    return alive.map((unit) => unit.end);
  }

  /** All markers of the request in order, the automatic one included. Of two at one place, the long one counts. */
  private markersOf(request: ProviderRequest): Marker[] {
    const { promptTokens, blockEnds, markers = [] } = request;
    const all = markers.filter(({ end }) => end > 0 && end <= promptTokens.length);
    if (this.isAutomatic(request)) all.push({ end: blockEnds?.at(-1) ?? promptTokens.length });
    all.sort((a, b) => a.end - b.end || Number(a.isLong ?? false) - Number(b.isLong ?? false));
    return all.filter((marker, index) => marker.end > 0 && marker.end !== all[index + 1]?.end);
  }

  private isAutomatic({ hasAutomaticMarker }: ProviderRequest): boolean {
    const { automaticMarker } = this.options;
    return automaticMarker !== "never" && (hasAutomaticMarker ?? automaticMarker === "always");
  }

  /** The latest markers, without those whose prefix is too short. */
  private writtenMarkers(markers: readonly Marker[]): Marker[] {
    const { maxBreakpoints, minimumTokens, isMinimumPerMarker } = this.options;
    const latest = maxBreakpoints > 0 ? markers.slice(-maxBreakpoints) : [];
    return latest.filter(({ end }, index) => end >= minimumTokens * (isMinimumPerMarker ? index + 1 : 1));
  }

  /** Tells at which positions this request may read. Without known block ends, every one up to the last marker. */
  private reach(request: ProviderRequest, markers: readonly Marker[]): Reach {
    const last = markers.at(-1);
    if (last === undefined) return { at: () => false, inBlock: () => false };
    const { lookbackFrom, lookbackPositions } = this.options;
    const marked = markers.map((marker) => marker.end);
    // Whoever switches the automatic marker off is compared at his own markers alone, where the latest count.
    const hasOwnOnly = lookbackFrom === "latest" && !this.isAutomatic(request);
    const blockEnds = hasOwnOnly ? [] : request.blockEnds;
    if (blockEnds === undefined) return { at: (end) => end <= last.end, inBlock: (end) => end <= last.end };
    const passed = this.options.countsToolRunsOnce === true ? new Set(request.withinToolRuns) : nowhere;
    const inside = blockEnds.filter((end) => end < last.end && !passed.has(end));
    const positions = [...new Set([...inside, ...marked])].sort((a, b) => a - b);
    const starts = lookbackFrom === "latest" ? [last.end] : marked;
    const reachable = new Set<number>();
    for (const start of starts) {
      const upTo = positions.indexOf(start) + 1;
      for (const end of positions.slice(Math.max(0, upTo - lookbackPositions), upTo)) reachable.add(end);
    }
    return {
      at: (end) => reachable.has(end),
      inBlock: (end) => !hasOwnOnly && reachable.has(positions.find((position) => position >= end) ?? -1),
    };
  }

  private explain(
    out: ProviderServed,
    units: readonly StoredUnit[],
    lastMarker: number,
    { at, inBlock }: Reach,
  ): void {
    for (const unit of units) {
      if (unit.end <= out.readTokens) continue;
      // What ends within a block that is in reach is not too far away: no block ends there.
      const isBetween = unit.isReadable && unit.end <= lastMarker && !at(unit.end) && inBlock(unit.end);
      out.lose(unit.end, isBetween ? "noBreakpoint" : reasonOf(unit, lastMarker));
    }
    const isShort = lastMarker > 0 && out.matchedTokens < this.options.minimumTokens;
    out.lose(out.matchedTokens, isShort ? "belowMinimum" : "noBreakpoint");
  }

  /** Markers inside what was read cost nothing: their prefixes are there already. */
  private write(request: ProviderRequest, markers: readonly Marker[], read: StoredUnit | undefined): void {
    const { store, options } = this;
    const now = request.arrivalSeconds;
    const leaf = store.remember(request);
    const readable = now + readableAfterSeconds(request, options.readableFrom);
    for (const { end, isLong } of markers) {
      if (end <= (read?.end ?? 0) && store.hasUnit(leaf, end, now)) continue;
      store.writeUnit(
        leaf,
        end,
        now,
        readable,
        isLong ? options.longLifetimeSeconds : options.lifetimeSeconds,
      );
    }
    if (read !== undefined && options.isRenewedByReads) store.renewUnits(read.node, now);
  }
}

const nowhere: ReadonlySet<number> = new Set();

interface Reach {
  /** Whether a prefix is read that ends here. */
  at(end: number): boolean;
  /** Whether the block is in reach that holds the token before this position. */
  inBlock(end: number): boolean;
}

function reasonOf(unit: StoredUnit, lastMarker: number): LossReason {
  if (!unit.isAlive) return "expired";
  if (unit.end > lastMarker) return "noBreakpoint";
  return unit.isReadable ? "lookbackExceeded" : "notYetReadable";
}

function readableAfterSeconds(request: ProviderRequest, from: BreakpointSpec["readableFrom"]): number {
  if (from === "answerStart") return request.answerStartSeconds ?? 0;
  return from === "answerEnd" ? (request.answerEndSeconds ?? 0) : 0;
}
