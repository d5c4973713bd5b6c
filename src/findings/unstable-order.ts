/**
 * The same items stand in another order in every call: a shuffled list of examples, a set, a listing of a folder.
 * Told by what was sent (a request leaves the others in a loop whose items an earlier one had in another order), by the
 * expression (`| shuffle`, `set(…)`), or by what the code around it is known to do.
 */

import { fates } from "../core/fates.ts";
import { fateIndex } from "../core/replay/ledger.ts";
import { drawsOrder, inFixedOrder, setInOrder } from "../prompt/item-order.ts";
import type { Named, TextEdit } from "../prompt/move.ts";
import { walkSegments, walkWhole } from "../prompt/segments.ts";
import type { ScopeClaim, Segment, Template } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { bytes } from "../words/numbers.ts";
import type { SourceSegment } from "../workload/workload.ts";
import { culpritOf, historyAround } from "./culprit.ts";
import type { Finding, FindingContext, Rule, Stake, Trial } from "./finding.ts";
import { type ClauseAbout, lossHeadline } from "./sentences.ts";
import { addLoss, isWorthEdit, type Loss, lossAt, stakeOf, worthSaying } from "./stake.ts";
import { promised, restated } from "./tried.ts";

export const unstableOrder: Rule = {
  id: "unstable-order",
  get title() {
    return t("The same items in another order");
  },
  scope: "template",
  *check(context) {
    const findings: Finding[] = [];
    for (const [culprit, loss] of unorderedLosses(context)) {
      const place = placeOf(context, culprit, loss);
      if (place === null) continue;
      const tried = isWorthEdit(place.lost) ? yield* sortedAt(context, place) : null;
      const { finding, said } = describe(context, place, loss, tried);
      findings.push(finding);
      if (tried !== null)
        context.onTried?.(finding, tried, (gain) => restated(context, finding, said, tried, gain));
    }
    return findings;
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
    const expression = (segment && template ? namedAt(template, segment)?.expression : null) ?? "";
    const isDrawing = drawsOrder(expression) || hasNoOrder.test(segment?.scope?.reason ?? "");
    this.#drawing.set(culprit, isDrawing);
    return isDrawing;
  }
}

/** Of the reasons that formats give for a scope, those that speak of the order. */
const hasNoOrder = /\bno (?:fixed )?order\b/;

/** The hole or block of the template, or of what it includes. */
function namedAt(template: Template, { path: wanted, range }: SourceSegment): Named | null {
  for (const { path, segment } of walkWhole(template)) {
    const isThere = path === wanted && segment.range.start === range.start && segment.range.end === range.end;
    if (isThere && (segment.kind === "hole" || segment.kind === "block")) return segment;
  }
  return null;
}

/** Where the order changes, and what that costs. */
interface Place {
  readonly segment: SourceSegment;
  readonly template: Template;
  /** `null` for the tools, which stand in none of its segments. */
  readonly named: Named | null;
  readonly lost: Stake;
}

function placeOf(context: FindingContext, culprit: number, loss: Loss): Place | null {
  const segment = context.workload.segments[culprit];
  const template = segment === undefined ? undefined : context.templates[segment.template];
  if (segment === undefined || template === undefined) return null;
  const named = namedAt(template, segment);
  const lost = stakeOf(context, loss, context.workload.requestsOf[segment.template]?.length ?? 0);
  if (named === null && !areTools(template, segment)) return null;
  return lost.tokensPerRequest < worthSaying ? null : { segment, template, named, lost };
}

function areTools({ path, toolOrder }: Template, segment: SourceSegment): boolean {
  return toolOrder !== undefined && segment.path === path && segment.range === toolOrder.range;
}

/** What a fixed order gives: written into the source where that can be done, else as if the caller gave it. */
function* sortedAt(context: FindingContext, place: Place): Generator<void, Trial | null, void> {
  const { segment, template, named } = place;
  const text = context.textOf?.(segment.path) ?? null;
  if (named === null) return yield* toolsInOrder(context, place, text);
  const edit = text === null ? null : sortingEdit({ ...place, named }, text);
  const written = edit === null ? null : yield* context.tryEdits?.(template, [edit]) ?? [];
  if (written) return written;
  const edited = withFixedOrder(template, segment);
  const key = JSON.stringify(["sorted", segment.path, named.range]);
  return (yield* context.tryChange?.(template, { key, edited }) ?? []) ?? null;
}

/** The same of tools: written where their order comes from a set in the code that lists them. */
function* toolsInOrder(
  context: FindingContext,
  { segment: { path, range }, template }: Place,
  text: string | null,
): Generator<void, Trial | null, void> {
  const sorted =
    text === null ? null : setInOrder(text.slice(range.start, range.end), template.engine ?? template.format);
  if (sorted !== null) {
    const { start, end, newText } = sorted;
    const edit = { path, range: { start: range.start + start, end: range.start + end }, newText };
    const written = yield* context.tryEdits?.(template, [edit]) ?? [];
    if (written) return written;
  }
  const { toolOrder: _, ...edited } = template;
  return (yield* context.tryChange?.(template, { key: "tools in one order", edited }) ?? []) ?? null;
}

