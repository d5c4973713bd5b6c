/** What the report knows of lost tokens beyond their fates, as sentences to draw. */

import type { Losses } from "../../src/analysis/report.ts";
import { ofNothingKnown } from "../../src/show/scope-words.ts";
import { t } from "../../src/words/l10n.ts";
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
    text: divergedText({ path, name, isUnknown, tokens, requests }),
    place: { path, range },
  }));
  if (noCheckpoint !== null)
    facts.push({ fate: "noCheckpoint", text: missingText(noCheckpoint), place: null });
  if (evicted !== null) facts.push({ fate: "evicted", text: evictedText(evicted), place: null });
  return facts;
}

type Diverged = Losses["diverged"][number];

function divergedText(place: Pick<Diverged, "path" | "name" | "isUnknown" | "tokens" | "requests">): string {
  const tokens = plural(place.tokens, "token");
  const requests = plural(place.requests, "request");
  const { path, name } = place;
  const lost =
    name === ""
      ? t("{tokens} of {requests} behind text in {path}", { tokens, requests, path })
      : t("{tokens} of {requests} behind {name} in {path}", { tokens, requests, name, path });
  return place.isUnknown ? ofNothingKnown(lost) : lost;
}

function missingText({ requests, requestsWithoutAny, distanceTokens }: NonNullable<Losses["noCheckpoint"]>) {
  const among = plural(requests, "request");
  const distance = plural(Math.round(distanceTokens.p50), "token");
  if (requestsWithoutAny === 0)
    return t("In {among}: the nearest one kept was {distance} short (median)", { among, distance });
  return t("In {among}: the nearest one kept was {distance} short (median); {none} had none", {
    ...{ among, distance, none: count(requestsWithoutAny) },
  });
}

function evictedText(evicted: NonNullable<Losses["evicted"]>): string {
  const { idleRequests, idleSeconds, lackedAfterRequests, lackedAfterSeconds, madeRoomFor } = evicted;
  const idle = `${plural(Math.round(idleRequests.p50), "request")} (${seconds(idleSeconds.p50)})`;
  const lacked = `${count(Math.round(lackedAfterRequests.p50))} (${seconds(lackedAfterSeconds.p50)})`;
  const whom = madeRoomFor[0]?.id;
  if (whom === undefined)
    return t("Went {idle} after they were last sent, {lacked} before they were lacked (medians)", {
      ...{ idle, lacked },
    });
  return t(
    "Went {idle} after they were last sent, {lacked} before they were lacked (medians); most of them for {whom}",
    { idle, lacked, whom },
  );
}
