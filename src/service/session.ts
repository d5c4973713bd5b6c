/**
 * Messages in, messages out: the worker without its thread.
 * A job runs in slices, so that messages are read between two of them; changes to the picture wait for the next job, so that
 * an answer is always about one picture. An answer is what an editor shows, as far as it has changed; what takes longer is
 * made behind it, for whoever looks at it, and given up when the next job comes.
 */
import type { Analyzer } from "../analysis/analyzer.ts";
import { usableSettings } from "../analysis/effective-settings.ts";
import type { SettingsInForce } from "../analysis/model-in-force.ts";
import type { Report } from "../analysis/report.ts";
import { sharedPrefixSteps } from "../analysis/shared-prefix-curve.ts";
import type { Studied } from "../analysis/study.ts";
import { vocabularyOf } from "../analysis/vocabulary-in-force.ts";
import { configuredSettings } from "../config/config.ts";
import { parseConfig } from "../config/parse-config.ts";
import { type AnalysisSettings, UserError } from "../config/settings.ts";
import { assertNever } from "../core/invariant.ts";
import { isSameValue } from "../core/same-value.ts";
import type { SourceDocument } from "../prompt/format.ts";
import type { PartId } from "../protocol/report-parts.ts";
import type { FolderSpec, FromWorker, ToWorker } from "../protocol/worker.ts";
import { reportMarkdown } from "../show/report-markdown.ts";
import { overviewOf, partOf } from "../show/report-parts.ts";
import { speak } from "../words/l10n.ts";
import { answerSteps, answerTo, isLong, type LongQuestion } from "./answers.ts";
import { FileViews, LineIndexes, type ViewChanges } from "./file-views.ts";
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
  /** The settings with the model of the file that they name. Throws `UserError` when it may not be read. */
  readModel(settings: AnalysisSettings, places: FileChoice): SettingsInForce;
  /** The settings with the tokenizer file that counts. Throws `UserError` when it may not be read. */
  locateTokenizer(settings: SettingsInForce, places: FileChoice): SettingsInForce;
  /** Gets a vocabulary ready for the analyzer, which cannot wait for it. Rejects with `UserError` for one that cannot be had. */
  loadTokenizer(vocabulary: string): Promise<void>;
}

export interface FileChoice {
  /** Whether the user named the file, and not promptcache.json. */
  readonly isUsers: boolean;
  /** The folder of promptcache.json; `null` when its files may not be read. */
  readonly workspace: string | null;
}

type Job = Extract<ToWorker, { readonly type: "analyze" }>;

/** What is known of a folder since its last answer. */
interface Told {
  readonly picture: Picture;
  /** What was chosen, spelled out. */
  readonly choice: string;
  readonly settings: AnalysisSettings;
  /** What was analysed, by path. */
  readonly texts: ReadonlyMap<string, string>;
  readonly studied: Studied;
  /** With what was found by searching, as soon as it was. */
  readonly findings: Studied["findings"];
}

/** What is kept of a folder from one answer to the next. */
class FolderMemory {
  readonly views = new FileViews();
  readonly lines = new LineIndexes();
  told: Told | null = null;
  /** Texts of open documents that the other side has. */
  readonly sentTexts = new Map<string, string>();
  /** The study to which what was found by searching has been told, and the report with its own. */
  advisedFor: Studied | null = null;
  /** Ends when the last answer has been told. */
  telling: Promise<void> = Promise.resolve();
  reported: {
    readonly studied: Studied;
    readonly skipped: string;
    readonly report: Report;
    readonly revision: number;
  } | null = null;
  /** Of which report the other side has which part. */
  sent: { readonly report: Report; readonly part: PartId } | null = null;
}

const sliceMilliseconds = 10;
const progressMilliseconds = 100;
/** So long a newer job waits for the answer of the one before: who types without a pause sees one now and then. */
const patienceMilliseconds = 1000;
/** Files in one message: whoever takes it shall not be held. */
const filesAtOnce = 24;

