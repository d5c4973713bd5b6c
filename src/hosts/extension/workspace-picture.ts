/**
 * The prompts of the workspace as they are now: files on disk, overlaid by what open editors hold.
 * It says that something changed; who wants to know what takes the changes as messages for the worker.
 */
import { EventEmitter, type LogOutputChannel, type TextDocument, type Uri, workspace } from "vscode";
import { configFileName } from "../../config/config.ts";
import type { Settings } from "../../config/editor-settings.ts";
import type { SourceDocument } from "../../prompt/format.ts";
import { formatOf } from "../../prompt/registry.ts";
import type { ToWorker } from "../../protocol/worker.ts";
import { type FileText, tooLarge } from "../../service/file-text.ts";
import { toldFiles } from "../../service/told-files.ts";
import { DisposableStore } from "./disposables.ts";
import { IncludedFiles } from "./included-files.ts";
import { pathOf, rootOf } from "./workspace-paths.ts";
import { isFolder, openText, readText, type Scan, scanWorkspace } from "./workspace-scan.ts";

const rescanMilliseconds = 300;

export class WorkspacePicture {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly #log: LogOutputChannel;
  readonly #texts = new Map<string, string>();
  readonly #uris = new Map<string, Uri>();
  readonly #skipped = new Map<string, string>();
  readonly #included = new IncludedFiles();
  #config: Scan["config"] = null;
  #told = toldFiles(null);
  #settings: Settings;
  #scan: Scan | null = null;
  #scanning: Promise<void> = Promise.resolve();
  #generation = 0;
  #rescanTimer: NodeJS.Timeout | undefined;
  #isDisposed = false;

  /** What changed since it was last taken. */
  #isAllNew = true;
  #isConfigNew = false;
  readonly #newPaths = new Set<string>();
  /** Edited documents; their text is only asked for when it is taken, not at every key. */
  readonly #edited = new Map<string, TextDocument>();

  readonly onDidChange = this.#changed.event;

