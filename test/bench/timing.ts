/**
 * How long something takes, in CPU time of all threads of the process: elapsed time would tell what else the machine does.
 * Compiling and collecting garbage count, so that it is never less than the elapsed time of an idle machine.
 */

/** Milliseconds; runs until it is warm, then takes the median of nine. */
export function median(run: () => unknown): number {
  for (let warmed = 0; warmed < 300; ) warmed += once(run);
  return Array.from({ length: 9 }, () => once(run)).sort((a, b) => a - b)[4]!;
}

/** Milliseconds. */
export function once(run: () => unknown): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