/** Work that can be given up. */
interface Errand {
  isWanted: boolean;
}

export class Session {
  readonly #host: SessionHost;
  readonly #folders: OpenFolders;
  readonly #questions: TreeQuestions;
  readonly #memories = new WeakMap<OpenFolder, FolderMemory>();
  #running: (Job & { readonly startedAt: number }) | null = null;
  #waiting: Job | null = null;
  /** What somebody looks at, made behind the answers; given up for the next job. */
  #background: Errand = { isWanted: false };
  #lookedAt: Extract<ToWorker, { readonly type: "look" }>["at"] = null;
  /** Numbers the reports, in the order in which they are first sent. */
  #revision = 0;
  #asked: { readonly id: number; readonly folder: string; readonly failure: string | null }[] = [];
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
      case "speak":
        speak(message.translation);
        return;
      case "analyze":
        this.#accept(message);
        return;
      case "cancel":
        this.#background.isWanted = false;
        if (this.#running?.job !== message.job && this.#waiting?.job !== message.job) return;
        this.#stop.isStopped = true;
        this.#questions.abandon();
        this.#cancelRunning();
        this.#cancelWaiting();
        return;
      case "look":
        this.#lookedAt = message.at;
        for (const folder of this.#folders.all) this.#memoryOf(folder).sent = null;
        this.#startBackground();
        return;
      case "ask":
        this.#ask(message);
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
    const work = this.#work;
    return work.then(() => (work === this.#work ? undefined : this.idle));
  }

  #treeOf({ id, disk }: FolderSpec): FileTree {
    return (disk === null ? null : this.#host.diskTree(disk)) ?? this.#questions.treeOf(id);
  }

  #memoryOf(folder: OpenFolder): FolderMemory {
    const memory = this.#memories.get(folder) ?? new FolderMemory();
    this.#memories.set(folder, memory);
    return memory;
  }

  /** One job runs and one waits, never more. */
  #accept(job: Job): void {
    this.#background.isWanted = false;
    this.#cancelWaiting();
    const isPatient =
      this.#running !== null && this.#host.now() - this.#running.startedAt < patienceMilliseconds;
    if (this.#running !== null && isPatient) {
      this.#waiting = job;
      return;
    }
    this.#cancelRunning();
    this.#start(job);
  }

  #start(job: Job): void {
    const running = { ...job, startedAt: this.#host.now() };
    this.#running = running;
    this.#work = this.#work.then(() => this.#run(running));
  }

  #startNext(): void {
    const job = this.#waiting;
    this.#waiting = null;
    if (job !== null) this.#start(job);
    else this.#startBackground();
  }

  #cancelRunning(): void {
    if (this.#running === null) return;
    const { job } = this.#running;
    this.#running = null;
    this.#host.post({ type: "cancelled", job });
  }

  #cancelWaiting(): void {
    if (this.#waiting === null) return;
    const { job } = this.#waiting;
    this.#waiting = null;
    this.#host.post({ type: "cancelled", job });
  }

