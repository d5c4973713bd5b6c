/** What the report knows of lost tokens beyond their fates, as sentences to draw. */
import type { Losses } from "../../src/analysis/report.ts";
import { ofNothingKnown } from "../../src/show/scope-words.ts";
import { count, plural, seconds } from "../../src/words/numbers.ts";
import type { Fate } from "./fates.ts";

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
  const facts: LossFact[] = diverged.map(({ path, range, name, isUnknown, tokens, requests }) => ({
    fate: "diverged",
    text: `${plural(tokens, "token")} of ${plural(requests, "request")} behind ${name === "" ? "text" : name} in ${path}${isUnknown ? ofNothingKnown : ""}`,
    place: { path, range },
  }));
  if (noCheckpoint !== null)
    facts.push({ fate: "noCheckpoint", text: missingText(noCheckpoint), place: null });
  if (evicted !== null) facts.push({ fate: "evicted", text: evictedText(evicted), place: null });
  return facts;
}

function missingText({ requests, requestsWithoutAny, distanceTokens }: NonNullable<Losses["noCheckpoint"]>) {
  const none = requestsWithoutAny === 0 ? "" : `; ${count(requestsWithoutAny)} had none`;
  return `In ${plural(requests, "request")}: the nearest one kept was ${plural(Math.round(distanceTokens.p50), "token")} short (median)${none}`;
}

function evictedText(evicted: NonNullable<Losses["evicted"]>): string {
  const { idleRequests, idleSeconds, lackedAfterRequests, lackedAfterSeconds, madeRoomFor } = evicted;
  const idle = `${plural(Math.round(idleRequests.p50), "request")} (${seconds(idleSeconds.p50)})`;
  const lacked = `${count(Math.round(lackedAfterRequests.p50))} (${seconds(lackedAfterSeconds.p50)})`;
  const most = madeRoomFor[0];
  const whom = most === undefined ? "" : `; most of them for ${most.id}`;
  return `Went ${idle} after they were last sent, ${lacked} before they were lacked (medians)${whom}`;
}
