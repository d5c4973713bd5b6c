/** The worker as a web worker, and the extension's own files for it. */
import { Uri } from "vscode";
import type { FromWebWorker, OwnFileAnswer, ToWebWorker } from "../../protocol/web-worker.ts";
import type { MarkedFile } from "../../service/work-mark.ts";
import type { ThreadEvents, ThreadHost, WorkerThread } from "../../service/worker-client.ts";
import { t } from "../../words/l10n.ts";

/** In the order in which they run: what both kinds of worker share comes first. */
const scripts = ["dist/analysis.js", "dist/worker.web.js"];
/** What a worker may ask for. */
const ownFile = /^(media\/vocabularies|dist\/grammars)\/[\w.-]+$/;

export function webWorkerHost(extension: Uri): ThreadHost {
  return {
    start: (events) => new WebThread(extension, events),
    every(milliseconds, call) {
      const timer = setInterval(call, milliseconds);
      return () => clearInterval(timer);
    },
  };
}

class WebThread implements WorkerThread {
  readonly #extension: Uri;
  readonly #events: ThreadEvents;
  #worker: Worker | null = null;
  /** What is to be said once it runs. */
  #waiting: ToWebWorker[] = [];
  #isTerminated = false;
  #ticks = 0;
  #file: MarkedFile | null = null;

  constructor(extension: Uri, events: ThreadEvents) {
    this.#extension = extension;
    this.#events = events;
    void this.#start();
  }

  get ticks(): number {
    // Scripts that are still on their way are not stuck.
    if (this.#worker === null) this.#ticks++;
    return this.#ticks;
  }

  get file(): MarkedFile | null {
    return this.#file;
  }

  post(message: ToWebWorker): void {
    if (this.#worker === null) this.#waiting.push(message);
    else this.#worker.postMessage(message);
  }

  terminate(): void {
    this.#isTerminated = true;
    this.#worker?.terminate();
  }

  async #start(): Promise<void> {
    try {
      const texts = await Promise.all(scripts.map((path) => fetched(this.#extension, path)));
      if (this.#isTerminated) return;
      this.#listen(workerOf(texts));
    } catch (error) {
      this.#events.onEnd(reasonOf(error));
    }
  }

  #listen(worker: Worker): void {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWebWorker>) => this.#receive(data);
    worker.onerror = (event) => {
      // A web worker lives on after an error that nobody caught; whoever started it believes it dead.
      worker.terminate();
      this.#events.onEnd(event.message || t("its script could not be run"));
    };
    for (const message of this.#waiting) worker.postMessage(message);
    this.#waiting = [];
  }

  #receive(message: FromWebWorker): void {
    switch (message.type) {
      case "tick":
        this.#ticks++;
        return;
      case "at":
        this.#file = message.path === "" ? null : { folder: message.folder, path: message.path };
        return;
      case "own-file-wanted":
        void ownFileAnswer(this.#extension, message.path).then((answer) => this.post(answer));
        return;
      default:
        this.#events.onMessage(message);
    }
  }
}

/** From texts, because a worker's script has to be of the same origin as the page, which the extension's files are not. */
function workerOf(texts: readonly Uint8Array<ArrayBuffer>[]): Worker {
  const address = URL.createObjectURL(new Blob([...texts], { type: "text/javascript" }));
  return new Worker(address, { name: "Prompt Cache Lens" });
}

async function ownFileAnswer(extension: Uri, path: string): Promise<OwnFileAnswer> {
  try {
    if (!ownFile.test(path)) throw new Error(t("it is not for the worker"));
    return { type: "own-file", path, bytes: await fetched(extension, path) };
  } catch (error) {
    return { type: "own-file-missing", path, reason: reasonOf(error) };
  }
}

async function fetched(extension: Uri, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await fetch(Uri.joinPath(extension, path).toString(true));
  if (!answer.ok) throw new Error(t("{path} was answered with {status}", { path, status: answer.status }));
  return new Uint8Array(await answer.arrayBuffer());
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
