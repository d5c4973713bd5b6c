/**
 * What the editor knows of the workspace and the worker has to be told: folders, what open editors hold, which files have
 * changed, and which are read. It reads nothing, and knows of no file whether it is a prompt.
 */
import { EventEmitter, type NotebookDocument, type TextDocument, type Uri, workspace } from "vscode";
import type { Settings } from "../../config/editor-settings.ts";
import { switchedOn } from "../../config/globs.ts";
import type { ReadingRules, WorkspaceMessage } from "../../protocol/worker.ts";
import { DisposableStore } from "./disposables.ts";
import { isCell, isRead, shownNotebooks, textOfNotebook } from "./notebooks.ts";
import { folderSpecs, isLoose, type Place, placeOf, placeOfDocument } from "./workspace-paths.ts";

/** Which files are read, as the user set it. */
export function readingOf({ include, exclude, maxFileBytes, recordings }: Settings) {
  return { include, exclude, maxFileBytes, recordings };
}

export class WorkspaceFeed {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  #settings: Settings;
  /** Documents that may have changed; their text is only asked for when it is taken, not at every key. */
  readonly #noted = new Set<TextDocument>();
  readonly #notedNotebooks = new Set<NotebookDocument>();
  /** Addresses of the documents whose text the worker has: from their first change until they are closed or deleted. */
  readonly #overlaid = new Set<string>();
  /** Addresses of files that went away while an editor shows them. */
  readonly #deleted = new Set<string>();
  readonly #touched = new Map<string, Place>();
  readonly #leftOut = new Map<string, Place & { readonly reason: string }>();
  #areFoldersNew = true;
  #areRulesNew = true;
  #isReread = false;

  readonly onDidChange = this.#changed.event;

