/** What the functions of libraries do with texts and lists. Each language has its names for them; what they do is said here. */
import type { Node } from "web-tree-sitter";
import { dollarNamesEngine } from "../dollar-names.ts";
import { type EmbeddedText, EmbeddedTextBuilder, type Engine, sliceEmbedded } from "../embedded.ts";
import { readJinja } from "../jinja/segments.ts";
import { isOpenPath, parameterInPath, withParameters } from "../open-path.ts";
import { lexFormatString } from "../str-format.ts";
import type { TextRange } from "../text.ts";
import { concatenated, flatItems } from "./lists.ts";
import { roleOfMaker } from "./message-names.ts";
import { rangeOf } from "./nodes.ts";
import {
  type ChoicePiece,
  dedentPieces,
  fill,
  filterUnits,
  knownText,
  literal,
  memberPiece,
  type Piece,
  segmentsOf,
  trimPieces,
  unknownText,
} from "./pieces.ts";
import {
  type CallValue,
  type CodeValue,
  isFilled,
  type ListValue,
  lastPart,
  type MaybeValue,
  piecesOf,
  type RecordValue,
  type TextValue,
} from "./values.ts";

/** A call of a function, or of a method on `owner`. */
export interface Operands {
  readonly node: Node;
  readonly call: CallValue;
  /** `null` for a function. */
  readonly owner: CodeValue | null;
  /** All arguments in their order, records that name what they hold too. */
  readonly given: readonly CodeValue[];
}

/** What makes values of a call. */
export interface Workbench {
  text(node: Node, pieces: readonly Piece[], isFilled: boolean): TextValue;
  list(node: Node, items: readonly CodeValue[]): ListValue;
  /** What the engine makes of the pieces. */
  read(
    pieces: readonly Piece[],
    engine: Engine,
    values: ReadonlyMap<string, readonly Piece[]>,
  ): readonly Piece[];
  /** A value for every item of a list, which has the name `item` in it. */
  forEach(node: Node, list: CodeValue, item: string | null, value: CodeValue): ListValue;
  /** What a name stands for at a node. */
  named(node: Node, name: string): CodeValue;
  /** Counts the work on the pieces. */
  spend(pieces: readonly Piece[]): void;
  readonly path: string;
  readonly source: string;
}

/** The value of the call; `null` where that cannot be told. */
export type Operation = (operands: Operands, bench: Workbench) => CodeValue | null;

/** Where an operation finds something: on what the method is called, or at a position. */
type Place = "owner" | number;

function at({ owner, given }: Operands, place: Place): CodeValue | undefined {
  return place === "owner" ? (owner ?? undefined) : given[place];
}

/** The text at a place, changed piece by piece. */
export function changed(
  place: Place,
  change: (pieces: readonly Piece[], operands: Operands) => readonly Piece[] | null,
): Operation {
  return (operands, bench) => {
    const text = at(operands, place);
    if (text?.kind !== "text") return null;
    bench.spend(text.pieces);
    const pieces = change(text.pieces, operands);
    return pieces === null ? null : bench.text(operands.node, pieces, isFilled(text));
  };
}

/** The text itself. */
export function same(place: Place): Operation {
  return changed(place, (pieces) => pieces);
}

/** Without blanks, or without the characters at `characters`, at its ends. */
export function trimmed(
  ends: "start" | "end" | "both",
  place: Place = "owner",
  characters?: number,
): Operation {
  return changed(place, (pieces, { given }) => {
    const cut = characters === undefined ? undefined : given[characters];
    return trimPieces(pieces, ends, cut?.kind === "text" ? knownText(cut.pieces) : null);
  });
}

export function dedented(place: Place): Operation {
  return changed(place, dedentPieces);
}

/** As Python's `inspect.cleandoc`, and Kotlin's `trimIndent`: blank lines at the ends go too. */
export function cleaned(place: Place): Operation {
  return changed(place, (pieces) => trimPieces(dedentPieces(pieces), "both"));
}

