/** Between addresses of documents and their places: a folder of the workspace, and a path in it with `/`. */
import { type TextDocument, Uri, workspace } from "vscode";
import type { FolderSpec } from "../../protocol/worker.ts";
import { isCell, notebookAt, notebookOfCell, shownNotebooks } from "./notebooks.ts";

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

/** Endings of files in these languages: what has no name yet is read as one of them. */
const endings: Readonly<Record<string, string>> = {
  baml: "baml",
  csharp: "cs",
  dotprompt: "prompt",
  go: "go",
  handlebars: "hbs",
  html: "html",
  instructions: "instructions.md",
  java: "java",
  javascript: "js",
  javascriptreact: "jsx",
  jinja: "j2",
  "jinja-html": "j2",
  "jinja-md": "j2",
  json: "json",
  jsonc: "json",
  kotlin: "kt",
  liquid: "liquid",
  markdown: "md",
  mustache: "mustache",
  php: "php",
  plaintext: "txt",
  poml: "poml",
  prompt: "prompt.md",
  prompty: "prompty",
  python: "py",
  ruby: "rb",
  rust: "rs",
  toml: "toml",
  typescript: "ts",
  typescriptreact: "tsx",
  yaml: "yaml",
};

function nameOf({ path }: Uri): string {
  return path.split("/").at(-1) ?? "";
}

function loosePlace(uri: Uri): Place {
  return { folder: looseFolder.id, path: `prompts/${nameOf(uri)}` };
}

/** As if it lay in a folder of prompts: somebody writes one there. */
function untitledPlace({ uri, languageId }: TextDocument): Place | null {
  const name = nameOf(uri);
  const ending = endings[languageId];
  if (/\.\w{1,12}$/.test(name)) return loosePlace(uri);
  return ending === undefined ? null : { folder: looseFolder.id, path: `prompts/${name}.${ending}` };
}

/** Also of a document that has no name yet, and of one that was closed. */
export function placeOfDocument(document: TextDocument): Place | null {
  return document.uri.scheme === "untitled" ? untitledPlace(document) : placeOf(document.uri);
}

/** In the innermost folder where they are nested, of a cell its notebook's; `null` for what is no file. */
export function placeOf(uri: Uri): Place | null {
  if (isCell({ uri })) {
    const notebook = notebookOfCell(uri);
    return notebook === undefined ? null : placeOf(notebook.uri);
  }
  if (uri.scheme === "untitled") {
    const notebook = notebookAt(uri);
    if (notebook !== undefined) return loosePlace(notebook.uri);
    const shown = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    return shown === undefined ? null : untitledPlace(shown);
  }
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
    const shown = [...shownNotebooks(), ...workspace.textDocuments.filter((document) => !isCell(document))];
    return shown.find(({ uri }) => isAt(placeOf(uri), folder, path))?.uri ?? null;
  }
  if (path !== "" && path.split("/").some((part) => part === "" || part === "..")) return null;
  const root = workspace.workspaceFolders?.find(({ uri }) => uri.toString() === folder)?.uri;
  if (root === undefined || path === "") return root ?? null;
  return Uri.joinPath(root, ...path.split("/"));
}

/** Whether only what its editor holds counts: nobody reads it otherwise. */
export function isLoose(document: TextDocument): boolean {
  return placeOfDocument(document)?.folder === looseFolder.id;
}

function isAt(place: Place | null, folder: string, path: string): boolean {
  return place?.folder === folder && place.path === path;
}
