/** A folder of files, wherever it lies: what the mirror of a workspace needs to be told of it. */

import type { EntryStat, FileRead, Listing } from "../../protocol/file-tree.ts";
import { t } from "../../words/l10n.ts";

/**
 * Paths are relative to the root, with `/`; the empty string is the root. Nothing here follows a link, and nothing but a
 * regular file is ever opened. What goes wrong is an answer: only a fault of ours rejects.
 */
export interface FileTree {
  list(folder: string): Promise<Listing>;
  stat(path: string): Promise<EntryStat>;
  /** The whole file, or `tooLarge` as the reason; of an endless file no more than `maxBytes` are taken. */
  read(path: string, maxBytes: number): Promise<FileRead>;
}

export const linkReason = () => t("it is a symbolic link; links are not followed");
export const specialReason = () => t("it is no regular file");

/** No folder at all: of documents that belong to none. */
export const emptyTree: FileTree = {
  list: async () => ({ entries: [], reason: null }),
  stat: async () => null,
  read: async () => ({ kind: "nothing" }),
};
