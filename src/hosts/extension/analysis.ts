/**
 * Keeps one analysis up to date: collects changes for a moment, sends them with a new job, and holds the newest result.
 * All surfaces read from here and are told at the same time; what they show stays until there is something newer.
 */
import { EventEmitter, type LogOutputChannel, l10n, type Uri, window, workspace } from "vscode";
import type { Settings } from "../../config/editor-settings.ts";
import { type AnalysisSettings, defaultSettings } from "../../config/settings.ts";
import { assertNever } from "../../core/invariant.ts";
import { isSameValue } from "../../core/same-value.ts";
import type { Catalogue } from "../../protocol/catalogue.ts";
import type { DashboardState } from "../../protocol/dashboard.ts";
import type { Question, QuestionAnswer } from "../../protocol/editor.ts";
import { type Analysed, FolderAnswers } from "../../protocol/folder-answers.ts";
import { Inbox } from "../../protocol/inbox.ts";
import { PendingAnswers } from "../../protocol/pending-answers.ts";
import type { DrawnReport, PartId } from "../../protocol/report-parts.ts";
import type { FromWorker } from "../../protocol/worker.ts";
import { type ThreadHost, WorkerClient } from "../../service/worker-client.ts";
import { stoppedStatus, stuckStatus } from "../../show/worker-death.ts";
import { t } from "../../words/l10n.ts";
import { clock, Debounce, type Waits } from "./debounce.ts";
import { DisposableStore } from "./disposables.ts";
import { answerTo } from "./served-tree.ts";
import type { SettingsStore } from "./settings.ts";
import { readingOf, WorkspaceFeed } from "./workspace-feed.ts";
import { folderIds, type Place, placeOf } from "./workspace-paths.ts";

/** Long enough for a burst of keys, short enough to seem immediate. */
const waits: Waits = { pauseMilliseconds: 100, longestMilliseconds: 250 };

/** What is another one now: these files of a folder, or everything. */
export type Change = { readonly folder: string; readonly paths: readonly string[] } | null;

export type Status = DashboardState["status"];

export interface AnalysisOptions {
  readonly settings: SettingsStore;
  readonly log: LogOutputChannel;
  readonly threads: ThreadHost;
}

export class Analysis {
  readonly #store = new DisposableStore();
  readonly #analysedChanged = this.#store.add(new EventEmitter<Change>());
  readonly #answered = this.#store.add(new EventEmitter<void>());
  readonly #reportChanged = this.#store.add(new EventEmitter<void>());
  readonly #statusChanged = this.#store.add(new EventEmitter<void>());
  readonly #log: LogOutputChannel;
  readonly #client: WorkerClient;
  readonly #feed: WorkspaceFeed;
  #settings: Settings;
  readonly #answers = new FolderAnswers();
  /** The report of the folder in focus, while somebody looks at it. */
  #report: { readonly folder: string; readonly report: DrawnReport } | null = null;
  #lookedAt: PartId | null = null;
  readonly #asking = new PendingAnswers();
  /** The folder of the editor that was last active. */
  #focus: string | null = null;
  #catalogue: Catalogue | null = null;
  #status: Status = { kind: "idle" };
  #job = 0;
  #isBusy = false;
  readonly #debounce = this.#store.add(new Debounce(waits, () => this.#run()));
  /** Whether a run is due even when nothing changed. */
  #isDue = true;
  /** Whether the worker has died since the last report. */
  #hasDied = false;

  /** There is another answer, or none any more. */
  readonly onDidAnalyse = this.#analysedChanged.event;
  /** There is a whole answer about a folder, whether or not it says anything new. */
  readonly onDidAnswer = this.#answered.event;
  /** There is another report, for those who look at it. */
  readonly onDidReport = this.#reportChanged.event;
  readonly onDidChangeStatus = this.#statusChanged.event;

