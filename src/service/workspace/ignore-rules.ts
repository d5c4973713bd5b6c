/** The .gitignore files of a folder and its subfolders, read as Git reads them on most disks: case counts, and the deepest that has an opinion decides. */
import ignore, { type Ignore } from "ignore";
import { parentOf } from "./paths.ts";

export class IgnoreRules {
  /** By folder, relative to the root; the empty string is the root. */
  readonly #files = new Map<string, Ignore>();

  add(folder: string, text: string): void {
    this.#files.set(folder, ignore({ ignorecase: false }).add(text));
  }

  /** For an entry whose parents are known not to be ignored, as on a walk from the root. */
  ignoresEntry(path: string, isFolder: boolean): boolean {
    for (let folder = parentOf(path); ; folder = parentOf(folder)) {
      const relative = folder === "" ? path : path.slice(folder.length + 1);
      const verdict = this.#files.get(folder)?.test(isFolder ? `${relative}/` : relative);
      if (verdict?.ignored) return true;
      if (verdict?.unignored || folder === "") return false;
    }
  }

  /** For any file: one below an ignored folder is ignored, whatever else is said. */
  ignoresFile(path: string): boolean {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      if (this.ignoresEntry(path.slice(0, at), true)) return true;
    }
    return this.ignoresEntry(path, false);
  }
}
