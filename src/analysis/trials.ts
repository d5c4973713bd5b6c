/**
 * What a change of one prompt gives, by replaying its conversations under the policy in force: at once in an empty cache of
 * their own, before and after, so that it is known as long as the prompt is the same; and later among all requests.
 */
import type { OutcomeTable, ReplayInput } from "../core/replay/replay.ts";
import { SpanBook } from "../core/replay/span-book.ts";
import { type Finding, type Gain, isShown, type Trial } from "../findings/finding.ts";
import { applyEdits, editsOf, isSameText, type Move } from "../prompt/move.ts";
import type { StaticPrefix } from "../prompt/static-prefix.ts";
import type { CacheMarker, Template } from "../prompt/template.ts";
import type { WorkloadMaker } from "../workload/generate.ts";
import type { Workload, WorkloadPart } from "../workload/workload.ts";
import { serveSteps, sumOf } from "./advice/serve-all.ts";
import type { Documents } from "./documents.ts";
import { computedTokensAtLeast, overSpans, replayInput, type Sent } from "./replay-input.ts";
import type { ResolvedScenario } from "./scenario.ts";
import { indices } from "./statistics.ts";

export interface TrialsOptions {
  readonly documents: Documents;
  readonly maker: WorkloadMaker;
  readonly scenario: ResolvedScenario;
  prefixOf(template: Template): StaticPrefix;
}

/** What became of the requests of one template. */
interface Served {
  readonly reusedTokens: number;
  /** By request: see `Served.equivalentPrefixTokens`. */
  readonly prefixTokens: Int32Array;
  readonly restoreSeconds: number;
}

/** All requests, and what became of them. */
export interface SentAmongAll extends Sent {
  readonly workload: Workload;
  readonly outcomes: OutcomeTable;
}

/** What was tried: the template as it would be, and what it would send. */
interface TriedPart {
  readonly edited: Template;
  readonly part: WorkloadPart;
}

interface Noted extends TriedPart {
  restated(gain: Gain): Finding;
}

/** Requests that are served to try changes among all others. */
const mostServed = 10_000;

/** Of one scenario, of which what the templates send now is remembered. */
export class Trials {
  readonly #options: TrialsOptions;
  readonly #served = new WeakMap<WorkloadPart, Served>();
  readonly #tried = new WeakMap<Trial, TriedPart>();
  readonly #noted = new WeakMap<Finding, Noted>();
  readonly #book = new SpanBook(computedTokensAtLeast);

  constructor(options: TrialsOptions) {
    this.#options = options;
  }

  /** `part` is what the template sends now. */
  *move(template: Template, part: WorkloadPart, move: Move): Generator<void, Trial | null, void> {
    const { documents } = this.#options;
    const text = documents.documentAt(move.path)?.text;
    const edits = text === undefined || move.put.length === 0 ? null : editsOf(move, text);
    const read =
      edits === null
        ? null
        : yield* documents.withText(template, { path: move.path, text: applyEdits(text!, edits) });
    // What a parser makes of the edited source is what was meant, or it is not offered.
    const isRead = read !== null && isSameText(read.segments, move.template.segments);
    const isMarked = (template.cacheMarkers ?? []).length > 0;
    // Marks are known by where they are written.
    if (!isRead && isMarked) return null;
    if (!isRead) return yield* this.#try(template, part, move.template, { edits: null });
    const plain = yield* this.#try(template, part, read, { edits });
    if (plain === null || !isMarked || plain.gain.tokensPerRequest > 0) return plain;
    const marked = { ...read, cacheMarkers: [...read.cacheMarkers!, markAt(move)] };
    return yield* this.#try(template, part, marked, { edits: null, needsMark: true });
  }

