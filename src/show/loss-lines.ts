/** Why tokens were prefilled again, in a line or two for each fate that has more to say. */
import type { Evictions, Losses, MissingCheckpoints, Report } from "../analysis/report.ts";
import { count, seconds } from "../words/numbers.ts";
import { ofNothingKnown } from "./scope-words.ts";

type PositionOf = (path: string, offset: number) => { line: number; column: number };

const placesShown = 3;

/** Nothing where there is nothing to say. */
export function lossLines({ totals }: Report, positionOf: PositionOf): string[] {
  const { diverged, evicted, noCheckpoint } = totals.losses;
  const lines = [
    ...diverged.slice(0, placesShown).map((place) => divergedLine(place, positionOf)),
    ...(noCheckpoint === null ? [] : [missingLine(noCheckpoint)]),
    ...(evicted === null ? [] : [evictedLine(evicted)]),
  ];
  return lines.length === 0 ? [] : ["Why they were lost", ...lines.map((line) => `  ${line}`)];
}

function divergedLine(place: Losses["diverged"][number], positionOf: PositionOf): string {
  const { line, column } = positionOf(place.path, place.range.start);
  const named = `{${place.name}}`;
  const name = place.name === "" ? "" : ` ${place.isUnknown ? ofNothingKnown(named) : named}`;
  return `diverged       ${count(place.tokens)} tokens of ${count(place.requests)} requests, which left the others at ${place.path}:${line}:${column}${name}`;
}

function missingLine({ requests, requestsWithoutAny, distanceTokens }: MissingCheckpoints): string {
  const none = requestsWithoutAny === 0 ? "" : `; ${count(requestsWithoutAny)} had none at all`;
  return `no checkpoint  in ${count(requests)} requests; the nearest one kept was ${count(distanceTokens.p50)} tokens short (p50; p95 ${count(distanceTokens.p95)})${none}`;
}

function evictedLine(evicted: Evictions): string {
  const { requests, idleRequests, idleSeconds, lackedAfterRequests, lackedAfterSeconds, madeRoomFor } =
    evicted;
  const sample =
    evicted.tracedTokens < evicted.tokens
      ? ` (traced: ${count(evicted.tracedTokens)} of ${count(evicted.tokens)} tokens)`
      : "";
  const templates = madeRoomFor.slice(0, placesShown).map(({ id, tokens }) => `${id} (${count(tokens)})`);
  return `evicted        lacked by ${count(requests)} requests; they went ${count(idleRequests.p50)} requests (${seconds(idleSeconds.p50)}) after they were last sent and ${count(lackedAfterRequests.p50)} (${seconds(lackedAfterSeconds.p50)}) before they were lacked (p50), most of them for ${templates.join(", ")}${sample}`;
}
