/** The facts on providers, and recorded calls; those are not part of the project, so tests that need them may be skipped. */
import { existsSync, readFileSync } from "node:fs";

const shared = new URL("../../../../shared/", import.meta.url);

export const hasTraces = existsSync(new URL("traces/tracelab/claude-transcript.reduced.jsonl", shared));
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

export const facts = JSON.parse(
  readFileSync(new URL("../../../facts/providers.json", import.meta.url), "utf8"),
) as Facts;

/** Lines of a recorded trace; none where it is absent. */
export function traceLines<Line>(file: string): Line[] {
  if (!hasTraces) return [];
  const lines = readFileSync(new URL(`traces/tracelab/${file}`, shared), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Line);
}