function sortingEdit(
  { segment: { path, range }, template, named }: Place & { readonly named: Named },
  text: string,
): TextEdit | null {
  const { expression } = named;
  const language = template.engine ?? template.format;
  const sorted = inFixedOrder(expression, { language, fields: shownFields(named) });
  const source = text.slice(range.start, range.end);
  // A loop names its item in front of the list, and may use the same word.
  const listed = named.kind === "block" ? source.search(new RegExp(`\\bin\\s+${escaped(expression)}`)) : 0;
  const at = listed < 0 ? source.indexOf(expression) : source.indexOf(expression, listed);
  if (sorted === null || at < 0) return null;
  const start = range.start + at;
  return { path, range: { start, end: start + expression.length }, newText: sorted };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Fields of a loop's item that its body shows. */
function shownFields(named: Named): readonly string[] {
  if (named.kind !== "block" || named.item === null) return [];
  const owner = `${named.item}.`;
  const fields = [...walkSegments(named.body)].flatMap((segment) =>
    segment.kind === "hole" && segment.name.startsWith(owner) ? [segment.name.slice(owner.length)] : [],
  );
  return [...new Set(fields)];
}

/** The template as if what stands there, and all that comes of it, was the same in every call. */
function withFixedOrder(template: Template, place: SourceSegment): Template {
  const scope: ScopeClaim = { scope: "constant", basis: "declared", reason: "its items come in one order" };
  const within = (path: string, segments: readonly Segment[], isInside: boolean): readonly Segment[] =>
    segments.map((segment): Segment => {
      const { start, end } = segment.range;
      const isFixed =
        isInside || (path === place.path && start === place.range.start && end === place.range.end);
      if (segment.kind === "hole") return isFixed ? { ...segment, scope } : segment;
      if (segment.kind === "include" && segment.resolved !== null) {
        const { path: inner, segments: all } = segment.resolved;
        return { ...segment, resolved: { path: inner, segments: within(inner, all, isInside) } };
      }
      if (segment.kind !== "block") return segment;
      const body = within(path, segment.body, isFixed);
      return {
        ...segment,
        body,
        otherwise: within(path, segment.otherwise, isInside),
        ...(isFixed && { scope }),
      };
    });
  return { ...template, segments: within(template.path, template.segments, false) };
}

/** How it is spoken of. */
interface Words {
  readonly clause: string | ClauseAbout;
  detail(what: { readonly losing: number; readonly requests: number; readonly kv: string }): string;
  readonly fix: string;
}

function itemWords({ name }: SourceSegment): Words {
  return {
    clause: { name, say: (shown) => t("{0} comes in another order", shown) },
    detail: (what) =>
      t(
        "In {losing} of {requests} requests it holds the same items in another order than before; what follows is prefilled again and held once more ({kv} of KV). Sort them by a key that does not change before they are rendered.",
        what,
      ),
    fix: t("Put {0} in a fixed order", name),
  };
}

function toolWords({ scope }: SourceSegment): Words {
  return {
    clause: t("the tools come in another order"),
    detail: (what) =>
      t(
        "In {losing} of {requests} requests they are the same tools in another order than before; what follows is prefilled again and held once more ({kv} of KV). {reason}Sort them by name.",
        { ...what, reason: sentence(scope?.reason) },
      ),
    fix: t("Put the tools in a fixed order"),
  };
}

function describe(
  context: FindingContext,
  place: Place,
  loss: Loss,
  tried: Trial | null,
): { readonly finding: Finding; said(stake: Stake): Pick<Finding, "message" | "detail"> } {
  const { segment, template, named, lost } = place;
  const words = named === null ? toolWords(segment) : itemWords(segment);
  const requests = context.workload.requestsOf[segment.template]?.length ?? 0;
  const { stake, isWorth } = promised(context, lost, tried);
  const isInferred = segment.scope !== null && segment.scope.basis !== "declared";
  const said = (atStake: Stake) => ({
    message: lossHeadline(context, atStake, words.clause),
    detail: words.detail({ losing: loss.requests, requests, kv: bytes(atStake.bytes) }),
  });
  const finding: Finding = {
    rule: unstableOrder.id,
    severity: isWorth ? "warning" : "hint",
    templateId: template.id,
    path: segment.path,
    range: segment.range,
    ...said(stake),
    stake,
    assumptions: ["sorted-items", "hole-values", ...(isInferred ? ["inferred-scopes"] : [])],
    related: [],
    ...(isWorth && tried?.edits && { fixes: [{ title: words.fix, edits: tried.edits, effect: tried.gain }] }),
  };
  return { finding, said };
}

/** A reason as a sentence of its own, with a space behind it. */
function sentence(reason: string | undefined): string {
  return reason === undefined ? "" : `${reason[0]!.toUpperCase()}${reason.slice(1)}. `;
}