  constructor(settings: Settings, log: LogOutputChannel) {
    this.#settings = settings;
    this.#log = log;
    const watcher = this.#store.add(workspace.createFileSystemWatcher("**/*"));
    this.#store.add(watcher.onDidCreate((uri) => this.#fileCreated(uri)));
    this.#store.add(watcher.onDidChange((uri) => this.#fileChanged(uri)));
    this.#store.add(watcher.onDidDelete((uri) => this.#fileDeleted(uri)));
    this.#store.add(workspace.onDidOpenTextDocument((document) => this.#documentChanged(document)));
    this.#store.add(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#documentChanged(document);
      }),
    );
    this.#store.add(workspace.onDidCloseTextDocument((document) => this.#documentClosed(document)));
    this.#store.add(workspace.onDidChangeWorkspaceFolders(() => this.rescan()));
  }

  /** Reads everything anew. Resolves when that, or a newer reading, is done. */
  rescan(settings = this.#settings): Promise<void> {
    this.#settings = settings;
    const generation = ++this.#generation;
    const isCancelled = () => generation !== this.#generation || this.#isDisposed;
    this.#scanning = scanWorkspace({ settings, log: this.#log, isCancelled }).then(
      (scan) => {
        if (this.#isDisposed) return;
        return isCancelled() ? this.#scanning : this.#accept(scan);
      },
      (error: unknown) => this.#log.error(`The workspace cannot be read: ${error}`),
    );
    return this.#scanning;
  }

  get isEmpty(): boolean {
    return this.#texts.size === 0 && this.#edited.size === 0;
  }

  get configUri(): Uri | null {
    return this.#config?.uri ?? null;
  }

  /** Text by path, as last taken, promptcache.json among them; the copy stays as it is. */
  snapshot(): ReadonlyMap<string, string> {
    const texts = new Map(this.#texts);
    if (this.#config !== null) texts.set(this.#config.path, this.#config.text);
    return texts;
  }

  uriOf(path: string): Uri | null {
    if (this.#config?.path === path) return this.#config.uri;
    return this.#uris.get(path) ?? null;
  }

  /** Reads files that an analysis missed, as far as they are in the workspace; each is looked for once. */
  async readIncluded(paths: readonly string[]): Promise<void> {
    const generation = this.#generation;
    const wanted = paths.filter((path) => !this.#texts.has(path));
    for await (const { path, uri, file } of this.#included.read(wanted, this.#settings.maxFileBytes)) {
      if (generation !== this.#generation || this.#isDisposed) return;
      this.#put(path, uri, file);
      this.#changed.fire();
    }
  }

  /** What a worker must be told that knows the picture as last taken, or nothing at all. */
  takeMessages(knowsNothing: boolean): readonly ToWorker[] {
    for (const document of this.#edited.values()) this.#takeText(document);
    this.#edited.clear();
    const config = this.#config === null ? null : { path: this.#config.path, text: this.#config.text };
    const messages: ToWorker[] = [];
    if (knowsNothing || this.#isAllNew) {
      const documents = [...this.#texts].map(([path, text]) => this.#documentOf(path, text));
      const skipped = [...this.#skipped].map(([path, reason]) => ({ path, reason }));
      messages.push({ type: "workspace", documents, config, skipped });
    } else {
      if (this.#isConfigNew) messages.push({ type: "config", config });
      for (const path of this.#newPaths) {
        const text = this.#texts.get(path);
        messages.push(
          text === undefined
            ? { type: "removed", path }
            : { type: "document", document: this.#documentOf(path, text) },
        );
      }
    }
    this.#isAllNew = false;
    this.#isConfigNew = false;
    this.#newPaths.clear();
    return messages;
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#rescanTimer);
    this.#store.dispose();
  }

  #accept(scan: Scan): void {
    this.#scan = scan;
    // Keys may have been pressed since it was read.
    const { config } = scan;
    this.#takeConfig(config && { ...config, text: openText(config.uri) ?? config.text });
    this.#texts.clear();
    this.#uris.clear();
    this.#skipped.clear();
    this.#included.clear();
    for (const [path, { uri, ...file }] of scan.files) this.#put(path, uri, file);
    if (scan.leftOut !== null) this.#skip("", scan.leftOut);
    for (const document of workspace.textDocuments) {
      if (this.#isWanted(document.uri)) this.#takeText(document);
    }
    this.#isAllNew = true;
    this.#log.info(`${this.#texts.size} files may hold prompts; ${this.#skipped.size} were left out.`);
    this.#changed.fire();
  }

  #put(path: string, uri: Uri, file: FileText): void {
    if (file.text === null) {
      this.#skip(path, file.reason);
      return;
    }
    if (!this.#isKept(path, file.text)) {
      this.#remove(path);
      return;
    }
    this.#uris.set(path, uri);
    if (this.#skipped.delete(path)) this.#isAllNew = true;
    if (this.#texts.get(path) === file.text) return;
    this.#texts.set(path, file.text);
    this.#newPaths.add(path);
  }

  /** Most files of code and data hold no prompt, and are nobody's business. */
  #isKept(path: string, text: string): boolean {
    return (
      this.#included.has(path) ||
      this.#told.named.has(path) ||
      formatOf({ path, text }, this.#told.assigned) !== null
    );
  }

  #documentOf(path: string, text: string): SourceDocument {
    return this.#included.has(path) ? { path, text, isOnlyIncluded: true } : { path, text };
  }

  #skip(path: string, reason: string): void {
    if (this.#skipped.get(path) === reason) return;
    this.#remove(path);
    this.#skipped.set(path, reason);
    this.#log.info(`${path} is left out: ${reason}.`);
    // Skipped files travel with the whole picture only.
    this.#isAllNew = true;
  }

  #remove(path: string): void {
    this.#uris.delete(path);
    this.#edited.delete(path);
    if (this.#texts.delete(path)) this.#newPaths.add(path);
    if (this.#skipped.delete(path)) this.#isAllNew = true;
  }

  #isWanted(uri: Uri): boolean {
    const isOutside = rootOf(uri) === null;
    if (isOutside && uri.scheme !== "file" && uri.scheme !== "vscode-remote") return false;
    return this.#included.has(pathOf(uri)) || (this.#scan?.isCandidate(uri) ?? false);
  }

  #documentChanged(document: TextDocument): void {
    const path = pathOf(document.uri);
    if (this.#isConfig(document.uri)) {
      this.#setConfig(document.uri, document.getText());
    } else if (this.#isWanted(document.uri)) {
      this.#edited.set(path, document);
      this.#changed.fire();
    }
  }

  /** What was not saved is gone, so that the disk counts again. */
  #documentClosed(document: TextDocument): void {
    const path = pathOf(document.uri);
    this.#edited.delete(path);
    if (rootOf(document.uri) !== null) {
      if (this.#uris.has(path) || this.#isConfig(document.uri)) this.#fileChanged(document.uri);
    } else if (this.#uris.has(path)) {
      this.#remove(path);
      this.#changed.fire();
    }
  }

  #takeText(document: TextDocument): void {
    const text = document.getText();
    const reason = tooLarge(text.length, this.#settings.maxFileBytes);
    const file: FileText = reason === null ? { text, reason } : { text: null, reason };
    this.#put(pathOf(document.uri), document.uri, file);
  }

  /** Of a new folder, what is in it may not be told. */
  async #fileCreated(uri: Uri): Promise<void> {
    await this.#fileChanged(uri);
    if (this.#included.forget(pathOf(uri))) await this.readIncluded([pathOf(uri)]);
    if (this.#isDisposed || this.#isWanted(uri) || this.#scan?.isEntered(uri) !== true) return;
    if (await isFolder(uri)) this.#rescanSoon();
  }

  /** Folders come in crowds. */
  #rescanSoon(): void {
    clearTimeout(this.#rescanTimer);
    this.#rescanTimer = setTimeout(() => void this.rescan(), rescanMilliseconds);
  }

  async #fileChanged(uri: Uri): Promise<void> {
    await this.#scanning;
    if (this.#isDisposed) return;
    if (uri.path.endsWith("/.gitignore")) return this.#rescanSoon();
    const isConfig = this.#isConfig(uri);
    if (!isConfig && !this.#isWanted(uri)) return;
    const isOpen = workspace.textDocuments.some(
      (document) => !document.isClosed && document.uri.toString() === uri.toString(),
    );
    if (isOpen) return;
    const generation = this.#generation;
    const file = await readText(uri, this.#settings.maxFileBytes);
    // A reading that began meanwhile sees the same file.
    if (generation !== this.#generation || this.#isDisposed) return;
    if (isConfig) {
      this.#setConfig(uri, file?.text ?? null);
    } else {
      if (file === null) this.#remove(pathOf(uri));
      else this.#put(pathOf(uri), uri, file);
      this.#changed.fire();
    }
  }

  /** A deleted folder is told as one file. */
  async #fileDeleted(uri: Uri): Promise<void> {
    await this.#scanning;
    if (this.#isDisposed) return;
    if (uri.path.endsWith("/.gitignore") || this.#isConfig(uri)) return this.#rescanSoon();
    const path = pathOf(uri);
    const gone = [...this.#uris.keys(), ...this.#skipped.keys()].filter(
      (known) => known === path || known.startsWith(`${path}/`),
    );
    if (gone.length === 0) return;
    for (const known of gone) this.#remove(known);
    this.#changed.fire();
  }

  #isConfig(uri: Uri): boolean {
    const root = rootOf(uri);
    if (root === null) return false;
    const path = root.prefix + configFileName;
    return pathOf(uri) === path && (this.#config === null || this.#config.path === path);
  }

  #setConfig(uri: Uri, text: string | null): void {
    if ((this.#config?.text ?? null) === text) return;
    const before = this.#told.key;
    this.#takeConfig(text === null ? null : { path: pathOf(uri), text, uri });
    this.#isConfigNew = true;
    this.#changed.fire();
    if (this.#told.key !== before) this.#rescanSoon();
  }

  #takeConfig(config: Scan["config"]): void {
    this.#config = config;
    this.#told = toldFiles(config);
  }
}
