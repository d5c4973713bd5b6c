/** One complete reading of a folder: which files may hold prompts, and where others would be found. */
import type { PathTest } from "../../config/glob-matcher.ts";
import type { ReadingRules } from "../../protocol/worker.ts";
import { plural } from "../../words/numbers.ts";
import type { FileText } from "./file-text.ts";
import type { FileTree } from "./file-tree.ts";
import { IgnoreRules } from "./ignore-rules.ts";
import { foldersAbove, parentOf } from "./paths.ts";
import { ReadingBudget } from "./reading-budget.ts";
import { exclusion, maxFolders } from "./reading-rules.ts";
import { isBuiltFolder } from "./recordings.ts";
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
  isCancelled(): boolean;
  /** Never rejects for what is wrong with the file. */
  read(path: string): Promise<Held>;
  onProgress(filesRead: number): void;
}

export class FolderScan {
  readonly files = new Map<string, Held>();
  /** What is not read though it might hold prompts, with the reason. */
  readonly passedOver = new Map<string, string>();
  /** Folders that were entered. */
  folders = new Set<string>();
  /** Files that would count as prompts, were they not tests or recordings, and whether they may hold captured requests. */
  readonly recordings = new Map<string, boolean>();
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
    return this.files.has(path) || this.folders.has(path) || this.passedOver.has(path);
  }

  forgetBelow(path: string): void {
    for (const known of [this.files, this.passedOver, this.folders, this.recordings, this.built]) {
      for (const each of known.keys()) if (each === path || each.startsWith(`${path}/`)) known.delete(each);
    }
  }

  /** Whether it came to its end. */
  async run(tree: FileTree, options: ScanOptions): Promise<boolean> {
    const found = await this.#find(tree, options);
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
    return !options.isCancelled();
  }

  async #find(tree: FileTree, { rules, only, isCandidate, isCancelled }: ScanOptions) {
    if (only !== null) {
      this.folders = new Set(["", ...foldersAbove(only)]);
      return [only];
    }
    const walked = await walk(tree, {
      isExcluded: (path) => {
        const isExcluded = this.#isExcluded(path);
        const name = path.slice(path.lastIndexOf("/") + 1);
        if (isExcluded && rules.recordings === "skip" && isBuiltFolder(name)) this.built.add(path);
        return isExcluded;
      },
      isCandidate,
      isCancelled,
      onSkip: (path, reason) => this.passedOver.set(path, reason),
      maxFolders,
      maxFileBytes: rules.maxFileBytes,
    });
    this.folders = walked.folders;
    this.#ignored = walked.rules;
    if (walked.isCut) {
      this.cuts.push(`more than ${plural(maxFolders, "folder")}; the rest was not entered`);
    }
    return walked.files;
  }
}
