/**
 * What a change of one prompt gives, by replaying its conversations under the policy in force: at once in an empty cache of
 * their own, before and after, so that it is known as long as the prompt is the same; and later among all requests.
 */
import type { OutcomeTable, ReplayInput } from "../core/replay/replay.ts";
import type { Request } from "../core/replay/request.ts";
import { SpanBook } from "../core/replay/span-book.ts";
import { type Change, type Finding, type Gain, isShown, type Pair, type Trial } from "../findings/finding.ts";
import {
  applyEdits,
  editsOf,
  hasEmptyMessage,
  isSameButBlanks,
  type Move,
  type TextEdit,
} from "../prompt/move.ts";
import type { StaticPrefix } from "../prompt/static-prefix.ts";
import type { CacheMarker, Segment, Template } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import type { RenderedConversation } from "../workload/generate.ts";
import type { Alteration, Workload, WorkloadPart } from "../workload/workload.ts";
import { type ServedColumns, serveSteps } from "./advice/serve-all.ts";
import type { AlterationKey, AlteredParts } from "./altered-parts.ts";
import type { Documents } from "./documents.ts";
import { mergedParts } from "./merged-parts.ts";
import { computedTokensAtLeast, overSpans, replayInput, type Sent } from "./replay-input.ts";
import type { ResolvedScenario } from "./scenario.ts";
import { indices } from "./statistics.ts";

export interface TrialsOptions {
  readonly documents: Documents;
  readonly altered: AlteredParts;
  readonly scenario: ResolvedScenario;
  prefixOf(template: Template): StaticPrefix;
}

/** What some requests cost, all together. */
interface Cost {
  readonly reusedTokens: number;
  readonly prefilledTokens: number;
  readonly ttftSeconds: number;
}

/** All requests, and what became of them. */
export interface SentAmongAll extends Sent {
  readonly workload: Workload;
  readonly outcomes: OutcomeTable;
}

interface Tried {
  readonly template: Template;
  readonly change: Alteration;
  readonly key: AlterationKey;
}

/** A template as another text of its document has it, each alone in an empty cache. */
export interface AsOf {
  readonly edited: Template;
  readonly before: Reuse;
  readonly now: Reuse;
  readonly requests: number;
}

interface Reuse {
  readonly tokenHitRate: number;
  /** That all requests begin with. */
  readonly stableTokens: number;
}

interface Noted extends Tried {
  restated(gain: Gain): Finding;
}

/** A template and what it sends. */
export interface SentPart {
  readonly template: Template;
  readonly part: WorkloadPart;
}

interface Known {
  /** Of the document that is edited. */
  readonly text: string | undefined;
  readonly trial: Trial | null;
}

/** Requests that are served to try changes among all others. */
const mostServed = 10_000;

/** Of one scenario, of which what the templates send now is remembered. */
export class Trials {
  readonly #options: TrialsOptions;
  readonly #costs = new WeakMap<WorkloadPart, Cost>();
  /** By what is sent now and what is changed: a prompt of which only the fates are new is not tried again. */
  readonly #known = new WeakMap<WorkloadPart, Map<string, Known>>();
  readonly #tried = new WeakMap<Trial, Tried>();
  /** By what the first and the second send now. */
  readonly #shared = new WeakMap<WorkloadPart, WeakMap<WorkloadPart, Map<string, Gain | null>>>();
  readonly #noted = new WeakMap<Finding, Noted>();
  readonly #book = new SpanBook(computedTokensAtLeast);

  constructor(options: TrialsOptions) {
    this.#options = options;
  }

  /** `part` is what the template sends now. */
  move(template: Template, part: WorkloadPart, move: Move): Generator<void, Trial | null, void> {
    const { path, taken, put, at } = move;
    const text = this.#options.documents.documentAt(path)?.text;
    const key = { key: JSON.stringify(["move", path, taken, put, at]), text };
    return this.#once(part, key, () => this.#move(template, part, move, key));
  }

  textOf(path: string): string | null {
    return this.#options.documents.documentAt(path)?.text ?? null;
  }

