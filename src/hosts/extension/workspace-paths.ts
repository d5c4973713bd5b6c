/** Between addresses of documents and the paths that reports use: relative to the workspace, with `/`. */
import { Uri, type WorkspaceFolder, workspace } from "vscode";

export interface Root {
  readonly uri: Uri;
  /** Stands before the folder's paths: empty unless several folders are open. */
  readonly prefix: string;
}

export function workspaceRoots(): readonly Root[] {
  const folders = workspace.workspaceFolders ?? [];
  if (folders.length < 2) return folders.map(({ uri }) => ({ uri, prefix: "" }));
  return folders.map((folder) => ({ uri: folder.uri, prefix: `${uniqueName(folder, folders)}/` }));
}

/** Folders may have one name; their paths must not meet. */
function uniqueName(folder: WorkspaceFolder, folders: readonly WorkspaceFolder[]): string {
  const earlier = folders.filter(({ name, index }) => name === folder.name && index < folder.index).length;
  return earlier === 0 ? folder.name : `${folder.name} (${earlier + 1})`;
}

/** The root that a document is in; the innermost where folders are nested. */
export function rootOf(uri: Uri): Root | null {
  const folder = workspace.getWorkspaceFolder(uri);
  return folder === undefined ? null : (workspaceRoots()[folder.index] ?? null);
}

/** Path below a root, without its prefix. */
export function pathInRoot(root: Root, uri: Uri): string {
  const base = root.uri.path.endsWith("/") ? root.uri.path : `${root.uri.path}/`;
  return uri.path.startsWith(base) ? uri.path.slice(base.length) : "";
}

/** A document outside of the workspace is called by its whole path. */
export function pathOf(uri: Uri): string {
  const root = rootOf(uri);
  return root === null ? uri.path.replace(/^\/+/, "") : root.prefix + pathInRoot(root, uri);
}

/** The address of a path as reports use it; `null` where it is in none of the roots. */
export function uriOf(path: string): Uri | null {
  if (path.split("/").some((part) => part === "" || part === "." || part === "..")) return null;
  const root = workspaceRoots().find(({ prefix }) => path.startsWith(prefix));
  return root === undefined ? null : uriInRoot(root, path.slice(root.prefix.length));
}

export function uriInRoot(root: Root, path: string): Uri {
  return path === "" ? root.uri : Uri.joinPath(root.uri, ...path.split("/"));
}
