/**
 * Messages in, messages out: the worker without its thread.
 * A job runs in slices, so that messages are read between two of them; changes to the picture wait for the next job,
 * so that a report is always about one picture.
 */
import type { Analyzer } from "../analysis/analyzer.ts";
import { effectiveSettings } from "../analysis/effective-settings.ts";
import { vocabularyOf } from "../analysis/vocabulary-in-force.ts";
import { type AnalysisSettings, UserError } from "../config/settings.ts";
import { assertNever } from "../core/invariant.ts";
import type { FolderSpec, FromWorker, ToWorker } from "../protocol/worker.ts";
import type { Grammars } from "./grammars.ts";
import { TreeQuestions } from "./workspace/asked-tree.ts";
import { completePicture } from "./workspace/complete.ts";
import type { FileTree } from "./workspace/file-tree.ts";
import { type OpenFolder, OpenFolders } from "./workspace/folders.ts";
import type { Picture } from "./workspace/mirror.ts";

export interface SessionHost {
  post(message: FromWorker): void;
  /** Settles after messages that wait have been received. */
  pause(): Promise<void>;
  /** Milliseconds. */
  now(): number;
  readonly grammars: Pick<Grammars, "load">;
  createAnalyzer(onFile: (path: string) => void): Analyzer;
  /** A folder of the disk; `null` where there is no disk: then the other side is asked. */
  diskTree(folder: string): FileTree | null;
  /** Is told which file is looked into, before that is done, and the empty string when none is. */
  onFile(folder: string, path: string): void;
  /** The settings with the tokenizer file that counts. Throws `UserError` when it may not be read. */
  locateTokenizer(settings: AnalysisSettings, places: TokenizerChoice): AnalysisSettings;
  /** Gets a vocabulary ready for the analyzer, which cannot wait for it. Rejects with `UserError` for one that cannot be had. */
  loadTokenizer(vocabulary: string): Promise<void>;
}

export interface TokenizerChoice {
  /** Whether the user named the file, and not promptcache.json. */
  readonly isUsers: boolean;
  /** The folder of promptcache.json; `null` when its files may not be read. */
  readonly workspace: string | null;
}

type Job = Extract<ToWorker, { readonly type: "analyze" }>;

/** What the other side has been told of a folder. */
interface Told {
  readonly picture: Picture;
  /** What was chosen, spelled out. */
  readonly choice: string;
  readonly texts: ReadonlyMap<string, string>;
}

const sliceMilliseconds = 10;
const progressMilliseconds = 100;