  /** The template as it would be read with these edits; see `Documents.withTexts`. A document that is not there is new. */
  edited(template: Template, edits: readonly TextEdit[]): Generator<void, Template | null, void> {
    const paths = [...new Set(edits.map(({ path }) => path))];
    const changed = paths.map((path) => ({
      path,
      text: applyEdits(
        this.textOf(path) ?? "",
        edits.filter((edit) => edit.path === path),
      ),
      ...(this.textOf(path) === null && { isOnlyIncluded: true as const }),
    }));
    return this.#options.documents.withTexts(template, changed);
  }

  /** The same, read once as long as the template sends what it does and its document stays as it is. */
  readEdited(
    { template, part }: SentPart,
    edits: readonly TextEdit[],
  ): Generator<void, Template | null, void> {
    const text = this.textOf(template.path) ?? undefined;
    const key = { key: JSON.stringify(["read", edits]), text };
    return this.#options.altered.read(part, key, () => this.edited(template, edits));
  }

  /** Its requests in words, or those of what it would be; `null` where it is not called. */
  rendered(template: Template, edited?: Template): Generator<void, RenderedConversation | null, void> {
    return this.#options.altered.rendered(template, edited);
  }

  /** What it would be, and send, with another text of its document; `null` where that text has no such template. */
  *asOf(template: Template, part: WorkloadPart, text: string): Generator<void, AsOf | null, void> {
    const { documents, altered, prefixOf } = this.#options;
    const key = { key: "as of", text };
    const make = () => documents.asOf(template, { path: template.path, text });
    const edited = yield* altered.read(part, key, make);
    const then = edited === null ? null : yield* altered.sent(template, part, { edited }, key);
    if (edited === null || then === null) return null;
    // An empty prompt is sent to nobody.
    if (then.requests.some(({ promptTokens }) => promptTokens.length === 0)) return null;
    const [was, is] = [yield* this.#costKnown(edited, then), yield* this.#costKnown(template, part)];
    return {
      edited,
      before: { tokenHitRate: hitRateOf(was), stableTokens: prefixOf(edited).tokens.length },
      now: { tokenHitRate: hitRateOf(is), stableTokens: prefixOf(template).tokens.length },
      requests: part.requests.length,
    };
  }

  /** With these edits, of one document and at least one, which are then offered. */
  edits(
    template: Template,
    part: WorkloadPart,
    edits: readonly TextEdit[],
  ): Generator<void, Trial | null, void> {
    const text = this.textOf(edits[0]!.path) ?? undefined;
    const key = { key: JSON.stringify(["edits", edits]), text };
    const make = function* (trials: Trials) {
      const edited = yield* trials.#options.altered.read(part, key, () => trials.edited(template, edits));
      return edited === null
        ? null
        : yield* trials.#try({ template, change: { edited }, key }, part, { edits });
    };
    return this.#once(part, key, () => make(this));
  }

  /** What no edit of a document says. */
  change(template: Template, part: WorkloadPart, change: Change): Generator<void, Trial | null, void> {
    const key = { key: JSON.stringify(["change", change.key]), text: "" };
    return this.#once(part, key, () => this.#try({ template, change, key }, part, { edits: null }));
  }

  *#once(
    part: WorkloadPart,
    { key, text }: AlterationKey,
    make: () => Generator<void, Trial | null, void>,
  ): Generator<void, Trial | null, void> {
    const all = this.#known.get(part) ?? new Map<string, Known>();
    this.#known.set(part, all);
    const known = all.get(key);
    if (known !== undefined && known.text === text) return known.trial;
    const trial = yield* make();
    all.set(key, { text, trial });
    return trial;
  }

