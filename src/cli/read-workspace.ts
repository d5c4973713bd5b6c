/** A folder, or a single file, of the disk as the analysis wants it. Nothing is followed out of the folder. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../analysis/settings.ts";
import { configFileName } from "../config/config.ts";
import { decode, tooLarge } from "../files/file-text.ts";
import { type Entry, type FileTree, walk } from "../files/walk.ts";
import type { SourceDocument } from "../prompt/format.ts";
import { formatFor } from "../prompt/registry.ts";

export interface WorkspaceFiles {
  readonly root: string;
  readonly documents: readonly SourceDocument[];
  readonly config: SourceDocument | null;
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

const maxFileBytes = 5 * 2 ** 20;
const maxFolders = 20_000;
/** Never the user's own prompts, and large. */
const neverEntered = new Set([".git", "node_modules", ".venv", "__pycache__"]);

/** Throws `UserError` when there is nothing at the path. Files that cannot be read are listed with the reason. */
export async function readWorkspace(path: string): Promise<WorkspaceFiles> {
  const target = resolve(path);
  const kind = statSync(target, { throwIfNoEntry: false });
  if (kind === undefined) throw new UserError(`There is no file or folder ${path}.`);
  const root = realpathSync(kind.isDirectory() ? target : dirname(target));
  const skipped: { path: string; reason: string }[] = [];
  const files = kind.isDirectory() ? await findFiles(root, skipped) : [basename(target)];
  const documents: SourceDocument[] = [];
  for (const file of files) {
    const document = await readDocument(root, file, skipped);
    if (document !== null) documents.push(document);
  }
  return { root, documents, config: readConfig(root, skipped), skipped };
}

async function findFiles(
  root: string,
  skipped: { path: string; reason: string }[],
): Promise<readonly string[]> {
  const tree: FileTree = {
    list: async (folder) =>
      (await readdir(join(root, folder), { withFileTypes: true })).map(
        (entry): Entry => ({
          name: entry.name,
          kind: entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "other",
        }),
      ),
    readText: (file) => readFile(join(root, file), "utf8"),
  };
  const { files, isCut } = await walk(tree, {
    isExcluded: (file) => neverEntered.has(basename(file)),
    isCandidate: (file) => formatFor(file) !== null,
    isCancelled: () => false,
    onUnreadable: (folder, error) => skipped.push({ path: folder, reason: messageOf(error) }),
    maxFolders,
  });
  if (isCut) skipped.push({ path: "", reason: `more than ${maxFolders} folders; the rest was not entered` });
  return files;
}

async function readDocument(
  root: string,
  path: string,
  skipped: { path: string; reason: string }[],
): Promise<SourceDocument | null> {
  try {
    const file = join(root, path);
    const large = tooLarge((await stat(file)).size, maxFileBytes);
    const { text, reason } = large === null ? decode(await readFile(file)) : { text: null, reason: large };
    if (text !== null) return { path, text };
    skipped.push({ path, reason });
  } catch (error) {
    skipped.push({ path, reason: messageOf(error) });
  }
  return null;
}

function readConfig(root: string, skipped: { path: string; reason: string }[]): SourceDocument | null {
  const file = join(root, configFileName);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return null;
  try {
    const { text, reason } = decode(readFileSync(file));
    if (text !== null) return { path: configFileName, text };
    skipped.push({ path: configFileName, reason });
  } catch (error) {
    skipped.push({ path: configFileName, reason: messageOf(error) });
  }
  return null;
}

/** A file that went away while it was read, or may not be read. */
function messageOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === "ENOENT") return "it went away while it was read";
  if (code === "EACCES" || code === "EPERM") return "it may not be read";
  return error instanceof Error ? error.message : String(error);
}
