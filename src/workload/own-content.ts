/** Where a prompt's own content begins, behind what the chat template writes in front of it. */
import type { Request } from "../core/replay/request.ts";
import type { SourceSegment } from "./workload.ts";

/** Whether it is text of the chat template, and of no document. */
export function isMarkup(segment: Pick<SourceSegment, "kind"> | undefined): boolean {
  return segment?.kind === "marker" || segment?.kind === "chat";
}

/** Leading tokens that stand in front of the prompt's own content; 0 where its source is not known. */
export function headerTokens({ runs }: Pick<Request, "runs">, segments: readonly SourceSegment[]): number {
  if (runs === null) return 0;
  const own = runs.segments.findIndex((segment) => !isMarkup(segments[segment]));
  return own < 0 ? 0 : (runs.starts[own] ?? 0);
}
