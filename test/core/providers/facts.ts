/** Reference facts and recorded calls; not part of the project, so tests that need them may be skipped. */
import { existsSync, readFileSync } from "node:fs";

const shared = new URL("../../../../shared/", import.meta.url);

export const hasFacts = existsSync(new URL("facts/providers.json", shared));
export const hasTraces = existsSync(new URL("traces/tracelab/claude-transcript.reduced.jsonl", shared));
if (!hasFacts) console.info("Skipped: comparison with ../shared/facts/providers.json, which is not here.");
if (!hasTraces) console.info("Skipped: recorded calls in ../shared/traces, which are not here.");

interface Rule {
  readonly id: string;
  readonly readMultiplier?: number | Readonly<Record<string, number>> | null;
  readonly pricesUsdPerMillion?: Readonly<Record<string, { readonly hit: number; readonly miss: number }>>;
}

export interface RecordedSession {
  readonly id: string;
  readonly input?: readonly number[];
  readonly uncached?: readonly number[];
  readonly output: readonly number[];
  readonly cacheRead: readonly number[];
  readonly cacheWrite?: readonly number[];
}

interface Facts {
  readonly rules: readonly Rule[];
  readonly derived: {
    readonly breakEven: Readonly<Record<string, Readonly<Record<string, number>> | string>>;
  };
  readonly recordedSessions: readonly RecordedSession[];
}

export const facts: Facts | null = hasFacts
  ? (JSON.parse(readFileSync(new URL("facts/providers.json", shared), "utf8")) as Facts)
  : null;

/** Lines of a recorded trace; none where it is absent. */
export function traceLines<Line>(file: string): Line[] {
  if (!hasTraces) return [];
  const lines = readFileSync(new URL(`traces/tracelab/${file}`, shared), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Line);
}
