/** Whole units that the provider writes by itself; a prefix is read only if it is one of them. */
import { PrefixStore } from "./prefix-store.ts";
import type { UnitSpec, WriteEvent } from "./provider.ts";
import type { Matcher, ProviderRequest, ProviderServed } from "./request.ts";

export interface WholeUnitsOptions extends Omit<UnitSpec, "kind"> {
  /** Shortest unit that is written. */
  readonly minimumTokens: number;
  /** Seconds after its last use during which a unit can be read. */
  readonly idleSeconds: number;
}

/** Writing is no item of the bill here: what is not read is plain. */
export class WholeUnits implements Matcher {
  readonly stepTokens = 1;
  private readonly options: WholeUnitsOptions;
  private readonly store = new PrefixStore();

  constructor(options: WholeUnitsOptions) {
    this.options = options;
  }

  serve(request: ProviderRequest, out: ProviderServed): void {
    const { promptTokens, arrivalSeconds: now } = request;
    const { store, options } = this;
    const units = store.units(promptTokens, now);
    const read = units.findLast((unit) => unit.isReadable);
    out.bill(promptTokens.length, read?.end ?? 0, 0, 0);
    out.matchedTokens = store.matchedTokens(promptTokens);
    for (const unit of units) {
      if (unit.end > out.readTokens) out.lose(unit.end, "expired");
    }
    out.lose(out.matchedTokens, out.matchedTokens < options.minimumTokens ? "belowMinimum" : "betweenUnits");

    const leaf = store.remember(request);
    for (const end of this.writtenEnds(request, out.matchedTokens)) {
      store.writeUnit(leaf, end, now, now, options.idleSeconds);
    }
    if (read !== undefined) store.renewUnits(read.node, now);
  }

  storedEnds(tokens: Int32Array, atSeconds: number): number[] {
    const alive = this.store.units(tokens, atSeconds).filter((unit) => unit.isAlive);
    return alive.map((unit) => unit.end);
  }

  /** Where this request writes units; the common prefix is what it shares with anything sent before. */
  private writtenEnds(request: ProviderRequest, commonTokens: number): number[] {
    const { writesAt, intervalTokens, minimumTokens } = this.options;
    const promptEnd = request.promptTokens.length;
    const outputEnd = promptEnd + request.outputTokens.length;
    const interval = intervalTokens ?? Number.POSITIVE_INFINITY;
    const ends: Readonly<Record<WriteEvent, () => number[]>> = {
      inputEnd: () => [promptEnd],
      outputEnd: () => [outputEnd],
      commonPrefix: () => [commonTokens],
      interval: () =>
        Array.from({ length: Math.floor(outputEnd / interval) }, (_, index) => (index + 1) * interval),
    };
    const all = new Set(writesAt.flatMap((event) => ends[event]()));
    return [...all].filter((end) => end > 0 && end >= minimumTokens);
  }
}
