/**
 * The prompts of one folder as they are now: its files, overlaid by what open editors hold. It is told what has changed, and
 * reads when it is asked to. What it holds in the end depends on the folder, the overlays and the rules alone, not on the
 * way there.
 */

import type { AskedPaths } from "../../analysis/documents.ts";
import { configFileName } from "../../config/config.ts";
import type { PathTest } from "../../config/glob-matcher.ts";
import type { CodeLanguage } from "../../prompt/code/syntax.ts";
import type { SourceDocument } from "../../prompt/format.ts";
import { formatFor, formatOf, refusalOf } from "../../prompt/registry.ts";
import { speaksOfPrompts } from "../../prompt/speaks-of-prompts.ts";
import type { FileRead } from "../../protocol/file-tree.ts";
import type { ReadingRules } from "../../protocol/worker.ts";
import { t } from "../../words/l10n.ts";
import { decode, decodeLoosely, type FileText, tooLarge } from "./file-text.ts";
import { type FileTree, linkReason, specialReason } from "./file-tree.ts";
import { FolderScan, filesAtOnce, type Held, type Look } from "./folder-scan.ts";
import { foldersAbove, isAtOrBelow, isInside, parentOf } from "./paths.ts";
import { defaultRules, selection } from "./reading-rules.ts";
import { isRecording, type LeftOutFiles, leftOutKinds, mayHoldRequests } from "./recordings.ts";
import { toldFiles } from "./told-files.ts";
import { lookLimits, unreadKinds, unreadLanguage } from "./unread-languages.ts";

export interface MirrorOptions {
  readonly tree: FileTree;
  readonly rules?: ReadingRules;
  /** The one file that counts, besides what it includes. */
  readonly only?: string;
  /** Documents that belong to no folder: whatever an editor holds counts. */
  readonly isLoose?: boolean;
  /** Is told which file is looked into, before that is done, and the empty string when all are done. */
  onFile?(path: string): void;
}

export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

/** What an analysis is about. Documents stay the same objects while nothing about them changes. */
export interface Picture {
  readonly documents: readonly SourceDocument[];
  readonly config: SourceDocument | null;
  readonly skipped: readonly SkippedFile[];
  /** Of the documents that are code. */
  readonly languages: ReadonlySet<CodeLanguage>;
}

export interface Reading {
  isCancelled(): boolean;
  onProgress(filesRead: number): void;
}

/** Beyond so many changed files a reading of the whole folder is as good. */
const manyFiles = 500;