  *#move(
    template: Template,
    part: WorkloadPart,
    move: Move,
    { key, text }: AlterationKey,
  ): Generator<void, Trial | null, void> {
    const { altered } = this.#options;
    const edits = text === undefined || move.put.length === 0 ? null : editsOf(move, text);
    const readEdited = () => this.edited(template, edits!);
    const read = edits === null ? null : yield* altered.read(part, { key, text }, readEdited);
    // What a parser makes of the edited source is what was meant, or it is not offered.
    const isRead =
      read !== null &&
      isSameButBlanks(read.segments, move.template.segments) &&
      (hasEmptyMessage(template.segments) || !hasEmptyMessage(read.segments));
    const [edited, how] = isRead ? [read, { edits }] : [withMarks(move, []), { edits: null }];
    const plain = yield* this.#try({ template, change: { edited }, key: { key, text } }, part, how);
    if (plain === null || (template.cacheMarkers ?? []).length === 0) return plain;
    const marked = isRead
      ? { ...read, cacheMarkers: [...read.cacheMarkers!, markAt(move)] }
      : withMarks(move, [{ range: { start: move.at, end: move.at }, end: move.at, isLong: false }]);
    const tried = { template, change: { edited: marked }, key: { key: `${key} with a mark`, text } };
    const withMark = yield* this.#try(tried, part, { edits: null, needsMark: true });
    return withMark !== null && isWorthMark(plain, withMark) ? withMark : plain;
  }

  *#try(tried: Tried, part: WorkloadPart, how: Omit<Trial, "gain">): Generator<void, Trial | null, void> {
    const { template, change, key } = tried;
    if (part.requests.length === 0) return null;
    const then = yield* this.#options.altered.sent(template, part, change, key);
    if (then === null) return null;
    const before = yield* this.#costKnown(template, part);
    const after = yield* this.#cost(change.edited ?? template, then);
    const trial = { gain: gainOf(before, after, part.requests.length), ...how };
    this.#tried.set(trial, tried);
    return trial;
  }

  /** See `FindingContext.tryShared`. What two prompts share follows from what they send: it is tried once for each key. */
  *shared(pair: Pair<SentPart>, edited: Pair<Template>, key: string): Generator<void, Gain | null, void> {
    const [{ part: first }, { part: second }] = pair;
    const ofFirst = this.#shared.get(first) ?? new WeakMap<WorkloadPart, Map<string, Gain | null>>();
    this.#shared.set(first, ofFirst);
    const known = ofFirst.get(second) ?? new Map<string, Gain | null>();
    ofFirst.set(second, known);
    const before = known.get(key);
    if (before !== undefined) return before;
    const gain = yield* this.#tryShared(pair, edited);
    known.set(key, gain);
    return gain;
  }

  *#tryShared(pair: Pair<SentPart>, edited: Pair<Template>): Generator<void, Gain | null, void> {
    const { length } = pair[1].part.requests;
    if (length === 0 || pair[0].part.requests.length === 0) return null;
    const then: SentPart[] = [];
    for (const [at, sent] of pair.entries()) {
      const template = edited[at]!;
      const part =
        template === sent.template
          ? sent.part
          : yield* this.#options.altered.sentOnce(sent.template, { edited: template });
      if (part === null) return null;
      then.push({ template, part });
    }
    return gainOf(yield* this.#costTogether(pair), yield* this.#costTogether(then), length);
  }

  /** In an empty cache of their own. */
  *#costTogether(sent: readonly SentPart[]): Generator<void, Cost, void> {
    const { scenario, prefixOf } = this.#options;
    const workload = mergedParts(sent.map(({ part }) => part));
    const templates = sent.map(({ template }) => template);
    const known = replayInput({ templates, prefixes: templates.map(prefixOf), scenario, workload });
    const served = yield* serveSteps(known, known.cache, indices(workload.requests.length));
    return this.#costOf(workload.requests, served);
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
      const then = yield* this.#options.altered.sent(noted.template, part, noted.change, noted.key);
      if (then === null) continue;
      const rows = workload.requestsOf[index]!;
      const own = this.#inputOf(noted.change.edited ?? noted.template, then);
      const before = this.#costOf(part.requests, rowsOf(sent.outcomes, rows));
      const after = this.#costOf(then.requests, yield* this.#serveAmong(all, rows, own));
      stated.set(finding, noted.restated(gainOf(before, after, rows.length)));
    }
    if (stated.size === 0) return findings;
    return largestFirst(findings.map((finding) => stated.get(finding) ?? finding));
  }

  /** What becomes of the template's rows when all requests are served, its own as they would be. */
  *#serveAmong(all: ReplayInput, rows: readonly number[], own: ReplayInput): Generator<void, Served, void> {
    const { scenario } = this.#options;
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
    return {
      reusedTokens: rows.map((row) => served.reusedTokens[row]!),
      prefixTokens: rows.map((row) => served.prefixTokens[row]!),
      restoreSeconds: rows.map((row) => served.restoreSeconds[row]!),
    };
  }

  /** Of requests by what became of each. */
  #costOf(requests: readonly Request[], served: Served): Cost {
    const { ttft } = this.#options.scenario;
    let [reusedTokens, prefilledTokens, ttftSeconds] = [0, 0, 0];
    for (const [row, { promptTokens }] of requests.entries()) {
      const { length } = promptTokens;
      reusedTokens += served.reusedTokens[row]!;
      prefilledTokens += length - served.reusedTokens[row]!;
      ttftSeconds += served.restoreSeconds[row]!;
      ttftSeconds += ttft.ttftSeconds(Math.min(served.prefixTokens[row]!, length - 1), length);
    }
    return { reusedTokens, prefilledTokens, ttftSeconds };
  }

  #inputOf(template: Template, { requests, segments }: WorkloadPart): ReplayInput {
    const { scenario, prefixOf } = this.#options;
    return replayInput({
      templates: [template],
      prefixes: [prefixOf(template)],
      scenario,
      workload: { requests, segments, templateOf: new Int32Array(requests.length), knownRuns: [] },
    });
  }

  /** Of what is asked about again: what is sent now, or was sent at another time. */
  *#costKnown(template: Template, part: WorkloadPart): Generator<void, Cost, void> {
    const cost = this.#costs.get(part) ?? (yield* this.#cost(template, part));
    this.#costs.set(part, cost);
    return cost;
  }

  /** In an empty cache of their own. */
  *#cost(template: Template, part: WorkloadPart): Generator<void, Cost, void> {
    const known = this.#inputOf(template, part);
    const served = yield* serveSteps(known, known.cache, indices(part.requests.length));
    return this.#costOf(part.requests, served);
  }
}

