/**
 * Text that code puts together, before it becomes segments: what literals say stays cut into the units of the source,
 * so that `dedent`, `strip` and `format` can be applied to it wherever it came from.
 */
import { type EmbeddedText, type Engine, readEmbedded, textSegmentOf } from "../embedded.ts";
import { isOpenPath, withParameters } from "../open-path.ts";
import { isHistoryName } from "../scope-inference.ts";
import type { HoleSegment, IncludeSegment, MemberReference, ScopeClaim, Segment } from "../template.ts";
import type { Problem, TextRange } from "../text.ts";

export type Piece =
  | { readonly kind: "literal"; readonly text: EmbeddedText }
  | ReferencePiece
  | ChoicePiece
  | LoopPiece
  /** Everything but text: holes, markers, values of other files. */
  | SegmentPiece;

export interface SegmentPiece {
  readonly kind: "segment";
  readonly segment: Exclude<Segment, { readonly kind: "text" }>;
  /** What a function of another file is given, where the segment is what it gives back. */
  readonly called?: GivenPieces;
}

/** Arguments of a call. */
export interface GivenPieces {
  readonly positional: readonly (readonly Piece[])[];
  readonly named: ReadonlyMap<string, readonly Piece[]>;
}

/** A name in place of text that is written elsewhere in the same document. */
export interface ReferencePiece {
  readonly kind: "reference";
  readonly range: TextRange;
  readonly name: string;
  /** Where that text is written. */
  readonly definition: TextRange;
  readonly pieces: readonly Piece[];
  /** Set where a list is written there, and its items are joined here. */
  readonly isJoined?: boolean;
}

/** A conditional expression. */
export interface ChoicePiece {
  readonly kind: "choice";
  readonly range: TextRange;
  readonly name: string;
  readonly expression: string;
  readonly scope: ScopeClaim;
  readonly body: readonly Piece[];
  readonly otherwise: readonly Piece[];
}

/** A text for every item of a list, as in a comprehension. */
export interface LoopPiece {
  readonly kind: "loop";
  readonly range: TextRange;
  /** Of the list. */
  readonly name: string;
  readonly expression: string;
  readonly scope: ScopeClaim;
  /** Name of the variable; `null` where it is not one name. */
  readonly item: string | null;
  readonly body: readonly Piece[];
}

export function literal(text: EmbeddedText): readonly Piece[] {
  return text.text === "" ? [] : [{ kind: "literal", text }];
}

export function hole(segment: HoleSegment): Piece {
  return { kind: "segment", segment };
}

/** What another file holds, filled in when all files are known. */
export function memberPiece(member: MemberReference): Piece {
  const { range } = member.otherwise;
  return {
    kind: "segment",
    segment: { kind: "include", range, target: member.name, resolved: null, member },
  };
}

/** The same for what a call of another file's function gives. */
export function withCalled(pieces: readonly Piece[], called: GivenPieces): readonly Piece[] {
  if (called.positional.length + called.named.size === 0) return pieces;
  return pieces.map((piece) => {
    const isMember = piece.kind === "segment" && piece.segment.kind === "include";
    return isMember && piece.segment.member?.file === undefined ? { ...piece, called } : piece;
  });
}

/** Stands for what only a run knows, in `knownText`. */
export const unknownText = "\uFFFC";

/** The text as far as the code tells it; a choice counts with the longer of its branches. */
export function knownText(pieces: readonly Piece[]): string {
  return pieces.map(knownTextOf).join("");
}

function knownTextOf(piece: Piece): string {
  switch (piece.kind) {
    case "literal":
      return piece.text.text;
    case "reference":
      return knownText(piece.pieces);
    case "choice": {
      const [body, otherwise] = [knownText(piece.body), knownText(piece.otherwise)];
      return body.length >= otherwise.length ? body : otherwise;
    }
    case "loop":
      return knownText(piece.body);
    case "segment":
      return piece.segment.kind === "marker" ? "\n" : unknownText;
  }
}

/** Every reference in the pieces, into what they stand for. */
export function* references(pieces: readonly Piece[]): Generator<ReferencePiece> {
  for (const piece of pieces) {
    if (piece.kind === "choice") {
      yield* references(piece.body);
      yield* references(piece.otherwise);
    } else if (piece.kind === "loop") {
      yield* references(piece.body);
    } else if (piece.kind === "reference") {
      yield piece;
      yield* references(piece.pieces);
    }
  }
}

