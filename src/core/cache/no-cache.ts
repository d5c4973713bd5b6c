/** The lower bound: every prompt is prefilled in full. */
import type { CacheContents, CacheSystem, Inspection, Served } from "./cache-system.ts";

export class NoCache implements CacheSystem {
  readonly blockTokens = 1;
  readonly computedTokensAtLeast = 1;
  readonly needsCheckpoints = false;
  readonly keepsAnything = false;

  serve(_promptTokens: Int32Array, _outputTokens: Int32Array, out: Served): void {
    out.reusedTokens = 0;
    out.insertedTokens = 0;
    out.checkpoints.length = 0;
    out.evictedNodes = 0;
    out.evictedBytes = 0;
  }

  contents(): CacheContents {
    return { kvBytes: 0, checkpointBytes: 0, checkpoints: 0 };
  }

  inspect(): Inspection {
    return { cachedTokens: 0, checkpoints: [] };
  }
}
