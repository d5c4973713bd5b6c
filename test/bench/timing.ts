/**
 * How long something takes: elapsed time, or CPU time of all threads of the process if that is less. On a busy machine
 * elapsed time tells what else it does; compiling and collecting garbage on other threads cost CPU time only.
 */

/** Milliseconds; runs until it is warm, then takes the median of nine. */
export function median(run: () => unknown): number {
  for (let warmed = 0; warmed < 300; ) warmed += once(run);
  return Array.from({ length: 9 }, () => once(run)).sort((a, b) => a - b)[4]!;
}

/** Milliseconds. */
export function once(run: () => unknown): number {
  const startCpu = process.cpuUsage();
  const start = performance.now();
  run();
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(startCpu);
  return Math.min(elapsed, (user + system) / 1000);
}
