/** The longest prefix that was sent before and has not idled away, in whole steps. */
import { PrefixStore, type StoredRun } from "./prefix-store.ts";
import type { Matcher, ProviderRequest, ProviderServed } from "./request.ts";

export interface PrefixRoundedOptions {
  readonly stepTokens: number;
  /** Shortest prompt that is cached, and shortest prefix that is read. */
  readonly minimumTokens: number;
  /** Seconds after its last use during which a prefix can be read. */
  readonly idleSeconds: number;
}

/** Writing is no item of the bill here: what is not read is plain. */
export class PrefixRounded implements Matcher {
  private readonly options: PrefixRoundedOptions;
  private readonly store = new PrefixStore();

  constructor(options: PrefixRoundedOptions) {
    this.options = options;
  }

  get stepTokens(): number {
    return this.options.stepTokens;
  }

  serve(request: ProviderRequest, out: ProviderServed): void {
    const { stepTokens, minimumTokens } = this.options;
    const { promptTokens, arrivalSeconds } = request;
    const runs = this.store.runs(promptTokens);
    const aliveTokens = this.aliveTokens(runs, arrivalSeconds);
    const aligned = Math.floor(aliveTokens / stepTokens) * stepTokens;
    out.bill(promptTokens.length, aligned >= minimumTokens ? aligned : 0, 0, 0);
    out.matchedTokens = runs.at(-1)?.end ?? 0;
    out.lose(aliveTokens, aliveTokens >= minimumTokens ? "rounding" : "belowMinimum");
    for (const run of runs) {
      out.lose(run.end, run.storedSeconds === Number.NEGATIVE_INFINITY ? "belowMinimum" : "expired");
    }
    const leaf = this.store.remember(request);
    if (promptTokens.length >= minimumTokens) this.store.storeRuns(leaf, arrivalSeconds);
  }

  storedEnds(tokens: Int32Array, atSeconds: number): number[] {
    const alive = this.aliveTokens(this.store.runs(tokens), atSeconds);
    return alive === 0 ? [] : [alive];
  }

  private aliveTokens(runs: readonly StoredRun[], nowSeconds: number): number {
    const isAlive = (run: StoredRun) => nowSeconds - run.storedSeconds <= this.options.idleSeconds;
    return runs.findLast(isAlive)?.end ?? 0;
  }
}
