/** The worker thread behind three methods. It starts with the first message, and again after it has died. */
import { Worker } from "node:worker_threads";
import type { Catalogue } from "../../protocol/catalogue.ts";
import type { FromWorker, ToWorker } from "../../protocol/worker.ts";

export interface WorkerClientOptions {
  readonly script: string;
  /** Folder of the vocabulary files. */
  readonly vocabularies: string;
  onMessage(message: FromWorker): void;
  /** The thread is gone, and with it all that it knew. */
  onDeath(reason: string): void;
}

export class WorkerClient {
  readonly #options: WorkerClientOptions;
  #worker: Worker | null = null;
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
    void worker?.terminate();
  }

  #start(): Worker {
    if (this.#worker !== null) return this.#worker;
    const { script, vocabularies } = this.#options;
    // The host's own flags are not for a thread that only computes.
    const worker = new Worker(script, { workerData: { vocabularies }, execArgv: [] });
    this.#worker = worker;
    this.#catalogue = new Pending<Catalogue>();
    worker.on("message", (message: FromWorker) => {
      if (message.type === "ready") this.#catalogue.resolve(message.catalogue);
      if (this.#worker === worker) this.#options.onMessage(message);
    });
    worker.on("error", (error) => this.#died(worker, error instanceof Error ? error.message : String(error)));
    worker.on("exit", (code) => this.#died(worker, `it ended with code ${code}`));
    return worker;
  }

  #died(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#catalogue.reject(new Error(`The analysis could not be started: ${reason}`));
    this.#options.onDeath(reason);
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
