/** What of a workload comes again if it goes on with other conversations, and what nobody will send a second time. */
import type { Config } from "../config/config.ts";
import { createTemplateLookup } from "../config/template-config.ts";
import { every } from "../core/steps.ts";
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

/** Of each run of each request: whether it is new in each round, and of one that is not, whether its last token is. */
export type Novelties = readonly Uint8Array[];

export const novelty = { comesAgain: 0, isNew: 1, lastTokenIsNew: 2 } as const;

/** Requests between two steps, so that a step takes a few milliseconds. */
const stepRequests = 128;

/**
 * A run is new where it holds a value that the next round has not. Text of templates comes again, and so do constants and
 * what belongs to a tenant; of the values of conversations and calls those that are declared as a list, or that two
 * conversations had already. A day is the same as long as all rounds end on the first one. The last token in front of a new
 * value may be one with it: it is new unless it is stable, or two requests have it in front of different values.
 */
export function* noveltySteps(input: RepeatsInput): Generator<void, Novelties, void> {
  const { workload, endSeconds } = input;
  const { requests, segments } = workload;
  const isNewSegment = newSegments(input, dayAt(endSeconds) > dayAt(0));
  yield;
  const isDue = every(stepRequests);
  const firstSession = new Map<number, number>();
  const shared = new Set<number>();
  for (const { session, runs } of requests) {
    for (const content of runs?.contents ?? []) {
      const first = firstSession.get(content) ?? session;
      if (first !== session) shared.add(content);
      firstSession.set(content, first);
    }
    if (isDue(1)) yield;
  }
  const novelties: Uint8Array[] = [];
  const ends = new EqualEnds();
  for (const { runs, promptTokens } of requests) {
    const flags = new Uint8Array(runs?.starts.length ?? 0);
    for (let run = 0; runs !== null && run < flags.length; run++) {
      const kind = isNewSegment[runs.segments[run]!];
      const isNew = kind === "always" || (kind === "unless shared" && !shared.has(runs.contents[run]!));
      if (!isNew) continue;
      flags[run] = novelty.isNew;
      if (run > 0)
        ends.add(runs.contents[run - 1]!, promptTokens[runs.starts[run]! - 1]!, runs.contents[run]!);
    }
    novelties.push(flags);
    if (isDue(1)) yield;
  }
  for (const [index, flags] of novelties.entries()) {
    const { runs } = requests[index]!;
    const stableTokens = input.stableTokens(index);
    for (let run = 0; runs !== null && run + 1 < flags.length; run++) {
      const isBefore = flags[run] === novelty.comesAgain && flags[run + 1] === novelty.isNew;
      if (!isBefore || isMarkup(segments[runs.segments[run]!])) continue;
      const isSure = runs.starts[run + 1]! <= stableTokens || ends.areAlike(runs.contents[run]!);
      if (!isSure) flags[run] = novelty.lastTokenIsNew;
    }
    if (isDue(1)) yield;
  }
  return novelties;
}

/** Contents that end with the same token in front of different values, in two requests or more. */
class EqualEnds {
  readonly #first = new Map<number, { readonly token: number; readonly value: number }>();
  readonly #alike = new Set<number>();
  readonly #apart = new Set<number>();

  add(content: number, token: number, value: number): void {
    const first = this.#first.get(content);
    if (first === undefined) this.#first.set(content, { token, value });
    else if (first.token !== token) this.#apart.add(content);
    else if (first.value !== value) this.#alike.add(content);
  }

  areAlike(content: number): boolean {
    return this.#alike.has(content) && !this.#apart.has(content);
  }
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

/** The requests that would come again: of what was captured and is sent once it is not known which part would. */
export function repeatedRows(
  { requests, templateOf }: Pick<Workload, "requests" | "templateOf">,
  templates: readonly Pick<Template, "captured">[],
): readonly number[] {
  const isGiven = (row: number) => templates[templateOf[row] ?? -1]?.captured !== undefined;
  return [...requests.keys()].filter((row) => requests[row]!.runs !== null && !isGiven(row));
}

/**
 * For each request and run of a later round, what `knownRuns` says of the first: what comes again was sent before, a new value
 * was sent before where it was in its first round, and text of the chat template never counts.
 */
export function* knownInLaterRounds(
  { requests, segments, knownRuns }: Pick<Workload, "requests" | "segments" | "knownRuns">,
  novelties: Novelties,
): Generator<void, readonly Uint8Array[], void> {
  const isDue = every(stepRequests);
  const later: Uint8Array[] = [];
  for (const [index, { runs }] of requests.entries()) {
    later.push(
      knownRuns[index]!.map((known, run) => {
        const isOther = novelties[index]![run] === novelty.isNew;
        return isOther || isMarkup(runs === null ? undefined : segments[runs.segments[run]!]) ? known : 1;
      }),
    );
    if (isDue(1)) yield;
  }
  return later;
}
