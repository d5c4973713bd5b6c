/**
 * How much is done between two steps of a generator, in blocks of our own code that are executed: V8 counts them, so that the
 * same work has the same number on every machine, however busy it is. Code that has run before is counted by its calls alone:
 * use it first, and once in a process.
 */
import { type Profiler, Session } from "node:inspector";

/** Steps that are counted together at first: counting costs more than most steps. */
const stepsAtOnce = 32;

export interface StepWork<T> {
  readonly step: number;
  /** What the step yielded; of the last one, what was returned. */
  readonly value: T;
  readonly blocks: number;
  /** Functions that did most of it. */
  readonly functions: readonly string[];
}

export interface WorkOfSteps<T> {
  readonly steps: number;
  readonly blocks: number;
  /** All steps of more than `mostBlocks`, in their order. */
  readonly tooMuch: readonly StepWork<T>[];
}

/**
 * Runs the steps to their end twice, as `make` gives them anew: several at once, then one by one those that were more than
 * `mostBlocks` together. Both runs must do the same.
 */
export function workOfSteps<T>(make: () => Generator<T, T, void>, mostBlocks: number): WorkOfSteps<T> {
  // One for both runs: code that ran before it began has no counters but those of its functions.
  const counter = new BlockCounter();
  try {
    return countedTwice(make, mostBlocks, counter);
  } finally {
    counter.dispose();
  }
}

function countedTwice<T>(
  make: () => Generator<T, T, void>,
  mostBlocks: number,
  counter: BlockCounter,
): WorkOfSteps<T> {
  const suspects = new Set<number>();
  let blocks = 0;
  const steps = counted(make(), counter, {
    isEnd: (step) => (step + 1) % stepsAtOnce === 0,
    onCount(step, _, work) {
      blocks += work.blocks;
      if (work.blocks > mostBlocks) suspects.add(Math.floor(step / stepsAtOnce));
    },
  });
  const tooMuch: StepWork<T>[] = [];
  const isSuspect = (step: number) => suspects.has(Math.floor(step / stepsAtOnce));
  if (suspects.size > 0) {
    counted(make(), counter, {
      isEnd: (step) => isSuspect(step) || isSuspect(step + 1),
      onCount(step, value, work) {
        if (isSuspect(step) && work.blocks > mostBlocks) tooMuch.push({ step, value, ...work });
      },
    });
  }
  return { steps, blocks, tooMuch };
}

type Work = Pick<StepWork<unknown>, "blocks" | "functions">;

interface Counting<T> {
  /** Whether what was done is counted behind this step. */
  isEnd(step: number): boolean;
  onCount(step: number, value: T, work: Work): void;
}

/** Returns the number of steps. */
function counted<T>(
  steps: Generator<T, T, void>,
  counter: BlockCounter,
  { isEnd, onCount }: Counting<T>,
): number {
  counter.take();
  for (let step = 0; ; step++) {
    const { done, value } = steps.next();
    if (done === true || isEnd(step)) onCount(step, value, counter.take());
    if (done === true) return step + 1;
  }
}

class BlockCounter {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#ask("Profiler.enable");
    this.#ask("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** What was executed since the last time. */
  take(): Work {
    return workIn(this.#ask("Profiler.takePreciseCoverage"));
  }

  dispose(): void {
    this.#session.disconnect();
  }

  /** In the same thread, the answer is there when the call returns. */
  #ask<R>(method: string, parameters: object = {}): R {
    let answer: unknown;
    this.#session.post(method, parameters, (error, result) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer as R;
  }
}

function workIn({ result }: Profiler.TakePreciseCoverageReturnType): Work {
  const functions: { readonly name: string; readonly blocks: number }[] = [];
  for (const { url, functions: all } of result) {
    if (!url.includes("/src/")) continue;
    for (const { functionName, ranges } of all) {
      const blocks = ranges.reduce((sum, { count }) => sum + count, 0);
      functions.push({ name: `${functionName} of ${url.split("/").at(-1)}: ${blocks}`, blocks });
    }
  }
  const most = functions.toSorted((a, b) => b.blocks - a.blocks).slice(0, 4);
  return {
    blocks: functions.reduce((sum, { blocks }) => sum + blocks, 0),
    functions: most.map(({ name }) => name),
  };
}
