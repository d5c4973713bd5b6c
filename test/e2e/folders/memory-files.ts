/** Files that are on no disk: what a virtual workspace is made of. */
import {
  type Disposable,
  EventEmitter,
  type FileChangeEvent,
  FileChangeType,
  type FileStat,
  FileSystemError,
  type FileSystemProvider,
  FileType,
  Uri,
} from "vscode";

export const scheme = "memory";

export class MemoryFiles implements FileSystemProvider {
  readonly #files = new Map<string, Uint8Array>();
  readonly #changed = new EventEmitter<FileChangeEvent[]>();

  readonly onDidChangeFile = this.#changed.event;

  /** As another program would. */
  put(path: string, text: string): void {
    this.writeFile(Uri.from({ scheme, path }), new TextEncoder().encode(text));
  }

  watch(): Disposable {
    return { dispose: () => {} };
  }

  stat(uri: Uri): FileStat {
    const bytes = this.#files.get(uri.path);
    if (bytes !== undefined) return { type: FileType.File, ctime: 0, mtime: 0, size: bytes.length };
    if (this.#namesIn(uri.path).size === 0) throw FileSystemError.FileNotFound(uri);
    return { type: FileType.Directory, ctime: 0, mtime: 0, size: 0 };
  }

  readDirectory(uri: Uri): [string, FileType][] {
    return [...this.#namesIn(uri.path)];
  }

  readFile(uri: Uri): Uint8Array {
    const bytes = this.#files.get(uri.path);
    if (bytes === undefined) throw FileSystemError.FileNotFound(uri);
    return bytes;
  }

  writeFile(uri: Uri, content: Uint8Array): void {
    const type = this.#files.has(uri.path) ? FileChangeType.Changed : FileChangeType.Created;
    this.#files.set(uri.path, content);
    this.#changed.fire([{ type, uri }]);
  }

  createDirectory(): void {}

  delete(uri: Uri): void {
    this.#files.delete(uri.path);
    this.#changed.fire([{ type: FileChangeType.Deleted, uri }]);
  }

  rename(): void {
    throw FileSystemError.NoPermissions();
  }

  #namesIn(folder: string): Map<string, FileType> {
    const within = folder.endsWith("/") ? folder : `${folder}/`;
    const names = new Map<string, FileType>();
    for (const path of this.#files.keys()) {
      if (!path.startsWith(within)) continue;
      const [name = "", ...rest] = path.slice(within.length).split("/");
      names.set(name, rest.length === 0 ? FileType.File : FileType.Directory);
    }
    return names;
  }
}