/** Of pieces with all that they refer to. */
export interface PiecesSize {
  /** UTF-16 units and holes. */
  readonly weight: number;
  /** How deep they stand in each other. */
  readonly depth: number;
}

/** Of pieces that were measured: names refer to the same ones again and again. */
const sizes = new WeakMap<readonly Piece[], PiecesSize>();

export function sizeOf(pieces: readonly Piece[]): PiecesSize {
  const known = sizes.get(pieces);
  if (known !== undefined) return known;
  let [weight, depth] = [0, 0];
  const add = (inner: readonly Piece[]) => {
    const size = sizeOf(inner);
    weight += size.weight;
    depth = Math.max(depth, size.depth + 1);
  };
  for (const piece of pieces) {
    if (piece.kind === "literal") weight += piece.text.text.length;
    else weight++;
    if (piece.kind === "reference") add(piece.pieces);
    else if (piece.kind === "loop") add(piece.body);
    else if (piece.kind === "choice") {
      add(piece.body);
      add(piece.otherwise);
    }
  }
  sizes.set(pieces, { weight, depth });
  return { weight, depth };
}

interface CodeDocument {
  readonly path: string;
  readonly source: string;
  /** Set for a text that other files may ask for: files whose path they give stay what they are. */
  readonly isForOthers?: true;
}

/** Whether they name a text of another file. */
export function hasImports(pieces: readonly Piece[]): boolean {
  return pieces.some((piece) => {
    if (piece.kind === "segment") return isFollowed(piece.segment);
    if (piece.kind === "choice") return hasImports(piece.body) || hasImports(piece.otherwise);
    if (piece.kind === "loop") return hasImports(piece.body);
    return piece.kind === "reference" && hasImports(piece.pieces);
  });
}

/** False for a file whose path nobody knows. */
function isFollowed(segment: Segment): boolean {
  return (
    segment.kind === "include" && !(segment.member?.file !== undefined && isOpenPath(segment.member.name))
  );
}

/** Whether a file is put in whose path is known. */
export function readsFiles(pieces: readonly Piece[]): boolean {
  return pieces.some((piece) => {
    if (piece.kind === "reference") return readsFiles(piece.pieces);
    if (piece.kind === "choice") return readsFiles(piece.body) || readsFiles(piece.otherwise);
    if (piece.kind !== "segment" || piece.segment.kind !== "include") return false;
    return piece.segment.member?.file !== undefined && isFollowed(piece.segment);
  });
}

/** The range with the text that is written behind it, as that of heredocs is. */
export function withTextBehind({ start, end }: TextRange, pieces: readonly Piece[]): TextRange {
  const behind = pieces.map((piece): number => {
    if (piece.kind === "literal") return piece.text.range.start >= start ? piece.text.range.end : end;
    return piece.kind === "segment" && piece.segment.range.start >= start && piece.segment.kind === "hole"
      ? piece.segment.range.end
      : end;
  });
  return { start, end: behind.reduce((most, each) => Math.max(most, each), end) };
}

/** The pieces as segments of the document at `path`, in order and inside of `within`. */
export function segmentsOf(
  pieces: readonly Piece[],
  document: CodeDocument,
  within: TextRange,
): readonly Segment[] {
  const segments = pieces.flatMap((piece) => segmentOf(piece, document) ?? []);
  return inSourceOrder(segments, document, within);
}