/** Every run of blanks as one; with `isTrimmed` none at the ends. */
export function squished(place: Place, isTrimmed: boolean): Operation {
  return changed(place, (pieces) => {
    const single = filterUnits(inOneLine(pieces), (text) => {
      const kept = new Uint8Array(text.length).fill(1);
      for (const { index, 0: run } of text.matchAll(/ {2,}/g)) kept.fill(0, index + 1, index + run.length);
      return kept;
    });
    return isTrimmed ? trimPieces(single, "both") : single;
  });
}

function inOneLine(pieces: readonly Piece[]): readonly Piece[] {
  return pieces.map((piece): Piece => {
    if (piece.kind === "literal")
      return { ...piece, text: { ...piece.text, text: piece.text.text.replace(/\s/g, " ") } };
    if (piece.kind === "reference") return { ...piece, pieces: inOneLine(piece.pieces) };
    if (piece.kind === "loop") return { ...piece, body: inOneLine(piece.body) };
    if (piece.kind === "choice")
      return { ...piece, body: inOneLine(piece.body), otherwise: inOneLine(piece.otherwise) };
    return piece;
  });
}

/** What a promise is resolved with, or what the function makes of that: `readFile(path).then((text) => text.trim())`. */
export const awaited: Operation = ({ owner, given: [next] }) => {
  if (next?.kind !== "function") return null;
  const made = next.returned();
  const parameter = next.parameters[0]?.name ?? null;
  if (made === null || parameter === null || made.kind === "text") return made;
  const isOfResult = made.hole().name.split(".", 1)[0] === parameter;
  return isOfResult && owner?.kind === "text" ? owner : null;
};

/** A template of another engine with the values that the call gives, by name and by position. */
export function formatted(engine: Engine, template: Place, firstValue = 0): Operation {
  return (operands, bench) => {
    const text = at(operands, template);
    if (text?.kind !== "text") return null;
    const { call } = operands;
    const values = valuesOf(call, call.positional.slice(firstValue));
    // With `**kwargs` a file has places, though nobody sees here what they are given.
    const hasMore = call.hasMore === true;
    const format = hasMore ? "plain-text" : null;
    return rendered(operands.node, text, values, { engine, format, hasMore }, bench);
  };
}

/** An engine, and the format that reads whole files with it; `null` for that of the file. */
interface Rendering {
  readonly engine: Engine;
  readonly format: string | null;
  /** Whether more is given than is written: `**kwargs`. */
  readonly hasMore: boolean;
}

/** A text, or a file that code reads, with values for its places. */
export function rendered(
  node: Node,
  { pieces }: TextValue,
  values: ReadonlyMap<string, readonly Piece[]>,
  rendering: Rendering,
  bench: Workbench,
): TextValue {
  bench.spend(pieces);
  const { engine } = rendering;
  const given = pieces.map((piece) => withValues(piece, values, rendering, bench));
  return bench.text(node, bench.read(given, engine, values), true);
}

/** A file that code reads, with what it gives for the places in it. */
function withValues(
  piece: Piece,
  values: ReadonlyMap<string, readonly Piece[]>,
  rendering: Pick<Rendering, "format" | "hasMore">,
  bench: Pick<Workbench, "path" | "source">,
): Piece {
  const { path, source } = bench;
  if (piece.kind === "reference")
    return { ...piece, pieces: piece.pieces.map((inner) => withValues(inner, values, rendering, bench)) };
  const segment = piece.kind === "segment" && piece.segment.kind === "include" ? piece.segment : null;
  const member = segment?.member;
  if (segment === null || member?.file === undefined) return piece;
  const whole = { start: 0, end: source.length };
  const given = new Map(
    [...values].map(([name, value]) => [name, segmentsOf(value, { path, source }, whole)] as const),
  );
  const engine = rendering.format ?? member.file.engine;
  const file = { ...member.file, engine, given, ...(rendering.hasMore && { handsOn: true as const }) };
  return { kind: "segment", segment: { ...segment, member: { ...member, file } } };
}

