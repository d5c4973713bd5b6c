import type { Profiler } from "node:inspector";
import { Session } from "node:inspector/promises";
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/**
 * How long the extension host is held, and by whom. The loop's delay holds everything that VS Code and other extensions do, and
 * that the machine was busy. What we do ourselves is told by samples of the stack: those with a frame of our bundle, and what
 * the engine does right before and after them (it unpacks messages, and collects garbage). Samples in a row are one hold.
 */

const sampleMilliseconds = 0.5;
const ourBundle = /\bdist[\\/]extension\.cjs$/;
const engineWork = new Set(["(program)", "(garbage collector)"]);

export interface Holds {
  readonly loop: IntervalHistogram;
  /** Milliseconds, ascending. */
  readonly ours: readonly number[];
}

/** Watches from now on, until the returned function is called. */
export async function watchHolds(): Promise<() => Promise<Holds>> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 1000 * sampleMilliseconds });
  await session.post("Profiler.start");
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  return async () => {
    loop.disable();
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    return { loop, ours: holdsIn(profile) };
  };
}

/** Runs of samples that are ours; time in which the thread was not even scheduled is left out. */
function holdsIn({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): number[] {
  const kinds = kindsOf(nodes);
  const holds: number[] = [];
  let milliseconds = 0;
  let isOurs = false;
  for (const [at, sample] of samples.entries()) {
    const kind = kinds.get(sample) ?? "other";
    if (kind === "other") {
      if (isOurs) holds.push(milliseconds);
      milliseconds = 0;
      isOurs = false;
      continue;
    }
    isOurs ||= kind === "ours";
    milliseconds += Math.min((timeDeltas[at] ?? 0) / 1000, 2 * sampleMilliseconds);
  }
  if (isOurs) holds.push(milliseconds);
  return holds.sort((a, b) => a - b);
}

function kindsOf(nodes: readonly Profiler.ProfileNode[]): Map<number, "ours" | "engine" | "other"> {
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const isOurs = (id: number): boolean => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      if (ourBundle.test(byId.get(at)?.callFrame.url ?? "")) return true;
    }
    return false;
  };
  return new Map(
    nodes.map(({ id, callFrame }) => {
      if (isOurs(id)) return [id, "ours"];
      return [id, engineWork.has(callFrame.functionName) ? "engine" : "other"];
    }),
  );
}

export function quantileOf(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}

/** One line for the log. */
export function describeHolds({ loop, ours }: Holds): string {
  const list = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(" / ");
  const delays = [50, 95, 99, 100].map((part) => loop.percentile(part) / 1e6);
  const holds = [0.5, 0.95, 0.99, 1].map((part) => quantileOf(ours, part));
  return `loop delay ${list(delays)} ms, ours ${list(holds)} ms of ${ours.length} (median / p95 / p99 / longest)`;
}
