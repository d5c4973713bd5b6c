/** What is asked about a folder of files, and what is answered. Paths are relative to the folder, with `/`. */

export type EntryKind = "file" | "folder" | "other";

export interface Entry {
  readonly name: string;
  /** Of a link, what it leads to. */
  readonly kind: EntryKind;
  readonly isLink: boolean;
}

/** A folder's entries, or why there are none, as a clause. */
export type Listing =
  | { readonly entries: readonly Entry[]; readonly reason: null }
  | { readonly entries: null; readonly reason: string };

/** `null` where nothing is. */
export type EntryStat = Omit<Entry, "name"> | null;

/** What stands at a path. */
export type FileRead =
  | { readonly kind: "file"; readonly bytes: Uint8Array }
  | { readonly kind: "folder" }
  | { readonly kind: "nothing" }
  /** It is there, and is not read. The reason is a clause. */
  | { readonly kind: "refused"; readonly reason: string };

export type TreeQuestion =
  | { readonly op: "list"; readonly path: string }
  | { readonly op: "stat"; readonly path: string }
  | { readonly op: "read"; readonly path: string; readonly maxBytes: number };

export type TreeAnswer =
  | { readonly op: "list"; readonly value: Listing }
  | { readonly op: "stat"; readonly value: EntryStat }
  | { readonly op: "read"; readonly value: FileRead };