/** Templates of Jinja2 by what makes them of a text, or of a file. */
const makesTemplate = /(?:^|\.)(?:Template|from_string)$/;
const loadsTemplate = /(?:^|\.)(?:get_template|select_template|load_template)$/;

/** `Template("…").render(name=value)`, `environment.get_template("a.j2").render(…)`. */
export const renderedJinja: Operation = ({ node, owner, call }, bench) => {
  const made = madeBy(owner, call);
  if (made === null) return null;
  const [template] = made.positional;
  const values = valuesOf(call, call.positional);
  const rendering = { engine: readJinja, format: "jinja", hasMore: call.hasMore === true };
  if (template !== undefined && loadsTemplate.test(made.callee))
    return fileAt(node, template, values, rendering, bench);
  return template?.kind === "text" && makesTemplate.test(made.callee)
    ? rendered(node, template, values, rendering, bench)
    : null;
};

/** The text of a template that nobody renders in sight: `Template("…")` of Jinja2 or of `string`; `null` for other calls. */
export function unrendered(node: Node, call: CallValue, bench: Workbench): TextValue | null {
  const [template] = call.positional;
  if (template?.kind !== "text" || !makesTemplate.test(call.callee)) return null;
  const isOfLibrary = /^(?:jinja2|string)\b/.test(call.module ?? "") || call.callee.endsWith(".from_string");
  if (!isOfLibrary) return null;
  bench.spend(template.pieces);
  const engine = call.module === "string" ? dollarNamesEngine : readJinja;
  return bench.text(node, bench.read(template.pieces, engine, new Map()), true);
}

/** The call that made what a method is called on, also where a name was given to it. */
export function madeBy(owner: CodeValue | null, call: CallValue): CallValue | null {
  const made = owner?.kind === "call" ? owner : call.receiver?.();
  return made?.kind === "call" ? made : null;
}

/** `render_template("agent/identity.md", now=…)`: the file at the first argument, rendered as Jinja2. */
export const renderedFile: Operation = ({ node, call }, bench) => {
  const [template, ...others] = call.positional;
  if (template?.kind !== "text" || others.some(({ kind }) => kind === "text")) return null;
  const rendering = { format: "jinja", hasMore: call.hasMore === true };
  return fileAt(node, template, valuesOf(call, others), rendering, bench);
};

function fileAt(
  node: Node,
  template: CodeValue,
  values: ReadonlyMap<string, readonly Piece[]>,
  rendering: Pick<Rendering, "format" | "hasMore">,
  bench: Workbench,
): TextValue | null {
  const name = pathIn(piecesOf(template));
  const isParameter = template.kind === "opaque" && isOpenPath(name);
  if (!isParameter && !/^[\w./@-]+\.\w+$/.test(withParameters(name, () => "x"))) return null;
  const file = { engine: "jinja", given: new Map() };
  const piece = memberPiece({ module: null, name, file, otherwise: bench.text(node, [], false).hole() });
  return bench.text(node, [withValues(piece, values, rendering, bench)], true);
}

/** What is written of a path, with the parameters in it: `f"{name}.j2"`. */
function pathIn(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => {
      if (piece.kind === "reference") return pathIn(piece.pieces);
      if (piece.kind !== "segment" || piece.segment.kind !== "hole") return knownText([piece]);
      const { name } = piece.segment;
      return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? parameterInPath(name) : unknownText;
    })
    .join("");
}

/** As `formatted`, where places that the call does not name stand for names around it: `format!("{question}")` in Rust. */
export function formattedHere(engine: Engine, template: number): Operation {
  const format = formatted(engine, template, template + 1);
  return (operands, bench) => {
    const { node, call, given } = operands;
    const text = given[template];
    if (text?.kind !== "text") return null;
    const written = knownText(text.pieces);
    const named = new Map(call.named);
    for (const { name } of lexFormatString(written, { start: 0, end: written.length }).tokens) {
      if (/^\p{L}|^_/u.test(name) && !named.has(name)) named.set(name, bench.named(node, name));
    }
    // The template itself may be what another operation made of it.
    return format({ ...operands, call: { ...call, named } }, bench);
  };
}

