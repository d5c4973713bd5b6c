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

/** A time without a pause in which we, and nobody else, did something. */
export interface Hold {
  readonly milliseconds: number;
  /** Functions of ours that most of its samples were in, or had called what they were in. */
  readonly functions: readonly string[];
}

export interface Holds {
  readonly loop: IntervalHistogram;
  /** The shortest first. */
  readonly ours: readonly Hold[];
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
function holdsIn({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Hold[] {
  const ownerOf = ownersOf(nodes);
  const holds: Hold[] = [];
  let milliseconds = 0;
  let counts = new Map<string, number>();
  const end = () => {
    const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3);
    if (most.length > 0) holds.push({ milliseconds, functions: most.map(([name]) => name) });
    milliseconds = 0;
    counts = new Map();
  };
  for (const [at, sample] of samples.entries()) {
    const owner = ownerOf.get(sample) ?? null;
    if (owner === null) {
      end();
      continue;
    }
    if (owner !== engine) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    milliseconds += Math.min((timeDeltas[at] ?? 0) / 1000, 2 * sampleMilliseconds);
  }
  end();
  return holds.sort((a, b) => a.milliseconds - b.milliseconds);
}

const engine = "the engine";

/** By node: the innermost function of ours on its stack, or the engine; `null` for everybody else. */
function ownersOf(nodes: readonly Profiler.ProfileNode[]): ReadonlyMap<number, string | null> {
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ownerOf = ({ id, callFrame }: Profiler.ProfileNode): string | null => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = byId.get(at)?.callFrame;
      if (frame !== undefined && ourBundle.test(frame.url)) return frame.functionName || "(anonymous)";
    }
    return engineWork.has(callFrame.functionName) ? engine : null;
  };
  return new Map(nodes.map((node) => [node.id, ownerOf(node)]));
}

export function longestOf({ ours }: Holds): number {
  return ours.at(-1)?.milliseconds ?? 0;
}

/** One line for the log. */
export function describeHolds({ loop, ours }: Holds): string {
  const list = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(" / ");
  const delays = [50, 95, 99, 100].map((part) => loop.percentile(part) / 1e6);
  const at = (part: number) =>
    ours[Math.min(ours.length - 1, Math.floor(part * ours.length))]?.milliseconds ?? 0;
  const longest = ours.at(-1)?.functions.join(", ") ?? "nothing";
  return `loop delay ${list(delays)} ms; ours ${list([0.5, 0.95, 0.99, 1].map(at))} ms of ${ours.length}, the longest in ${longest}`;
}