  /** Nothing is done before the next turn: of several jobs that wait in a row, only the last one costs anything. */
  async #run(job: Job): Promise<void> {
    const isWanted = () => this.#running?.job === job.job;
    await this.#host.pause();
    for (const folder of this.#folders.all) {
      if (!isWanted()) return;
      await this.#guard(job.job, folder, isWanted, () => this.#serve(job, folder, isWanted));
    }
    if (!isWanted()) return;
    this.#running = null;
    this.#host.post({ type: "done", job: job.job });
    this.#startNext();
  }

  async #serve(job: Job, folder: OpenFolder, isWanted: () => boolean): Promise<void> {
    const memory = this.#memoryOf(folder);
    const { told } = memory;
    const picture = await this.#read(folder, isWanted);
    if (picture === null || !isWanted()) return;
    const { chosen, isTrusted, isDue } = job;
    const choice = JSON.stringify([chosen, isTrusted]);
    if (told === null && isEmpty(picture)) return;
    if (!isDue && told?.choice === choice && isSamePicture(told.picture, picture)) {
      this.#tellOpened(job, folder, told);
      return;
    }
    const settings = await this.#settings(job, folder, picture);
    const studied = await this.#drive(folder.analyzer.study(settings), isWanted, ({ done, total }) =>
      this.#progress(done, total),
    );
    if (studied === null) return;
    const texts = textsOf(picture);
    memory.lines.keepOnly(texts);
    const now = { picture, choice, settings, texts, studied, findings: studied.findings };
    await this.#inTurn(memory, async () => {
      const changes = await this.#drive(
        memory.views.update(studied, texts, memory.lines),
        // What has been compared with the last answer is to be told, also when another job waits.
        () => true,
        () => {},
      );
      memory.told = now;
      // What was told is without what a search found, also where the study is the one of before.
      memory.advisedFor = null;
      if (changes !== null)
        await this.#tell(job.job, folder, now, changes, openPaths(job, folder), told === null);
    });
  }

  /** Those that can be used, with a tokenizer that is ready. Throws `UserError` for what the user chose. */
  async #settings({ chosen, isTrusted }: Job, { spec }: OpenFolder, { config }: Picture) {
    const workspace = isTrusted ? spec.disk : null;
    const read = (given: AnalysisSettings, isUsers: boolean) => {
      // Settings of a workspace that is not trusted may be its own, and nobody can tell them from the user's.
      const model = this.#host.readModel(given, { isUsers: isUsers && isTrusted, workspace });
      return this.#host.locateTokenizer(model, { isUsers: chosen.tokenizer !== undefined, workspace });
    };
    const loaded = async (settings: SettingsInForce) => {
      const vocabulary = vocabularyOf(settings);
      if (vocabulary !== null) await this.#host.loadTokenizer(vocabulary);
      return settings;
    };
    const settings = usableSettings(config, chosen, read);
    try {
      return await loaded(settings);
    } catch (error) {
      const isFiles = chosen.tokenizer === undefined && namesTokenizer(config);
      if (!isFiles || !(error instanceof UserError)) throw error;
      return loaded(usableSettings(config, chosen, read, new Map([["tokenizer", error.message]])));
    }
  }

  /** One answer after the other: what was compared with the last one is told before anything else is compared. */
  async #inTurn(memory: FolderMemory, tell: () => Promise<void>): Promise<void> {
    const before = memory.telling;
    const turn = before.catch(() => {}).then(tell);
    memory.telling = turn;
    await turn;
  }

  /** Documents that were opened since the last answer: their texts, which it did not bring. */
  #tellOpened(job: Job, folder: OpenFolder, told: Told): void {
    const { sentTexts, views } = this.#memoryOf(folder);
    const texts = newTexts(told.texts, openPaths(job, folder), sentTexts);
    const { summary } = views;
    if (texts.length === 0 || summary === null) return;
    const { settings } = told;
    const said = { job: job.job, folder: folder.spec.id, settings, summary };
    this.#host.post({ type: "answer", ...said, files: [], texts, isFirst: false, isWhole: true });
  }

  async #tell(
    job: number,
    folder: OpenFolder,
    { settings, texts: all }: Told,
    { summary, files }: ViewChanges,
    open: readonly string[],
    isFirst = false,
  ): Promise<void> {
    const said = { job, folder: folder.spec.id, settings, summary };
    const texts = newTexts(all, open, this.#memoryOf(folder).sentTexts);
    for (let at = 0; at < files.length || at === 0; at += filesAtOnce) {
      const isWhole = at + filesAtOnce >= files.length;
      const part = files.slice(at, at + filesAtOnce);
      this.#host.post({
        type: "answer",
        ...said,
        files: part,
        texts: at === 0 ? texts : [],
        isFirst: isFirst && at === 0,
        isWhole,
      });
      if (!isWhole) await this.#host.pause();
    }
  }

  #read({ mirror, analyzer }: OpenFolder, isWanted: () => boolean): Promise<Picture | null> {
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
      drive: (steps) => this.#drive(steps, isWanted, () => this.#progress(0, 0)),
    });
  }

  /** In slices, to the end; `null` when it is no longer wanted. */
  async #drive<T, R>(
    steps: Generator<T, R, void>,
    isWanted: () => boolean,
    onStep: (step: T) => void,
  ): Promise<R | null> {
    for (;;) {
      if (!isWanted()) return null;
      const start = this.#host.now();
      do {
        const step = steps.next();
        if (step.done === true) return step.value;
        onStep(step.value);
      } while (this.#host.now() - start < sliceMilliseconds);
      await this.#host.pause();
    }
  }

  /** Behind the answers: what takes a search, for everybody; the report, for whoever looks at it. */
  #startBackground(): void {
    if (this.#running !== null) return;
    this.#background.isWanted = false;
    const errand = { isWanted: true };
    this.#background = errand;
    this.#work = this.#work.then(() => this.#runBackground(errand));
  }

  async #runBackground(errand: Errand): Promise<void> {
    const isWanted = () => errand.isWanted;
    for (const folder of this.#folders.all) {
      const memory = this.#memoryOf(folder);
      if (memory.told === null) continue;
      const { told } = memory;
      await this.#guard(0, folder, isWanted, async () => {
        await this.#advise(folder, told, isWanted);
        const asked = this.#asked.filter((each) => each.folder === folder.spec.id);
        if (this.#lookedAt?.folder !== folder.spec.id && asked.length === 0) return;
        const report = await this.#report(folder, told, isWanted);
        if (report === null) return;
        await this.#sendPart(folder, told, report, isWanted);
        this.#tellMarkdown(asked, report, told);
      });
    }
  }

  async #advise(folder: OpenFolder, told: Told, isWanted: () => boolean): Promise<void> {
    const memory = this.#memoryOf(folder);
    if (memory.advisedFor === told.studied) return;
    const advised = await this.#drive(folder.analyzer.advised(told.studied), isWanted, () => {});
    if (advised === null) return;
    await this.#inTurn(memory, async () => {
      // Another answer came in between.
      if (memory.told !== told) return;
      memory.advisedFor = told.studied;
      const { findings } = advised;
      memory.told = { ...told, findings };
      const before = memory.views.summary;
      const changes = await this.#drive(
        memory.views.update({ ...told.studied, ...advised }, told.texts, memory.lines),
        () => true,
        () => {},
      );
      if (changes === null) return;
      if (changes.files.length > 0 || !isSameValue(changes.summary, before))
        await this.#tell(0, folder, told, changes, []);
    });
  }

  async #report(folder: OpenFolder, told: Told, isWanted: () => boolean): Promise<Report | null> {
    const memory = this.#memoryOf(folder);
    const known = memory.reported;
    const skipped = JSON.stringify(told.picture.skipped);
    if (known?.studied === told.studied && known.skipped === skipped) return known.report;
    const report = await this.#drive(folder.analyzer.report(told.studied), isWanted, () => {});
    if (report !== null) {
      memory.reported = { studied: told.studied, skipped, report, revision: ++this.#revision };
    }
    return report;
  }

  async #sendPart(
    folder: OpenFolder,
    { studied }: Told,
    report: Report,
    isWanted: () => boolean,
  ): Promise<void> {
    if (this.#lookedAt?.folder !== folder.spec.id) return;
    const memory = this.#memoryOf(folder);
    const { part } = this.#lookedAt;
    if (memory.sent?.report === report && memory.sent.part === part) return;
    const drawnPart =
      part === "prefix"
        ? await this.#drive(sharedPrefixSteps(studied.scenario, report), isWanted, () => {})
        : partOf(report, part);
    if (drawnPart === null) return;
    memory.sent = { report, part };
    const { revision } = memory.reported!;
    const drawn = {
      revision,
      overview: overviewOf(report),
      part: { id: part, json: JSON.stringify(drawnPart) },
    };
    this.#host.post({ type: "report", job: 0, folder: folder.spec.id, report: drawn });
  }

  #ask({ id, folder, question }: Extract<ToWorker, { readonly type: "ask" }>): void {
    const found = this.#folders.all.find(({ spec }) => spec.id === folder);
    const memory = found === undefined ? null : this.#memoryOf(found);
    const told = memory?.told ?? null;
    if (memory === null || told === null) {
      this.#host.post({ type: "told", id, answer: null });
    } else if (question.kind === "markdown") {
      this.#asked.push({ id, folder, failure: question.failure });
      this.#startBackground();
    } else if (isLong(question)) {
      // Beside what is being done, so that a search behind the answers is not given up for it.
      this.#work = Promise.all([this.#work, this.#tellLong(id, question, memory, told)]).then(() => {});
    } else {
      this.#host.post({ type: "told", id, answer: answerTo(question, told, memory.lines) });
    }
  }

  /** Given up where there is another answer: whoever asked asks about that. */
  async #tellLong(id: number, question: LongQuestion, memory: FolderMemory, told: Told): Promise<void> {
    const isWanted = () => memory.told === told;
    try {
      const answer = await this.#drive(answerSteps(question, told, memory.lines), isWanted, () => {});
      this.#host.post({ type: "told", id, answer });
    } catch (error) {
      // What else is done goes on.
      const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#host.post({ type: "told", id, answer: null, failure });
    }
  }

  #tellMarkdown(
    asked: readonly { readonly id: number; readonly failure: string | null }[],
    report: Report,
    { texts }: Told,
  ): void {
    for (const { id, failure } of asked) {
      const status =
        failure === null ? ({ kind: "idle" } as const) : ({ kind: "failed", message: failure } as const);
      const value = reportMarkdown({ report, status, texts });
      this.#host.post({ type: "told", id, answer: { kind: "markdown", value } });
    }
    this.#asked = this.#asked.filter((each) => !asked.some(({ id }) => id === each.id));
  }

  #progress(done: number, total: number): void {
    const now = this.#host.now();
    if (this.#running === null || now - this.#lastProgress < progressMilliseconds) return;
    this.#lastProgress = now;
    this.#host.post({ type: "progress", job: this.#running.job, done, total });
  }

  /** A folder that throws is one that failed; the worker lives on, and the other folders are done. */
  async #guard(
    job: number,
    folder: OpenFolder,
    isWanted: () => boolean,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      // What failed is not done, whatever it was about.
      const memory = this.#memoryOf(folder);
      if (memory.told !== null) memory.told = { ...memory.told, choice: "" };
      if (!isWanted()) return;
      const message = error instanceof Error ? error.message : String(error);
      const stack = error instanceof Error ? (error.stack ?? message) : message;
      const detail = error instanceof UserError ? null : stack;
      this.#host.post({ type: "failed", job, folder: folder.spec.id, message, detail });
    } finally {
      this.#host.onFile(folder.spec.id, "");
    }
  }
}

function namesTokenizer(config: SourceDocument | null): boolean {
  return configuredSettings(parseConfig(config).value).tokenizer !== undefined;
}

function openPaths({ open }: Job, { spec }: OpenFolder): readonly string[] {
  return open.flatMap(({ folder, path }) => (folder === spec.id ? [path] : []));
}

/** Texts of open documents that the other side has not, which it has from now on; those of closed ones it forgets. */
function newTexts(
  texts: ReadonlyMap<string, string>,
  open: readonly string[],
  sent: Map<string, string>,
): readonly (readonly [string, string])[] {
  for (const path of sent.keys()) if (!open.includes(path)) sent.delete(path);
  return open.flatMap((path) => {
    const text = texts.get(path);
    if (text === undefined || sent.get(path) === text) return [];
    sent.set(path, text);
    return [[path, text] as const];
  });
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
