/**
 * The worker behind three methods. It starts with the first message, and again after it has died. A watchdog ends one that
 * is stuck: such a worker reads no messages, so that nothing else would.
 */
import type { Catalogue } from "../protocol/catalogue.ts";
import type { FromWorker, ToWorker } from "../protocol/worker.ts";
import type { Translation } from "../words/l10n.ts";
import { t } from "../words/l10n.ts";
import type { MarkedFile } from "./work-mark.ts";

/** A worker that runs, or is about to. */
export interface WorkerThread {
  post(message: ToWorker): void;
  /** Grows as long as it is not stuck. */
  readonly ticks: number;
  /** The file that it looks into. */
  readonly file: MarkedFile | null;
  terminate(): void;
}

export interface ThreadEvents {
  onMessage(message: FromWorker): void;
  /** It is gone, or never came. The reason is a clause. */
  onEnd(reason: string): void;
}

/** What differs between a thread of Node and a web worker. */
export interface ThreadHost {
  /** No event comes before this returns. */
  start(events: ThreadEvents): WorkerThread;
  /** Calls again and again, until what it returns is called. */
  every(milliseconds: number, call: () => void): () => void;
}

export interface WorkerClientOptions {
  readonly host: ThreadHost;
  readonly watch?: Watch;
  /** What a worker is told before all else. */
  readonly translation?: Translation | undefined;
  onMessage(message: FromWorker): void;
  /** The worker is gone, and with it all that it knew. `stuckAt` is the file that it did not get past. */
  onDeath(reason: string, stuckAt: MarkedFile | null): void;
}

/** Looks are counted instead of time, so that a machine that slept ends no worker. */
export interface Watch {
  readonly everyMilliseconds: number;
  /** So many looks without a sign of life, and the worker is ended. */
  readonly looks: number;
}

const defaultWatch: Watch = { everyMilliseconds: 1000, looks: 20 };

export class WorkerClient {
  readonly #options: WorkerClientOptions;
  #worker: WorkerThread | null = null;
  #stopWatching: () => void = () => {};
  #catalogue = new Pending<Catalogue>();

  constructor(options: WorkerClientOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#worker !== null;
  }

  post(messages: readonly ToWorker[]): void {
    const worker = this.#start();
    for (const message of messages) worker.post(message);
  }

  /** Starts the worker when it does not run. */
  catalogue(): Promise<Catalogue> {
    this.#start();
    return this.#catalogue.promise;
  }

  dispose(): void {
    const worker = this.#worker;
    this.#worker = null;
    this.#stopWatching();
    worker?.terminate();
  }

  #start(): WorkerThread {
    if (this.#worker !== null) return this.#worker;
    this.#catalogue = new Pending<Catalogue>();
    const worker = this.#options.host.start({
      onMessage: (message) => {
        if (this.#worker !== worker) return;
        if (message.type === "ready") this.#catalogue.resolve(message.catalogue);
        this.#options.onMessage(message);
      },
      onEnd: (reason) => this.#died(worker, reason),
    });
    this.#worker = worker;
    const { translation } = this.#options;
    if (translation !== undefined) worker.post({ type: "speak", translation });
    this.#watch(worker);
    return worker;
  }

  #watch(worker: WorkerThread): void {
    const { everyMilliseconds, looks } = this.#options.watch ?? defaultWatch;
    let seen = worker.ticks;
    let inVain = 0;
    this.#stopWatching();
    this.#stopWatching = this.#options.host.every(everyMilliseconds, () => {
      const { ticks } = worker;
      inVain = ticks === seen ? inVain + 1 : 0;
      seen = ticks;
      if (inVain < looks) return;
      this.#died(worker, t("it did not come to an end"), worker.file);
      worker.terminate();
    });
  }

  #died(worker: WorkerThread, reason: string, stuckAt: MarkedFile | null = null): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#stopWatching();
    this.#catalogue.reject(new Error(t("The analysis could not be started: {0}", reason)));
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
