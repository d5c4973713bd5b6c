/** A folder, or a single file, of the disk as the analysis wants it. Nothing is followed out of the folder. */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { namedPaths } from "../../config/applications.ts";
import { configFileName } from "../../config/config.ts";
import { passes } from "../../config/globs.ts";
import { parseConfig } from "../../config/parse-config.ts";
import { defaultsOf, type ReadingSettings, UserError } from "../../config/settings.ts";
import { createFormatAssignment } from "../../config/template-config.ts";
import { noTools, type ParseTools, type SourceDocument } from "../../prompt/format.ts";
import { resolveIncludes } from "../../prompt/includes.ts";
import { type AssignedFormat, formatFor, formatOf, parseDocument } from "../../prompt/registry.ts";
import { decode, tooLarge } from "../../service/file-text.ts";
import type { Grammars } from "../../service/grammars.ts";
import { ReadingBudget } from "../../service/reading-budget.ts";
import { type Entry, type FileTree, walk } from "../../service/walk.ts";
import { knownPrompts } from "../../show/known-prompts.ts";

export interface WorkspaceFiles {
  readonly root: string;
  readonly documents: readonly SourceDocument[];
  readonly config: SourceDocument | null;
  /** What the configuration says of formats. */
  readonly assigned: AssignedFormat;
  readonly skipped: readonly SkippedFile[];
}

interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

/** What every step of reading a folder needs, and where it says what it left out. */
interface Reading {
  readonly root: string;
  readonly assigned: AssignedFormat;
  readonly skipped: SkippedFile[];
  readonly settings: ReadingSettings;
}

const maxFolders = 20_000;
const filesAtOnce = 16;
/** Never the user's own prompts, and large. */
const neverEntered = new Set([".git", "node_modules", ".venv", "__pycache__"]);

/**
 * Throws `UserError` when there is nothing at the path, and for a single file that is no prompt.
 * In a folder, files that cannot be read are listed with the reason. Loads the grammars that the documents need.
 */
export async function readWorkspace(
  path: string,
  grammars: Grammars | null = null,
  settings: ReadingSettings = defaultsOf("reading"),
): Promise<WorkspaceFiles> {
  const target = resolve(path);
  const kind = statSync(target, { throwIfNoEntry: false });
  if (kind === undefined) throw new UserError(`There is no file or folder ${path}.`);
  const isFolder = kind.isDirectory();
  const root = realpathSync(isFolder ? target : workspaceOf(target));
  const skipped: SkippedFile[] = [];
  const config = readConfig(root, skipped);
  const assigned = createFormatAssignment(parseConfig(config).value);
  const reading: Reading = { root, assigned, skipped, settings };
  const files = isFolder ? await findFiles(reading) : [pathIn(root, realpathOfFolder(target))];
  const documents = await readPrompts(files, reading);
  if (!isFolder) checkSingleFile(path, files[0] ?? "", reading);
  await grammars?.load(grammars.missing(documents, assigned));
  const tools = grammars === null ? noTools : { syntax: grammars };
  documents.push(...(await readIncluded(documents, tools, reading)));
  documents.push(...(await readNamed(documents, config, reading)));
  skipped.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { root, documents, config, assigned, skipped };
}

/**
 * The folder that a single file belongs to: the nearest one above that is configured, or a repository; otherwise as far
 * up as its name needs to be known, since a text file is a prompt in a folder of prompts only.
 */
function workspaceOf(file: string): string {
  const above = [dirname(file)];
  for (let folder = above[0]!; dirname(folder) !== folder; folder = dirname(folder))
    above.push(dirname(folder));
  const isRoot = (folder: string) => [configFileName, ".git"].some((name) => existsSync(join(folder, name)));
  const known = above.slice(0, 4).find((folder) => formatFor(pathIn(folder, file)) !== null);
  return above.find(isRoot) ?? known ?? above[0]!;
}

/** The file under the real name of its folder; the file itself may be a link. */
function realpathOfFolder(file: string): string {
  return join(realpathSync(dirname(file)), basename(file));
}

function pathIn(root: string, file: string): string {
  return relative(root, file).replaceAll(sep, "/");
}

function checkSingleFile(path: string, inWorkspace: string, { assigned, skipped }: Reading): void {
  const unread = skipped.find((file) => file.path === inWorkspace);
  if (unread !== undefined) throw new UserError(`${path} cannot be analysed: ${unread.reason}.`);
  if (formatFor(inWorkspace, assigned) !== null) return;
  throw new UserError(`${path} is no prompt by its name and folder. ${knownPrompts}`);
}

