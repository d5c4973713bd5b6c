/** What the report knows of lost tokens beyond their fates, as sentences to draw. */
import type { Losses } from "../../src/analysis/report.ts";
import type { Fate } from "./fates.ts";
import { formatCount, formatPlural, formatSeconds } from "./format.ts";

export interface LossFact {
  readonly fate: Fate;
  readonly text: string;
  /** What the fact points at; `null` where it points at nothing. */
  readonly place: {
    readonly path: string;
    readonly range: { readonly start: number; readonly end: number };
  } | null;
}

/** In ledger order. */
export function lossFacts({ diverged, noCheckpoint, evicted }: Losses): LossFact[] {
  const facts: LossFact[] = diverged.map(({ path, range, name, tokens, requests }) => ({
    fate: "diverged",
    text: `${formatPlural(tokens, "token")} of ${formatPlural(requests, "request")} behind ${name === "" ? "text" : name} in ${path}`,
    place: { path, range },
  }));
  if (noCheckpoint !== null)
    facts.push({ fate: "noCheckpoint", text: missingText(noCheckpoint), place: null });
  if (evicted !== null) facts.push({ fate: "evicted", text: evictedText(evicted), place: null });
  return facts;
}

function missingText({ requests, requestsWithoutAny, distanceTokens }: NonNullable<Losses["noCheckpoint"]>) {
  const none = requestsWithoutAny === 0 ? "" : `; ${formatCount(requestsWithoutAny)} had none`;
  return `In ${formatPlural(requests, "request")}: the nearest one kept was ${formatPlural(Math.round(distanceTokens.p50), "token")} short (median)${none}`;
}

function evictedText(evicted: NonNullable<Losses["evicted"]>): string {
  const { idleRequests, idleSeconds, lackedAfterRequests, lackedAfterSeconds, madeRoomFor } = evicted;
  const idle = `${formatPlural(Math.round(idleRequests.p50), "request")} (${formatSeconds(idleSeconds.p50)})`;
  const lacked = `${formatCount(Math.round(lackedAfterRequests.p50))} (${formatSeconds(lackedAfterSeconds.p50)})`;
  const most = madeRoomFor[0];
  const whom = most === undefined ? "" : `; most of them for ${most.id}`;
  return `Went ${idle} after they were last sent, ${lacked} before they were lacked (medians)${whom}`;
}
