/** Messages between the extension host and its worker: one union per direction, string tags. */
import type { Report } from "../analysis/report.ts";
import type { AnalysisSettings } from "../analysis/settings.ts";
import type { SourceDocument } from "../prompt/format.ts";

export type ToWorker =
  /** Replaces the worker's whole picture of the workspace. `config` is promptcache.json, if there is one. */
  | {
      readonly type: "workspace";
      readonly documents: readonly SourceDocument[];
      readonly config: SourceDocument | null;
      readonly skipped: readonly { readonly path: string; readonly reason: string }[];
    }
  /** New or changed text. */
  | { readonly type: "document"; readonly document: SourceDocument }
  | { readonly type: "config"; readonly config: SourceDocument | null }
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
