/** Which holes have to be moved together, found by trying. */
import { type Move, type MoveOptions, moveBehind, type Named } from "../prompt/move.ts";
import type { ScopeClaim } from "../prompt/template.ts";
import type { FindingContext, Trial } from "./finding.ts";

/** What requests of a template leave the others at. */
interface Culprit {
  readonly template: number;
  readonly scope: ScopeClaim;
}

/** A move that was tried, and what was moved. */
export interface Tried {
  readonly move: Move;
  readonly trial: Trial;
  readonly within: MoveOptions["within"];
}

/** Share of the most that can be gained with which a smaller change is good enough. */
const goodEnough = 0.9;

/** What came of trying. */
export interface BestMoves {
  /** The smallest of the moves that gives nearly all that any of them gives; `null` where none can be tried. */
  readonly best: Tried | null;
  /** The same of those that an edit of the source makes. */
  readonly bestEdit: Tried | null;
}

export function* bestMoves(
  context: FindingContext,
  culprits: readonly Culprit[],
): Generator<void, BestMoves, void> {
  const template = context.templates[culprits[0]!.template]!;
  const tried: Tried[] = [];
  const known = new Set<string>();
  const places: readonly MoveOptions["within"][] =
    template.usage === "instructions" ? ["message", "conversation"] : ["message", "prompt"];
  for (const within of places) {
    for (const isMoved of choicesFor(culprits)) {
      const move = moveBehind(template, { isMoved, isLast, within });
      const key = move === null ? "" : JSON.stringify([move.path, move.taken, move.at]);
      if (move === null || known.has(key)) continue;
      known.add(key);
      const trial = (yield* context.tryMove?.(template, move) ?? []) ?? null;
      if (trial !== null) tried.push({ move, trial, within });
    }
  }
  return { best: bestOf(tried), bestEdit: bestOf(tried.filter(({ trial }) => trial.edits !== null)) };
}

function bestOf(tried: readonly Tried[]): Tried | null {
  const gainOf = ({ trial }: Tried) => trial.gain.tokensPerRequest;
  const most = tried.reduce((best, each) => Math.max(best, gainOf(each)), Number.NEGATIVE_INFINITY);
  return tried.find((each) => gainOf(each) >= most * (most > 0 ? goodEnough : 1)) ?? null;
}

/** Of what is moved together, the surest first: what is known to be new in every call, then what changes more slowly too. */
function choicesFor(culprits: readonly Culprit[]): readonly MoveOptions["isMoved"][] {
  const isEvery = ({ scope: { scope } }: Named | Culprit) => scope === "request" || scope === "volatile";
  const isKnown = ({ scope: { basis } }: Named | Culprit) => basis !== "unknown";
  const surest = (segment: Named) => isEvery(segment) && isKnown(segment);
  const slower = (segment: Named) => segment.scope.scope !== "constant" && isKnown(segment);
  const unknown = (segment: Named) => isEvery(segment);
  if (culprits.every((culprit) => !isKnown(culprit))) return [unknown];
  return culprits.some((culprit) => isEvery(culprit) && isKnown(culprit))
    ? [surest, slower, unknown]
    : [slower];
}

/** What differs in every call may stand at the end, in front of nothing. */
const isLast = ({ scope: { scope } }: Named) => scope === "request" || scope === "volatile";