  constructor({ settings, log, threads }: AnalysisOptions) {
    this.#log = log;
    this.#settings = settings.current;
    const inbox = new Inbox<FromWorker>((message) => this.#receive(message), clock);
    this.#client = this.#store.add(
      new WorkerClient({
        host: threads,
        translation: l10n.bundle,
        onMessage: (message) => inbox.push(message),
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
    return this.#shown.get(this.#focus ?? "") ?? this.all[0] ?? null;
  }

  get all(): readonly Analysed[] {
    return [...this.#shown.values()];
  }

  /** What is known of an open document: its folder's answer, its path there, and the text that ranges mean. */
  at(uri: Uri): { readonly analysed: Analysed; readonly path: string; readonly text: string } | null {
    const place = placeOf(uri);
    const analysed = place === null ? undefined : this.#shown.get(place.folder);
    const text = analysed?.texts.get(place?.path ?? "");
    if (place === null || analysed === undefined || text === undefined) return null;
    return { analysed, path: place.path, text };
  }

  /** Of the folder in focus; `null` while nobody looks at it, and until it has been made. */
  get report(): DrawnReport | null {
    return this.#report !== null && this.#report.folder === this.analysed?.folder
      ? this.#report.report
      : null;
  }

  /** Which part of the report of the folder in focus somebody looks at: only then is it made. `null` for none. */
  look(part: PartId | null): void {
    if (part === this.#lookedAt) return;
    this.#lookedAt = part;
    this.#tellLook();
  }

  /** `null` where nothing is known of the folder. */
  ask(folder: string, question: Question): Promise<QuestionAnswer | null> {
    if (!this.#client.isRunning) return Promise.resolve(null);
    return this.#asking.ask((id) => this.#client.post([{ type: "ask", id, folder, question }]));
  }

  #tellLook(): void {
    const part = this.#lookedAt;
    if (part === null) this.#report = null;
    if (!this.#client.isRunning) return;
    const folder = this.analysed?.folder ?? this.#focus;
    const at = part === null || folder === null ? null : { folder, part };
    this.#client.post([{ type: "look", at }]);
  }

  /** Nothing while the extension is switched off; what is known stays, as the worker tells only what changes. */
  get #shown(): ReadonlyMap<string, Analysed> {
    return this.#settings.enable ? this.#answers.all : new Map();
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
    this.#debounce.cancel();
    if (this.#isBusy) this.#client.post([{ type: "cancel", job: this.#job }]);
  }

  dispose(): void {
    this.#store.dispose();
  }

  #applySettings(changed: Settings): void {
    const before = this.#settings;
    this.#settings = changed;
    if (!changed.enable) {
      this.cancel();
      this.#analysedChanged.fire(null);
      return;
    }
    if (!before.enable) {
      this.#isDue = true;
      this.#analysedChanged.fire(null);
    }
    if (!before.enable || !isSameValue(before.chosen, changed.chosen)) this.#schedule();
    if (!isSameValue(readingOf(before), readingOf(changed))) this.#feed.setSettings(changed);
  }

  #schedule(): void {
    if (this.#settings.enable) this.#debounce.schedule();
  }

  #run(): void {
    const isNew = !this.#client.isRunning;
    // A window without anything to read never costs a thread.
    if (isNew && this.#feed.isEmpty) return;
    const messages = this.#feed.takeMessages(isNew);
    if (messages.some(({ type }) => type === "folders") && this.#answers.keepOnly(folderIds()))
      this.#analysedChanged.fire(null);
    const job = ++this.#job;
    const { chosen } = this.#settings;
    const { isTrusted } = workspace;
    const open = workspace.textDocuments.flatMap(({ uri }) => placeOf(uri) ?? []);
    const analyze = { type: "analyze", job, chosen, isTrusted, isDue: this.#isDue, open } as const;
    this.#client.post([...messages, analyze]);
    if (isNew) this.#tellLook();
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
    if (message.type === "answer") {
      // Also of a job that a newer one has overtaken: it is newer than what is shown.
      this.#take(message);
      return;
    }
    if (message.type === "report") {
      if (this.#lookedAt === null) return;
      this.#report = { folder: message.folder, report: message.report };
      this.#reportChanged.fire();
      return;
    }
    if (message.type === "told") {
      if (message.failure !== undefined) this.#log.error(message.failure);
      this.#asking.settle(message.id, message.answer);
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

  #take(answer: Extract<FromWorker, { type: "answer" }>): void {
    const { job, folder, isFirst, isWhole } = answer;
    this.#hasDied = false;
    const paths = this.#answers.take(answer, folderIds());
    // What comes behind an answer, under no job of its own, says nothing of how the last one went.
    if (job !== 0) this.#setStatus({ kind: "idle" });
    this.#analysedChanged.fire({ folder, paths });
    if (isFirst && this.#lookedAt !== null) this.#tellLook();
    if (isWhole) this.#answered.fire();
  }

  async #answer({ id, folder, question }: Extract<FromWorker, { type: "question" }>): Promise<void> {
    const answer = await answerTo(folder, question);
    if (this.#client.isRunning) this.#client.post([{ type: "answer", id, answer }]);
  }

  #workerDied(reason: string, stuckAt: Place | null): void {
    this.#isDue = true;
    this.#isBusy = false;
    // A new one tells everything again.
    this.#asking.abandon();
    this.#log.error(`The worker has died: ${reason}${stuckAt === null ? "" : ` (${stuckAt.path})`}`);
    if (stuckAt !== null) {
      this.#setStatus(stuckStatus(stuckAt.path));
      this.#feed.leaveOut(stuckAt, t("the analysis did not get past it"));
      return;
    }
    const isAgain = this.#hasDied;
    this.#hasDied = true;
    this.#setStatus(stoppedStatus(reason, isAgain));
    if (!isAgain) this.#schedule();
  }

  #moveFocus(): void {
    const uri = window.activeTextEditor?.document.uri;
    const folder = uri === undefined ? undefined : placeOf(uri)?.folder;
    if (folder === undefined || folder === this.#focus) return;
    const before = this.analysed;
    this.#focus = folder;
    if (this.analysed === before) return;
    this.#tellLook();
    this.#analysedChanged.fire(null);
  }

  #setStatus(status: Status): void {
    this.#status = status;
    this.#statusChanged.fire();
  }
}
