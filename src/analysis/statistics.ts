import { type Fate, fates, type Ledger } from "../core/fates.ts";
import type { Seconds, Spread } from "./report.ts";

/** Mean and percentiles of a column at the given rows; zeros where there are none. */
export function secondsOf(column: Float64Array, rows: readonly number[]): Seconds {
  return spreadOf(rows.map((row) => column[row] ?? 0));
}

/** Zeros where there are no values. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) return { mean: 0, p50: 0, p95: 0 };
  const sorted = Float64Array.from(values).sort();
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { mean, p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) };
}

/** `sorted` ascending and not empty; `part` in [0, 1]. */
function percentile(sorted: Float64Array, part: number): number {
  const rank = part * (sorted.length - 1);
  const below = Math.floor(rank);
  const low = sorted[below] ?? 0;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? low;
  return low + (high - low) * (rank - below);
}

/** Sum of the rows of a table with one column per fate. */
export function ledgerOf(table: Int32Array | Float64Array, rows: readonly number[]): Ledger {
  const sums = new Array<number>(fates.length).fill(0);
  for (const row of rows) {
    for (let column = 0; column < fates.length; column++) {
      sums[column] = (sums[column] ?? 0) + (table[row * fates.length + column] ?? 0);
    }
  }
  return Object.fromEntries(fates.map((fate, column) => [fate, sums[column] ?? 0])) as Record<Fate, number>;
}

export function ledgerTokens(ledger: Ledger): number {
  return fates.reduce((sum, fate) => sum + ledger[fate], 0);
}

export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** 0, 1, … count − 1. */
export function indices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
