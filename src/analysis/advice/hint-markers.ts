/**
 * A marker in each template, exactly where the part ends that all its calls share: what the marker does is tried before it is
 * proposed. The template is read again with it, must be the same but for it, and its tokens up to the marker must be those
 * of every request.
 */
import type { MarkerIntake } from "../../core/policies/hint-intakes.ts";
import { commonPrefixLength } from "../../core/tokens/common-prefix.ts";
import { ChatEncoder } from "../../prompt/chat/encoder.ts";
import type { SourceDocument } from "../../prompt/format.ts";
import { findFormat } from "../../prompt/registry.ts";
import { type StaticPrefix, sourceOfToken, staticPrefix } from "../../prompt/static-prefix.ts";
import type { Segment, Template } from "../../prompt/template.ts";
import type { Tokenizer } from "../../tokenizers/tokenizer.ts";
import type { Prepared } from "../study.ts";
import type { CheckpointHints, TemplateHints } from "./hints.ts";

/** A template with the marker in it. */
export interface MarkedTemplate {
  readonly id: string;
  readonly path: string;
  /** In front of this offset of the document, in UTF-16 units, the marker is written. */
  readonly offset: number;
  /** Tokens in front of the marker, as the server counts them. */
  readonly tokens: number;
  /** Of the hint; they differ by what the chat template writes where nothing of the document stands. */
  readonly hintTokens: number;
  /** Further positions of the template, for which there is no second marker. */
  readonly unmarked: number;
}

export interface RefusedTemplate {
  readonly id: string;
  readonly path: string;
  /** A sentence. */
  readonly reason: string;
}

export interface MarkerHints {
  readonly kind: "marker";
  readonly marker: string;
  readonly unitTokens: number;
  readonly launch: string;
  readonly templates: readonly MarkedTemplate[];
  readonly refused: readonly RefusedTemplate[];
}

/** What is known of the workspace, and how a template would be with another text. */
export interface MarkersInput {
  readonly prepared: Pick<
    Prepared,
    "scenario" | "tokenizer" | "chat" | "templates" | "prefixes" | "workload"
  >;
  readonly hints: CheckpointHints;
  documentAt(path: string): SourceDocument | null;
  /** See `Documents.withTexts`. */
  withTexts(template: Template, documents: readonly SourceDocument[]): Generator<void, Template | null, void>;
}

/** No vocabulary has so many. */
const markerId = 2 ** 31 - 1;

/** Yields now and then. */
export function* markerSteps(input: MarkersInput, takes: MarkerIntake): Generator<void, MarkerHints, void> {
  const { scenario, templates, tokenizer, chat } = input.prepared;
  const tried: Tried = {
    ...input,
    marker: takes.marker,
    unitTokens: scenario.createWith((context) => takes.unitTokens(context)),
    encoder: new ChatEncoder(withSpecial(tokenizer, takes.marker), chat.template),
    includers: includersOf(input),
  };
  const marked: MarkedTemplate[] = [];
  const refused: RefusedTemplate[] = [];
  for (const hint of input.hints.templates) {
    const index = templates.findIndex(({ id }) => id === hint.id);
    const found = yield* mark(tried, index, hint);
    const { id, path } = hint;
    if (typeof found === "string") refused.push({ id, path, reason: found });
    else marked.push(found);
    yield;
  }
  const alone: MarkedTemplate[] = [];
  for (const each of marked) {
    const isAlone = yield* hasOneMarker(tried, each, marked);
    if (isAlone) alone.push(each);
    else refused.push({ id: each.id, path: each.path, reason: twoMarkers });
  }
  return {
    kind: "marker",
    marker: takes.marker,
    unitTokens: tried.unitTokens,
    launch: scenario.createWith((context) => takes.launch(context)),
    templates: alone,
    refused,
  };
}

const twoMarkers = "Another template of the document shares its text, and would bring a second marker.";

/** Whether it still has one where all templates of its document have theirs. */
function* hasOneMarker(
  tried: Tried,
  { id, path, offset }: MarkedTemplate,
  all: readonly MarkedTemplate[],
): Generator<void, boolean, void> {
  const others = all.filter((each) => each.path === path && each.offset !== offset);
  const document = tried.documentAt(path);
  const template = tried.prepared.templates.find((each) => each.id === id)!;
  const isNear = others.some((other) => touches(template.segments, path, other));
  if (!isNear || document === null) return true;
  const text = withMarkers({ templates: all, marker: tried.marker }, document);
  const edited = yield* tried.withTexts(template, [{ ...document, text }]);
  yield;
  return edited !== null && occurrences(shapeOf(edited.segments), tried.marker) === 1;
}

