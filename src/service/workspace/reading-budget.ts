/** How much of a folder is read: enough for any repository, and an end for what is none, such as `/`. */

import { t } from "../../words/l10n.ts";
import { bytes, count } from "../../words/numbers.ts";

export interface ReadingLimits {
  readonly files: number;
  /** Of the texts that are kept. */
  readonly bytes: number;
}

/** The analysis holds all texts of prompts in memory, more than once while it works. */
const defaultLimits: ReadingLimits = { files: 100_000, bytes: 256 * 2 ** 20 };

export class ReadingBudget {
  private readonly limits: ReadingLimits;
  private files = 0;
  private bytes = 0;

  constructor(limits = defaultLimits) {
    this.limits = limits;
  }

  get isSpent(): boolean {
    return this.files >= this.limits.files || this.bytes >= this.limits.bytes;
  }

  /** A file was read; `keptBytes` is 0 where nothing of it stays in memory. */
  spend(keptBytes: number): void {
    this.files++;
    this.bytes += keptBytes;
  }

  /** Why so many files were not read, as a clause. */
  leftOut(files: number): string {
    const most =
      this.files >= this.limits.files
        ? t("{0} files are read at most", count(this.limits.files))
        : t("{0} of prompts are kept at most", bytes(this.limits.bytes));
    const left = { most, files: count(files) };
    return Math.round(files) === 1
      ? t("{most}; {files} file was not read, exclude folders to choose which", left)
      : t("{most}; {files} files were not read, exclude folders to choose which", left);
  }
}
