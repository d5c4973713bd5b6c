/** What the extension and its worker say to each other in a browser, where they share no memory and no disk. */
import type { FromWorker, ToWorker } from "./worker.ts";

/** The extension's own files, by their paths in its folder: only the extension knows how they are fetched. */
export type OwnFileAnswer =
  | { readonly type: "own-file"; readonly path: string; readonly bytes: Uint8Array }
  | { readonly type: "own-file-missing"; readonly path: string; readonly reason: string };

export type ToWebWorker = ToWorker | OwnFileAnswer;

export type FromWebWorker =
  | FromWorker
  /** Said now and then by a worker that is not stuck. */
  | { readonly type: "tick" }
  /** The file that is looked into from here on; none with an empty path. */
  | { readonly type: "at"; readonly folder: string; readonly path: string }
  | { readonly type: "own-file-wanted"; readonly path: string };