/** With the end of a line behind it, which stands where the call ends. */
export function withLineEnd(operation: Operation): Operation {
  return (operands, bench) => {
    const text = operation(operands, bench);
    if (text?.kind !== "text") return null;
    const pieces = [...text.pieces, ...separatorOf("\n", operands, bench).pieces];
    return bench.text(operands.node, pieces, true);
  };
}

/** Values for the places of a template: named ones, those of a record or a list that is given alone, and by position. */
export function valuesOf(
  call: Pick<CallValue, "named">,
  given: readonly CodeValue[],
): ReadonlyMap<string, readonly Piece[]> {
  const values = new Map<string, readonly Piece[]>();
  given.forEach((value, index) => {
    values.set(String(index), piecesOf(value));
  });
  const [only, ...others] = given;
  if (only?.kind === "record" && others.length === 0)
    for (const { key, value } of only.entries) values.set(key, piecesOf(value));
  if (only?.kind === "list" && others.length === 0)
    only.items.forEach((value, index) => {
      values.set(String(index), piecesOf(value));
    });
  for (const [name, value] of call.named) values.set(name, piecesOf(value));
  return values;
}

/** Texts or lists behind each other; what only a run knows is a list where it is given lists or messages. */
export const concatenation: Operation = ({ node, owner, given }, bench) => {
  if (owner === null) return null;
  const isUnknown = owner.kind === "opaque" || owner.kind === "call";
  const isOfLists = given.some(({ kind }) => kind === "list" || kind === "record");
  if (owner.kind === "list" || (isUnknown && isOfLists)) {
    const added = given.flatMap((value) => (isMessage(value) ? [value] : concatenated([value])));
    return bench.list(node, [...concatenated([owner]), ...added]);
  }
  if (owner.kind !== "text") return null;
  return bench.text(node, [owner, ...given].flatMap(piecesOf), [owner, ...given].some(isFilled));
};

/** Values that are items, where a list is given them: what only a run knows is most often a list. */
export function isMessage(value: CodeValue): boolean {
  if (value.kind === "call")
    return (
      /Message$/.test(lastPart(value.callee)) ||
      value.callee.split(".").some((part) => roleOfMaker(part) !== null)
    );
  return value.kind !== "list" && value.kind !== "opaque";
}

/** The items of a list with a separator between them. `separator` is `null` where none is written. */
export function joinedItems(list: Place | "rest", separator: Place | null, fallback = ""): Operation {
  return (operands, bench) => {
    const rest = list === "rest" ? operands.given.slice(1) : [];
    const [first] = rest;
    const all =
      list !== "rest" ? at(operands, list) : rest.length === 1 && first?.kind === "list" ? first : null;
    const between = separator === null ? undefined : at(operands, separator);
    if (between !== undefined && between.kind !== "text") return null;
    if (all === undefined || (all !== null && all.kind !== "list")) return null;
    const items = all ?? bench.list(operands.node, rest);
    return join(operands.node, items, between ?? separatorOf(fallback, operands, bench), bench);
  };
}

/** A separator that nobody writes stands where the call ends. */
function separatorOf(text: string, { node }: Operands, bench: Workbench): TextValue {
  if (text === "") return bench.text(node, [], false);
  const builder = new EmbeddedTextBuilder(bench.source);
  const { endIndex } = node;
  builder.unit(text, endIndex, endIndex);
  return bench.text(node, literal(builder.build({ start: endIndex, end: endIndex })), false);
}

/**
 * A list that is joined in a loop has one separator too many at its end: what a request really sends is shorter by it.
 * `null` where something of the list is only known by a run.
 */
