/**
 * A cache on the GPU over a larger, slower one. Every request goes into both; where the slower one remembers more of a
 * prompt, the difference is brought back if that is faster than computing it.
 */
import type { CacheContents, CacheSystem, Inspection, ServeContext } from "../cache/cache-system.ts";
import { Served } from "../cache/cache-system.ts";

/** Seconds to bring back tokens `[residentTokens, tokens)`, `residentTokens` being on the GPU; `null` where computing is faster. */
export type Restore = (residentTokens: number, tokens: number) => number | null;

export class RestoringCache implements CacheSystem {
  readonly keepsAnything = true;
  private readonly gpu: CacheSystem;
  private readonly tier: CacheSystem;
  private readonly restore: Restore;
  private readonly fromTier = new Served();

  /** Both must match at the same positions. */
  constructor(gpu: CacheSystem, tier: CacheSystem, restore: Restore) {
    this.gpu = gpu;
    this.tier = tier;
    this.restore = restore;
  }

  get blockTokens(): number {
    return this.gpu.blockTokens;
  }

  get computedTokensAtLeast(): number {
    return this.gpu.computedTokensAtLeast;
  }

  get needsCheckpoints(): boolean {
    return this.gpu.needsCheckpoints;
  }

  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served, context?: ServeContext): void {
    const { fromTier } = this;
    this.gpu.serve(promptTokens, outputTokens, out, context);
    this.tier.serve(promptTokens, outputTokens, fromTier, context);
    out.restoreSeconds = 0;
    if (fromTier.reusedTokens > out.reusedTokens) {
      const seconds = this.restore(out.reusedTokens, fromTier.reusedTokens);
      if (seconds !== null) {
        out.reusedTokens = fromTier.reusedTokens;
        out.restoreSeconds = seconds;
      }
    }
    // What either of them took can be resumed from.
    out.insertedTokens = Math.max(out.insertedTokens, fromTier.insertedTokens);
    const positions = new Set([...out.checkpoints, ...fromTier.checkpoints]);
    out.checkpoints.length = 0;
    out.checkpoints.push(...[...positions].sort((a, b) => a - b));
  }

  /** On the GPU: the tier has a memory of its own. */
  contents(): CacheContents {
    return this.gpu.contents();
  }

  inspect(tokens: Int32Array): Inspection {
    const resident = this.gpu.inspect(tokens);
    const below = this.tier.inspect(tokens);
    const checkpoints = new Set([...resident.checkpoints, ...below.checkpoints]);
    return {
      cachedTokens: Math.max(resident.cachedTokens, below.cachedTokens),
      checkpoints: [...checkpoints].sort((a, b) => a - b),
    };
  }
}
