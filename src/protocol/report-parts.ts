/** A report in the parts that the dashboard draws: what no tab shows stays where the report was made. */
import type {
  Assumption,
  DocumentProblem,
  Finding,
  Memory,
  PrefixNode,
  Report,
  TemplateReport,
} from "../analysis/report.ts";
import type { SharedPrefixReport } from "../analysis/shared-prefix-curve.ts";

export const partIds = ["ledger", "tree", "memory", "prefix", "findings", "notes"] as const;
export type PartId = (typeof partIds)[number];

/** What stands above the tabs. */
export interface ReportOverview
  extends Pick<Report, "scenario" | "verdict" | "smallestPrefixTokens" | "totals" | "counted" | "hitRates"> {
  readonly memory: Omit<Memory, "timeline">;
  readonly counts: { readonly templates: number; readonly findings: number; readonly problems: number };
  /** Files that were not analysed: the first ones, and how many in all. */
  readonly skipped: { readonly first: Report["skipped"]; readonly files: number };
}

/** A template of which requests were sent, without its segments. */
export type LedgerTemplate = Omit<
  TemplateReport,
  | "segments"
  | "sharesPrefixWith"
  | "composition"
  | "format"
  | "usage"
  | "staticTokens"
  | "stablePrefixChatTokens"
  | "stablePrefixEnd"
  | "stablePrefixKvBytes"
>;

export interface ReportParts {
  readonly ledger: { readonly templates: readonly LedgerTemplate[] };
  readonly tree: {
    readonly nodes: readonly PrefixNode[];
    /** Names of the templates that nodes list, by id. */
    readonly names: readonly (readonly [id: string, name: string])[];
  };
  readonly memory: { readonly memory: Memory };
  /** Not of the report: made for whoever looks at it. */
  readonly prefix: SharedPrefixReport;
  readonly findings: {
    /** Those that are shown. */
    readonly findings: readonly Finding[];
    /** How many are counted only; empty for none. */
    readonly small: string;
    readonly assumptions: readonly Assumption[];
  };
  readonly notes: Pick<Report, "skipped"> & {
    readonly assumptions: readonly Assumption[];
    readonly problems: readonly DocumentProblem[];
  };
}

/** Of one report: the overview, and the part that is looked at. */
export interface DrawnReport {
  /** Another number for another report. */
  readonly revision: number;
  readonly overview: ReportOverview;
  readonly part: {
    readonly id: PartId;
    /** `ReportParts[id]` as JSON: whoever hands it on copies a text, and not a hundred thousand objects. */
    readonly json: string;
  };
}