/** The files that hold prompts, in their order. Most files of code and data hold none, and are not kept. */
async function readPrompts(files: readonly string[], reading: Reading): Promise<SourceDocument[]> {
  const documents: SourceDocument[] = [];
  const budget = new ReadingBudget();
  for (let at = 0; at < files.length; at += filesAtOnce) {
    if (budget.isSpent) {
      reading.skipped.push({ path: "", reason: budget.leftOut(files.length - at) });
      break;
    }
    const batch = files.slice(at, at + filesAtOnce);
    for (const document of await Promise.all(batch.map((file) => readDocument(file, reading)))) {
      const isKept = document !== null && formatOf(document, reading.assigned) !== null;
      if (isKept) documents.push(document);
      budget.spend(isKept ? document.text.length : 0);
    }
  }
  return documents;
}

/** Files of the folder that prompts include though they are none themselves, such as a README that CLAUDE.md names. */
async function readIncluded(
  documents: readonly SourceDocument[],
  tools: ParseTools,
  reading: Reading,
): Promise<readonly SourceDocument[]> {
  const templates = documents.flatMap((document) => parseDocument(document, tools, reading.assigned).value);
  const known = new Map(documents.map((document) => [document.path, document]));
  const included: SourceDocument[] = [];
  const tried = new Set<string>(reading.skipped.map(({ path }) => path));
  for (;;) {
    const { missing } = resolveIncludes(templates, (path) => known.get(path) ?? null, { tools });
    const wanted = [...missing].filter((path) => !known.has(path) && !tried.has(path));
    if (wanted.length === 0) return included;
    for (const path of wanted) {
      tried.add(path);
      if (!(await isFileInside(reading.root, path))) continue;
      const document = await readDocument(path, reading);
      if (document === null) continue;
      const only = { ...document, isOnlyIncluded: true };
      known.set(path, only);
      included.push(only);
    }
  }
}

/** Files that promptcache.json makes part of a request though they are no prompts, such as the definitions of tools. */
async function readNamed(
  documents: readonly SourceDocument[],
  config: SourceDocument | null,
  reading: Reading,
): Promise<readonly SourceDocument[]> {
  const known = new Set([...documents, ...reading.skipped].map(({ path }) => path));
  const named: SourceDocument[] = [];
  for (const path of new Set(namedPaths(parseConfig(config).value))) {
    if (known.has(path) || !(await isFileInside(reading.root, path))) continue;
    const document = await readDocument(path, reading);
    if (document !== null) named.push({ ...document, isOnlyIncluded: true });
  }
  return named;
}

async function isFileInside(root: string, path: string): Promise<boolean> {
  try {
    const real = await realpath(join(root, path));
    return real.startsWith(root.endsWith(sep) ? root : root + sep) && (await stat(real)).isFile();
  } catch {
    // Most of the places that an include is looked up in hold nothing.
    return false;
  }
}

async function findFiles({ root, assigned, skipped, settings }: Reading): Promise<readonly string[]> {
  const tree: FileTree = {
    list: async (folder) =>
      (await readdir(join(root, folder), { withFileTypes: true })).map((entry): Entry => {
        const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
        if (entry.isSymbolicLink() && formatFor(path, assigned) !== null) {
          skipped.push({ path, reason: "it is a symbolic link; links are not followed" });
        }
        return { name: entry.name, kind: entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "other" };
      }),
    readText: (file) => readFile(join(root, file), "utf8"),
  };
  const isWanted = passes([settings]);
  const { files, isCut } = await walk(tree, {
    isExcluded: (file) => neverEntered.has(basename(file)),
    isCandidate: (file) => formatFor(file, assigned) !== null && isWanted(file),
    isCancelled: () => false,
    onUnreadable: (folder, error) => skipped.push({ path: folder, reason: messageOf(error) }),
    maxFolders,
  });
  if (isCut) skipped.push({ path: "", reason: `more than ${maxFolders} folders; the rest was not entered` });
  return files;
}

async function readDocument(
  path: string,
  { root, skipped, settings }: Reading,
): Promise<SourceDocument | null> {
  try {
    const file = join(root, path);
    const large = tooLarge((await stat(file)).size, settings.maxFileBytes);
    const { text, reason } = large === null ? decode(await readFile(file)) : { text: null, reason: large };
    if (text !== null) return { path, text };
    skipped.push({ path, reason });
  } catch (error) {
    skipped.push({ path, reason: messageOf(error) });
  }
  return null;
}

function readConfig(root: string, skipped: SkippedFile[]): SourceDocument | null {
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
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES" || code === "EPERM") return "it may not be read";
  return error instanceof Error ? error.message : String(error);
}
