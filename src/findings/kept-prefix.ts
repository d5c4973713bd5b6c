/** What a provider still reads of a request whose parameters differ from those of the one that wrote its prefix. */

import { assertNever } from "../core/invariant.ts";
import { type KeptPart, keptPart } from "../prompt/request-parameters.ts";
import type { RequestParameter, Segment } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import type { SentRequests } from "./finding.ts";

/** A parameter that two requests do not have in common; `null` for one that does not give it. */
export interface Difference {
  readonly name: string;
  readonly here: RequestParameter | null;
  readonly there: RequestParameter | null;
}

/** In the order of the names in the first list, then the second. What only a run knows is taken for the same. */
export function differencesOf(
  here: readonly RequestParameter[],
  there: readonly RequestParameter[],
): readonly Difference[] {
  const names = new Set([...here, ...there].map(({ name }) => name));
  const named = (list: readonly RequestParameter[], name: string) =>
    list.find((parameter) => parameter.name === name) ?? null;
  return [...names].flatMap((name) => {
    const [own, other] = [named(here, name), named(there, name)];
    const isKnown = own?.value !== null && other?.value !== null;
    return isKnown && own?.value !== other?.value ? [{ name, here: own, there: other }] : [];
  });
}

/** Leading tokens of a request that are read all the same: tools, and the system message where that is kept. */
export function keptTokens(
  { requests, segments: table }: Pick<SentRequests, "requests" | "segments">,
  row: number,
  name: string,
  prompt: readonly Segment[],
): number {
  const kept: KeptPart = keptPart(name);
  const request = requests[row];
  if (request === undefined || kept === "nothing") return 0;
  const hasSystem = prompt.some(
    (segment) => segment.kind === "marker" && (segment.role === "system" || segment.role === "developer"),
  );
  if (kept === "tools and system" && hasSystem) return request.messageEnds?.[0] ?? 0;
  const { runs, promptTokens } = request;
  const last = runs === null ? -1 : runs.segments.findLastIndex((at) => table[at]?.kind === "tool");
  return last < 0 ? 0 : (runs!.starts[last + 1] ?? promptTokens.length);
}

export function keptText(name: string): string {
  const part = keptPart(name);
  switch (part) {
    case "nothing":
      return t("Prefixes are kept apart by it");
    case "tools":
      return t("A change of it keeps the system message and the messages from being read; tools stay");
    case "tools and system":
      return t("A change of it keeps messages from being read; tools and the system message stay");
    default:
      return assertNever(part);
  }
}
