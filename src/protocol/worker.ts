/** Messages between the extension host and its worker: one union per direction, string tags. */
import type { Report } from "../analysis/report.ts";

/** What the user chose; everything that changes a report besides the documents. */
export interface AnalysisSettings {
  readonly model: string;
  readonly gpu: string;
  readonly tensorParallel: number;
  readonly policy: string;
  /** `auto`, or bytes such as `20GiB`. */
  readonly capacity: string;
  readonly seed: number;
  readonly sessions: number;
  readonly turns: number;
}

export interface DocumentInput {
  /** Workspace-relative, with `/`. */
  readonly path: string;
  readonly text: string;
}

export type ToWorker =
  /** Replaces the worker's whole picture of the workspace. `config` is promptcache.json, if there is one. */
  | {
      readonly type: "workspace";
      readonly documents: readonly DocumentInput[];
      readonly config: DocumentInput | null;
      readonly skipped: readonly { readonly path: string; readonly reason: string }[];
    }
  /** New or changed text. */
  | { readonly type: "document"; readonly document: DocumentInput }
  | { readonly type: "config"; readonly config: DocumentInput | null }
  | { readonly type: "removed"; readonly path: string }
  /** At most one job runs; a newer one cancels it. */
  | { readonly type: "analyze"; readonly job: number; readonly settings: AnalysisSettings };

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "progress"; readonly job: number; readonly done: number; readonly total: number }
  | { readonly type: "report"; readonly job: number; readonly report: Report }
  | { readonly type: "cancelled"; readonly job: number }
  /** The job could not be done: what, where, what to do. */
  | { readonly type: "failed"; readonly job: number; readonly message: string };
