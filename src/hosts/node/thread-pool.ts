/** Jobs on several threads. */
import { Worker } from "node:worker_threads";

export interface ThreadPool {
  /** Of a thread that posts one answer for each job that it is sent. */
  readonly script: string;
  /** At least 1. */
  readonly threads: number;
  readonly signal: AbortSignal;
}

/**
 * The answers in the order of the jobs; `onAnswer` gets each as it comes. A thread has one job at a time, and takes the next
 * that nobody has. Rejects when the signal is aborted, when a thread dies and when `onAnswer` throws; in any case all threads
 * have ended, in the middle of whatever they did.
 */
export async function runInThreads<J, A>(
  jobs: readonly J[],
  { script, threads, signal }: ThreadPool,
  onAnswer: (answer: A) => void,
): Promise<A[]> {
  signal.throwIfAborted();
  const answers = new Array<A>(jobs.length);
  const unclaimed = jobs.entries();
  const workers = Array.from({ length: threads }, () => new Worker(script, { execArgv: [] }));
  const work = (worker: Worker) =>
    new Promise<void>((resolve, reject) => {
      let current = 0;
      const takeNext = () => {
        const next = unclaimed.next();
        if (next.done === true) return resolve();
        current = next.value[0];
        worker.postMessage(next.value[1]);
      };
      worker.on("message", (answer: A) => {
        answers[current] = answer;
        try {
          onAnswer(answer);
          takeNext();
        } catch (error) {
          reject(error);
        }
      });
      worker.on("error", reject);
      worker.on("exit", (code) => reject(new Error(`A thread ended with ${code} before its work was done.`)));
      takeNext();
    });
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
  });
  signal.addEventListener("abort", stop, { once: true });
  try {
    await Promise.race([Promise.all(workers.map(work)), stopped]);
    return answers;
  } finally {
    signal.removeEventListener("abort", stop);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
