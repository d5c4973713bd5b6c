/** Messages between the extension host and its worker: one union per direction, string tags. */
import type { AnalysisSettings } from "../config/settings.ts";
import type { Translation } from "../words/l10n.ts";
import type { Catalogue } from "./catalogue.ts";
import type { FileView, FolderSummary, Question, QuestionAnswer } from "./editor.ts";
import type { TreeAnswer, TreeQuestion } from "./file-tree.ts";
import type { DrawnReport, PartId } from "./report-parts.ts";

/** A folder of the workspace. Each has a promptcache.json, a scenario and a cache of its own. */
export interface FolderSpec {
  readonly id: string;
  /** Where it lies on disk, for whoever reads there; `null` where the host has to be asked. */
  readonly disk: string | null;
  /** It stands for documents outside of all folders: there are only those that editors hold. */
  readonly isLoose: boolean;
}

/** What the user says of which files are read, as globs over paths of the folder. */
export interface ReadingRules {
  /** When there are any patterns, only what matches one of them counts. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** What the user hides from the editor's file list and from its searches. */
  readonly hidden: readonly string[];
  readonly maxFileBytes: number;
  /** `skip` or `read`: tests, recordings and what was built. */
  readonly recordings: string;
}

/** What changes the picture of the workspace. It counts from the next job on. Paths are those of the folder. */
export type WorkspaceMessage =
  /** All of them; what is known of those that were open before stays. */
  | { readonly type: "folders"; readonly folders: readonly FolderSpec[] }
  | { readonly type: "rules"; readonly folder: string; readonly rules: ReadingRules }
  /** What an editor holds; `null` where the disk counts again. */
  | {
      readonly type: "overlay";
      readonly folder: string;
      readonly path: string;
      readonly text: string | null;
    }
  /** Something was created, changed or deleted there: files, or folders with all that is in them. */
  | { readonly type: "touched"; readonly folder: string; readonly paths: readonly string[] }
  /** Not to be looked into until it is touched. */
  | { readonly type: "left-out"; readonly folder: string; readonly path: string; readonly reason: string }
  /** All folders are to be read anew, whatever is known of them. */
  | { readonly type: "reread" };

export type ToWorker =
  | WorkspaceMessage
  /** The language of all that it says from now on. */
  | { readonly type: "speak"; readonly translation: Translation }
  /**
   * Reads what has changed, and analyses the folders for which that, or `chosen`, makes a difference. At most one job runs;
   * a newer one cancels it. `chosen` holds what the user set; promptcache.json and the defaults fill in the rest.
   */
  | {
      readonly type: "analyze";
      readonly job: number;
      readonly chosen: Partial<AnalysisSettings>;
      /** Whether promptcache.json may name files for the tokenizer. */
      readonly isTrusted: boolean;
      /** Whether all folders are analysed, even where nothing has changed. */
      readonly isDue: boolean;
      /** Documents that are open in an editor, by folder. */
      readonly open: readonly { readonly folder: string; readonly path: string }[];
    }
  | { readonly type: "cancel"; readonly job: number }
  /** Of whose report somebody looks at which part; `null` for nobody's. */
  | { readonly type: "look"; readonly at: { readonly folder: string; readonly part: PartId } | null }
  /** About the last answer of a folder. */
  | { readonly type: "ask"; readonly id: number; readonly folder: string; readonly question: Question }
  /** To a question with that id. */
  | { readonly type: "answer"; readonly id: number; readonly answer: TreeAnswer };

export type FromWorker =
  | { readonly type: "ready"; readonly catalogue: Catalogue }
  /** About a folder that is not on disk. */
  | {
      readonly type: "question";
      readonly id: number;
      readonly folder: string;
      readonly question: TreeQuestion;
    }
  /** While files are read, `total` is 0. */
  | { readonly type: "progress"; readonly job: number; readonly done: number; readonly total: number }
  /**
   * What an editor shows of a folder, as far as it has changed since the last answer about it: at once after an edit. A large
   * answer comes in several messages, of which the last one says `isWhole`. `settings` are those that were in force.
   */
  | {
      readonly type: "answer";
      readonly job: number;
      readonly folder: string;
      readonly settings: AnalysisSettings;
      readonly summary: FolderSummary;
      readonly files: readonly (readonly [path: string, view: FileView | null])[];
      /** Of the documents that are open in an editor, those texts that ranges mean and that were not told before. */
      readonly texts: readonly (readonly [path: string, text: string])[];
      /** Whether nothing was told of the folder before: it begins anew. */
      readonly isFirst: boolean;
      readonly isWhole: boolean;
    }
  /** Of the report of the last answer what is looked at: in the background, and only while somebody looks. */
  | {
      readonly type: "report";
      readonly job: number;
      readonly folder: string;
      readonly report: DrawnReport;
    }
  /** To a question with that id; `null` where there is no answer any more, or it failed: `failure` is for the log. */
  | {
      readonly type: "told";
      readonly id: number;
      readonly answer: QuestionAnswer | null;
      readonly failure?: string;
    }
  /** Every folder is done: those without a report need none. */
  | { readonly type: "done"; readonly job: number }
  | { readonly type: "cancelled"; readonly job: number }
  /** A folder could not be analysed: what, where, what to do. `detail` is for the log, where the fault is ours. */
  | {
      readonly type: "failed";
      readonly job: number;
      readonly folder: string;
      readonly message: string;
      readonly detail: string | null;
    };
