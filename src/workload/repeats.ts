/** What of a workload comes again if it goes on with other conversations, and what nobody will send a second time. */
import type { Config } from "../config/config.ts";
import { createTemplateLookup } from "../config/template-config.ts";
import type { Template } from "../prompt/template.ts";
import { dayAt } from "./clock-text.ts";
import { isMarkup } from "./own-content.ts";
import { scopesInForce } from "./static-ends.ts";
import type { SourceSegment, Workload } from "./workload.ts";

export interface RepeatsInput {
  readonly templates: readonly Template[];
  readonly workload: Pick<Workload, "requests" | "segments">;
  readonly config: Config;
  /** Leading tokens of a request that no value can change. */
  stableTokens(request: number): number;
  /** When the last of all rounds ends. */
  readonly endSeconds: number;
}

/** What of a request is new in each round, by its runs. */
export interface Novelties {
  isNew(request: number, run: number): boolean;
  /** Whether the last token of a run that comes again is one with the new value behind it. */
  isLastTokenNew(request: number, run: number): boolean;
}

/**
 * A run is new where it holds a value that the next round has not. Text of templates comes again, and so do constants and
 * what belongs to a tenant; of the values of conversations and calls those that are declared as a list, or that two
 * conversations had already. A day is the same as long as all rounds end on the first one.
 */
export function noveltiesOf(input: RepeatsInput): Novelties {
  const { workload, endSeconds } = input;
  const { requests } = workload;
  const isNewSegment = newSegments(input, dayAt(endSeconds) > dayAt(0));
  const shared = sharedContents(workload);
  const isNew = (request: number, run: number): boolean => {
    const runs = requests[request]?.runs;
    if (!runs) return false;
    const kind = isNewSegment[runs.segments[run] ?? -1] ?? "never";
    return kind === "always" || (kind === "unless shared" && !shared.has(runs.contents[run]!));
  };
  const endsAlike = equalEnds(workload, isNew);
  return {
    isNew,
    isLastTokenNew(request, run) {
      const runs = requests[request]?.runs;
      if (!runs || run < 0 || !isNew(request, run + 1) || isMarkup(workload.segments[runs.segments[run]!])) {
        return false;
      }
      return (runs.starts[run + 1] ?? 0) > input.stableTokens(request) && !endsAlike.has(runs.contents[run]!);
    },
  };
}

/** Contents that end with the same token in front of different new values, in two requests or more. */
function equalEnds(
  { requests }: Pick<Workload, "requests">,
  isNew: (request: number, run: number) => boolean,
): ReadonlySet<number> {
  const lastTokens = new Map<number, { readonly token: number; readonly value: number }>();
  const alike = new Set<number>();
  const apart = new Set<number>();
  for (const [index, { runs, promptTokens }] of requests.entries()) {
    if (runs === null) continue;
    for (let run = 0; run + 1 < runs.starts.length; run++) {
      if (!isNew(index, run + 1)) continue;
      const content = runs.contents[run]!;
      const token = promptTokens[runs.starts[run + 1]! - 1]!;
      const value = runs.contents[run + 1]!;
      const known = lastTokens.get(content);
      if (known === undefined) lastTokens.set(content, { token, value });
      else if (known.token !== token) apart.add(content);
      else if (known.value !== value) alike.add(content);
    }
  }
  for (const content of apart) alike.delete(content);
  return alike;
}

/** Of a segment. */
type Novelty = "always" | "unless shared" | "never";

function newSegments({ templates, workload, config }: RepeatsInput, isAnotherDay: boolean): Novelty[] {
  const { segments } = workload;
  const lookup = createTemplateLookup(config);
  const holes = templates.map((template) => lookup(template).holes);
  const scopes = scopesInForce(segments);
  return segments.map((segment, index) => {
    const isValue = segment.kind === "hole" || segment.kind === "block";
    const scope = scopes[index]!;
    if (!isValue || scope === "constant" || scope === "tenant") return "never";
    if (scope === "volatile") return "always";
    if (scope === "day") return isAnotherDay ? "always" : "never";
    return isListed(segment, holes) ? "never" : "unless shared";
  });
}

/** Whether its values are declared, so that the next conversation takes one of them too. */
function isListed(
  { template, name }: SourceSegment,
  holes: readonly ReturnType<ReturnType<typeof createTemplateLookup>>["holes"][],
): boolean {
  return holes[template]?.get(name)?.values !== undefined;
}

/** Contents that two conversations had. */
function sharedContents({ requests }: Pick<Workload, "requests">): ReadonlySet<number> {
  const firstSession = new Map<number, number>();
  const shared = new Set<number>();
  for (const { session, runs } of requests) {
    for (const content of runs?.contents ?? []) {
      const first = firstSession.get(content) ?? session;
      if (first !== session) shared.add(content);
      firstSession.set(content, first);
    }
  }
  return shared;
}

/** The requests that would come again: of what was recorded and sent once it is not known which part would. */
export function repeatedRows({ requests }: Pick<Workload, "requests">): readonly number[] {
  return [...requests.keys()].filter((row) => requests[row]!.runs !== null);
}

/**
 * For each request and run of a later round, what `knownRuns` says of the first: what comes again was sent before, a new value
 * was sent before where it was in its first round, and text of the chat template never counts.
 */
export function knownInLaterRounds(
  { requests, segments, knownRuns }: Pick<Workload, "requests" | "segments" | "knownRuns">,
  isNew: (request: number, run: number) => boolean,
): readonly Uint8Array[] {
  return requests.map(({ runs }, request) =>
    knownRuns[request]!.map((known, run) => {
      const segment = runs === null ? undefined : segments[runs.segments[run]!];
      return isNew(request, run) || isMarkup(segment) ? known : 1;
    }),
  );
}
