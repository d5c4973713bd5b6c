/**
 * What a change of one prompt gives, by replaying its conversations: before and after, each in an empty cache of their own
 * under the policy in force, so that neither what other prompts evict nor a formula is between the promise and the re-analysis.
 */
import type { Gain, Trial } from "../findings/finding.ts";
import { applyEdits, editsOf, isSameText, type Move } from "../prompt/move.ts";
import type { StaticPrefix } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { WorkloadMaker } from "../workload/generate.ts";
import type { WorkloadPart } from "../workload/workload.ts";
import { serveSteps, sumOf } from "./advice/serve-all.ts";
import type { Documents } from "./documents.ts";
import { replayInput } from "./replay-input.ts";
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

/** Of one scenario, of which what the templates send now is remembered. */
export class Trials {
  readonly #options: TrialsOptions;
  readonly #served = new WeakMap<WorkloadPart, Served>();

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
    const edited = isRead ? read : move.template;
    // Marks are known by where they are written.
    if (!isRead && (template.cacheMarkers ?? []).length > 0) return null;
    const gain = yield* this.#gain(template, part, edited);
    return gain && { gain, edits: isRead ? edits : null };
  }

  *#gain(template: Template, part: WorkloadPart, edited: Template): Generator<void, Gain | null, void> {
    const then = yield* this.#options.maker.instead(template, edited);
    if (then === null || part.requests.length === 0) return null;
    const before = this.#served.get(part) ?? (yield* this.#serve(template, part));
    this.#served.set(part, before);
    const after = yield* this.#serve(edited, then);
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

  *#serve(template: Template, { requests, segments }: WorkloadPart): Generator<void, Served, void> {
    const { scenario, prefixOf } = this.#options;
    const known = replayInput({
      templates: [template],
      prefixes: [prefixOf(template)],
      scenario,
      workload: { requests, segments, templateOf: new Int32Array(requests.length), knownRuns: [] },
    });
    const served = yield* serveSteps(known, known.cache, indices(requests.length));
    return {
      reusedTokens: sumOf(served.reusedTokens),
      prefixTokens: served.prefixTokens,
      restoreSeconds: sumOf(served.restoreSeconds),
    };
  }
}
