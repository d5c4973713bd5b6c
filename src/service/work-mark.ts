/**
 * What a thread is at, in memory that it shares with the one that started it: a stuck thread answers no messages, but this
 * can still be read.
 */

/** Longer than any path of a file system. */
const maxCharacters = 8192;
const headerInts = 3;

export interface MarkedFile {
  readonly folder: string;
  readonly path: string;
}

export function newWorkMark(): SharedArrayBuffer {
  return new SharedArrayBuffer(headerInts * 4 + maxCharacters * 2);
}

export class WorkMark {
  /** Ticks, length of the folder's id, length of the path. */
  readonly #header: Int32Array;
  readonly #characters: Uint16Array;

  constructor(memory: SharedArrayBuffer) {
    this.#header = new Int32Array(memory, 0, headerInts);
    this.#characters = new Uint16Array(memory, headerInts * 4);
  }

  /** Said now and then by a thread that is not stuck. */
  tick(): void {
    Atomics.add(this.#header, 0, 1);
  }

  get ticks(): number {
    return Atomics.load(this.#header, 0);
  }

  /** The file that is looked into; none with an empty path. */
  set(folder: string, path: string): void {
    const text = folder + path;
    const isKept = path !== "" && text.length <= maxCharacters;
    for (let i = 0; isKept && i < text.length; i++) this.#characters[i] = text.charCodeAt(i);
    Atomics.store(this.#header, 1, folder.length);
    Atomics.store(this.#header, 2, isKept ? path.length : 0);
  }

  get file(): MarkedFile | null {
    const folderLength = Atomics.load(this.#header, 1);
    const pathLength = Atomics.load(this.#header, 2);
    if (pathLength === 0) return null;
    const text = String.fromCharCode(...this.#characters.subarray(0, folderLength + pathLength));
    return { folder: text.slice(0, folderLength), path: text.slice(folderLength) };
  }
}
