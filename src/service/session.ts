/**
 * Messages in, messages out: the worker without its thread.
 * A job runs in slices, so that messages are read between two of them; changes to the picture wait for the next job,
 * so that a report is always about one picture.
 */
import type { Analyzer } from "../analysis/analyzer.ts";
import { effectiveSettings } from "../analysis/effective-settings.ts";
import type { Report } from "../analysis/report.ts";
import { type AnalysisSettings, UserError } from "../config/settings.ts";
import { assertNever } from "../core/invariant.ts";
import type { SourceDocument } from "../prompt/format.ts";
import type { FromWorker, ToWorker } from "../protocol/worker.ts";

export interface SessionHost {
  post(message: FromWorker): void;
  /** Calls back once, after messages that wait have been received. */
  defer(step: () => void): void;
  /** Milliseconds. */
  now(): number;
  /** The settings with the tokenizer file that counts. Throws `UserError` when it may not be read. */
  locateTokenizer(settings: AnalysisSettings, job: Job): AnalysisSettings;
}

type Change = Exclude<ToWorker, { readonly type: "analyze" | "cancel" }>;
type Job = Extract<ToWorker, { readonly type: "analyze" }>;

const sliceMilliseconds = 10;
const progressMilliseconds = 100;

export class Session {
  readonly #analyzer: Analyzer;
  readonly #host: SessionHost;
  #changes: Change[] = [];
  #config: SourceDocument | null = null;
  #running: Job | null = null;

  constructor(analyzer: Analyzer, host: SessionHost) {
    this.#analyzer = analyzer;
    this.#host = host;
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case "workspace":
        this.#changes = [message];
        return;
      case "document":
      case "config":
      case "removed":
        this.#changes.push(message);
        return;
      case "analyze":
        this.#cancelRunning();
        this.#start(message);
        return;
      case "cancel":
        if (this.#running?.job === message.job) this.#cancelRunning();
        return;
      default:
        assertNever(message);
    }
  }

  #cancelRunning(): void {
    if (this.#running === null) return;
    const { job } = this.#running;
    this.#running = null;
    this.#host.post({ type: "cancelled", job });
  }

  /** Nothing is done before the next turn: of several jobs that wait in a row, only the last one costs anything. */
  #start(job: Job): void {
    this.#running = job;
    this.#host.defer(() => {
      if (this.#running !== job) return;
      this.#guard(job, () => {
        for (const change of this.#changes.splice(0)) this.#apply(change);
        const settings = this.#host.locateTokenizer(effectiveSettings(this.#config, job.chosen), job);
        this.#drive(job, this.#analyzer.run(settings), (report) => ({
          type: "report",
          job: job.job,
          report,
          settings,
          missing: this.#analyzer.missingPaths,
        }));
      });
    });
  }

  #drive(
    job: Job,
    run: ReturnType<Analyzer["run"]>,
    finish: (report: Report) => Extract<FromWorker, { readonly type: "report" }>,
  ): void {
    let lastProgress = this.#host.now();
    const slice = () => {
      if (this.#running !== job) return;
      this.#guard(job, () => {
        const start = this.#host.now();
        for (;;) {
          const step = run.next();
          if (step.done) {
            this.#running = null;
            this.#host.post(finish(step.value));
            return;
          }
          const now = this.#host.now();
          if (now - lastProgress >= progressMilliseconds) {
            lastProgress = now;
            this.#host.post({
              type: "progress",
              job: job.job,
              done: step.value.done,
              total: step.value.total,
            });
          }
          if (now - start >= sliceMilliseconds) break;
        }
        this.#host.defer(slice);
      });
    };
    slice();
  }

  #apply(change: Change): void {
    switch (change.type) {
      case "workspace":
        this.#config = change.config;
        this.#analyzer.setWorkspace(change.documents, change.config, change.skipped);
        return;
      case "document":
        this.#analyzer.setDocument(change.document);
        return;
      case "config":
        this.#config = change.config;
        this.#analyzer.setConfig(change.config);
        return;
      case "removed":
        this.#analyzer.removeDocument(change.path);
        return;
      default:
        assertNever(change);
    }
  }

  /** A job that throws is a job that failed; the worker lives on. */
  #guard(job: Job, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#running = null;
      const message = error instanceof Error ? error.message : String(error);
      const stack = error instanceof Error ? (error.stack ?? message) : message;
      this.#host.post({
        type: "failed",
        job: job.job,
        message,
        detail: error instanceof UserError ? null : stack,
      });
    }
  }
}
