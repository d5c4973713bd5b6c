/** A folder that lies nowhere: texts by path, and what is no file. */
import type { Entry } from "../../src/protocol/file-tree.ts";
import { tooLarge } from "../../src/service/workspace/file-text.ts";
import { type FileTree, linkReason, specialReason } from "../../src/service/workspace/file-tree.ts";
import { isAtOrBelow } from "../../src/service/workspace/paths.ts";

export interface Link {
  /** What it leads to, were it followed. */
  readonly link: Entry["kind"];
}

export class MemoryTree implements FileTree {
  /** By path; a folder is there when something is in it. The text of a special file is `special`. */
  readonly nodes: Map<string, string | Uint8Array | Link>;
  readonly special = new Set<string>();
  readonly unreadable = new Set<string>();
  /** What was asked, in order, such as `list prompts`. */
  readonly asked: string[] = [];

  /** Turns that an answer takes. */
  turns = 0;

  constructor(nodes: Readonly<Record<string, string | Uint8Array | Link>> = {}) {
    this.nodes = new Map(Object.entries(nodes));
  }

  async list(folder: string) {
    await this.#begin(`list ${folder}`);
    if (this.unreadable.has(folder)) return { entries: null, reason: "it may not be read" };
    const start = folder === "" ? "" : `${folder}/`;
    const entries = new Map<string, Entry>();
    for (const path of this.nodes.keys()) {
      if (!path.startsWith(start)) continue;
      const [name = "", ...rest] = path.slice(start.length).split("/");
      entries.set(name, { name, ...(rest.length > 0 ? folderKind : this.#kindOf(path)) });
    }
    return { entries: [...entries.values()], reason: null };
  }

  async stat(path: string) {
    await this.#begin(`stat ${path}`);
    if (this.nodes.has(path)) return this.#kindOf(path);
    return path === "" || this.#hasBelow(path) ? folderKind : null;
  }

  async read(path: string, maxBytes: number) {
    await this.#begin(`read ${path}`);
    const node = this.nodes.get(path);
    if (node === undefined) {
      return this.#hasBelow(path) ? ({ kind: "folder" } as const) : ({ kind: "nothing" } as const);
    }
    const refused = (reason: string) => ({ kind: "refused", reason }) as const;
    if (typeof node === "object" && "link" in node) return refused(linkReason());
    if (this.special.has(path)) return refused(specialReason());
    if (this.unreadable.has(path)) return refused("it may not be read");
    const bytes = typeof node === "string" ? new TextEncoder().encode(node) : node;
    const large = tooLarge(bytes.length, maxBytes);
    return large === null ? ({ kind: "file", bytes } as const) : refused(large);
  }

  /** As a file system does it, with all that is in it. */
  remove(path: string): void {
    for (const each of [...this.nodes.keys()]) if (isAtOrBelow(each, path)) this.nodes.delete(each);
  }

  async #begin(question: string): Promise<void> {
    this.asked.push(question);
    for (let i = 0; i < this.turns; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  #hasBelow(path: string): boolean {
    return [...this.nodes.keys()].some((each) => each.startsWith(`${path}/`));
  }

  #kindOf(path: string): Omit<Entry, "name"> {
    const node = this.nodes.get(path);
    if (typeof node === "object" && "link" in node) return { kind: node.link, isLink: true };
    return { kind: this.special.has(path) ? "other" : "file", isLink: false };
  }
}

const folderKind = { kind: "folder", isLink: false } as const;
