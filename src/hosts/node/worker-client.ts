/**
 * The worker thread behind three methods. It starts with the first message, and again after it has died. A watchdog ends one
 * that is stuck: such a thread reads no messages, so that nothing else would.
 */
import { Worker } from "node:worker_threads";
import type { Catalogue } from "../../protocol/catalogue.ts";
import type { FromWorker, ToWorker } from "../../protocol/worker.ts";
import { type MarkedFile, newWorkMark, WorkMark } from "../../service/work-mark.ts";

export interface WorkerData {
  /** Folder of the vocabulary files. */
  readonly vocabularies: string;
  readonly mark: SharedArrayBuffer;
}

export interface WorkerClientOptions {
  readonly script: string;
  /** Folder of the vocabulary files. */
  readonly vocabularies: string;
  readonly watch?: Watch;
  onMessage(message: FromWorker): void;
  /** The thread is gone, and with it all that it knew. `stuckAt` is the file that it did not get past. */
  onDeath(reason: string, stuckAt: MarkedFile | null): void;
}

/** Looks are counted instead of time, so that a machine that slept ends no thread. */
export interface Watch {
  readonly everyMilliseconds: number;
  /** So many looks without a sign of life, and the thread is ended. */
  readonly looks: number;
}

const defaultWatch: Watch = { everyMilliseconds: 1000, looks: 20 };

export class WorkerClient {
  readonly #options: WorkerClientOptions;
  #worker: Worker | null = null;
  #watching: NodeJS.Timeout | undefined;
  #catalogue = new Pending<Catalogue>();

  constructor(options: WorkerClientOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#worker !== null;
  }

  post(messages: readonly ToWorker[]): void {
    const worker = this.#start();
    for (const message of messages) worker.postMessage(message);
  }

  /** Starts the worker when it does not run. */
  catalogue(): Promise<Catalogue> {
    this.#start();
    return this.#catalogue.promise;
  }

  dispose(): void {
    const worker = this.#worker;
    this.#worker = null;
    clearInterval(this.#watching);
    void worker?.terminate();
  }

  #start(): Worker {
    if (this.#worker !== null) return this.#worker;
    const { script, vocabularies } = this.#options;
    const mark = newWorkMark();
    const workerData: WorkerData = { vocabularies, mark };
    // The host's own flags are not for a thread that only computes.
    const worker = new Worker(script, { workerData, execArgv: [] });
    this.#worker = worker;
    this.#catalogue = new Pending<Catalogue>();
    worker.on("message", (message: FromWorker) => {
      if (message.type === "ready") this.#catalogue.resolve(message.catalogue);
      if (this.#worker === worker) this.#options.onMessage(message);
    });
    worker.on("error", (error) => this.#died(worker, error instanceof Error ? error.message : String(error)));
    worker.on("exit", (code) => this.#died(worker, `it ended with code ${code}`));
    this.#watch(worker, new WorkMark(mark));
    return worker;
  }

  #watch(worker: Worker, mark: WorkMark): void {
    const { everyMilliseconds, looks } = this.#options.watch ?? defaultWatch;
    let seen = mark.ticks;
    let inVain = 0;
    clearInterval(this.#watching);
    this.#watching = setInterval(() => {
      inVain = mark.ticks === seen ? inVain + 1 : 0;
      seen = mark.ticks;
      if (inVain < looks) return;
      this.#died(worker, "it did not come to an end", mark.file);
      void worker.terminate();
    }, everyMilliseconds);
    this.#watching.unref();
  }

  #died(worker: Worker, reason: string, stuckAt: MarkedFile | null = null): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    clearInterval(this.#watching);
    this.#catalogue.reject(new Error(`The analysis could not be started: ${reason}`));
    this.#options.onDeath(reason, stuckAt);
  }
}

/** A promise that is settled from outside. That nobody waits for it is no error. */
class Pending<T> {
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (error: Error) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => {});
  }
}
