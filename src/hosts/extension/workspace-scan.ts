/** One complete reading of the workspace's prompts. */
import { FileType, type LogOutputChannel, type Uri, workspace } from "vscode";
import { configFileName } from "../../config/config.ts";
import type { Settings } from "../../config/editor-settings.ts";
import { globTest, type PathTest, passes, switchedOn } from "../../config/globs.ts";
import type { SourceDocument } from "../../prompt/format.ts";
import { type AssignedFormat, formatFor, formatOf } from "../../prompt/registry.ts";
import { decode, type FileText, tooLarge } from "../../service/file-text.ts";
import { ReadingBudget } from "../../service/reading-budget.ts";
import { toldFiles } from "../../service/told-files.ts";
import { walk } from "../../service/walk.ts";
import { pathInRoot, pathOf, type Root, rootOf, uriInRoot, workspaceRoots } from "./workspace-paths.ts";

/** Enough for any repository; a workspace such as `/` must end as well. */
const maxFolders = 50_000;
/** Files read at the same time. */
const width = 16;

export interface Scan {
  /** Text, or why there is none, of each file by path; without those that turned out to hold no prompt. */
  readonly files: ReadonlyMap<string, FileText & { readonly uri: Uri }>;
  readonly config: (SourceDocument & { readonly uri: Uri }) | null;
  /** Why some files were not read at all; `null` where all were. */
  readonly leftOut: string | null;
  /** Whether a document that turns up later belongs to the picture. */
  isCandidate(uri: Uri): boolean;
  /** Whether something at this address, were it a folder, would be searched. */
  isEntered(uri: Uri): boolean;
}

export interface ScanOptions {
  readonly settings: Settings;
  readonly log: LogOutputChannel;
  isCancelled(): boolean;
}

export async function scanWorkspace(options: ScanOptions): Promise<Scan> {
  const roots = workspaceRoots();
  const config = await findConfig(roots, options.settings.maxFileBytes);
  const { named, assigned } = toldFiles(config);
  const isWanted = wantedPaths(options.settings, named, assigned);
  const files = new Map<string, FileText & { readonly uri: Uri }>();
  const hiddenIn = new Map<string, PathTest>();
  const budget = new ReadingBudget();
  let unread = 0;
  for (const root of roots) {
    const isExcluded = excludedPaths(root);
    const { files: found, rules, isCut } = await walkRoot(root, isExcluded, isWanted, options);
    hiddenIn.set(root.uri.toString(), (path) => isExcluded(path) || rules.ignoresFile(path));
    if (isCut) options.log.warn(`${root.uri.path}: only the first ${maxFolders} folders were searched.`);
    for (let at = 0; at < found.length && !options.isCancelled(); at += width) {
      if (budget.isSpent) {
        unread += found.length - at;
        break;
      }
      const batch = found.slice(at, at + width).map((path) => uriInRoot(root, path));
      const texts = await Promise.all(batch.map((uri) => readText(uri, options.settings.maxFileBytes)));
      batch.forEach((uri, index) => {
        const file = texts[index];
        if (!file) return;
        const path = pathOf(uri);
        const holdsPrompts = file.text === null || formatOf({ path, text: file.text }, assigned) !== null;
        const isKept = named.has(path) || holdsPrompts;
        if (isKept) files.set(path, { ...file, uri });
        budget.spend(isKept ? (file.text?.length ?? 0) : 0);
      });
    }
  }
  const isVisible = (root: Root, path: string) => hiddenIn.get(root.uri.toString())?.(path) !== true;
  const isCandidate = (uri: Uri) => {
    const root = rootOf(uri);
    if (root === null) return isWanted(pathOf(uri));
    const path = pathInRoot(root, uri);
    return isWanted(root.prefix + path) && isVisible(root, path);
  };
  const isEntered = (uri: Uri) => {
    const root = rootOf(uri);
    return root !== null && isVisible(root, `${pathInRoot(root, uri)}/file`);
  };
  return { files, config, leftOut: unread === 0 ? null : budget.leftOut(unread), isCandidate, isEntered };
}

/** Of a document that an editor holds, what is not saved included. */
export function openText(uri: Uri): string | undefined {
  return workspace.textDocuments.find((document) => document.uri.toString() === uri.toString())?.getText();
}

/** `null` for what is no file any more. */
export async function readText(uri: Uri, maxBytes: number): Promise<FileText | null> {
  try {
    const { type, size } = await workspace.fs.stat(uri);
    if ((type & FileType.File) === 0) return null;
    const reason = tooLarge(size, maxBytes);
    return reason === null ? decode(await workspace.fs.readFile(uri)) : { text: null, reason };
  } catch {
    return null;
  }
}

export async function isFolder(uri: Uri): Promise<boolean> {
  try {
    return (await workspace.fs.stat(uri)).type === FileType.Directory;
  } catch {
    return false;
  }
}

async function findConfig(roots: readonly Root[], maxBytes: number): Promise<Scan["config"]> {
  for (const root of roots) {
    const uri = uriInRoot(root, configFileName);
    const text = openText(uri) ?? (await readText(uri, maxBytes))?.text;
    if (typeof text === "string") return { path: root.prefix + configFileName, text, uri };
  }
  return null;
}

/** What promptcache.json excludes is read all the same, as others may include it; the analysis leaves it out. */
function wantedPaths(settings: Settings, named: ReadonlySet<string>, assigned: AssignedFormat): PathTest {
  const bySettings = passes([settings]);
  return (path) => named.has(path) || (formatFor(path, assigned) !== null && bySettings(path));
}

/** What the user hides from the explorer and from searches is hidden from us. */
function excludedPaths(root: Root): PathTest {
  const files: unknown = workspace.getConfiguration("files", root.uri).get("exclude");
  const search: unknown = workspace.getConfiguration("search", root.uri).get("exclude");
  return globTest([...switchedOn(files), ...switchedOn(search)]);
}

function walkRoot(root: Root, isExcluded: PathTest, isWanted: PathTest, options: ScanOptions) {
  return walk(
    {
      async list(folder) {
        const entries = await workspace.fs.readDirectory(uriInRoot(root, folder));
        // A link to a folder is not followed: it may lead back, or out of the workspace.
        return entries.map(([name, type]) => ({
          name,
          kind: type & FileType.File ? "file" : type === FileType.Directory ? "folder" : "other",
        }));
      },
      async readText(path) {
        return new TextDecoder().decode(await workspace.fs.readFile(uriInRoot(root, path)));
      },
    },
    {
      isExcluded,
      isCandidate: (path) => isWanted(root.prefix + path),
      isCancelled: options.isCancelled,
      onUnreadable: (folder, error) => options.log.warn(`Cannot read ${root.prefix}${folder}: ${error}`),
      maxFolders,
    },
  );
}
