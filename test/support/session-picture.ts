/** What the other side of a session knows in the end: every answer taken in, one after the other. */
import type { Report } from "../../src/analysis/report.ts";
import type { FileView } from "../../src/protocol/editor.ts";
import type { FromWorker } from "../../src/protocol/worker.ts";

export interface SessionPicture {
  readonly files: Readonly<Record<string, FileView>>;
  readonly summary: unknown;
  /** Only where somebody looked. */
  readonly report: Report | null;
}

/** Of one folder. */
export function pictureOf(posted: readonly FromWorker[], folder: string): SessionPicture {
  const files = new Map<string, FileView>();
  let summary: unknown = null;
  let report: Report | null = null;
  for (const message of posted) {
    if (message.type === "answer" && message.folder === folder) {
      summary = message.summary;
      for (const [path, view] of message.files) {
        if (view === null) files.delete(path);
        else files.set(path, view);
      }
    }
    if (message.type === "report" && message.folder === folder) report = message.report;
  }
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return { files: Object.fromEntries(sorted), summary, report };
}