  *#try(
    template: Template,
    part: WorkloadPart,
    edited: Template,
    how: Omit<Trial, "gain">,
  ): Generator<void, Trial | null, void> {
    const then = yield* this.#options.maker.instead(template, edited);
    if (then === null || part.requests.length === 0) return null;
    const before = this.#served.get(part) ?? (yield* this.#serve(template, part));
    this.#served.set(part, before);
    const gain = this.#gain(part, before, yield* this.#serve(edited, then));
    const trial = { gain, ...how };
    this.#tried.set(trial, { edited, part: then });
    return trial;
  }

  /** See `FindingContext.onTried`. */
  note(finding: Finding, trial: Trial, restated: (gain: Gain) => Finding): void {
    const tried = this.#tried.get(trial);
    if (tried !== undefined) this.#noted.set(finding, { ...tried, restated });
  }

  /**
   * The findings, those that rest on a trial stated with what the same change gives among all requests, where other prompts
   * evict and share too; of the largest as many as can be served in less than a second. The same list where nothing differs.
   */
  *amongAll(sent: SentAmongAll, findings: readonly Finding[]): Generator<void, readonly Finding[], void> {
    const { templates, workload } = sent;
    const all = replayInput(sent);
    const indexOf = new Map(templates.map(({ id }, index) => [id, index]));
    const stated = new Map<Finding, Finding>();
    let left = mostServed;
    for (const finding of findings.filter(isShown).toSorted(byStake)) {
      const noted = this.#noted.get(finding);
      const index = indexOf.get(finding.templateId) ?? -1;
      const part = workload.parts[index];
      if (noted === undefined || part === undefined) continue;
      // Alone it was tried already.
      if (part.requests.length === workload.requests.length) continue;
      left -= workload.requests.length;
      if (left < 0) break;
      const rows = workload.requestsOf[index]!;
      const now = rowsOf(sent.outcomes, rows);
      const gain = this.#gain(part, now, yield* this.#serveAmong(all, rows, noted));
      stated.set(finding, noted.restated(gain));
    }
    if (stated.size === 0) return findings;
    return largestFirst(findings.map((finding) => stated.get(finding) ?? finding));
  }

  /** What becomes of the template's rows when all requests are served, its own as they would be. */
  *#serveAmong(
    all: ReplayInput,
    rows: readonly number[],
    { edited, part }: TriedPart,
  ): Generator<void, Served, void> {
    const { scenario } = this.#options;
    const own = this.#known(edited, part);
    const ownRow = new Map(rows.map((row, at) => [row, at]));
    const requests = all.requests.map((request, row) => own.requests[ownRow.get(row) ?? -1] ?? request);
    const pick = <K extends "stableTokens" | "staticEnds" | "markers">(what: K) =>
      ((row: number) => {
        const at = ownRow.get(row);
        return at === undefined ? all[what]?.(row) : own[what]?.(at);
      }) as NonNullable<ReplayInput[K]>;
    const known: ReplayInput = {
      ...all,
      requests,
      stableTokens: pick("stableTokens"),
      staticEnds: pick("staticEnds"),
      markers: pick("markers"),
    };
    const spans = yield* this.#book.update(requests);
    const { input } = yield* overSpans(known, spans, scenario);
    const served = yield* serveSteps(input, input.cache, indices(requests.length));
    const chosen = <T extends Int32Array | Float64Array>(column: T) => rows.map((row) => column[row]!);
    return {
      reusedTokens: sumOf(chosen(served.reusedTokens)),
      prefixTokens: Int32Array.from(chosen(served.prefixTokens)),
      restoreSeconds: sumOf(chosen(served.restoreSeconds)),
    };
  }

  #gain(part: WorkloadPart, before: Served, after: Served): Gain {
    const { length } = part.requests;
    return {
      tokensPerRequest: (after.reusedTokens - before.reusedTokens) / length,
      // What is moved is sent all the same, so that the prompts stay as long as they are.
      ttftSecondsPerRequest: (this.#ttftSeconds(part, before) - this.#ttftSeconds(part, after)) / length,
    };
  }

  #ttftSeconds({ requests }: WorkloadPart, { prefixTokens, restoreSeconds }: Served): number {
    const { ttft } = this.#options.scenario;
    return requests.reduce((sum, { promptTokens: { length } }, row) => {
      return sum + ttft.ttftSeconds(Math.min(prefixTokens[row]!, length - 1), length);
    }, restoreSeconds);
  }

  #known(template: Template, { requests, segments }: WorkloadPart): ReplayInput {
    const { scenario, prefixOf } = this.#options;
    return replayInput({
      templates: [template],
      prefixes: [prefixOf(template)],
      scenario,
      workload: { requests, segments, templateOf: new Int32Array(requests.length), knownRuns: [] },
    });
  }

  *#serve(template: Template, part: WorkloadPart): Generator<void, Served, void> {
    const known = this.#known(template, part);
    const served = yield* serveSteps(known, known.cache, indices(part.requests.length));
    return {
      reusedTokens: sumOf(served.reusedTokens),
      prefixTokens: served.prefixTokens,
      restoreSeconds: sumOf(served.restoreSeconds),
    };
  }
}

/** In front of what was moved, in the edited source. */
function markAt({ at, taken }: Move): CacheMarker {
  const gone = taken.filter(({ end }) => end <= at).reduce((sum, { start, end }) => sum + end - start, 0);
  const end = at - gone;
  return { range: { start: end, end }, end, isLong: false };
}

/** Within each rule; the rules keep their order. */
function largestFirst(findings: readonly Finding[]): readonly Finding[] {
  const places = new Map<string, number>();
  for (const { rule } of findings) if (!places.has(rule)) places.set(rule, places.size);
  return findings.toSorted((a, b) => places.get(a.rule)! - places.get(b.rule)! || byStake(a, b));
}

function byStake(a: Finding, b: Finding): number {
  return b.stake.tokensPerRequest - a.stake.tokensPerRequest;
}

function rowsOf(outcomes: OutcomeTable, rows: readonly number[]): Served {
  const sum = (column: Int32Array | Float64Array) => rows.reduce((all, row) => all + column[row]!, 0);
  return {
    reusedTokens: sum(outcomes.reusedTokens) + sum(outcomes.linkedTokens),
    prefixTokens: Int32Array.from(rows, (row) => outcomes.reusedTokens[row]!),
    restoreSeconds: sum(outcomes.restoreSeconds),
  };
}
