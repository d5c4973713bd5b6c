/** What the other side of a session knows in the end: every answer taken in, one after the other. */
import type { FileView } from "../../src/protocol/editor.ts";
import { type PartId, partIds, type ReportOverview } from "../../src/protocol/report-parts.ts";
import type { FromWorker, ToWorker } from "../../src/protocol/worker.ts";

export interface SessionPicture {
  readonly files: Readonly<Record<string, FileView>>;
  readonly summary: unknown;
  /** Only where somebody looked: the newest report, in the parts that were looked at. */
  readonly report: {
    readonly overview: ReportOverview;
    readonly parts: Readonly<Partial<Record<PartId, unknown>>>;
  } | null;
}

/** Of one folder. */
export function pictureOf(posted: readonly FromWorker[], folder: string): SessionPicture {
  const files = new Map<string, FileView>();
  let summary: unknown = null;
  let report = null as SessionPicture["report"];
  let revision = 0;
  for (const message of posted) {
    if (message.type === "answer" && message.folder === folder) {
      summary = message.summary;
      for (const [path, view] of message.files) {
        if (view === null) files.delete(path);
        else files.set(path, view);
      }
    }
    if (message.type === "report" && message.folder === folder) {
      const { overview, part } = message.report;
      const before: Partial<Record<PartId, unknown>> | undefined =
        revision === message.report.revision ? report?.parts : {};
      report = { overview, parts: { ...before, [part.id]: JSON.parse(part.json) } };
      revision = message.report.revision;
    }
  }
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return { files: Object.fromEntries(sorted), summary, report };
}

export function look(folder: string, part: PartId): ToWorker {
  return { type: "look", at: { folder, part } };
}

/** Looks at one part after the other, until all of the report has been told. */
export async function lookAtAll(folder: string, settle: (message: ToWorker) => Promise<void>): Promise<void> {
  for (const part of partIds) await settle(look(folder, part));
}