function segmentOf(piece: Piece, document: CodeDocument): Segment | null {
  switch (piece.kind) {
    case "literal":
      return textSegmentOf(piece.text);
    case "segment":
      // Of a file whose path only a run knows nothing else is known.
      if (piece.segment.kind !== "include" || piece.segment.member === undefined) return piece.segment;
      if (!isFollowed(piece.segment) && document.isForOthers !== true) return piece.segment.member.otherwise;
      return piece.called === undefined ? piece.segment : withGiven(piece.segment, piece.called, document);
    case "reference": {
      const whole = { start: 0, end: document.source.length };
      const segments = segmentsOf(piece.pieces, document, whole);
      const { range, name: target } = piece;
      const resolved = { path: document.path, segments };
      return segments.length === 0 ? null : { kind: "include", range, target, resolved };
    }
    case "choice": {
      const { range, name, expression, scope } = piece;
      const body = segmentsOf(piece.body, document, range);
      const otherwise = segmentsOf(piece.otherwise, document, range);
      if (body.length === 0 && otherwise.length === 0) return null;
      const block = { kind: "block", range, form: "conditional", name, expression, scope } as const;
      return { ...block, body, otherwise, item: null, isHistory: false };
    }
    case "loop": {
      const { range, name, expression, scope, item } = piece;
      const body = segmentsOf(piece.body, document, range);
      if (body.length === 0) return null;
      const block = { kind: "block", range, form: "loop", name, expression, scope } as const;
      return { ...block, body, otherwise: [], item, isHistory: isHistoryName(name) };
    }
  }
}

function withGiven(segment: IncludeSegment, called: GivenPieces, document: CodeDocument): IncludeSegment {
  const { member } = segment;
  if (member === undefined) return segment;
  const whole = { start: 0, end: document.source.length };
  const given = {
    positional: called.positional.map((pieces) => segmentsOf(pieces, document, whole)),
    named: new Map([...called.named].map(([name, pieces]) => [name, segmentsOf(pieces, document, whole)])),
  };
  const { file } = member;
  if (file === undefined) return { ...segment, member: { ...member, called: given } };
  const { handsOn: _, ...rest } = file;
  const inFile = { ...rest, given: new Map([...given.named, ...file.given]) };
  return { ...segment, member: { ...member, file: inFile } };
}

/** Code sends text in another order than it is written in: what stands elsewhere is included where it is sent. */
function inSourceOrder(
  segments: readonly Segment[],
  { path, source }: CodeDocument,
  within: TextRange,
): readonly Segment[] {
  let at = within.start;
  return segments.map((segment): Segment => {
    const { start, end } = segment.range;
    if (at <= start && end <= within.end) {
      at = end;
      return segment;
    }
    // A marker renders to nothing: it may stand anywhere.
    if (segment.kind === "marker") return { ...segment, range: { start: at, end: at } };
    const target = source.slice(start, Math.min(end, start + 40)).split("\n", 1)[0]!;
    return {
      kind: "include",
      range: { start: at, end: at },
      target,
      resolved: { path, segments: [segment] },
    };
  });
}

/** Keeps those units of the known text that `keep` says; holes and choices are one unit each and always stay. */
export function filterUnits(pieces: readonly Piece[], keep: (text: string) => Uint8Array): readonly Piece[] {
  const text = flatText(pieces);
  const kept = keep(text);
  let at = 0;
  const filter = (list: readonly Piece[]): readonly Piece[] =>
    list.flatMap((piece): readonly Piece[] => {
      if (piece.kind === "reference") {
        const inner = filter(piece.pieces);
        return inner.length === 0 ? [] : [{ ...piece, pieces: inner }];
      }
      if (piece.kind !== "literal") {
        at++;
        return [piece];
      }
      const from = at;
      at += piece.text.text.length;
      return literal(keepUnits(piece.text, kept.subarray(from, at)));
    });
  return filter(pieces);
}

function flatText(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => {
      if (piece.kind === "literal") return piece.text.text;
      return piece.kind === "reference" ? flatText(piece.pieces) : unknownText;
    })
    .join("");
}

function keepUnits(embedded: EmbeddedText, kept: Uint8Array): EmbeddedText {
  if (kept.every((unit) => unit === 1)) return embedded;
  const units = [...kept.keys()].filter((unit) => kept[unit] === 1);
  return {
    source: embedded.source,
    text: units.map((unit) => embedded.text[unit]).join(""),
    starts: Int32Array.from(units, (unit) => embedded.starts[unit]!),
    ends: Int32Array.from(units, (unit) => embedded.ends[unit]!),
    range: embedded.range,
  };
}

/** Without blanks, or without any of `characters`, at one end or both. */
export function trimPieces(
  pieces: readonly Piece[],
  ends: "start" | "end" | "both",
  characters: string | null = null,
): readonly Piece[] {
  const isCut = (unit: string) => (characters === null ? /\s/.test(unit) : characters.includes(unit));
  return filterUnits(pieces, (text) => {
    let from = 0;
    let to = text.length;
    if (ends !== "end") while (from < to && isCut(text[from]!)) from++;
    if (ends !== "start") while (from < to && isCut(text[to - 1]!)) to--;
    return new Uint8Array(text.length).fill(1, from, to);
  });
}

