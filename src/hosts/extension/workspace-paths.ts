/** Between addresses of documents and their places: a folder of the workspace, and a path in it with `/`. */
import { type TextDocument, Uri, workspace } from "vscode";
import type { FolderSpec } from "../../protocol/worker.ts";

export interface Place {
  /** The id of the folder. */
  readonly folder: string;
  readonly path: string;
}

/** Of documents outside of the workspace, which are called by their whole paths. */
const looseFolder: FolderSpec = { id: "", disk: null, isLoose: true };

export function folderSpecs(): readonly FolderSpec[] {
  const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => ({
    id: uri.toString(),
    disk: uri.scheme === "file" ? uri.fsPath : null,
    isLoose: false,
  }));
  return [...folders, looseFolder];
}

export function folderIds(): readonly string[] {
  return folderSpecs().map(({ id }) => id);
}

/** In the innermost folder where they are nested; `null` for what is no file. */
export function placeOf(uri: Uri): Place | null {
  const root = workspace.getWorkspaceFolder(uri)?.uri;
  if (root === undefined) {
    const isFile = uri.scheme === "file" || uri.scheme === "vscode-remote";
    return isFile ? { folder: looseFolder.id, path: uri.path.replace(/^\/+/, "") } : null;
  }
  const base = root.path.endsWith("/") ? root.path : `${root.path}/`;
  return { folder: root.toString(), path: uri.path.startsWith(base) ? uri.path.slice(base.length) : "" };
}

/** `null` where the folder, or the document outside of all folders, is not open. */
export function uriOf({ folder, path }: Place): Uri | null {
  if (folder === looseFolder.id) {
    return workspace.textDocuments.find(({ uri }) => isAt(placeOf(uri), folder, path))?.uri ?? null;
  }
  if (path !== "" && path.split("/").some((part) => part === "" || part === "..")) return null;
  const root = workspace.workspaceFolders?.find(({ uri }) => uri.toString() === folder)?.uri;
  if (root === undefined || path === "") return root ?? null;
  return Uri.joinPath(root, ...path.split("/"));
}

/** Whether only what its editor holds counts: nobody reads it otherwise. */
export function isLoose({ uri }: TextDocument): boolean {
  return placeOf(uri)?.folder === looseFolder.id;
}

function isAt(place: Place | null, folder: string, path: string): boolean {
  return place?.folder === folder && place.path === path;
}
