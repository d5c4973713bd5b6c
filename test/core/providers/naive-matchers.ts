/** The three matchers as lists and loops: the specification that the fast ones are compared with. */
import type { BreakpointsOptions } from "../../../src/core/providers/breakpoints.ts";
import type { PrefixRoundedOptions } from "../../../src/core/providers/prefix-rounded.ts";
import type { ProviderRequest } from "../../../src/core/providers/request.ts";
import type { WholeUnitsOptions } from "../../../src/core/providers/whole-units.ts";

/** Reads and writes of one request. */
export type NaiveBill = readonly [read: number, written: number];

interface Unit {
  usedAt: number;
  readableAt: number;
  lifetime: number;
}

const key = (tokens: Int32Array, end: number): string => tokens.slice(0, end).join(" ");
const whole = (request: ProviderRequest): Int32Array =>
  Int32Array.from([...request.promptTokens, ...request.outputTokens]);

export function commonPrefix(a: Int32Array, b: Int32Array): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++;
  return length;
}

export function naivePrefixRounded(options: PrefixRoundedOptions): (request: ProviderRequest) => NaiveBill {
  const stored: { tokens: Int32Array; at: number }[] = [];
  return (request) => {
    const { promptTokens, arrivalSeconds } = request;
    const alive = stored.filter(({ at }) => arrivalSeconds - at <= options.idleSeconds);
    const longest = Math.max(0, ...alive.map(({ tokens }) => commonPrefix(tokens, promptTokens)));
    const aligned = longest - (longest % options.stepTokens);
    const isLongEnough = promptTokens.length >= options.minimumTokens;
    if (isLongEnough) stored.push({ tokens: whole(request), at: arrivalSeconds });
    return [isLongEnough && aligned >= options.minimumTokens ? aligned : 0, 0];
  };
}

class NaiveUnits {
  private readonly units = new Map<string, Unit>();

  alive(tokens: Int32Array, end: number, now: number): Unit | undefined {
    const unit = this.units.get(key(tokens, end));
    return unit && now - unit.usedAt <= unit.lifetime ? unit : undefined;
  }

  write(tokens: Int32Array, end: number, now: number, readableAt: number, lifetime: number): void {
    const old = this.alive(tokens, end, now);
    this.units.set(key(tokens, end), {
      usedAt: now,
      readableAt: Math.min(readableAt, old?.readableAt ?? readableAt),
      lifetime: Math.max(lifetime, old ? old.usedAt + old.lifetime - now : 0),
    });
  }

  renew(tokens: Int32Array, upTo: number, now: number): void {
    for (let end = 1; end <= upTo; end++) {
      const unit = this.alive(tokens, end, now);
      if (unit) unit.usedAt = now;
    }
  }
}

/** With block ends given, each marker's own, and without an automatic one. */
export function naiveBreakpoints(options: BreakpointsOptions): (request: ProviderRequest) => NaiveBill {
  const units = new NaiveUnits();
  return (request) => {
    const { promptTokens, arrivalSeconds: now, markers = [], answerStartSeconds = 0 } = request;
    const { blockEnds: all = [], withinToolRuns = [] } = request;
    const blockEnds = options.countsToolRunsOnce ? all.filter((end) => !withinToolRuns.includes(end)) : all;
    const marked = markers.map(({ end }) => end).sort((a, b) => a - b);
    const positions = [...new Set([...blockEnds, ...marked])].sort((a, b) => a - b);
    let read = 0;
    for (const marker of marked) {
      const upTo = positions.filter((end) => end <= marker).reverse();
      for (const end of upTo.slice(0, options.lookbackPositions)) {
        const unit = units.alive(promptTokens, end, now);
        if (unit && unit.readableAt <= now) read = Math.max(read, end);
      }
    }
    const kept = marked.slice(-options.maxBreakpoints).filter((end) => end >= options.minimumTokens);
    for (const end of kept) {
      if (end <= read && units.alive(promptTokens, end, now)) continue;
      const { isLong } = markers.find((marker) => marker.end === end)!;
      const lifetime = isLong ? options.longLifetimeSeconds : options.lifetimeSeconds;
      units.write(promptTokens, end, now, now + answerStartSeconds, lifetime);
    }
    if (options.isRenewedByReads) units.renew(promptTokens, read, now);
    return [read, Math.max(0, (kept.at(-1) ?? 0) - read)];
  };
}

export function naiveWholeUnits(options: WholeUnitsOptions): (request: ProviderRequest) => NaiveBill {
  const units = new NaiveUnits();
  const sent: Int32Array[] = [];
  return (request) => {
    const { promptTokens, outputTokens, arrivalSeconds: now } = request;
    let read = 0;
    for (let end = 1; end <= promptTokens.length; end++) if (units.alive(promptTokens, end, now)) read = end;
    const all = whole(request);
    const common = Math.max(0, ...sent.map((tokens) => commonPrefix(tokens, promptTokens)));
    sent.push(all);
    const ends = new Set<number>();
    if (options.writesAt.includes("inputEnd")) ends.add(promptTokens.length);
    if (options.writesAt.includes("outputEnd")) ends.add(promptTokens.length + outputTokens.length);
    if (options.writesAt.includes("commonPrefix")) ends.add(common);
    if (options.writesAt.includes("interval") && options.intervalTokens !== null) {
      for (let end = options.intervalTokens; end <= all.length; end += options.intervalTokens) ends.add(end);
    }
    for (const end of ends) {
      if (end > 0 && end >= options.minimumTokens) units.write(all, end, now, now, options.idleSeconds);
    }
    units.renew(all, read, now);
    return [read, 0];
  };
}