/**
 * What Python's `textwrap.dedent` does: the blanks that all lines begin with go, and so does what else is in blank lines.
 * https://docs.python.org/3/library/textwrap.html#textwrap.dedent
 */
export function dedentPieces(pieces: readonly Piece[]): readonly Piece[] {
  return filterUnits(pieces, (text) => {
    const kept = new Uint8Array(text.length).fill(1);
    const lines = [...text.matchAll(/^([ \t]*)([^\n]*)/gm)];
    const margins = lines.filter(([, , rest]) => rest !== "").map(([, blanks]) => blanks!);
    const margin = margins.length === 0 ? 0 : margins.reduce(commonStart).length;
    for (const { index, 1: blanks = "", 2: rest } of lines) {
      kept.fill(0, index, index + (rest === "" ? blanks.length : margin));
    }
    return kept;
  });
}

function commonStart(left: string, right: string): string {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length++;
  return left.slice(0, length);
}

/** What the engine makes of all literals in the pieces. */
export interface EngineReading {
  readonly engine: Engine;
  /** What is put in the place of a hole, by its name. */
  readonly values: ReadonlyMap<string, readonly Piece[]>;
}

/**
 * Reads the literals as templates of another engine, such as `str.format`, and fills in the values that the code gives.
 * A value that only a run knows leaves a hole in its place that keeps the name in the template.
 */
export function applyEngine(
  path: string,
  pieces: readonly Piece[],
  reading: EngineReading,
  problems: Problem[],
): readonly Piece[] {
  return pieces.flatMap((piece) => readPiece(path, piece, reading, problems));
}

function readPiece(
  path: string,
  piece: Piece,
  reading: EngineReading,
  problems: Problem[],
): readonly Piece[] {
  const read = (pieces: readonly Piece[]) => applyEngine(path, pieces, reading, problems);
  switch (piece.kind) {
    case "reference":
      return [{ ...piece, pieces: read(piece.pieces) }];
    case "choice":
      return [{ ...piece, body: read(piece.body), otherwise: read(piece.otherwise) }];
    case "loop":
      return [{ ...piece, body: read(piece.body) }];
    case "segment":
      return [piece];
    case "literal":
      return readLiteral(path, piece.text, reading, problems);
  }
}

function readLiteral(
  path: string,
  text: EmbeddedText,
  { engine, values }: EngineReading,
  problems: Problem[],
): readonly Piece[] {
  const { value, problems: found } = readEmbedded(path, text, engine);
  problems.push(...found);
  return value.segments.flatMap((segment): readonly Piece[] => {
    if (segment.kind === "text") return literal(unitsOf(segment, text.source));
    return segment.kind === "hole"
      ? fill(segment, values.get(segment.name), "place")
      : [{ kind: "segment", segment }];
  });
}

/** What a parameter is given that stands for nothing, or for a yes: it decides conditions, and is no text. */
export const absent: readonly Piece[] = [];
export const present: readonly Piece[] = [];

const asksForValue =
  /^(not |!)?\s?([\p{L}_$][\p{L}\p{N}_$]*)(?:\s+is (not )?None|\s?(!|=)==?\s?(?:undefined|null|""|''))?$/u;

/** Whether a condition holds that asks for one of the values; `null` where that is not known. */
export function decidedBy(expression: string, values: ReadonlyMap<string, readonly Piece[]>): boolean | null {
  const [whole, negation, name = "", isNot, sign] = asksForValue.exec(expression.trim()) ?? [];
  const value = whole === undefined ? undefined : values.get(name);
  if (value === undefined) return null;
  const text = value === present ? "yes" : knownText(value);
  if (text.includes(unknownText)) return null;
  const asksForNothing = / is (?:not )?None$/.test(expression.trim()) ? isNot === undefined : sign === "=";
  return (text !== "") !== (asksForNothing !== (negation !== undefined));
}

