/**
 * Finds the files of a folder that may hold prompts, without descending into what is ignored.
 * It walks by itself instead of asking the editor's file search: that one ignores .gitignore files, lists every file
 * of a build folder, and needs a program which not every server has.
 */
import { decodeLoosely } from "./file-text.ts";
import { type FileTree, linkReason, specialReason } from "./file-tree.ts";
import { IgnoreRules } from "./ignore-rules.ts";

export interface WalkOptions {
  /** Asked for folders too, so that they are not entered. */
  isExcluded(path: string): boolean;
  isCandidate(path: string): boolean;
  isCancelled(): boolean;
  /** What is not entered or read though it might hold prompts, with the reason. */
  onSkip(path: string, reason: string): void;
  readonly maxFolders: number;
  /** A .gitignore that is larger says nothing. */
  readonly maxFileBytes: number;
}

export interface Walked {
  readonly files: readonly string[];
  /** Those that were entered; the root is the empty string. */
  readonly folders: Set<string>;
  readonly rules: IgnoreRules;
  /** Whether the walk ended because of `maxFolders`. */
  readonly isCut: boolean;
}

/** Folders read at the same time. */
const width = 16;

export async function walk(tree: FileTree, options: WalkOptions): Promise<Walked> {
  const rules = new IgnoreRules();
  const files: string[] = [];
  const folders = new Set<string>();
  let level: readonly string[] = [""];
  while (level.length > 0 && folders.size < options.maxFolders && !options.isCancelled()) {
    const batch = level.slice(0, Math.min(width, options.maxFolders - folders.size));
    for (const folder of batch) folders.add(folder);
    const found = await Promise.all(batch.map((folder) => visit(tree, folder, rules, options)));
    files.push(...found.flatMap((visited) => visited.files));
    level = [...level.slice(batch.length), ...found.flatMap((visited) => visited.folders)];
  }
  return { files: files.sort(), folders, rules, isCut: level.length > 0 };
}

interface Visited {
  readonly files: string[];
  readonly folders: string[];
}

async function visit(
  tree: FileTree,
  folder: string,
  rules: IgnoreRules,
  options: WalkOptions,
): Promise<Visited> {
  const visited: Visited = { files: [], folders: [] };
  const { entries, reason } = await tree.list(folder);
  if (entries === null) {
    options.onSkip(folder, reason);
    return visited;
  }
  const pathOf = (name: string) => (folder === "" ? name : `${folder}/${name}`);
  if (entries.some(({ name, kind, isLink }) => name === ".gitignore" && kind === "file" && !isLink)) {
    const file = await tree.read(pathOf(".gitignore"), options.maxFileBytes);
    if (file.kind === "file") rules.add(folder, decodeLoosely(file.bytes));
  }
  for (const { name, kind, isLink } of entries) {
    const path = pathOf(name);
    if (options.isExcluded(path)) continue;
    // A link that leads nowhere counts by its name.
    const mayMatter = kind === "folder" || options.isCandidate(path);
    if (!mayMatter || rules.ignoresEntry(path, kind === "folder" && !isLink)) continue;
    if (isLink) options.onSkip(path, linkReason());
    else if (kind === "folder") visited.folders.push(path);
    else if (kind === "file") visited.files.push(path);
    else options.onSkip(path, specialReason());
  }
  return visited;
}
