/** Files that prompts include though they hold none themselves: which there are, and which were looked for. */
import type { Uri } from "vscode";
import type { FileText } from "../../service/file-text.ts";
import { uriOf } from "./workspace-paths.ts";
import { openText, readText } from "./workspace-scan.ts";

export class IncludedFiles {
  readonly #there = new Set<string>();
  readonly #lookedFor = new Set<string>();

  has(path: string): boolean {
    return this.#there.has(path);
  }

  clear(): void {
    this.#there.clear();
    this.#lookedFor.clear();
  }

  /** Whether it was looked for; it may be looked for again. */
  forget(path: string): boolean {
    return this.#lookedFor.delete(path);
  }

  /** Those of the paths that are files of the workspace; each is looked for once. What an editor holds of a file counts. */
  async *read(
    paths: readonly string[],
    maxBytes: number,
  ): AsyncGenerator<{ readonly path: string; readonly uri: Uri; readonly file: FileText }> {
    for (const path of paths) {
      const uri = this.#lookedFor.has(path) ? null : uriOf(path);
      this.#lookedFor.add(path);
      const file = uri === null ? null : await readText(uri, maxBytes);
      if (uri === null || file === null) continue;
      const text = openText(uri);
      this.#there.add(path);
      yield { path, uri, file: text === undefined ? file : { text, reason: null } };
    }
  }
}
