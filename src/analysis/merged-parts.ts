/** What some templates send, in one row: as if they were the only ones of a workspace. */
import type { Request } from "../core/replay/request.ts";
import type { SourceSegment, WorkloadPart } from "../workload/workload.ts";
import type { Sent } from "./replay-input.ts";

/** By arrival; of equal times the earlier part first. Segments, conversations and templates are numbered anew. */
export function mergedParts(parts: readonly WorkloadPart[]): Sent["workload"] {
  const segments: SourceSegment[] = [];
  const sent: { readonly request: Request; readonly template: number }[] = [];
  let firstSession = 0;
  for (const [template, part] of parts.entries()) {
    const firstSegment = segments.length;
    const moved = (index: number) => (index < 0 ? index : index + firstSegment);
    for (const segment of part.segments) {
      const { parent, loop } = segment;
      segments.push({ ...segment, template, parent: moved(parent), loop: moved(loop) });
    }
    let sessions = 0;
    for (const request of part.requests) {
      sessions = Math.max(sessions, request.session + 1);
      const runs = request.runs && { ...request.runs, segments: request.runs.segments.map(moved) };
      sent.push({ request: { ...request, session: firstSession + request.session, runs }, template });
    }
    firstSession += sessions;
  }
  // Equal times keep the order of the parts: the sort is stable.
  sent.sort((left, right) => left.request.arrivalSeconds - right.request.arrivalSeconds);
  return {
    requests: sent.map(({ request }) => request),
    templateOf: Int32Array.from(sent, ({ template }) => template),
    segments,
    knownRuns: [],
  };
}
