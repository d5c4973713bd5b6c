/**
 * Keeps one analysis up to date: collects changes for a moment, sends them with a new job, and holds the newest result.
 * All surfaces read from here and are told at the same time; what they show stays until there is something newer.
 */
import { EventEmitter, type LogOutputChannel, type Uri, window, workspace } from "vscode";
import type { Report } from "../../analysis/report.ts";
import type { Settings } from "../../config/editor-settings.ts";
import { type AnalysisSettings, defaultSettings } from "../../config/settings.ts";
import { assertNever } from "../../core/invariant.ts";
import type { Catalogue } from "../../protocol/catalogue.ts";
import type { DashboardState } from "../../protocol/dashboard.ts";
import type { FromWorker } from "../../protocol/worker.ts";
import { type ThreadHost, WorkerClient } from "../../service/worker-client.ts";
import { DisposableStore } from "./disposables.ts";
import { answerTo } from "./served-tree.ts";
import type { SettingsStore } from "./settings.ts";
import { WorkspaceFeed } from "./workspace-feed.ts";
import { folderSpecs, type Place, placeOf } from "./workspace-paths.ts";

/** Long enough for a burst of keys, short enough to seem immediate. */
const debounceMilliseconds = 150;

/** One folder's newest report. */
export interface Analysed {
  /** Its id. */
  readonly folder: string;
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
  readonly threads: ThreadHost;
}

export class Analysis {
  readonly #store = new DisposableStore();
  readonly #analysedChanged = this.#store.add(new EventEmitter<void>());
  readonly #statusChanged = this.#store.add(new EventEmitter<void>());
  readonly #log: LogOutputChannel;
  readonly #client: WorkerClient;
  readonly #feed: WorkspaceFeed;
  #settings: Settings;
  /** By folder, in the order of the folders. */
  #analysed: ReadonlyMap<string, Analysed> = new Map();
  /** By folder, the texts that the worker believes to be known here. */
  readonly #texts = new Map<string, ReadonlyMap<string, string>>();
  /** The folder of the editor that was last active. */
  #focus: string | null = null;
  #catalogue: Catalogue | null = null;
  #status: Status = { kind: "idle" };
  #job = 0;
  #isBusy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether a run is due even when nothing changed. */
  #isDue = true;
  /** Whether the worker has died since the last report. */
  #hasDied = false;

  /** There is another report, or none any more. */
  readonly onDidAnalyse = this.#analysedChanged.event;
  readonly onDidChangeStatus = this.#statusChanged.event;

