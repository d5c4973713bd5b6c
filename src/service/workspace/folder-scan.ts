/** One complete reading of a folder: which files may hold prompts, and where others would be found. */
import type { PathTest } from "../../config/glob-matcher.ts";
import type { ReadingRules } from "../../protocol/worker.ts";
import { t } from "../../words/l10n.ts";
import { plural } from "../../words/numbers.ts";
import type { FileText } from "./file-text.ts";
import type { FileTree } from "./file-tree.ts";
import { IgnoreRules } from "./ignore-rules.ts";
import { foldersAbove, parentOf } from "./paths.ts";
import { ReadingBudget } from "./reading-budget.ts";
import { exclusion, maxFolders } from "./reading-rules.ts";
import { isBuiltFolder } from "./recordings.ts";
import { lookLimits } from "./unread-languages.ts";
import { walk } from "./walk.ts";

/** Text, or why there is none; `null` for a file that holds no prompt, or is not there. */
export type Held = FileText | null;

/** Files read at the same time. */
export const filesAtOnce = 16;

export interface ScanOptions {
  readonly rules: ReadingRules;
  /** A single file is all that counts. */
  readonly only: string | null;
  isCandidate(path: string): boolean;
  /** Whether a file that is no candidate is to be looked at. */
  isUnread(path: string): boolean;
  isCancelled(): boolean;
  /** Whether a file speaks of prompts, and how many bytes it has. */
  look(path: string): Promise<Look>;
  /** Never rejects for what is wrong with the file. */
  read(path: string): Promise<Held>;
  onProgress(filesRead: number): void;
}

export interface Look {
  readonly speaks: boolean;
  readonly bytes: number;
}

export class FolderScan {
  readonly files = new Map<string, Held>();
  /** What is not read though it might hold prompts, with the reason. */
  readonly passedOver = new Map<string, string>();
  /** Folders that were entered. */
  folders = new Set<string>();
  /** Files that would count as prompts, were they not tests or recordings, and whether they may hold captured requests. */
  readonly recordings = new Map<string, boolean>();
  /** Files in languages that are not read, and whether they speak of prompts. */
  readonly unread = new Map<string, boolean>();
  /** Of those the ones that were not looked at, as there are too many. */
  unreadLeft = 0;
  /** Folders that were not entered, as what is in them was built or brought along. */
  readonly built = new Set<string>();
  /** Why parts of the folder were not read at all. */
  readonly cuts: string[] = [];
  readonly budget = new ReadingBudget();
  readonly #isExcluded: PathTest;
  #ignored = new IgnoreRules();

  constructor(rules: ReadingRules) {
    this.#isExcluded = exclusion(rules);
  }

  /** Whether an entry of a folder that was entered would be read, or entered. */
  isVisible(path: string, isFolder: boolean): boolean {
    return (
      this.folders.has(parentOf(path)) &&
      !this.#isExcluded(path) &&
      !this.#ignored.ignoresEntry(path, isFolder)
    );
  }

  /** Whether it, or something above it, is neither read nor entered, whatever it is. */
  isOutOfSight(path: string): boolean {
    if (this.#isKnown(path)) return false;
    return [...foldersAbove(path), path].some((each) => {
      if (each !== path && this.passedOver.has(each)) return true;
      if (this.folders.has(each) || !this.folders.has(parentOf(each))) return false;
      return !this.isVisible(each, true) && (each !== path || !this.isVisible(each, false));
    });
  }

  #isKnown(path: string): boolean {
    return [this.files, this.folders, this.passedOver, this.unread].some((known) => known.has(path));
  }

  forgetBelow(path: string): void {
    const { files, passedOver, folders, recordings, built, unread } = this;
    for (const known of [files, passedOver, folders, recordings, built, unread]) {
      for (const each of known.keys()) if (each === path || each.startsWith(`${path}/`)) known.delete(each);
    }
  }

  /** Whether it came to its end. */
  async run(tree: FileTree, options: ScanOptions): Promise<boolean> {
    const { found, unread } = await this.#find(tree, options);
    for (let at = 0; at < found.length && !options.isCancelled(); at += filesAtOnce) {
      if (this.budget.isSpent) {
        this.cuts.push(this.budget.leftOut(found.length - at));
        break;
      }
      const batch = found.slice(at, at + filesAtOnce);
      const held = await Promise.all(batch.map((path) => options.read(path)));
      batch.forEach((path, index) => {
        this.files.set(path, held[index] ?? null);
        this.budget.spend(held[index]?.text?.length ?? 0);
      });
      options.onProgress(at + batch.length);
    }
    await this.#look(unread, options);
    return !options.isCancelled();
  }

  /** Looks at what no format reads, as far as that takes little time. */
  async #look(paths: readonly string[], { look, isCancelled }: ScanOptions): Promise<void> {
    let bytes = 0;
    for (let at = 0; at < paths.length && !isCancelled(); at += filesAtOnce) {
      if (bytes >= lookLimits.bytes || at >= lookLimits.files) {
        this.unreadLeft = paths.length - this.unread.size;
        return;
      }
      const batch = paths.slice(at, Math.min(at + filesAtOnce, lookLimits.files));
      const looks = await Promise.all(batch.map(look));
      batch.forEach((path, index) => {
        this.unread.set(path, looks[index]!.speaks);
        bytes += looks[index]!.bytes;
      });
    }
  }

  async #find(tree: FileTree, { rules, only, isCandidate, isUnread, isCancelled }: ScanOptions) {
    if (only !== null) {
      this.folders = new Set(["", ...foldersAbove(only)]);
      return { found: [only], unread: [] };
    }
    const walked = await walk(tree, {
      isExcluded: (path) => {
        const isExcluded = this.#isExcluded(path);
        const name = path.slice(path.lastIndexOf("/") + 1);
        if (isExcluded && rules.recordings === "skip" && isBuiltFolder(name)) this.built.add(path);
        return isExcluded;
      },
      isCandidate: (path) => isCandidate(path) || isUnread(path),
      isCancelled,
      onSkip: (path, reason) => this.passedOver.set(path, reason),
      maxFolders,
      maxFileBytes: rules.maxFileBytes,
    });
    this.folders = walked.folders;
    this.#ignored = walked.rules;
    if (walked.isCut) {
      this.cuts.push(t("more than {0}; the rest was not entered", plural(maxFolders, "folder")));
    }
    return {
      found: walked.files.filter(isCandidate),
      unread: walked.files.filter((path) => !isCandidate(path)),
    };
  }
}
