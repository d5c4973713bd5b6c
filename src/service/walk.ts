/**
 * Finds the files of a folder that may hold prompts, without descending into what is ignored.
 * It walks by itself instead of asking the editor's file search: that one ignores .gitignore files, lists every file
 * of a build folder, and needs a program which not every server has.
 */
import { IgnoreRules } from "./ignore-rules.ts";

export interface Entry {
  readonly name: string;
  readonly kind: "file" | "folder" | "other";
}

/** Paths are relative to the root, with `/`; the empty string is the root. */
export interface FileTree {
  list(folder: string): Promise<readonly Entry[]>;
  readText(path: string): Promise<string>;
}

export interface WalkOptions {
  /** Excluded by settings; asked for folders too, so that they are not entered. */
  isExcluded(path: string): boolean;
  isCandidate(path: string): boolean;
  isCancelled(): boolean;
  /** Folders that cannot be read are passed over. */
  onUnreadable(folder: string, error: unknown): void;
  readonly maxFolders: number;
}

export interface Walked {
  readonly files: readonly string[];
  readonly rules: IgnoreRules;
  /** Whether the walk ended because of `maxFolders`. */
  readonly isCut: boolean;
}

/** Folders read at the same time. */
const width = 16;

export async function walk(tree: FileTree, options: WalkOptions): Promise<Walked> {
  const rules = new IgnoreRules();
  const files: string[] = [];
  let level: readonly string[] = [""];
  let left = options.maxFolders;
  while (level.length > 0 && left > 0 && !options.isCancelled()) {
    const batch = level.slice(0, Math.min(width, left));
    left -= batch.length;
    const found = await Promise.all(batch.map((folder) => visit(tree, folder, rules, options)));
    files.push(...found.flatMap((visited) => visited.files));
    level = [...level.slice(batch.length), ...found.flatMap((visited) => visited.folders)];
  }
  return { files: files.sort(), rules, isCut: level.length > 0 };
}

async function visit(
  tree: FileTree,
  folder: string,
  rules: IgnoreRules,
  options: WalkOptions,
): Promise<{ readonly files: readonly string[]; readonly folders: readonly string[] }> {
  const files: string[] = [];
  const folders: string[] = [];
  try {
    const entries = await tree.list(folder);
    const pathOf = (name: string) => (folder === "" ? name : `${folder}/${name}`);
    if (entries.some((entry) => entry.name === ".gitignore" && entry.kind === "file")) {
      rules.add(folder, await tree.readText(pathOf(".gitignore")));
    }
    for (const { name, kind } of entries) {
      const path = pathOf(name);
      if (kind === "other" || name === ".git" || options.isExcluded(path)) continue;
      if (kind === "file" && !options.isCandidate(path)) continue;
      if (rules.ignoresEntry(path, kind === "folder")) continue;
      (kind === "folder" ? folders : files).push(path);
    }
  } catch (error) {
    options.onUnreadable(folder, error);
  }
  return { files, folders };
}