  constructor({ settings, log, threads }: AnalysisOptions) {
    this.#log = log;
    this.#settings = settings.current;
    this.#client = this.#store.add(
      new WorkerClient({
        host: threads,
        onMessage: (message) => this.#receive(message),
        onDeath: (reason, stuckAt) => this.#workerDied(reason, stuckAt),
      }),
    );
    this.#feed = this.#store.add(new WorkspaceFeed(settings.current));
    this.#store.add(this.#feed.onDidChange(() => this.#schedule()));
    this.#store.add(settings.onDidChange((changed) => this.#applySettings(changed)));
    this.#store.add(window.onDidChangeActiveTextEditor(() => this.#moveFocus()));
    this.#moveFocus();
    this.#schedule();
  }

  /** Of the folder whose editor was last active, else of the first that has a report. */
  get analysed(): Analysed | null {
    return this.#analysed.get(this.#focus ?? "") ?? this.all[0] ?? null;
  }

  get all(): readonly Analysed[] {
    return [...this.#analysed.values()];
  }

  /** What is known of a document: its folder's report, its path there, and the text that ranges mean. */
  at(uri: Uri): { readonly analysed: Analysed; readonly path: string; readonly text: string } | null {
    const place = placeOf(uri);
    const analysed = place === null ? undefined : this.#analysed.get(place.folder);
    const text = analysed?.texts.get(place?.path ?? "");
    if (place === null || analysed === undefined || text === undefined) return null;
    return { analysed, path: place.path, text };
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
    return { ...(this.analysed?.settings ?? defaultSettings), ...this.#settings.chosen };
  }

  catalogue(): Promise<Catalogue> {
    return this.#client.catalogue();
  }

  /** Reads the workspace anew and analyses it, even if nothing has changed. */
  refresh(): void {
    this.#isDue = true;
    this.#feed.reread();
  }

  cancel(): void {
    clearTimeout(this.#timer);
    if (this.#isBusy) this.#client.post([{ type: "cancel", job: this.#job }]);
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
      this.#setAnalysed(new Map());
      return;
    }
    if (!before.enable) this.#isDue = true;
    if (!before.enable || !isSame(before.chosen, changed.chosen)) this.#schedule();
    const filesOf = ({ include, exclude, maxFileBytes }: Settings) => [include, exclude, maxFileBytes];
    if (!isSame(filesOf(before), filesOf(changed))) this.#feed.setSettings(changed);
  }

  #schedule(): void {
    if (!this.#settings.enable) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), debounceMilliseconds);
  }

  #run(): void {
    const isNew = !this.#client.isRunning;
    // A window without anything to read never costs a thread.
    if (isNew && this.#feed.isEmpty) return;
    const messages = this.#feed.takeMessages(isNew);
    if (messages.some(({ type }) => type === "folders")) this.#forgetClosedFolders();
    const job = ++this.#job;
    const { chosen } = this.#settings;
    const { isTrusted } = workspace;
    this.#client.post([...messages, { type: "analyze", job, chosen, isTrusted, isDue: this.#isDue }]);
    this.#isDue = false;
    this.#isBusy = true;
  }

  #receive(message: FromWorker): void {
    if (message.type === "ready") {
      this.#catalogue = message.catalogue;
      return;
    }
    if (message.type === "question") {
      void this.#answer(message);
      return;
    }
    if (message.type === "report") {
      // Also of a job that a newer one has overtaken: it is newer than what is shown.
      this.#take(message);
      return;
    }
    if (message.job !== this.#job) return;
    switch (message.type) {
      case "progress":
        this.#setStatus({ kind: "running", done: message.done, total: message.total });
        return;
      case "done":
        this.#isBusy = false;
        if (this.#status.kind === "running") this.#setStatus({ kind: "idle" });
        return;
      case "cancelled":
        this.#isBusy = false;
        this.#isDue = true;
        this.#setStatus({ kind: "idle" });
        return;
      case "failed":
        this.#log.error(message.detail ?? message.message);
        this.#setStatus({ kind: "failed", message: message.message });
        return;
      default:
        assertNever(message);
    }
  }

  #take({ folder, report, settings, texts: changes }: Extract<FromWorker, { type: "report" }>): void {
    const texts = new Map(this.#texts.get(folder));
    for (const [path, text] of changes) {
      if (text === null) texts.delete(path);
      else texts.set(path, text);
    }
    this.#texts.set(folder, texts);
    this.#hasDied = false;
    if (!this.#settings.enable) return;
    const known = new Map([...this.#analysed, [folder, { folder, report, settings, texts }]]);
    this.#status = { kind: "idle" };
    this.#setAnalysed(
      new Map(folderSpecs().flatMap(({ id }) => (known.has(id) ? [[id, known.get(id)!] as const] : []))),
    );
    this.#statusChanged.fire();
  }

  async #answer({ id, folder, question }: Extract<FromWorker, { type: "question" }>): Promise<void> {
    const answer = await answerTo(folder, question);
    if (this.#client.isRunning) this.#client.post([{ type: "answer", id, answer }]);
  }

  #workerDied(reason: string, stuckAt: Place | null): void {
    this.#isDue = true;
    this.#isBusy = false;
    this.#texts.clear();
    this.#log.error(`The worker has died: ${reason}${stuckAt === null ? "" : ` (${stuckAt.path})`}`);
    if (stuckAt !== null) {
      this.#setStatus({
        kind: "failed",
        message: `The analysis did not get past ${stuckAt.path}. It goes on without that file until it changes, or until the analysis is refreshed.`,
      });
      this.#feed.leaveOut(stuckAt, "the analysis did not get past it");
      return;
    }
    const isAgain = this.#hasDied;
    this.#hasDied = true;
    this.#setStatus({
      kind: "failed",
      message: `The analysis stopped unexpectedly (${reason}). It starts again ${isAgain ? "with the next change" : "now"}.`,
    });
    if (!isAgain) this.#schedule();
  }

  #moveFocus(): void {
    const uri = window.activeTextEditor?.document.uri;
    const folder = uri === undefined ? undefined : placeOf(uri)?.folder;
    if (folder === undefined || folder === this.#focus) return;
    const before = this.analysed;
    this.#focus = folder;
    if (this.analysed !== before) this.#analysedChanged.fire();
  }

  #forgetClosedFolders(): void {
    const open = new Set(folderSpecs().map(({ id }) => id));
    for (const folder of this.#texts.keys()) if (!open.has(folder)) this.#texts.delete(folder);
    const left = [...this.#analysed].filter(([folder]) => open.has(folder));
    if (left.length < this.#analysed.size) this.#setAnalysed(new Map(left));
  }

  #setStatus(status: Status): void {
    this.#status = status;
    this.#statusChanged.fire();
  }

  #setAnalysed(analysed: ReadonlyMap<string, Analysed>): void {
    this.#analysed = analysed;
    this.#analysedChanged.fire();
  }
}

/** For plain JSON values. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
