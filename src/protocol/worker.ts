/** Messages between the extension host and its worker: one union per direction, string tags. */
import type { Report } from "../analysis/report.ts";
import type { AnalysisSettings } from "../config/settings.ts";
import type { SourceDocument } from "../prompt/format.ts";
import type { Catalogue } from "./catalogue.ts";

export type ToWorker =
  /** Replaces the worker's whole picture of the workspace. `config` is promptcache.json, if there is one. */
  | {
      readonly type: "workspace";
      readonly documents: readonly SourceDocument[];
      readonly config: SourceDocument | null;
      readonly skipped: readonly { readonly path: string; readonly reason: string }[];
    }
  /** New or changed text. It counts from the next job on. */
  | { readonly type: "document"; readonly document: SourceDocument }
  | { readonly type: "config"; readonly config: SourceDocument | null }
  | { readonly type: "removed"; readonly path: string }
  /**
   * At most one job runs; a newer one cancels it.
   * `chosen` holds what the user set; promptcache.json and the defaults fill in the rest.
   */
  | {
      readonly type: "analyze";
      readonly job: number;
      readonly chosen: Partial<AnalysisSettings>;
      /** The folder of promptcache.json on disk, for files that it names; `null` when there is none or it is not trusted. */
      readonly folder: string | null;
    }
  | { readonly type: "cancel"; readonly job: number };

export type FromWorker =
  | { readonly type: "ready"; readonly catalogue: Catalogue }
  | { readonly type: "progress"; readonly job: number; readonly done: number; readonly total: number }
  /** `settings` are those that were in force; `missing` is where included files were looked for in vain. */
  | {
      readonly type: "report";
      readonly job: number;
      readonly report: Report;
      readonly settings: AnalysisSettings;
      readonly missing: readonly string[];
    }
  | { readonly type: "cancelled"; readonly job: number }
  /** The job could not be done: what, where, what to do. `detail` is for the log, where the fault is ours. */
  | {
      readonly type: "failed";
      readonly job: number;
      readonly message: string;
      readonly detail: string | null;
    };
