/** What an expression is known to be without running it. The front ends of the languages make these; the rest reads them. */
import type { HoleSegment } from "../template.ts";
import type { TextRange } from "../text.ts";
import { hole, type Piece } from "./pieces.ts";

interface Written {
  readonly range: TextRange;
  /** What stands in a text in place of the value, where it is no text itself. */
  readonly hole: () => HoleSegment;
}

export interface TextValue extends Written {
  readonly kind: "text";
  readonly pieces: readonly Piece[];
  /** Set where the code itself has filled in the places: braces that are left are text. */
  readonly isFilled?: boolean;
}

/** A list or tuple; also what a name stands for that is assigned one. */
export interface ListValue extends Written {
  readonly kind: "list";
  readonly items: readonly CodeValue[];
  /** Set where a name stands for it: the name, and where the list is written. */
  readonly reference: Reference | null;
  /** Where else it is written, as in `messages = [...messages, a]`. */
  readonly parts?: readonly TextRange[];
}

/** All items of another value (`*history`, `...history`); only in lists. */
export interface SpreadValue extends Written {
  readonly kind: "spread";
  readonly value: CodeValue;
}

/** A dictionary or object. */
export interface RecordValue extends Written {
  readonly kind: "record";
  /** In the order in which they are written; the last one of a key counts. */
  readonly entries: readonly { readonly key: string; readonly value: CodeValue }[];
  /** False where keys are left out that only a run knows. */
  readonly isWhole: boolean;
}

export interface CallValue extends Written {
  readonly kind: "call";
  /** As written, with dots, such as `client.messages.create`; parts that are no names are left out. */
  readonly callee: string;
  readonly positional: readonly CodeValue[];
  /** Keyword arguments; for languages without them the entries of an object that is the only argument. */
  readonly named: ReadonlyMap<string, CodeValue>;
  /** Set where there are arguments that only a run knows: `**options`, `...options`. */
  readonly hasMore?: boolean;
  /** For a method what it is called on, looked up when asked; `null` for any other call. */
  readonly receiver?: () => CodeValue | null;
}

export interface LiteralValue extends Written {
  readonly kind: "literal";
  readonly value: number | boolean | null;
  /** What it is as text, where that is what is written; `null` where the language writes it in another way. */
  readonly pieces: readonly Piece[] | null;
}

/** Anything that only a run knows. */
export interface OpaqueValue extends Written {
  readonly kind: "opaque";
}

export interface Reference {
  readonly name: string;
  readonly range: TextRange;
  readonly definition: TextRange;
}

export type CodeValue =
  | TextValue
  | ListValue
  | SpreadValue
  | RecordValue
  | CallValue
  | LiteralValue
  | OpaqueValue;

/** The value where it stands in a text. */
export function piecesOf(value: CodeValue): readonly Piece[] {
  if (value.kind === "text") return value.pieces;
  return (value.kind === "literal" ? value.pieces : null) ?? [hole(value.hole())];
}

/** Whether the code itself has filled in the places of the text. */
export function isFilled(value: CodeValue): boolean {
  return value.kind === "text" && value.isFilled === true;
}

/** The last value of a key. */
export function entry(record: RecordValue, key: string): CodeValue | undefined {
  return record.entries.findLast((candidate) => candidate.key === key)?.value;
}

/** The last part of a dotted name. */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
