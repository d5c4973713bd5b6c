/** Reference facts of the two papers; not part of the project, so tests that need them may be skipped. */
import { existsSync, readFileSync } from "node:fs";

const folder = new URL("../../../../shared/facts/", import.meta.url);

export const hasFacts =
  existsSync(new URL("hcache.json", folder)) && existsSync(new URL("epic.json", folder));
if (!hasFacts)
  console.info(
    "Skipped: comparison with ../shared/facts, which is not here; the golden subset is still checked.",
  );

export interface ScheduleVector {
  readonly layers: number;
  readonly ioHidden: number;
  readonly ioKv: number;
  readonly computeHidden: number;
  readonly computeToken: number;
  readonly hiddenLayers: number;
  readonly otherLayers: number;
  readonly otherMethod: "kv" | "recompute" | null;
  readonly time: number;
}

/** Thousands of tokens per second, read from figure 11. */
export interface SpeedRow {
  readonly figure: string;
  readonly model: string;
  readonly platform: string;
  readonly store: string;
  readonly contextTokens: number;
  readonly recompute: number;
  readonly kvOffload: number;
  readonly hcache: number;
  readonly derived: {
    readonly hiddenLayers: number;
    readonly otherLayers: number;
    readonly otherMethod: "kv" | "recompute" | null;
    readonly predictedHcache: number;
  };
}

interface HcacheFacts {
  readonly models: readonly { readonly model: string; readonly layers: number; readonly hidden: number }[];
  readonly testbed: Readonly<Record<string, string | number>>;
  readonly storage: { readonly chunkTokens: number };
  readonly restoreSpeed: { readonly rows: readonly SpeedRow[] };
  readonly ablation: {
    readonly contextTokens: number;
    readonly rows: readonly { readonly case: string; readonly values: readonly number[] }[];
  };
  readonly derivedVectors: readonly ScheduleVector[];
}

interface Counted {
  readonly recomputedTokens: number;
  readonly attendedPairs: number;
}

export interface LinkVector {
  readonly name: string;
  readonly pieceTokens: readonly number[] | null;
  readonly systemTokens: number;
  readonly chunkCount: number;
  readonly queryTokens: number;
  readonly promptTokens: number;
  readonly fullyRecompute: Counted;
  readonly naive: Counted;
  readonly cacheBlend15: {
    readonly recomputedTokensFromLayer2: number;
    readonly recomputedTokensLayer0: number;
    readonly attendedPairs: null;
  };
  readonly legoLink0: Counted;
  readonly legoLink2: Counted;
  readonly legoLink16: Counted;
  readonly legoLink32: Counted;
}

interface EpicFacts {
  readonly chunking: {
    readonly targetTokens: number;
    readonly extendToPeriodBelow: number;
    readonly hardMaxTokens: number;
  };
  readonly derivedVectors: { readonly rows: readonly LinkVector[] };
}

function read<T>(file: string): T | null {
  return hasFacts ? (JSON.parse(readFileSync(new URL(file, folder), "utf8")) as T) : null;
}

export const hcacheFacts = read<HcacheFacts>("hcache.json");
export const epicFacts = read<EpicFacts>("epic.json");