export class Session {
  readonly #host: SessionHost;
  readonly #folders: OpenFolders;
  readonly #questions: TreeQuestions;
  readonly #told = new WeakMap<OpenFolder, Told>();
  #running: Job | null = null;
  /** Of the reading in progress: a newer job waits for it, only who cancels ends it. */
  #stop = { isStopped: false };
  #lastProgress = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(host: SessionHost) {
    this.#host = host;
    this.#questions = new TreeQuestions((id, folder, question) =>
      host.post({ type: "question", id, folder, question }),
    );
    this.#folders = new OpenFolders({
      treeOf: (spec) => this.#treeOf(spec),
      createAnalyzer: (onFile) => host.createAnalyzer(onFile),
      onFile: (folder, path) => host.onFile(folder, path),
    });
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case "analyze":
        this.#cancelRunning();
        this.#running = message;
        this.#work = this.#work.then(() => this.#run(message));
        return;
      case "cancel":
        if (this.#running?.job !== message.job) return;
        this.#stop.isStopped = true;
        this.#questions.abandon();
        this.#cancelRunning();
        return;
      case "answer":
        this.#questions.answer(message.id, message.answer);
        return;
      case "folders":
      case "rules":
      case "overlay":
      case "touched":
      case "left-out":
      case "reread":
        this.#folders.receive(message);
        return;
      default:
        assertNever(message);
    }
  }

  /** Settles when nothing is being done. */
  get idle(): Promise<void> {
    return this.#work;
  }

  #treeOf({ id, disk }: FolderSpec): FileTree {
    return (disk === null ? null : this.#host.diskTree(disk)) ?? this.#questions.treeOf(id);
  }

  #cancelRunning(): void {
    if (this.#running === null) return;
    const { job } = this.#running;
    this.#running = null;
    this.#host.post({ type: "cancelled", job });
  }

  /** Nothing is done before the next turn: of several jobs that wait in a row, only the last one costs anything. */
  async #run(job: Job): Promise<void> {
    await this.#host.pause();
    for (const folder of this.#folders.all) {
      if (this.#running !== job) return;
      await this.#guard(job, folder, () => this.#serve(job, folder));
    }
    if (this.#running !== job) return;
    this.#running = null;
    this.#host.post({ type: "done", job: job.job });
  }

  async #serve(job: Job, folder: OpenFolder): Promise<void> {
    const picture = await this.#read(job, folder);
    if (picture === null || this.#running !== job) return;
    const { chosen, isTrusted, isDue } = job;
    const choice = JSON.stringify([chosen, isTrusted]);
    const told = this.#told.get(folder);
    if (told === undefined && isEmpty(picture)) return;
    if (!isDue && told?.choice === choice && isSamePicture(told.picture, picture)) return;
    const settings = this.#host.locateTokenizer(effectiveSettings(picture.config, chosen), {
      isUsers: chosen.tokenizer !== undefined,
      workspace: isTrusted ? folder.spec.disk : null,
    });
    const vocabulary = vocabularyOf(settings);
    if (vocabulary !== null) await this.#host.loadTokenizer(vocabulary);
    const report = await this.#drive(job, folder.analyzer.run(settings), ({ done, total }) =>
      this.#progress(done, total),
    );
    if (report === null) return;
    const texts = textsOf(picture);
    this.#host.post({
      type: "report",
      job: job.job,
      folder: folder.spec.id,
      report,
      settings,
      texts: changesOf(told?.texts ?? new Map(), texts),
    });
    this.#told.set(folder, { picture, choice, texts });
  }

  #read(job: Job, { mirror, analyzer }: OpenFolder): Promise<Picture | null> {
    const stop = { isStopped: false };
    this.#stop = stop;
    return completePicture({
      mirror,
      analysis: analyzer,
      grammars: this.#host.grammars,
      reading: {
        isCancelled: () => stop.isStopped,
        onProgress: () => this.#progress(0, 0),
      },
      drive: (steps) => this.#drive(job, steps, () => this.#progress(0, 0)),
    });
  }

  /** In slices, to the end; `null` when the job is no longer wanted. */
  async #drive<T, R>(job: Job, steps: Generator<T, R, void>, onStep: (step: T) => void): Promise<R | null> {
    for (;;) {
      if (this.#running !== job) return null;
      const start = this.#host.now();
      do {
        const step = steps.next();
        if (step.done === true) return step.value;
        onStep(step.value);
      } while (this.#host.now() - start < sliceMilliseconds);
      await this.#host.pause();
    }
  }

  #progress(done: number, total: number): void {
    const now = this.#host.now();
    if (this.#running === null || now - this.#lastProgress < progressMilliseconds) return;
    this.#lastProgress = now;
    this.#host.post({ type: "progress", job: this.#running.job, done, total });
  }

  /** A folder that throws is one that failed; the worker lives on, and the other folders are done. */
  async #guard(job: Job, folder: OpenFolder, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // What failed is not done, whatever it was about.
      const told = this.#told.get(folder);
      if (told !== undefined) this.#told.set(folder, { ...told, choice: "" });
      if (this.#running !== job) return;
      const message = error instanceof Error ? error.message : String(error);
      const stack = error instanceof Error ? (error.stack ?? message) : message;
      const detail = error instanceof UserError ? null : stack;
      this.#host.post({ type: "failed", job: job.job, folder: folder.spec.id, message, detail });
    } finally {
      this.#host.onFile(folder.spec.id, "");
    }
  }
}

/** A folder without prompts has nothing to say, unless it said something before. */
function isEmpty({ documents, config, skipped }: Picture): boolean {
  return documents.length === 0 && config === null && skipped.length === 0;
}

function isSamePicture(a: Picture, b: Picture): boolean {
  return (
    a.config === b.config &&
    a.documents.length === b.documents.length &&
    a.documents.every((document, index) => document === b.documents[index]) &&
    JSON.stringify(a.skipped) === JSON.stringify(b.skipped)
  );
}

/** What ranges of a report mean. */
function textsOf({ documents, config }: Picture): ReadonlyMap<string, string> {
  const all = config === null ? documents : [...documents, config];
  return new Map(all.map(({ path, text }) => [path, text]));
}

function changesOf(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): readonly (readonly [string, string | null])[] {
  const gone = [...before.keys()].filter((path) => !now.has(path));
  const changed = [...now].filter(([path, text]) => before.get(path) !== text);
  return [...gone.map((path) => [path, null] as const), ...changed];
}