function join(node: Node, list: ListValue, separator: TextValue, bench: Workbench): CodeValue | null {
  const all = flatItems(list);
  if (list.order !== undefined || all.some(({ kind }) => kind === "spread")) return null;
  const isCompact = list.isCompact === true;
  const items = isCompact ? all.filter((item) => textOf(item).length > 0) : all;
  const pieces = joined(items, separator, isCompact);
  const isAnyFilled = isFilled(separator) || items.some(isFilledItem);
  if (list.reference === null) return bench.text(node, pieces, isAnyFilled);
  return bench.text(node, [{ kind: "reference", ...list.reference, pieces, isJoined: true }], isAnyFilled);
}

function isFilledItem(item: CodeValue): boolean {
  return item.kind === "repeat" || item.kind === "maybe" ? isFilledItem(item.value) : isFilled(item);
}

/** What an item writes, without a separator; nothing for what is written as nothing where a text may stand. */
export function textOf(value: CodeValue): readonly Piece[] {
  if (value.kind === "maybe") {
    const text = textOf(value.value);
    return text.length === 0 ? [] : [choiceOf(value, text)];
  }
  const isNothing = value.kind === "literal" && (value.value === null || value.value === false);
  return isNothing ? [] : piecesOf(value);
}

/** What is there or not, as a choice. */
export function choiceOf({ choice, isOtherwise }: MaybeValue, inner: readonly Piece[]): ChoicePiece {
  const [body, otherwise] = isOtherwise ? [[], inner] : [inner, []];
  return { kind: "choice", ...choice, body, otherwise };
}

/** The separator is written once, and sent at `offset`, between two items. */
function separate({ range, pieces }: TextValue, offset: number): readonly Piece[] {
  const place = { start: offset, end: offset };
  return pieces.length === 0
    ? []
    : [{ kind: "reference", range: place, name: "separator", definition: range, pieces }];
}

/** Items with the separator between them; it goes with those that may not be there. */
function joined(items: readonly CodeValue[], separator: TextValue, isCompact: boolean): readonly Piece[] {
  const optional = items.map((item) => (isCompact || item.kind === "maybe" ? optionalText(item) : null));
  const firstSure = items.findIndex((item, index) => optional[index] === null && item.kind !== "repeat");
  return items.flatMap((item, index): readonly Piece[] => {
    const choice = optional[index];
    const { start, end } = item.range;
    const isBefore = index < firstSure;
    const withSeparator = (pieces: readonly Piece[]) => {
      if (pieces.length === 0) return pieces;
      return isBefore ? [...pieces, ...separate(separator, end)] : [...separate(separator, start), ...pieces];
    };
    if (item.kind === "repeat") return repeated(item, separator, index, items);
    if (choice == null) return [...(index <= firstSure ? [] : separate(separator, start)), ...textOf(item)];
    return [{ ...choice, body: withSeparator(choice.body), otherwise: withSeparator(choice.otherwise) }];
  });
}

function repeated(
  { value, loop, range }: Extract<CodeValue, { readonly kind: "repeat" }>,
  separator: TextValue,
  index: number,
  items: readonly CodeValue[],
): readonly Piece[] {
  const text = textOf(value);
  if (text.length === 0) return [];
  // Behind others each one has the separator before it; a list of nothing else has it behind.
  const isFirst = !items.slice(0, index).some((item) => item.kind !== "repeat");
  const body = isFirst
    ? [...text, ...separate(separator, value.range.end)]
    : [...separate(separator, value.range.start), ...text];
  return [{ kind: "loop", range, ...loop, body }];
}

/** A text that is there or not; `null` for any other. */
function optionalText(item: CodeValue): ChoicePiece | null {
  const [only, ...others] = textOf(item);
  if (only?.kind !== "choice" || others.length > 0) return null;
  return only.body.length === 0 || only.otherwise.length === 0 ? only : null;
}

