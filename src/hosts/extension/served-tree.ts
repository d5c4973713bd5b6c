/** Answers what the worker asks of folders that are not on disk, such as those of virtual workspaces. */
import { FileSystemError, FileType, type Uri, workspace } from "vscode";
import type { EntryKind, FileRead, TreeAnswer, TreeQuestion } from "../../protocol/file-tree.ts";
import { tooLarge } from "../../service/workspace/file-text.ts";
import { linkReason, specialReason } from "../../service/workspace/file-tree.ts";
import { t } from "../../words/l10n.ts";
import { uriOf } from "./workspace-paths.ts";

export async function answerTo(folder: string, question: TreeQuestion): Promise<TreeAnswer> {
  const uri = uriOf({ folder, path: question.path });
  const { op } = question;
  switch (op) {
    case "list":
      return { op, value: uri === null ? { entries: null, reason: t("it is not open") } : await list(uri) };
    case "stat":
      return { op, value: uri === null ? null : await stat(uri) };
    case "read":
      return { op, value: uri === null ? { kind: "nothing" } : await read(uri, question.maxBytes) };
  }
}

async function list(uri: Uri) {
  try {
    const entries = await workspace.fs.readDirectory(uri);
    return {
      entries: entries.map(([name, type]) => ({ name, kind: kindOf(type), isLink: isLink(type) })),
      reason: null,
    };
  } catch (error) {
    return { entries: null, reason: reasonOf(error) };
  }
}

async function stat(uri: Uri) {
  try {
    const { type } = await workspace.fs.stat(uri);
    return { kind: kindOf(type), isLink: isLink(type) };
  } catch {
    return null;
  }
}

async function read(uri: Uri, maxBytes: number): Promise<FileRead> {
  try {
    const { type, size } = await workspace.fs.stat(uri);
    if (isLink(type)) return { kind: "refused", reason: linkReason() };
    const kind = kindOf(type);
    if (kind === "folder") return { kind };
    if (kind === "other") return { kind: "refused", reason: specialReason() };
    const announced = tooLarge(size, maxBytes);
    if (announced !== null) return { kind: "refused", reason: announced };
    const bytes = await workspace.fs.readFile(uri);
    const grown = tooLarge(bytes.length, maxBytes);
    return grown === null ? { kind: "file", bytes } : { kind: "refused", reason: grown };
  } catch (error) {
    const isGone = error instanceof FileSystemError && error.code === "FileNotFound";
    return isGone ? { kind: "nothing" } : { kind: "refused", reason: reasonOf(error) };
  }
}

function kindOf(type: FileType): EntryKind {
  if (type & FileType.File) return "file";
  return type & FileType.Directory ? "folder" : "other";
}

function isLink(type: FileType): boolean {
  return (type & FileType.SymbolicLink) !== 0;
}

function reasonOf(error: unknown): string {
  if (error instanceof FileSystemError && error.code === "NoPermissions") return t("it may not be read");
  return error instanceof Error ? error.message : String(error);
}