export class WorkspaceMirror {
  readonly #options: MirrorOptions;
  #rules: ReadingRules;
  #isSelected: PathTest;
  // What has been told since the last reading.
  #needsScan = true;
  #touched = new Set<string>();
  #newOverlays = new Map<string, string | null>();
  #newRules: ReadingRules | null = null;
  // What is known.
  #scan: FolderScan;
  readonly #overlays = new Map<string, string>();
  readonly #heldOverlays = new Map<string, Held>();
  /** Of what editors hold: tests and recordings. */
  readonly #recordedOverlays = new Map<string, boolean>();
  readonly #lookedFor = new Map<string, Held>();
  readonly #leftOut = new Map<string, string>();
  #configOnDisk: Held = null;
  #config: Held = null;
  #configDocument: SourceDocument | null = null;
  #told = toldFiles(null);
  #documents = new Map<string, SourceDocument>();

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#rules = options.rules ?? defaultRules;
    this.#isSelected = selection(this.#rules);
    this.#scan = new FolderScan(this.#rules);
  }

  /** What an editor holds of a file; `null` where the disk counts again. */
  setOverlay(path: string, text: string | null): void {
    this.#newOverlays.set(path, text);
  }

  /** Something was created, changed or deleted at a path: a file, or a folder with all that is in it. */
  touch(path: string): void {
    if (this.#leftOut.delete(path)) this.#heldOverlays.delete(path);
    this.#touched.add(path);
  }

  setRules(rules: ReadingRules): void {
    this.#newRules = rules;
  }

  /** Everything is to be read anew, also what was left out. */
  forgetAll(): void {
    this.#leftOut.clear();
    this.#needsScan = true;
  }

  /** A file that is not to be looked into until something is told of it. */
  leaveOut(path: string, reason: string): void {
    this.#leftOut.set(path, reason);
    this.#heldOverlays.delete(path);
    this.#touched.add(path);
  }

  /** Reads what has changed. Whether that came to its end; if not, the next reading does it. */
  async update(reading: Reading): Promise<boolean> {
    this.#takeNotes();
    const touched = this.#touched;
    this.#touched = new Set();
    let isDone = false;
    try {
      isDone = await this.#read(touched, reading);
      return isDone;
    } finally {
      if (!isDone) for (const path of touched) this.#touched.add(path);
      this.#options.onFile?.("");
    }
  }

  /**
   * Reads the files that prompts ask for, and those that promptcache.json names, though they hold no prompts; forgets those
   * that none asks for any more. Whether the picture is another one now.
   */
  async include({ all, missing }: AskedPaths, { isCancelled }: Reading): Promise<boolean> {
    let isChanged = false;
    for (const [path, held] of this.#lookedFor) {
      if (all.has(path) || this.#told.named.has(path)) continue;
      this.#lookedFor.delete(path);
      isChanged ||= held !== null;
    }
    const wanted = [...new Set([...this.#told.named, ...missing])].filter(
      (path) => !this.#lookedFor.has(path) && !this.#documents.has(path) && this.#held(path) === null,
    );
    for (let at = 0; at < wanted.length && !isCancelled(); at += filesAtOnce) {
      const batch = wanted.slice(at, at + filesAtOnce);
      await Promise.all(batch.map(async (path) => this.#lookedFor.set(path, await this.#look(path))));
      if (isCancelled()) for (const path of batch) this.#lookedFor.delete(path);
      isChanged ||= batch.some((path) => this.#heldInclude(path) !== null);
    }
    return isChanged;
  }

  picture(): Picture {
    const before = this.#documents;
    this.#documents = new Map();
    const skipped: SkippedFile[] = this.#scan.cuts.map((reason) => ({ path: "", reason }));
    const languages = new Set<CodeLanguage>();
    const add = (path: string, held: Held, isOnlyIncluded: boolean) => {
      if (held === null || this.#documents.has(path)) return;
      if (held.text === null) {
        skipped.push({ path, reason: held.reason });
        return;
      }
      const known = before.get(path);
      const isSame = known?.text === held.text && (known.isOnlyIncluded ?? false) === isOnlyIncluded;
      const document = isOnlyIncluded ? { path, text: held.text, isOnlyIncluded } : { path, text: held.text };
      this.#documents.set(path, isSame ? known : document);
      const language = formatFor(path, this.#told.assigned)?.languageOf?.(path);
      if (language !== undefined) languages.add(language);
    };
    const prompts = new Set([...this.#scan.files.keys(), ...this.#overlays.keys()]);
    for (const path of prompts) add(path, this.#held(path), false);
    for (const path of this.#lookedFor.keys()) {
      if (this.#held(path) === null) add(path, this.#heldInclude(path), true);
    }
    for (const [path, reason] of this.#scan.passedOver) {
      if (!this.#lookedFor.has(path) || this.#heldInclude(path) === null) skipped.push({ path, reason });
    }
    for (const reason of leftOutKinds(this.#recordings(), this.#scan.built))
      skipped.push({ path: "", reason });
    for (const reason of unreadKinds({ speaks: this.#scan.unread, left: this.#scan.unreadLeft }))
      skipped.push({ path: "", reason });
    if (this.#config !== null && this.#config.text === null)
      skipped.push({ path: configFileName, reason: this.#config.reason });
    return {
      documents: [...this.#documents.values()].sort(byPath),
      config: this.#configDocument,
      skipped: skipped.sort(byPath),
      languages,
    };
  }

  /** Files of tests and recordings that would count as prompts else. */
  #recordings(): LeftOutFiles {
    const onDisk = [...this.#scan.recordings].filter(([path]) => !this.#overlays.has(path));
    const inEditors = [...this.#recordedOverlays].filter(([path]) => this.#overlays.has(path));
    const all = [...onDisk, ...inEditors];
    return { files: all.length, withRequests: all.filter(([, mayHold]) => mayHold).length };
  }

  #takeNotes(): void {
    for (const [path, text] of this.#newOverlays) {
      if (text === null) this.#overlays.delete(path);
      else this.#overlays.set(path, text);
      this.#heldOverlays.delete(path);
    }
    this.#newOverlays.clear();
    if (this.#newRules === null) return;
    this.#rules = this.#newRules;
    this.#isSelected = selection(this.#rules);
    this.#newRules = null;
    this.#needsScan = true;
  }

  async #read(touched: ReadonlySet<string>, reading: Reading): Promise<boolean> {
    if (this.#needsScan || touched.has(configFileName)) {
      this.#configOnDisk = await this.#textOf(configFileName);
    }
    this.#settleConfig();
    const relevant = [...touched].filter((path) => this.#mayMatter(path));
    if (this.#needsScan || relevant.length > manyFiles) return this.#readAll(reading);
    for (const path of relevant) {
      if (reading.isCancelled()) return false;
      for (const known of this.#lookedFor.keys()) {
        if (isAtOrBelow(known, path)) this.#lookedFor.set(known, await this.#look(known));
      }
      if (await this.#readTouched(path)) return this.#readAll(reading);
    }
    // Who cancels gives up what was asked for: such an answer says nothing of the folder.
    return !reading.isCancelled();
  }

  /** Build folders change by the thousands. */
  #mayMatter(path: string): boolean {
    return this.#lookedFor.has(path) || this.#options.only !== undefined || !this.#scan.isOutOfSight(path);
  }

  /** What an editor holds of promptcache.json counts before what is on disk. */
  #settleConfig(): void {
    const overlay = this.#overlays.get(configFileName);
    const found = overlay === undefined ? this.#configOnDisk : this.#checked(overlay);
    const held = found === null ? null : (this.#leftOutText(configFileName) ?? found);
    if (held?.text === this.#config?.text && held?.reason === this.#config?.reason) return;
    this.#config = held;
    this.#configDocument =
      held === null || held.text === null ? null : { path: configFileName, text: held.text };
    const before = this.#told.formatsKey;
    this.#options.onFile?.(configFileName);
    this.#told = toldFiles(this.#configDocument);
    if (this.#told.formatsKey !== before) this.#needsScan = true;
  }

  async #readAll({ isCancelled, onProgress }: Reading): Promise<boolean> {
    this.#needsScan = true;
    this.#heldOverlays.clear();
    const scan = new FolderScan(this.#rules);
    const isDone = await scan.run(this.#options.tree, {
      rules: this.#rules,
      only: this.#options.only ?? null,
      isCandidate: (path) => this.#isCandidate(path),
      isCancelled,
      isUnread: (path) => this.#isUnread(path),
      look: (path) => this.#speaks(path),
      read: async (path) => this.#judged(path, (await this.#textOf(path)) ?? gone(), scan.recordings),
      onProgress,
    });
    if (!isDone) return false;
    for (const path of this.#lookedFor.keys()) this.#lookedFor.set(path, await this.#look(path, scan));
    if (isCancelled()) return false;
    this.#scan = scan;
    this.#needsScan = false;
    return true;
  }

  /** Whether the folder has to be walked again: what is in a new folder may not be told. */
  async #readTouched(path: string): Promise<boolean> {
    const scan = this.#scan;
    const { tree, only, isLoose } = this.#options;
    if (isLoose === true) return false;
    if (only !== undefined) {
      if (path === only) scan.files.set(path, this.#judged(path, (await this.#textOf(path)) ?? gone()));
      return false;
    }
    if (path === ".gitignore" || path.endsWith("/.gitignore")) return scan.folders.has(parentOf(path));
    if (!scan.folders.has(parentOf(path))) {
      return (await tree.stat(parentOf(path)))?.kind === "folder";
    }
    const found = await tree.stat(path);
    const isFolder = found?.kind === "folder" && !found.isLink;
    if (isFolder && scan.folders.has(path)) return true;
    scan.forgetBelow(path);
    const isCandidate = this.#isCandidate(path);
    const mayMatter = found?.kind === "folder" || isCandidate || this.#isUnread(path);
    if (found === null || !mayMatter || !scan.isVisible(path, isFolder)) return false;
    if (found.isLink) scan.passedOver.set(path, linkReason());
    else if (found.kind === "other") scan.passedOver.set(path, specialReason());
    else if (found.kind === "file" && !isCandidate) await this.#lookAgain(path);
    else if (found.kind === "file") scan.files.set(path, this.#judged(path, await this.#textOf(path)));
    return isFolder;
  }

  #isCandidate(path: string): boolean {
    const { only } = this.#options;
    if (only !== undefined) return path === only;
    return formatFor(path, this.#told.assigned) !== null && this.#isSelected(path);
  }

  /** Whether a file is in a language that is not read; tests of programs hold no prompts of theirs. */
  #isUnread(path: string): boolean {
    if (unreadLanguage(path) === null || !this.#isSelected(path)) return false;
    return this.#rules.recordings !== "skip" || !isRecording(path, "");
  }

  async #speaks(path: string): Promise<Look> {
    const { fileBytes } = lookLimits;
    const file = await this.#options.tree.read(path, Math.min(fileBytes, this.#rules.maxFileBytes));
    if (file.kind !== "file") return { speaks: false, bytes: 0 };
    this.#options.onFile?.(path);
    return { speaks: speaksOfPrompts(decodeLoosely(file.bytes)), bytes: file.bytes.length };
  }

  async #lookAgain(path: string): Promise<void> {
    const { unread } = this.#scan;
    if (unread.size < lookLimits.files) unread.set(path, (await this.#speaks(path)).speaks);
  }

  /** What counts of a file that may hold prompts by its name and place; `null` where it holds none. */
  #held(path: string): Held {
    const text = this.#overlays.get(path);
    if (text === undefined || !this.#isOverlaid(path)) return this.#scan.files.get(path) ?? null;
    const known = this.#heldOverlays.get(path);
    if (known !== undefined) return known;
    const held = this.#judged(path, this.#checked(text), this.#recordedOverlays);
    this.#heldOverlays.set(path, held);
    return held;
  }

  #isOverlaid(path: string): boolean {
    if (!this.#isCandidate(path)) return false;
    const { isLoose, only } = this.#options;
    if (isLoose === true || path === only) return true;
    return !this.#scan.passedOver.has(path) && this.#scan.isVisible(path, false);
  }

  /** What is told by name is a prompt wherever it lies. */
  #isRecording(path: string, text: string): boolean {
    const { only, isLoose } = this.#options;
    const isTold = only !== undefined || isLoose === true || this.#told.assigned(path) !== null;
    return this.#rules.recordings === "skip" && !isTold && isRecording(path, text);
  }

  #heldInclude(path: string): Held {
    const held = this.#lookedFor.get(path) ?? null;
    const text = this.#overlays.get(path);
    const isForbidden = held?.reason === linkReason() || held?.reason === specialReason();
    return text === undefined || isForbidden ? held : (this.#leftOutText(path) ?? this.#checked(text));
  }

  /** A file that is asked for; `null` where nothing is. */
  async #look(path: string, scan = this.#scan): Promise<Held> {
    if (!isInside(path)) return null;
    for (const folder of foldersAbove(path)) {
      if (scan.folders.has(folder)) continue;
      const found = await this.#options.tree.stat(folder);
      if (found?.kind !== "folder") return null;
      if (found.isLink) return { text: null, reason: linkReason() };
    }
    if (scan.budget.isSpent) return null;
    const held = await this.#textOf(path);
    scan.budget.spend(held?.text?.length ?? 0);
    return held === null ? null : (this.#leftOutText(path) ?? held);
  }

  async #textOf(path: string): Promise<FileText | null> {
    return fileText(await this.#options.tree.read(path, this.#rules.maxFileBytes));
  }

  #checked(text: string): FileText {
    const reason = tooLarge(text.length, this.#rules.maxFileBytes);
    return reason === null ? { text, reason } : { text: null, reason };
  }

  #leftOutText(path: string): FileText | null {
    const reason = this.#leftOut.get(path);
    return reason === undefined ? null : { text: null, reason };
  }

  /** Most files of code and data hold no prompt, and are not kept. */
  #judged(path: string, held: Held, recordings = this.#scan.recordings): Held {
    recordings.delete(path);
    if (held === null || held.text === null) return held;
    const leftOut = this.#leftOutText(path);
    if (leftOut !== null) return leftOut;
    this.#options.onFile?.(path);
    const document = { path, text: held.text };
    const isRead = formatOf(document, this.#told.assigned) !== null;
    const reason = isRead ? null : refusalOf(document);
    if (!isRead && reason === null) return null;
    if (!this.#isRecording(path, held.text)) return reason === null ? held : { text: null, reason };
    recordings.set(path, mayHoldRequests(path, held.text));
    return null;
  }
}

const gone = (): FileText => ({ text: null, reason: t("it went away while it was read") });

function fileText(file: FileRead): FileText | null {
  if (file.kind === "file") return decode(file.bytes);
  return file.kind === "refused" ? { text: null, reason: file.reason } : null;
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path === b.path ? 0 : a.path < b.path ? -1 : 1;
}