/** The list without its empty items. */
export function compacted(place: Place, isCompacting: (written: string) => boolean): Operation {
  return (operands, bench) => {
    const list = at(operands, place);
    const [test] = operands.given.slice(place === "owner" ? 0 : 1);
    if (
      list?.kind !== "list" ||
      !isCompacting(test === undefined ? "" : bench.source.slice(test.range.start, test.range.end))
    )
      return null;
    return { ...list, isCompact: true };
  };
}

/** What replaces a text that stands in a text. */
export interface Replacement {
  readonly text: string;
  readonly isGlobal: boolean;
  readonly value: CodeValue;
}

/** `text.replace(pattern, value)`; a pattern that is no text is read by `patternOf`, from how it is written. */
export function replaced(
  isGlobal: boolean,
  {
    place = "owner",
    first = 0,
    patternOf,
  }: {
    readonly place?: Place;
    /** Position of the pattern. */
    readonly first?: number;
    readonly patternOf?: (written: string) => Omit<Replacement, "value"> | null;
  } = {},
): Operation {
  return (operands, bench) => {
    const text = at(operands, place);
    const [pattern, value] = operands.given.slice(first, first + 2);
    if (text?.kind !== "text" || pattern === undefined || value === undefined) return null;
    bench.spend(text.pieces);
    const known =
      pattern.kind === "text"
        ? { text: knownText(pattern.pieces), isGlobal }
        : (patternOf?.(bench.source.slice(pattern.range.start, pattern.range.end)) ?? null);
    if (known !== null) {
      const pieces = replaceText(text.pieces, { ...known, value });
      return bench.text(operands.node, inFiles(pieces, { ...known, value }, bench), true);
    }
    // What a pattern changes in it is little: the text is known by the rest. A function fills in places.
    return value.kind === "text" ? bench.text(operands.node, text.pieces, true) : null;
  };
}

/** Files in the pieces, of which the same text is replaced when they are read. */
function inFiles(
  pieces: readonly Piece[],
  replacement: Replacement,
  bench: Pick<Workbench, "path" | "source">,
): readonly Piece[] {
  return pieces.map((piece): Piece => {
    if (piece.kind === "reference") return { ...piece, pieces: inFiles(piece.pieces, replacement, bench) };
    if (piece.kind !== "segment" || piece.segment.kind !== "include") return piece;
    const { member } = piece.segment;
    if (member?.file === undefined || replacement.text === "") return piece;
    const whole = { start: 0, end: bench.source.length };
    const value = segmentsOf(piecesOf(replacement.value), bench, whole);
    const { text, isGlobal } = replacement;
    const replaced = [...(member.file.replaced ?? []), { text, isGlobal, value }];
    const file = { ...member.file, replaced };
    return { kind: "segment", segment: { ...piece.segment, member: { ...member, file } } };
  });
}

/** The pieces with a value in place of a text that stands in one of them. */
export function replaceText(pieces: readonly Piece[], replacement: Replacement): readonly Piece[] {
  let left = replacement.isGlobal ? Number.POSITIVE_INFINITY : 1;
  let filled = 0;
  const inPiece = (piece: Piece): readonly Piece[] => {
    switch (piece.kind) {
      case "literal": {
        const parts = cut(piece.text, replacement.text, left);
        left -= parts.length >> 1;
        filled += parts.length >> 1;
        return parts.flatMap((part, index) =>
          index % 2 === 0 ? literal(part) : filledIn(part.range, replacement),
        );
      }
      case "reference": {
        const before = filled;
        const inner = piece.pieces.flatMap(inPiece);
        // With something else in it, it is more than another name of the text.
        return [{ ...piece, pieces: inner, ...(filled > before && { isJoined: true }) }];
      }
      case "loop":
        return [{ ...piece, body: piece.body.flatMap(inPiece) }];
      case "choice":
        return [{ ...piece, body: piece.body.flatMap(inPiece), otherwise: piece.otherwise.flatMap(inPiece) }];
      case "segment":
        return [piece];
    }
  };
  return pieces.flatMap(inPiece);
}

