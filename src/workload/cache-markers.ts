/** From the marks that an author writes, such as `cache_control`, to positions in the prompts that the template sends. */
import type { ServeContext } from "../core/cache/cache-system.ts";
import type { PromptRuns } from "../core/replay/request.ts";
import type { Template } from "../prompt/template.ts";
import type { SourceSegment } from "./workload.ts";

type Marker = NonNullable<ServeContext["markers"]>[number];

/** What stands in front of a mark, nearest first: where the nearest is empty in a request, the next one ends the prefix. */
export interface MarkedPlace {
  readonly segments: readonly number[];
  readonly isLong: boolean;
}

/** Neighbours of a mark that are tried; more than a few empty values in a row are not worth a search. */
const neighbours = 8;

/** The marks of one template in the order in which they are written. `table` is that of the workload. */
export function markedPlaces(
  { cacheMarkers = [], path }: Pick<Template, "cacheMarkers" | "path">,
  templateIndex: number,
  table: readonly SourceSegment[],
): readonly MarkedPlace[] {
  if (cacheMarkers.length === 0) return [];
  const content = [...table.keys()].filter((index) => {
    const { template, path: own, kind } = table[index]!;
    return template === templateIndex && own === path && kind !== "marker" && kind !== "chat";
  });
  return cacheMarkers.map(({ end, isLong }) => ({
    segments: content
      .filter((index) => table[index]!.range.end <= end)
      // Of two that end together, such as a block and its last text, the outer one.
      .sort((a, b) => table[b]!.range.end - table[a]!.range.end || a - b)
      .slice(0, neighbours),
    isLong,
  }));
}

/** Positions of the marks in one prompt, ascending; what shows nothing in front of it marks nothing. */
export function markersOf(
  places: readonly MarkedPlace[],
  runs: PromptRuns,
  promptTokens: number,
  table: readonly SourceSegment[],
): readonly Marker[] {
  const markers = places.flatMap(({ segments, isLong }): Marker[] => {
    for (const segment of segments) {
      const end = endInPrompt(runs, promptTokens, segment, table);
      if (end > 0) return [{ end, isLong }];
    }
    return [];
  });
  return markers.sort((a, b) => a.end - b.end);
}

/** Where a segment ends in a prompt, with all that is nested in it, in tokens; 0 where the prompt shows nothing of it. */
export function endInPrompt(
  { starts, segments }: PromptRuns,
  promptTokens: number,
  segment: number,
  table: readonly SourceSegment[],
): number {
  for (let run = starts.length - 1; run >= 0; run--) {
    if (isWithin(segments[run]!, segment, table)) return starts[run + 1] ?? promptTokens;
  }
  return 0;
}

function isWithin(segment: number, outer: number, table: readonly SourceSegment[]): boolean {
  // Parents stand before their children.
  for (let at = segment; at >= outer; at = table[at]!.parent) if (at === outer) return true;
  return false;
}
