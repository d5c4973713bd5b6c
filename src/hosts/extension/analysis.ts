/**
 * Keeps one analysis up to date: collects changes for a moment, sends them with a new job, and holds the newest result.
 * All surfaces read from here and are told at the same time; what they show stays until there is something newer.
 */
import { EventEmitter, type LogOutputChannel, workspace } from "vscode";
import type { Report } from "../../analysis/report.ts";
import type { Settings } from "../../config/editor-settings.ts";
import { type AnalysisSettings, defaultSettings } from "../../config/settings.ts";
import { assertNever } from "../../core/invariant.ts";
import type { Catalogue } from "../../protocol/catalogue.ts";
import type { DashboardState } from "../../protocol/dashboard.ts";
import type { FromWorker } from "../../protocol/worker.ts";
import { WorkerClient } from "../node/worker-client.ts";
import { DisposableStore } from "./disposables.ts";
import type { SettingsStore } from "./settings.ts";
import { WorkspacePicture } from "./workspace-picture.ts";

/** Long enough for a burst of keys, short enough to seem immediate. */
const debounceMilliseconds = 150;

export interface Analysed {
  readonly report: Report;
  /** The settings that were in force. */
  readonly settings: AnalysisSettings;
  /** The texts that the report's offsets mean, by path. */
  readonly texts: ReadonlyMap<string, string>;
}

export type Status = DashboardState["status"];

export interface AnalysisOptions {
  readonly settings: SettingsStore;
  readonly log: LogOutputChannel;
  readonly workerScript: string;
  readonly vocabularies: string;
}

export class Analysis {
  readonly #store = new DisposableStore();
  readonly #analysedChanged = this.#store.add(new EventEmitter<void>());
  readonly #statusChanged = this.#store.add(new EventEmitter<void>());
  readonly #log: LogOutputChannel;
  readonly #client: WorkerClient;
  readonly picture: WorkspacePicture;
  #settings: Settings;
  #analysed: Analysed | null = null;
  #catalogue: Catalogue | null = null;
  #status: Status = { kind: "idle" };
  #job = 0;
  #jobTexts: ReadonlyMap<string, string> = new Map();
  #timer: NodeJS.Timeout | undefined;
  /** Whether a run is due even when no document changed. */
  #isDue = false;

  /** There is another report, or none any more. */
  readonly onDidAnalyse = this.#analysedChanged.event;
  readonly onDidChangeStatus = this.#statusChanged.event;

  constructor({ settings, log, workerScript, vocabularies }: AnalysisOptions) {
    this.#log = log;
    this.#settings = settings.current;
    this.#client = this.#store.add(
      new WorkerClient({
        script: workerScript,
        vocabularies,
        onMessage: (message) => this.#receive(message),
        onDeath: (reason) => this.#workerDied(reason),
      }),
    );
    this.picture = this.#store.add(new WorkspacePicture(settings.current, log));
    this.#store.add(this.picture.onDidChange(() => this.#schedule()));
    this.#store.add(settings.onDidChange((changed) => this.#applySettings(changed)));
    if (this.#settings.enable) void this.picture.rescan();
  }

  get analysed(): Analysed | null {
    return this.#analysed;
  }

  get status(): Status {
    return this.#status;
  }

  /** What can be chosen; `null` until the worker has said it for the first time. */
  get knownCatalogue(): Catalogue | null {
    return this.#catalogue;
  }

  /** The settings in force, as far as they are known. */
  get settings(): AnalysisSettings {
    return { ...(this.#analysed?.settings ?? defaultSettings), ...this.#settings.chosen };
  }

  catalogue(): Promise<Catalogue> {
    return this.#client.catalogue();
  }

  /** Reads the workspace anew and analyses it, even if nothing has changed. */
  async refresh(): Promise<void> {
    if (!this.#settings.enable) return;
    this.#isDue = true;
    await this.picture.rescan();
    this.#schedule();
  }

  cancel(): void {
    clearTimeout(this.#timer);
    if (this.#status.kind === "running") this.#client.post([{ type: "cancel", job: this.#job }]);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#store.dispose();
  }

  #applySettings(changed: Settings): void {
    const before = this.#settings;
    this.#settings = changed;
    if (!changed.enable) {
      this.cancel();
      this.#setAnalysed(null);
      return;
    }
    if (!isSame(before.chosen, changed.chosen)) {
      this.#isDue = true;
      this.#schedule();
    }
    const filesOf = ({ enable, include, exclude, maxFileBytes }: Settings) => [
      enable,
      include,
      exclude,
      maxFileBytes,
    ];
    if (!isSame(filesOf(before), filesOf(changed))) {
      this.#isDue = true;
      void this.picture.rescan(changed);
    }
  }

  #schedule(): void {
    if (!this.#settings.enable) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), debounceMilliseconds);
  }

  #run(): void {
    // A workspace without prompts never costs a thread.
    if (this.picture.isEmpty && !this.#client.isRunning) return;
    const messages = this.picture.takeMessages(!this.#client.isRunning);
    if (messages.length === 0 && !this.#isDue) return;
    this.#isDue = false;
    this.#jobTexts = this.picture.snapshot();
    const job = ++this.#job;
    this.#client.post([
      ...messages,
      { type: "analyze", job, chosen: this.#settings.chosen, folder: trustedFolder() },
    ]);
    this.#setStatus({ kind: "running", done: 0, total: 0 });
  }

  #receive(message: FromWorker): void {
    if (message.type === "ready") {
      this.#catalogue = message.catalogue;
      return;
    }
    if (message.job !== this.#job) return;
    switch (message.type) {
      case "progress":
        this.#setStatus({ kind: "running", done: message.done, total: message.total });
        return;
      case "report":
        this.#status = { kind: "idle" };
        this.#setAnalysed({ report: message.report, settings: message.settings, texts: this.#jobTexts });
        this.#statusChanged.fire();
        void this.picture.readIncluded(message.missing);
        return;
      case "cancelled":
        this.#isDue = true;
        this.#setStatus({ kind: "idle" });
        return;
      case "failed":
        this.#isDue = true;
        this.#log.error(message.detail ?? message.message);
        this.#setStatus({ kind: "failed", message: message.message });
        return;
      default:
        assertNever(message);
    }
  }

  #workerDied(reason: string): void {
    this.#isDue = true;
    this.#log.error(`The worker has died: ${reason}`);
    this.#setStatus({
      kind: "failed",
      message: `The analysis stopped unexpectedly (${reason}). It starts again with the next change.`,
    });
  }

  #setStatus(status: Status): void {
    this.#status = status;
    this.#statusChanged.fire();
  }

  #setAnalysed(analysed: Analysed | null): void {
    this.#analysed = analysed;
    this.#analysedChanged.fire();
  }
}

/** The folder whose promptcache.json may name files of its own. */
function trustedFolder(): string | null {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  return workspace.isTrusted && folder?.scheme === "file" ? folder.fsPath : null;
}

/** For plain JSON values. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