/** Puts values in the place of holes, by name, into references and choices. A hole in their stead has the value's name. */
export function fillHoles(
  pieces: readonly Piece[],
  values: ReadonlyMap<string, readonly Piece[]>,
): readonly Piece[] {
  if (values.size === 0) return pieces;
  return pieces.flatMap((piece): readonly Piece[] => {
    if (piece.kind === "literal") return [piece];
    if (piece.kind === "reference") return [{ ...piece, pieces: fillHoles(piece.pieces, values) }];
    if (piece.kind === "loop") return [{ ...piece, body: fillHoles(piece.body, values) }];
    if (piece.kind === "segment") {
      const { segment } = piece;
      if (segment.kind === "include") {
        const handed = segment.member?.file?.handsOn === true ? { positional: [], named: values } : undefined;
        const given = piece.called === undefined ? handed : filledCall(piece.called, values);
        const called = given === undefined ? {} : { called: given };
        return [{ kind: "segment", segment: withPath(segment, values), ...called }];
      }
      return segment.kind === "hole" ? fill(segment, values.get(segment.name), "value") : [piece];
    }
    const decided = decidedBy(piece.expression, values);
    if (decided !== null) return fillHoles(decided ? piece.body : piece.otherwise, values);
    const [body, otherwise] = [fillHoles(piece.body, values), fillHoles(piece.otherwise, values)];
    return [{ ...piece, body, otherwise }];
  });
}

function filledCall({ positional, named }: GivenPieces, values: ReadonlyMap<string, readonly Piece[]>) {
  const of = (pieces: readonly Piece[]) => fillHoles(pieces, values);
  return {
    positional: positional.map(of),
    named: new Map([...named].map(([name, pieces]) => [name, of(pieces)] as const)),
  };
}

/** A file that a function reads, with what a call of it gives for the path and for the places of the file. */
function withPath(segment: IncludeSegment, values: ReadonlyMap<string, readonly Piece[]>): IncludeSegment {
  const { member } = segment;
  if (member?.file === undefined) return segment;
  const name = withParameters(member.name, (parameter) => {
    const value = values.get(parameter);
    const isText = value !== undefined && value !== absent && value !== present;
    const text = isText ? knownText(value) : unknownText;
    return text.includes(unknownText) ? null : text;
  });
  const given = new Map(
    [...member.file.given].map(([key, all]) => {
      const [only] = all;
      const value = only?.kind === "hole" && all.length === 1 ? values.get(only.name)?.[0] : undefined;
      const hole = value?.kind === "segment" && value.segment.kind === "hole" ? value.segment : null;
      return [key, hole === null ? all : [hole]] as const;
    }),
  );
  return { ...segment, target: name, member: { ...member, name, file: { ...member.file, given } } };
}

/** `naming` says whether a hole in place of the value is called as the place or as the value. */
export function fill(
  place: HoleSegment,
  value: readonly Piece[] | undefined,
  naming: "place" | "value",
): readonly Piece[] {
  if (value === undefined || value === absent || value === present) return [hole(place)];
  const [only] = value;
  const { range } = place;
  // A number says nothing: the hole is called as its value is.
  if (value.length === 1 && only?.kind === "segment" && only.segment.kind === "hole") {
    const saysMore = only.segment.scope.basis === "unknown" && place.scope.basis !== "unknown";
    if (naming === "value" && saysMore) return [hole(place)];
    const isOwn = naming === "value" || /^\d*$/.test(place.name);
    return [hole({ ...only.segment, range, name: isOwn ? only.segment.name : place.name })];
  }
  const first = value[0];
  if (first === undefined) return [];
  return [{ kind: "reference", range, name: place.name, definition: rangeOf(first), pieces: value }];
}

function rangeOf(piece: Piece): TextRange {
  if (piece.kind === "literal") return piece.text.range;
  return piece.kind === "segment" ? piece.segment.range : piece.range;
}

function unitsOf(segment: Extract<Segment, { readonly kind: "text" }>, source: string): EmbeddedText {
  const { text, range, sourceOffsets } = segment;
  const at = (unit: number) => sourceOffsets?.[unit] ?? range.start + unit;
  return {
    source,
    text,
    starts: Int32Array.from({ length: text.length }, (_, unit) => at(unit)),
    ends: Int32Array.from({ length: text.length }, (_, unit) => Math.max(at(unit), at(unit + 1))),
    range,
  };
}
