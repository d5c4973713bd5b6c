/** How long this process has worked. */
import type { Stopwatch } from "../../service/grammars.ts";

/** On a busy machine elapsed time tells what else it does, and processor time what the other threads of the process do. */
export function startWatch(): Stopwatch {
  const start = performance.now();
  const startCpu = process.cpuUsage();
  return (milliseconds) => {
    // Processor time takes a tenth of a millisecond to ask for.
    if (performance.now() - start <= milliseconds) return false;
    const { user, system } = process.cpuUsage(startCpu);
    return (user + system) / 1000 > milliseconds;
  };
}
