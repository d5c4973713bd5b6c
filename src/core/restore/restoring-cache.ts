/**
 * A cache on the GPU over larger, slower memories. Every request is written through to all of them, so that what one has to
 * let go is still in those below; where they remember more of a prompt, the difference is brought back if that is faster
 * than computing it, and stays in every memory on its way.
 */
import type { CacheContents, CacheSystem, Inspection, ServeContext } from "../cache/cache-system.ts";
import { Served } from "../cache/cache-system.ts";

/**
 * What of a prompt to bring back. `residentTokens` leading ones are on the GPU, `heldTokens` in each tier, from fast to
 * slow; `null` where computing is faster.
 */
export type Restore = (residentTokens: number, heldTokens: readonly number[]) => Restored | null;

export interface Restored {
  /** Leading tokens of the prompt that are there afterwards. */
  readonly tokens: number;
  readonly seconds: number;
}

/** A memory below the GPU's, and the name that reports give it. */
export interface TierCache {
  readonly name: string;
  readonly cache: CacheSystem;
}

export class RestoringCache implements CacheSystem {
  readonly keepsAnything = true;
  private readonly gpu: CacheSystem;
  private readonly tiers: readonly TierCache[];
  private readonly restore: Restore;
  private readonly fromTier: readonly Served[];

  /** All must match at the same positions. Tiers from fast to slow. */
  constructor(gpu: CacheSystem, tiers: readonly TierCache[], restore: Restore) {
    this.gpu = gpu;
    this.tiers = tiers;
    this.restore = restore;
    this.fromTier = tiers.map(() => new Served());
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
    for (const [index, { cache }] of this.tiers.entries()) {
      cache.serve(promptTokens, outputTokens, fromTier[index], context);
    }
    out.restoreSeconds = 0;
    out.restored.length = 0;
    out.losses.length = 0;
    const held = fromTier.map(({ reusedTokens }) => reusedTokens);
    const deepest = Math.max(...held);
    if (deepest > out.reusedTokens) this.bringBack(held, out);
    if (deepest > out.reusedTokens) {
      const reason = "computing is faster than restoring";
      out.losses.push({ fate: "ruledOut", reason, start: out.reusedTokens, end: deepest });
    }
    // What any of them took can be resumed from.
    const positions = new Set(out.checkpoints);
    for (const { insertedTokens, checkpoints } of fromTier) {
      out.insertedTokens = Math.max(out.insertedTokens, insertedTokens);
      for (const position of checkpoints) positions.add(position);
    }
    out.checkpoints.length = 0;
    out.checkpoints.push(...[...positions].sort((a, b) => a - b));
  }

  /** See `CacheSystem.pending`; tiers leave nothing to be done. */
  pending(): Iterable<void> {
    return this.gpu.pending?.() ?? [];
  }

  private bringBack(held: readonly number[], out: Served): void {
    const restored = this.restore(out.reusedTokens, held);
    if (restored === null) return;
    let start = out.reusedTokens;
    for (const [index, { name }] of this.tiers.entries()) {
      const end = Math.min(held[index], restored.tokens);
      if (end <= start) continue;
      out.restored.push({ from: name, start, end });
      start = end;
    }
    out.reusedTokens = restored.tokens;
    out.restoreSeconds = restored.seconds;
  }

  /** Of each tier, from fast to slow. */
  tierContents(): CacheContents[] {
    return this.tiers.map(({ cache }) => cache.contents());
  }

  /** On the GPU: tiers have memories of their own. */
  contents(): CacheContents {
    return this.gpu.contents();
  }

  inspect(tokens: Int32Array): Inspection {
    const all = [this.gpu, ...this.tiers.map(({ cache }) => cache)].map((cache) => cache.inspect(tokens));
    const checkpoints = new Set(all.flatMap((each) => each.checkpoints));
    return {
      cachedTokens: Math.max(...all.map(({ cachedTokens }) => cachedTokens)),
      checkpoints: [...checkpoints].sort((a, b) => a - b),
    };
  }
}
