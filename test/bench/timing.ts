/** How long something takes, once the compiler has seen it. */

/** Milliseconds; runs until it is warm, then takes the median of nine. */
export function median(run: () => unknown): number {
  const warmUntil = performance.now() + 100;
  while (performance.now() < warmUntil) run();
  return Array.from({ length: 9 }, () => once(run)).sort((a, b) => a - b)[4]!;
}

/** Milliseconds. */
export function once(run: () => unknown): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}