  constructor(settings: Settings) {
    this.#settings = settings;
    const watcher = this.#store.add(workspace.createFileSystemWatcher("**/*"));
    const touch = (uri: Uri) => {
      this.#deleted.delete(uri.toString());
      this.#touch(uri);
    };
    this.#store.add(watcher.onDidCreate(touch));
    this.#store.add(watcher.onDidChange(touch));
    this.#store.add(watcher.onDidDelete((uri) => this.#forget(uri)));
    const note = (document: TextDocument) => this.#note(document);
    this.#store.add(workspace.onDidOpenTextDocument(note));
    this.#store.add(workspace.onDidCloseTextDocument(note));
    this.#store.add(
      workspace.onDidSaveTextDocument((document) => {
        note(document);
        // What was changed and saved in one go is on disk, and no overlay: a watcher tells of it late or never.
        touch(document.uri);
      }),
    );
    this.#store.add(workspace.onDidChangeTextDocument(({ document }) => this.#note(document)));
    const noteNotebook = (notebook: NotebookDocument) => this.#noteNotebook(notebook);
    this.#store.add(workspace.onDidOpenNotebookDocument(noteNotebook));
    this.#store.add(workspace.onDidCloseNotebookDocument(noteNotebook));
    this.#store.add(workspace.onDidChangeNotebookDocument(({ notebook }) => noteNotebook(notebook)));
    this.#store.add(
      workspace.onDidChangeWorkspaceFolders(() => {
        this.#areFoldersNew = true;
        this.#changed.fire();
      }),
    );
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("files.exclude") || event.affectsConfiguration("search.exclude"))
          this.setSettings(this.#settings);
      }),
    );
  }

  /** Whether there is anything that could hold a prompt. */
  get isEmpty(): boolean {
    const isWritten = (document: TextDocument) => isLoose(document) && document.getText() !== "";
    return (workspace.workspaceFolders ?? []).length === 0 && !workspace.textDocuments.some(isWritten);
  }

  setSettings(settings: Settings): void {
    this.#settings = settings;
    this.#areRulesNew = true;
    this.#changed.fire();
  }

  /** Everything is to be read anew. */
  reread(): void {
    this.#leftOut.clear();
    this.#isReread = true;
    this.#changed.fire();
  }

  /** A file that is not to be looked into until it changes on disk. */
  leaveOut(place: Place, reason: string): void {
    this.#leftOut.set(keyOf(place), { ...place, reason });
    this.#changed.fire();
  }

  /** What a worker must be told that knows what was last taken, or nothing at all. */
  takeMessages(knowsNothing: boolean): readonly WorkspaceMessage[] {
    const messages: WorkspaceMessage[] = [];
    if (knowsNothing) {
      this.#overlaid.clear();
      this.#touched.clear();
      for (const document of workspace.textDocuments) if (!isCell(document)) this.#noted.add(document);
      for (const notebook of shownNotebooks()) this.#notedNotebooks.add(notebook);
    }
    if (knowsNothing || this.#areFoldersNew) messages.push({ type: "folders", folders: folderSpecs() });
    if (knowsNothing || this.#areFoldersNew || this.#areRulesNew) messages.push(...this.#rules());
    for (const document of this.#noted) messages.push(...this.#overlay(document));
    for (const notebook of this.#notedNotebooks) messages.push(...this.#overlayNotebook(notebook));
    messages.push(...this.#touches());
    if (knowsNothing) for (const each of this.#leftOut.values()) messages.push({ type: "left-out", ...each });
    else if (this.#isReread) messages.push({ type: "reread" });
    this.#noted.clear();
    this.#notedNotebooks.clear();
    this.#touched.clear();
    this.#areFoldersNew = false;
    this.#areRulesNew = false;
    this.#isReread = false;
    return messages;
  }

  dispose(): void {
    this.#store.dispose();
  }

  #noteNotebook(notebook: NotebookDocument): void {
    if (!isRead(notebook)) return;
    this.#notedNotebooks.add(notebook);
    this.#changed.fire();
  }

  #note(document: TextDocument): void {
    // Its notebook is told of it.
    if (isCell(document)) return;
    if (placeOfDocument(document) === null) return;
    this.#noted.add(document);
    this.#changed.fire();
  }

  #touch(uri: Uri): void {
    const place = placeOf(uri);
    if (place === null) return;
    this.#touched.set(keyOf(place), place);
    this.#leftOut.delete(keyOf(place));
    this.#changed.fire();
  }

  /** An editor may keep showing a file that is gone: what it holds counts only where it is not saved. */
  #forget(uri: Uri): void {
    const address = uri.toString();
    const shown = workspace.textDocuments.find((document) => document.uri.toString() === address);
    if (shown !== undefined) {
      this.#deleted.add(address);
      this.#noted.add(shown);
    }
    this.#touch(uri);
  }

  /**
   * What an editor shows counts as soon as it was changed there, and when it is saved again too: an undo while VS Code saves
   * leaves another text on disk than that of the editor, which then says that it is saved.
   */
  #overlay(document: TextDocument): readonly WorkspaceMessage[] {
    const place = placeOfDocument(document);
    if (place === null) return [];
    const address = document.uri.toString();
    const wasChanged = document.isDirty || isLoose(document);
    const isShown = this.#overlaid.has(address) && !this.#deleted.has(address);
    if (!document.isClosed && (wasChanged || isShown)) {
      this.#overlaid.add(address);
      return [{ type: "overlay", ...place, text: document.getText() }];
    }
    if (document.isClosed) this.#deleted.delete(address);
    if (!this.#overlaid.delete(address)) return [];
    this.#touched.set(keyOf(place), place);
    return [{ type: "overlay", ...place, text: null }];
  }

  /** As long as its cells are shown, ranges mean their text, saved or not: on disk it may be written otherwise. */
  #overlayNotebook(notebook: NotebookDocument): readonly WorkspaceMessage[] {
    const place = placeOf(notebook.uri);
    if (place === null) return [];
    const address = notebook.uri.toString();
    if (!notebook.isClosed) {
      this.#overlaid.add(address);
      return [{ type: "overlay", ...place, text: textOfNotebook(notebook).text }];
    }
    if (!this.#overlaid.delete(address)) return [];
    this.#touched.set(keyOf(place), place);
    return [{ type: "overlay", ...place, text: null }];
  }

  #touches(): readonly WorkspaceMessage[] {
    const byFolder = new Map<string, string[]>();
    for (const { folder, path } of this.#touched.values()) {
      const paths = byFolder.get(folder) ?? [];
      paths.push(path);
      byFolder.set(folder, paths);
    }
    return [...byFolder].map(([folder, paths]) => ({ type: "touched", folder, paths }));
  }

  #rules(): readonly WorkspaceMessage[] {
    const reading = readingOf(this.#settings);
    const rulesOf = (hidden: readonly string[]): ReadingRules => ({ ...reading, hidden });
    const ofFolders = (workspace.workspaceFolders ?? []).map(({ uri }): WorkspaceMessage => {
      const files: unknown = workspace.getConfiguration("files", uri).get("exclude");
      const search: unknown = workspace.getConfiguration("search", uri).get("exclude");
      const hidden = [...switchedOn(files), ...switchedOn(search)];
      return { type: "rules", folder: uri.toString(), rules: rulesOf(hidden) };
    });
    return [...ofFolders, { type: "rules", folder: "", rules: rulesOf([]) }];
  }
}

function keyOf({ folder, path }: Place): string {
  return `${folder}\n${path}`;
}