function hitRateOf({ reusedTokens, prefilledTokens }: Cost): number {
  const all = reusedTokens + prefilledTokens;
  return all === 0 ? 0 : reusedTokens / all;
}

/** By request, of the columns that a cost is made of. */
type Served = Readonly<
  Record<keyof Pick<ServedColumns, "reusedTokens" | "prefixTokens" | "restoreSeconds">, ArrayLike<number>>
>;

/** That values drawn otherwise make prompts shorter is no gain of the cache; that the change makes them longer is a loss. */
function gainOf(before: Cost, after: Cost, requests: number): Gain {
  const lessPrefilled = before.prefilledTokens - after.prefilledTokens;
  const moreReused = after.reusedTokens - before.reusedTokens;
  return {
    tokensPerRequest: Math.min(lessPrefilled, moreReused) / requests,
    ttftSecondsPerRequest: (before.ttftSeconds - after.ttftSeconds) / requests,
  };
}

/** A place more to pay for, and to keep right: what it gives must be more than a tenth of what the move gives without. */
function isWorthMark(plain: Trial, marked: Trial): boolean {
  return marked.gain.tokensPerRequest > Math.max(0, plain.gain.tokensPerRequest) * 1.1 + 1;
}

/**
 * The prompt as it would be, with its marks and `more`, where no edited source says where they are: behind what stays, in the
 * source as it is, of all that is written in front of them.
 */
function withMarks({ template, taken }: Move, more: readonly CacheMarker[]): Template {
  const { cacheMarkers, segments } = template;
  if (cacheMarkers === undefined) return template;
  const isTaken = ({ start, end }: TextRange) =>
    taken.some((range) => range.start <= start && end <= range.end);
  const ends = rangesIn(segments).filter((range) => !isTaken(range));
  const stays = [...cacheMarkers, ...more].flatMap((marker) => {
    const before = ends.reduce((last, { end }) => (end <= marker.end ? Math.max(last, end) : last), -1);
    return before < 0 ? [] : [{ ...marker, end: before }];
  });
  return { ...template, cacheMarkers: stays };
}

/** With all that is nested in them. */
function rangesIn(segments: readonly Segment[]): readonly TextRange[] {
  return segments.flatMap((segment) =>
    segment.kind === "block"
      ? [segment.range, ...rangesIn(segment.body), ...rangesIn(segment.otherwise)]
      : segment.kind === "marker"
        ? []
        : [segment.range],
  );
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
  return {
    reusedTokens: rows.map((row) => outcomes.reusedTokens[row]! + outcomes.linkedTokens[row]!),
    prefixTokens: rows.map((row) => outcomes.reusedTokens[row]!),
    restoreSeconds: rows.map((row) => outcomes.restoreSeconds[row]!),
  };
}