/** The text between the places and, at odd indices, the places. */
function cut(embedded: EmbeddedText, text: string, most: number): readonly EmbeddedText[] {
  const parts: EmbeddedText[] = [];
  let from = 0;
  for (let count = 0; count < most && text !== ""; count++) {
    const next = embedded.text.indexOf(text, from);
    if (next < 0) break;
    parts.push(sliceEmbedded(embedded, from, next), sliceEmbedded(embedded, next, next + text.length));
    from = next + text.length;
  }
  return [...parts, sliceEmbedded(embedded, from, embedded.text.length)];
}

/** A value keeps the name that its place has, such as `question` for `{{question}}`. */
function filledIn(range: TextRange, { text, value }: Replacement): readonly Piece[] {
  const own = value.hole();
  const name = /[\p{L}_][\p{L}\p{N}_.]*/u.exec(text)?.[0] ?? own.name;
  return fill({ ...own, name, range }, piecesOf(value), "place");
}

/** The entries that a call names, as a record. */
export const record: Operation = ({ call }): RecordValue => ({
  kind: "record",
  range: call.range,
  hole: call.hole,
  entries: [...call.named].map(([key, value]) => ({ key, value })),
  isWhole: call.positional.length === 0 && call.hasMore !== true,
});

/**
 * Lines without any blanks before them do not count: the first one begins behind the quote.
 * https://github.com/dmnd/dedent
 */
export function withoutMargin(pieces: readonly Piece[], isWhole: boolean): readonly Piece[] {
  return filterUnits(pieces, (text) => {
    const kept = new Uint8Array(text.length).fill(1);
    const lines = [...text.matchAll(/^([ \t]+)(\S?)/gm)];
    const widths = lines.filter(([, , rest]) => rest !== "").map(([, blanks]) => blanks!.length);
    const margin = isWhole ? Number.POSITIVE_INFINITY : widths.reduce((a, b) => Math.min(a, b), text.length);
    for (const { index, 1: blanks = "" } of lines) {
      kept.fill(0, index, index + Math.min(blanks.length, margin));
    }
    return kept;
  });
}

/** `items.map((item) => …)`: what the function at `made` gives for every item of the list. */
export function mapped(list: Place, made: number): Operation {
  return (operands, bench) => {
    const [all, each] = [at(operands, list), operands.given[made]];
    if (all === undefined || each?.kind !== "function") return null;
    const value = each.returned();
    const isKnown = value !== null && ["text", "record", "call"].includes(value.kind);
    return value === null || !isKnown
      ? null
      : bench.forEach(operands.node, all, each.parameters[0]?.name ?? null, value);
  };
}

/** The values of a record, in the order in which they are written. */
export function valuesOfRecord(place: Place): Operation {
  return (operands, bench) => {
    const found = at(operands, place);
    if (found?.kind !== "record" || !found.isWhole) return null;
    return bench.list(
      operands.node,
      found.entries.map(({ value }) => value),
    );
  };
}

/** The items of a list in an order that the program fixes, that nobody does, or that each call draws. */
export function ordered(place: Place, order: "fixed" | "open" | "drawn"): Operation {
  return (operands, bench) => {
    const list = at(operands, place);
    if (list?.kind !== "list") return null;
    const items = bench.list(operands.node, list.items);
    return order === "fixed" ? items : { ...items, order };
  };
}

/** `"-" * 40`. */
export const repeatedText: Operation = ({ node, owner, given: [right] }, bench) => {
  const [text, count] = owner?.kind === "text" ? [owner, right] : [right, owner];
  const times = count?.kind === "literal" && typeof count.value === "number" ? count.value : -1;
  if (text?.kind !== "text" || times < 0 || times > 200 || text.pieces.length > 1) return null;
  const [only] = text.pieces;
  if (only?.kind !== "literal") return null;
  const builder = new EmbeddedTextBuilder(bench.source);
  builder.unit(only.text.text.repeat(times), node.startIndex, node.endIndex);
  return bench.text(node, literal(builder.build(rangeOf(node))), isFilled(text));
};
