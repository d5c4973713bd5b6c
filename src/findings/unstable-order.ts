/**
 * The same items stand in another order in every call: a shuffled list of examples, a set, a listing of a folder.
 * Told by what was sent (a request leaves the others in a loop whose items an earlier one had in another order), by the
 * expression (`| shuffle`, `set(…)`), or by what the code around it is known to do.
 */
import { fates } from "../core/fates.ts";
import { fateIndex } from "../core/replay/ledger.ts";
import type { Segment, Template } from "../prompt/template.ts";
import { bytes } from "../words/numbers.ts";
import type { SourceSegment } from "../workload/workload.ts";
import { culpritOf, historyAround } from "./culprit.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { lossHeadline } from "./sentences.ts";
import { addLoss, isWorthEdit, type Loss, lossAt, stakeOf, worthSaying } from "./stake.ts";

export const unstableOrder: Rule = {
  id: "unstable-order",
  title: "The same items in another order",
  scope: "template",
  check(context) {
    return [...unorderedLosses(context)].flatMap(([culprit, loss]) => describe(context, culprit, loss) ?? []);
  },
};

/** What requests lose by the order alone, by the hole or block whose order it is. */
export function unorderedLosses(context: FindingContext): ReadonlyMap<number, Loss> {
  const { outcomes, workload } = context;
  const losses = new Map<number, Loss>();
  const orders = new OrdersSeen(context);
  for (let request = 0; request < outcomes.length; request++) {
    const left = outcomes.leftAtSegment[request] ?? -1;
    const diverged = outcomes.fates[request * fates.length + fateIndex.diverged] ?? 0;
    const culprit = left < 0 ? -1 : culpritOf(workload.segments, left);
    const isReordered = orders.pass(request, culprit);
    if (isReordered && diverged > 0) addLoss(context, lossAt(losses, culprit), request, diverged);
  }
  return losses;
}

/** The orders in which requests have shown the items of each loop. */
class OrdersSeen {
  readonly #context: FindingContext;
  /** Loops and holes whose expression draws an order anew. */
  readonly #drawing = new Map<number, boolean>();
  /** Of each loop, by the items in a fixed order, the order in which they were last shown. */
  readonly #shown = new Map<string, string>();

  constructor(context: FindingContext) {
    this.#context = context;
  }

  /** Remembers a request; says whether the culprit of its parting has an order that an earlier one did not have. */
  pass(request: number, culprit: number): boolean {
    let isReordered = culprit >= 0 && this.#isDrawing(culprit);
    for (const [loop, items] of this.#itemsByLoop(request)) {
      if (items.length < 2) continue;
      const order = items.join();
      const set = `${loop}: ${items.toSorted((a, b) => a - b).join()}`;
      const before = this.#shown.get(set);
      if (loop === culprit && before !== undefined && before !== order) isReordered = true;
      this.#shown.set(set, order);
    }
    return isReordered;
  }

  /** What the holes inside each loop hold, by its segment; earlier turns are no items. */
  #itemsByLoop(request: number): ReadonlyMap<number, number[]> {
    const { requests, segments } = this.#context.workload;
    const runs = requests[request]?.runs ?? null;
    const items = new Map<number, number[]>();
    for (const [run, segment] of (runs?.segments ?? []).entries()) {
      if (segments[segment]?.kind !== "hole" || historyAround(segments, segment) >= 0) continue;
      for (let at = segments[segment]?.parent ?? -1; at >= 0; at = segments[at]?.parent ?? -1) {
        if (segments[at]?.kind !== "block") continue;
        const list = items.get(at) ?? [];
        items.set(at, list);
        list.push(runs?.contents[run] ?? -1);
      }
    }
    return items;
  }

  #isDrawing(culprit: number): boolean {
    const known = this.#drawing.get(culprit);
    if (known !== undefined) return known;
    const segment = this.#context.workload.segments[culprit];
    const template = segment === undefined ? undefined : this.#context.templates[segment.template];
    const expression = segment && template ? expressionAt(template, segment) : "";
    const isDrawing = drawsOrder.test(expression) || hasNoOrder.test(segment?.scope?.reason ?? "");
    this.#drawing.set(culprit, isDrawing);
    return isDrawing;
  }
}

const drawsOrder =
  /\b(?:shuffle|shuffled|sample)\b|\b(?:set|frozenset|listdir|scandir|iterdir|readdir|readdirSync|glob|globSync)\s*\(/;

/** Of the reasons that formats give for a scope, those that speak of the order. */
const hasNoOrder = /\bno (?:fixed )?order\b/;

/** The expression of a hole or block of the template, or of what it includes. */
function expressionAt({ path, segments }: Template, { path: wantedPath, range }: SourceSegment): string {
  const left: { readonly path: string; readonly segments: readonly Segment[] }[] = [{ path, segments }];
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    for (const segment of part.segments) {
      const isThere =
        part.path === wantedPath && segment.range.start === range.start && segment.range.end === range.end;
      if (isThere && (segment.kind === "hole" || segment.kind === "block")) return segment.expression;
      if (segment.kind === "include" && segment.resolved !== null) left.push(segment.resolved);
      if (segment.kind === "block") {
        left.push({ path: part.path, segments: [...segment.body, ...segment.otherwise] });
      }
    }
  }
  return "";
}

function describe(context: FindingContext, culprit: number, loss: Loss): Finding | null {
  const segment = context.workload.segments[culprit];
  const template = segment === undefined ? undefined : context.templates[segment.template];
  if (segment === undefined || template === undefined) return null;
  const requests = context.workload.requestsOf[segment.template]?.length ?? 0;
  const stake = stakeOf(context, loss, requests);
  if (stake.tokensPerRequest < worthSaying) return null;
  const isInferred = segment.scope !== null && segment.scope.basis !== "declared";
  return {
    rule: unstableOrder.id,
    severity: isWorthEdit(stake) ? "warning" : "hint",
    templateId: template.id,
    path: segment.path,
    range: segment.range,
    message: lossHeadline(stake, `«${segment.name}» comes in another order`),
    detail:
      `In ${loss.requests} of ${requests} requests it holds the same items in another order than before; what follows is prefilled ` +
      `again and held once more (${bytes(stake.bytes)} of KV). Sort them by a key that does not change before they are rendered.`,
    stake,
    assumptions: ["sorted-items", "hole-values", ...(isInferred ? ["inferred-scopes"] : [])],
    related: [],
  };
}
