/** The worker of the product with its messages, as an editor drives it. */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { FromWorker, ToWorker } from "../../src/protocol/worker.ts";
import { newWorkMark } from "../../src/service/work-mark.ts";

/** Nobody waits longer; the watchdog of the editor ends such a thread. */
const patienceMilliseconds = 20_000;

export interface Opened {
  /** From the messages to the end of the answer, or less processor time where the machine was busy. */
  readonly seconds: number;
  readonly said: string;
}

export class Session {
  readonly #root: string;
  #thread: Worker;
  #job = 0;

  constructor(root: string) {
    this.#root = root;
    this.#thread = this.#start();
  }

  #start(): Worker {
    const workerData = { vocabularies: join(this.#root, "media/vocabularies"), mark: newWorkMark() };
    return new Worker(join(this.#root, "dist/worker.cjs"), { workerData, execArgv: [] });
  }

  /** Has a folder read and analysed, in place of the one before. */
  async open(disk: string): Promise<Opened> {
    const job = ++this.#job;
    const [start, startCpu] = [performance.now(), process.cpuUsage()];
    const messages: readonly ToWorker[] = [
      { type: "folders", folders: [{ id: disk, disk, isLoose: false }] },
      { type: "analyze", job, chosen: {}, isTrusted: true, isDue: false, open: [] },
    ];
    const said = await this.#answer(job, messages);
    const elapsed = performance.now() - start;
    const { user, system } = process.cpuUsage(startCpu);
    return {
      seconds: said.isStuck ? elapsed / 1000 : Math.min(elapsed, (user + system) / 1000) / 1000,
      said: said.text,
    };
  }

  #answer(job: number, messages: readonly ToWorker[]) {
    return new Promise<{ readonly text: string; readonly isStuck: boolean }>((resolve) => {
      const thread = this.#thread;
      let text = "";
      const end = (isStuck: boolean) => {
        clearTimeout(timer);
        thread.off("error", fail);
        thread.off("message", listen);
        resolve({ text, isStuck });
      };
      const restart = (why: string) => {
        text = why;
        end(true);
        void thread.terminate();
        this.#thread = this.#start();
      };
      const timer = setTimeout(() => restart("stuck"), patienceMilliseconds);
      const fail = (error: unknown) => restart(`died: ${String(error)}`);
      const listen = (message: FromWorker) => {
        if (message.type === "answer" && message.isFirst) text ||= "answered";
        if (message.type === "failed")
          text = message.detail === null ? message.message : `fault: ${message.detail}`;
        if (message.type === "done" && message.job === job) end(false);
      };
      thread.on("error", fail);
      thread.on("message", listen);
      for (const message of messages) thread.postMessage(message);
    });
  }

  close(): Promise<number> {
    return this.#thread.terminate();
  }
}
