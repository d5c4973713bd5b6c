/** Where the static parts of a prompt end: what its template knows before the first request is sent. */
import type { SharedBy, StaticEnd } from "../core/cache/cache-system.ts";
import type { PromptRuns } from "../core/replay/request.ts";
import { type Scope, scopes } from "../prompt/template.ts";
import type { SourceSegment } from "./workload.ts";

/** What stands in front of a position, when nothing before it changes faster than this. */
const sharedBy: Readonly<Record<Scope, SharedBy | null>> = {
  constant: "all",
  day: "all",
  tenant: "tenant",
  session: "session",
  request: null,
  volatile: null,
};

/**
 * Where the rate of change rises along the prompt, ascending, in tokens: in front of the first position that changes with
 * the tenant, with the conversation, with the call. `scopes` are those in force, by source segment.
 * The last token in front of a change may be one with what comes, so an end lies one token before it, and never behind the
 * tokens that are known to be stable where all calls share them.
 */
export function staticEndsOf(
  { starts, segments }: PromptRuns,
  promptTokens: number,
  scopesOfSegments: readonly Scope[],
  stableTokens: number,
): readonly StaticEnd[] {
  const ends: StaticEnd[] = [];
  let rate = 0;
  const close = (before: number) => {
    const shared = sharedBy[scopes[rate]!];
    const end = shared === "all" ? Math.min(before, stableTokens) : before - 1;
    if (shared !== null && end > (ends.at(-1)?.end ?? 0)) ends.push({ end, sharedBy: shared });
  };
  for (let run = 0; run < starts.length; run++) {
    const next = scopes.indexOf(scopesOfSegments[segments[run]!] ?? "request");
    if (next <= rate) continue;
    close(starts[run]!);
    rate = next;
  }
  close(promptTokens);
  return ends;
}

/** The scope in force in each segment: that of the hole or block itself, or of the fastest one around it. */
export function scopesInForce(table: readonly SourceSegment[]): readonly Scope[] {
  const inForce: Scope[] = [];
  for (const { scope, parent } of table) {
    const own = scopes.indexOf(scope?.scope ?? "constant");
    const outer = parent < 0 ? 0 : scopes.indexOf(inForce[parent]!);
    inForce.push(scopes[Math.max(own, outer)]!);
  }
  return inForce;
}
