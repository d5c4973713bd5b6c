/** The worker as a thread of Node. */
import { Worker } from "node:worker_threads";
import type { FromWorker } from "../../protocol/worker.ts";
import { newWorkMark, WorkMark } from "../../service/work-mark.ts";
import type { ThreadEvents, ThreadHost, WorkerThread } from "../../service/worker-client.ts";

export interface WorkerData {
  /** Folder of the vocabulary files. */
  readonly vocabularies: string;
  readonly mark: SharedArrayBuffer;
}

/** `script` is that of the worker, `vocabularies` the folder of the vocabulary files. */
export function threadHost(script: string, vocabularies: string): ThreadHost {
  return {
    start: (events) => startThread(script, vocabularies, events),
    every(milliseconds, call) {
      // It keeps no process alive.
      const timer = setInterval(call, milliseconds).unref();
      return () => clearInterval(timer);
    },
  };
}

function startThread(script: string, vocabularies: string, events: ThreadEvents): WorkerThread {
  const memory = newWorkMark();
  const workerData: WorkerData = { vocabularies, mark: memory };
  // The host's own flags are not for a thread that only computes.
  const worker = new Worker(script, { workerData, execArgv: [] });
  worker.on("message", (message: FromWorker) => events.onMessage(message));
  worker.on("error", (error) => events.onEnd(error instanceof Error ? error.message : String(error)));
  worker.on("exit", (code) => events.onEnd(`it ended with code ${code}`));
  const mark = new WorkMark(memory);
  return {
    post: (message) => worker.postMessage(message),
    get ticks() {
      return mark.ticks;
    },
    get file() {
      return mark.file;
    },
    terminate: () => void worker.terminate(),
  };
}