interface Tried extends MarkersInput {
  readonly marker: string;
  readonly unitTokens: number;
  /** Knows the marker as a special token, as the server does. */
  readonly encoder: ChatEncoder;
  /** Paths to templates that are sent and bring the document along. */
  readonly includers: ReadonlyMap<string, string>;
}

/** The marked template, or why there is none. */
function* mark(
  tried: Tried,
  index: number,
  hint: TemplateHints,
): Generator<void, MarkedTemplate | string, void> {
  const { prepared, marker, unitTokens, includers } = tried;
  const template = prepared.templates[index]!;
  const prefix = prepared.prefixes[index]!;
  const document = tried.documentAt(template.path);
  const reason = whyNot(template, document, marker);
  if (reason !== null || document === null) return reason ?? "Its document is not known.";
  const all = hint.positions.find(({ scope }) => scope === "all");
  if (all?.scope !== "all") return "Its calls begin with nothing that all of them share.";
  if (all.tokens < unitTokens) {
    return `Its calls share ${all.tokens} tokens, fewer than one block of ${unitTokens}: the server would refuse the request.`;
  }
  const includer = includers.get(template.path);
  if (includer !== undefined) {
    return `${includer} includes it, whose prompts would bring the marker along: mark what is sent.`;
  }
  let last = "The marker would stand beside the document's text.";
  for (const offset of placesFor(template, prefix)) {
    const text = document.text.slice(0, offset) + marker + document.text.slice(offset);
    const edited = yield* tried.withTexts(template, [{ ...document, text }]);
    yield;
    const tokens = checkedTokens(tried, index, all.tokens, edited);
    if (typeof tokens === "string") {
      last = tokens;
      continue;
    }
    const unmarked = hint.positions.length - 1;
    return { id: hint.id, path: hint.path, offset, tokens, hintTokens: all.tokens, unmarked };
  }
  return last;
}

/** What a look at the template tells. */
function whyNot(template: Template, document: SourceDocument | null, marker: string): string | null {
  const { composition, captured, format } = template;
  if (composition !== undefined) {
    return "promptcache.json composes it of other documents: no text of its own can carry the marker.";
  }
  if (captured !== undefined) return "It was recorded, and is no template.";
  const known = findFormat(format);
  if (known?.takesMarks !== true) {
    const name = known?.name ?? format;
    return `A document in ${name} is no text of a prompt: write the marker where its values are put together.`;
  }
  if (document?.text.includes(marker) === true) return "The document holds the marker already.";
  return null;
}

/** Where the shared part ends in the document; the best first. */
function placesFor(template: Template, { end }: StaticPrefix): readonly number[] {
  if (end !== null) return [end];
  const last = template.segments.findLast(({ kind }) => kind === "text");
  if (last?.kind !== "text") return [];
  // Some chat templates trim what they wrap.
  const trimmed = last.text.trimEnd().length;
  const { range, sourceOffsets } = last;
  return [range.end, sourceOffsets?.[trimmed] ?? range.start + trimmed];
}

/** Tokens in front of the marker in what the template becomes with it, or why that will not do. */
function checkedTokens(
  { prepared, marker, encoder }: Tried,
  index: number,
  hintTokens: number,
  edited: Template | null,
): number | string {
  const template = prepared.templates[index]!;
  if (edited === null) return "With the marker the document reads as another template.";
  const times = occurrences(shapeOf(edited.segments), marker);
  if (times > 1) {
    return `The marker would stand ${times} times in the prompt: that text of the document is sent as often.`;
  }
  if (times === 0 || shapeWithout(edited.segments, marker) !== shapeOf(template.segments)) {
    return "With the marker other parts of the document read differently.";
  }
  const { tokens: ids } = staticPrefix(edited, encoder);
  const tokens = ids.indexOf(markerId);
  if (tokens < 0) return "The chat template moves or drops the marker.";
  const { workload, prefixes } = prepared;
  const isShared = workload.requestsOf[index]!.every((row) => {
    const { promptTokens } = workload.requests[row]!;
    return tokens < promptTokens.length && commonPrefixLength(ids, 0, promptTokens, 0, tokens) === tokens;
  });
  if (!isShared) return "A token would be cut in two, or nothing would follow the marker.";
  // What lies between is the chat template's, or blank: nothing of the document could be marked nearer to the hint.
  for (let token = tokens; token < hintTokens; token++) {
    const runs = sourceOfToken(prefixes[index]!, token);
    const between = runs.find(({ text, start, end }) => text.text.slice(start, end).trim() !== "");
    if (between === undefined) continue;
    return between.text.path === template.path
      ? "The shared part ends where the document's language takes no text."
      : `The shared part ends inside ${between.text.path}, which it includes.`;
  }
  return tokens;
}

