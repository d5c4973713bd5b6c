/** What is known of each folder: its newest answer, put together from what the worker tells. */
import type { AnalysisSettings } from "../config/settings.ts";
import type { FileView, FolderSummary } from "./editor.ts";
import type { FromWorker } from "./worker.ts";

/** One folder's newest answer. */
export interface Analysed {
  /** Its id. */
  readonly folder: string;
  readonly summary: FolderSummary;
  /** The settings that were in force. */
  readonly settings: AnalysisSettings;
  readonly files: ReadonlyMap<string, FileView>;
  /** Of documents that are open, the texts that offsets mean, by path. */
  readonly texts: ReadonlyMap<string, string>;
}

export class FolderAnswers {
  #all: ReadonlyMap<string, Analysed> = new Map();

  /** By folder, in the order of the folders. */
  get all(): ReadonlyMap<string, Analysed> {
    return this.#all;
  }

  /** Gives the paths of what is another one now. `open` are the ids of the folders that are open, in their order. */
  take(answer: Extract<FromWorker, { type: "answer" }>, open: readonly string[]): readonly string[] {
    const { folder, summary, settings, files: changes, texts: newTexts, isFirst } = answer;
    const before = this.#all.get(folder);
    // A worker that was started anew knows nothing of what the one before has told.
    const known = isFirst ? undefined : before;
    const files = withChanges(known?.files, changes);
    const texts = new Map([...(known?.texts ?? []), ...newTexts]);
    const all = new Map([...this.#all, [folder, { folder, summary, settings, files, texts }]]);
    this.#all = new Map(open.flatMap((id) => (all.has(id) ? [[id, all.get(id)!] as const] : [])));
    const gone = isFirst ? [...(before?.files.keys() ?? [])] : [];
    return [...new Set([...gone, ...changes.map(([path]) => path), ...newTexts.map(([path]) => path)])];
  }

  /** Forgets folders that are open no more; says whether there were any. */
  keepOnly(open: readonly string[]): boolean {
    const left = [...this.#all].filter(([folder]) => open.includes(folder));
    const isChanged = left.length < this.#all.size;
    this.#all = new Map(left);
    return isChanged;
  }
}

/** What is shown of each file, with what has changed. */
function withChanges<T>(
  known: ReadonlyMap<string, T> | undefined,
  changes: readonly (readonly [path: string, value: T | null])[],
): ReadonlyMap<string, T> {
  const values = new Map(known);
  for (const [path, value] of changes) {
    if (value === null) values.delete(path);
    else values.set(path, value);
  }
  return values;
}
