/**
 * What travels to the dashboard: its state, and the part of the report that it draws as a text in pieces. Whoever sends them
 * gives others a turn between two pieces: an editor copies what it hands to a page, and stands still for a long text.
 */
import type { DashboardState, ToDashboard } from "./dashboard.ts";
import type { DrawnReport } from "./report-parts.ts";

/** UTF-16 code units: a piece is written and read in far less than a frame. */
const pieceLength = 2 ** 16;

/** The messages that bring a report, in order: the state is the last one. */
export function* messagesOf(
  state: Omit<DashboardState, "report">,
  report: DashboardState["report"],
): Generator<ToDashboard, void, void> {
  if (report === null) {
    yield { type: "state", state, report };
    return;
  }
  const { part, ...rest } = report;
  for (let at = 0; at < part.json.length; at += pieceLength)
    yield { type: "piece", isFirst: at === 0, text: part.json.slice(at, at + pieceLength) };
  yield { type: "state", state, report: { ...rest, part: part.id } };
}

/** Puts together what `messagesOf` took apart. A report that was given up in the middle leaves nothing behind. */
export class DashboardMessages {
  #pieces: string[] = [];
  #report: DrawnReport | null = null;

  /** The whole state, or `null` while there is more to come. */
  take(message: ToDashboard): DashboardState | null {
    if (message.type === "piece") {
      if (message.isFirst) this.#pieces = [];
      this.#pieces.push(message.text);
      return null;
    }
    const { state, report } = message;
    if (report === null) this.#report = null;
    if (report !== undefined && report !== null) {
      this.#report = { ...report, part: { id: report.part, json: this.#pieces.join("") } };
      this.#pieces = [];
    }
    return { ...state, report: this.#report };
  }
}