function withSpecial(tokenizer: Tokenizer, text: string): Tokenizer {
  return {
    vocabulary: tokenizer.vocabulary,
    specials: new Map([...tokenizer.specials, [text, markerId]]),
    encode: (given) => tokenizer.encode(given),
    encodeWithEnds: (given) => tokenizer.encodeWithEnds(given),
    count: (given) => tokenizer.count(given),
    stableCount: (given) => tokenizer.stableCount(given),
  };
}

/** What a template says, without where it says it: equal for templates that send the same. */
export function shapeOf(segments: readonly Segment[]): string {
  return shapeWithout(segments, "");
}

function shapeWithout(segments: readonly Segment[], marker: string): string {
  const parts: string[] = [];
  let text = "";
  const close = () => {
    const rest = marker === "" ? text : text.replaceAll(marker, "");
    if (rest !== "") parts.push(JSON.stringify(rest));
    text = "";
  };
  for (const segment of segments) {
    if (segment.kind === "text") {
      text += segment.text;
      continue;
    }
    close();
    parts.push(shapeOfPart(segment, marker));
  }
  close();
  return `[${parts.join(",")}]`;
}

function shapeOfPart(segment: Exclude<Segment, { readonly kind: "text" }>, marker: string): string {
  const inner = (segments: readonly Segment[]) => shapeWithout(segments, marker);
  switch (segment.kind) {
    case "marker":
      return `message ${segment.role}`;
    case "hole":
      return `hole ${JSON.stringify([segment.form, segment.name, segment.expression, segment.scope.scope])}`;
    case "block": {
      const head = JSON.stringify([segment.form, segment.name, segment.expression, segment.isHistory]);
      return `block ${head}${inner(segment.body)}${inner(segment.otherwise)}`;
    }
    case "include": {
      const { target, resolved } = segment;
      return `include ${JSON.stringify(target)}${resolved === null ? "" : inner(resolved.segments)}`;
    }
  }
}

/** Whether an offset of a document lies in, or at, something that these segments are made of. */
function touches(segments: readonly Segment[], path: string, place: MarkedTemplate): boolean {
  return segments.some((segment) => {
    const { start, end } = segment.range;
    if (path === place.path && start <= place.offset && place.offset <= end) return true;
    if (segment.kind !== "include" || segment.resolved === null) return false;
    return touches(segment.resolved.segments, segment.resolved.path, place);
  });
}

function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** Of templates that are sent: which documents they include, at whatever depth. */
function includersOf({ hints, prepared }: MarkersInput): ReadonlyMap<string, string> {
  const includers = new Map<string, string>();
  for (const { id } of hints.templates) {
    const template = prepared.templates.find((each) => each.id === id)!;
    const open: (readonly Segment[])[] = [template.segments];
    for (let list = open.pop(); list !== undefined; list = open.pop()) {
      for (const segment of list) {
        if (segment.kind === "block") open.push(segment.body, segment.otherwise);
        if (segment.kind !== "include" || segment.resolved === null) continue;
        const { path, segments } = segment.resolved;
        if (path !== template.path) includers.set(path, id);
        open.push(segments);
      }
    }
  }
  return includers;
}

/** A document with the markers of all templates that stand in it; one where two of them share it. */
export function withMarkers(
  { templates, marker }: Pick<MarkerHints, "templates" | "marker">,
  { path, text }: SourceDocument,
): string {
  const offsets = templates.filter((template) => template.path === path).map(({ offset }) => offset);
  return [...new Set(offsets)]
    .toSorted((a, b) => b - a)
    .reduce((marked, offset) => marked.slice(0, offset) + marker + marked.slice(offset), text);
}
