/** What an expression is known to be without running it. The front ends of the languages make these; the rest reads them. */
import { mostVolatile } from "../scope-inference.ts";
import type { HoleSegment, MemberReference, ScopeClaim } from "../template.ts";
import type { TextRange } from "../text.ts";
import type { Parameter } from "./expression.ts";
import { type ChoicePiece, hole, type LoopPiece, type Piece } from "./pieces.ts";

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
  /** Set where another module tells what a call gives. */
  readonly call?: CallValue;
}

/** A member of a module of the workspace, as in `MemberReference`. */
export type Member = Pick<MemberReference, "module" | "name" | "folder" | "file">;

/** A list or tuple; also what a name stands for that is assigned one. */
export interface ListValue extends Written {
  readonly kind: "list";
  readonly items: readonly CodeValue[];
  /** Set where a name stands for it: the name, and where the list is written. */
  readonly reference: Reference | null;
  /** Where else it is written, as in `messages = [...messages, a]`. */
  readonly parts?: readonly TextRange[];
  /** Set where empty items are left out when it is joined (`.filter(Boolean)`). */
  readonly isCompact?: true;
  /** Set where each process may have its items in another order, as in a set, or each call draws one. */
  readonly order?: "open" | "drawn";
  /** Set for the messages that an object was told one by one: what else it was told, such as tools and the model, by name. */
  readonly told?: ReadonlyMap<string, CodeValue>;
}

/** All items of another value (`*history`, `...history`); only in lists. */
export interface SpreadValue extends Written {
  readonly kind: "spread";
  readonly value: CodeValue;
}

/** One value for every item of another list; only in lists. */
export interface RepeatValue extends Written {
  readonly kind: "repeat";
  readonly value: CodeValue;
  readonly loop: Pick<LoopPiece, "name" | "expression" | "scope" | "item">;
}

/** A value that is there where a condition holds, and otherwise not; only in lists and records. */
export interface MaybeValue extends Written {
  readonly kind: "maybe";
  readonly value: CodeValue;
  readonly choice: Pick<ChoicePiece, "range" | "name" | "expression" | "scope">;
  /** Set where it is there when the condition does not hold. */
  readonly isOtherwise: boolean;
}

/** A function by itself: frameworks are given functions that make the text. */
export interface FunctionValue extends Written {
  readonly kind: "function";
  readonly parameters: readonly Parameter[];
  /** How it is offered to a model as a tool; `null` for one without a name. */
  readonly tool: {
    readonly name: string;
    readonly documentation: TextValue | null;
    /** What is said of its parameters, by their names. */
    readonly described: ReadonlyMap<string, TextValue>;
    /** Where the function is written. */
    readonly definition: TextRange;
  } | null;
  /** What it gives back, looked up when asked; `null` where that cannot be told. */
  readonly returned: () => CodeValue | null;
  /** How often each value changes that it may give back, looked up when asked. */
  readonly claims: () => readonly ScopeClaim[];
  /** As in `FunctionParts`. */
  readonly decorators: readonly string[];
}

/** A dictionary or object. */
export interface RecordValue extends Written {
  readonly kind: "record";
  /** In the order in which they are written; the last one of a key counts. */
  readonly entries: readonly { readonly key: string; readonly value: CodeValue }[];
  /** False where keys are left out that only a run knows. */
  readonly isWhole: boolean;
  /** What is spread into it and is not seen to be a record. */
  readonly more?: readonly CodeValue[];
}

export interface CallValue extends Written {
  readonly kind: "call";
  /** As written, with dots, such as `client.messages.create`; parts that are no names are left out, imported names are the original ones. */
  readonly callee: string;
  /** As written, where the first name was imported under another one. */
  readonly alias?: string;
  /** The module that the first name was imported from; `null` where it was not. */
  readonly module: string | null;
  readonly positional: readonly CodeValue[];
  /** Keyword arguments; for languages without them the entries of an object that is the only argument. */
  readonly named: ReadonlyMap<string, CodeValue>;
  /** Set where there are arguments that only a run knows: `**options`, `...options`. */
  readonly hasMore?: boolean;
  /** What decorated functions add to what the call makes: `@agent.instructions`, `@agent.tool`. */
  readonly decorated?: Decorated;
  /** What a template gets for its places where it is used. */
  readonly given?: ReadonlyMap<string, readonly Piece[]>;
  /** Tools of the model that it asks, where they are bound to it before. */
  readonly bound?: CodeValue;
  /** Where else what it is given is written: the record of its named arguments, the chat that it asks. */
  readonly writtenIn?: readonly TextRange[];
  /** For a function of the module that gives what another call makes that call, looked up when asked. */
  readonly made?: () => CallValue | null;
  /** Set for a record of a type, which is as good as a call. */
  readonly isRecord?: true;
  /** Set for a call that tells a named object a part of a request, which is a part of what that sends. */
  readonly isTelling?: true;
  /** For a tool that is made of a class of this module, what the class says of it. */
  readonly fields?: () => RecordValue;
  /** For an object of a class of this module its methods that are marked as tools, looked up when asked. */
  readonly toolMethods?: () => readonly FunctionValue[];
  /** For a tool the class that it is made of, where another module may have that. */
  readonly madeOf?: Member;
  /** For a call of a chain where else the request is written: what the objects that it is called on were made of, and told. */
  readonly toldAt?: readonly TextRange[];
  /** For a method what it is called on, looked up when asked; `null` for any other call. */
  readonly receiver?: () => CodeValue | null;
}

export interface Decorated {
  readonly system: readonly CodeValue[];
  readonly tools: readonly CodeValue[];
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
  /** For a name or a field the call that made what it stands for, looked up when asked; `null` where no call is known. */
  readonly made?: () => CallValue | null;
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
  | RepeatValue
  | MaybeValue
  | FunctionValue
  | RecordValue
  | CallValue
  | LiteralValue
  | OpaqueValue;

/** The value where it stands in a text. */
export function piecesOf(value: CodeValue): readonly Piece[] {
  if (value.kind === "text") return value.pieces;
  return (value.kind === "literal" ? value.pieces : null) ?? [hole(value.hole())];
}

/** The text of a value that a template is given, which may be a function that makes it. */
export function piecesOfGiven(value: CodeValue): readonly Piece[] {
  if (value.kind !== "function") return piecesOf(value);
  const returned = value.returned();
  if (returned !== null) return piecesOf(returned);
  const own = value.hole();
  const scope = mostVolatile(value.claims());
  return [hole(scope === null ? own : { ...own, scope })];
}

/** Whether the code itself has filled in the places of the text. */
export function isFilled(value: CodeValue): boolean {
  return value.kind === "text" && value.isFilled === true;
}

/** The last value of a key. */
export function entry(record: RecordValue, key: string): CodeValue | undefined {
  return record.entries.findLast((candidate) => candidate.key === key)?.value;
}

/** The call that made a value, through names, fields and functions of the module; `null` where none is known. */
export function callBehind(value: CodeValue): CallValue | null {
  if (value.kind === "opaque") return value.made?.() ?? null;
  if (value.kind === "text") return value.call ?? null;
  return value.kind === "call" ? (value.made?.() ?? value) : null;
}

/** The last part of a dotted name. */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
