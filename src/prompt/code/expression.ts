/** What expressions and statements are, whatever the language: a language lowers its syntax tree to these, one node at a time. */
import type { Node } from "web-tree-sitter";
import type { TextRange } from "../text.ts";
import type { Piece } from "./pieces.ts";

/** What a literal says, and the values that are written into it. */
export type TextPart =
  | { readonly kind: "said"; readonly pieces: readonly Piece[] }
  | {
      readonly kind: "value";
      readonly node: Node;
      /** What it stands in the place of, with the signs around it. */
      readonly range: TextRange;
      /** How it is written, where that is not simply its text, such as `{now:%H}`; `null` for the text itself. */
      readonly format: string | null;
    };

export interface Argument {
  /** `null` for one that is told by its position. */
  readonly name: string | null;
  readonly value: Node;
  /** Set for arguments that only a run knows: `**options`, `...rest`. */
  readonly isSpread?: true;
}

export interface RecordEntry {
  /** A node for a key that is a text; `null` for one that only a run knows. */
  readonly key: string | Node | null;
  readonly value: Node;
  /** Set for all entries of another record: `...defaults`, `**defaults`. */
  readonly isSpread?: true;
}

export type Expression =
  | {
      readonly kind: "text";
      readonly parts: readonly TextPart[];
      /** As in `TextValue`. */
      readonly isFilled: boolean;
    }
  /** Of texts or lists, in the order in which they are written. */
  | { readonly kind: "sum"; readonly operands: readonly Node[] }
  /** An operator that languages give their own meaning, such as `%` behind a text. */
  | { readonly kind: "operator"; readonly operator: string; readonly left: Node; readonly right: Node }
  /** `null` for nothing. With `isDefault` the first one counts where it is anything. */
  | {
      readonly kind: "choice";
      readonly asked: Asked;
      readonly yes: Node | null;
      readonly no: Node | null;
      readonly isDefault: boolean;
      /** Where it is not all of the node, nor only that: an arm of `switch` or `match` with all behind it. */
      readonly range?: TextRange;
    }
  | { readonly kind: "name"; readonly name: string }
  /** The object that a method belongs to. */
  | { readonly kind: "self"; readonly name: string }
  | { readonly kind: "member"; readonly object: Node; readonly name: string }
  | { readonly kind: "element"; readonly object: Node; readonly index: Node | null }
  | CallExpression
  | { readonly kind: "list"; readonly items: readonly Node[]; readonly isUnordered: boolean }
  /** All items of another list; only in lists. */
  | { readonly kind: "spread"; readonly value: Node }
  | {
      readonly kind: "record";
      readonly entries: readonly RecordEntry[];
      /** The type that it is a value of, with dots: `openai.ChatCompletionRequest{…}` is as good as a call that makes it. */
      readonly type?: string;
    }
  /** The text of a file that the program has with it, by its path from this one: `//go:embed prompt.txt`. */
  | { readonly kind: "file"; readonly path: string; readonly name: string; readonly range: TextRange }
  /** A value for every item of a list. */
  | { readonly kind: "loop"; readonly loop: Loop; readonly body: Node; readonly condition: Node | null }
  /** What is written around a value that stays the same: parentheses, casts, `await`. */
  | { readonly kind: "same"; readonly value: Node }
  | { readonly kind: "literal"; readonly value: number | boolean | null }
  | { readonly kind: "function" }
  /** Anything else, with what it is made of. */
  | { readonly kind: "unknown"; readonly parts: readonly Node[] };

export interface CallExpression {
  readonly kind: "call";
  /** What a method is called on; `null` for a function. */
  readonly object: Node | null;
  /** Of the function or method; empty where it has none. */
  readonly name: string;
  readonly arguments: readonly Argument[];
  /** Whether it makes an object: `new Client(…)`. */
  readonly isMade: boolean;
}

export interface Loop {
  /** The variable; `null` where it is not one name. */
  readonly item: string | null;
  readonly of: Node;
}

/** What decides between two values. */
export interface Asked {
  readonly node: Node;
  /** As it is shown to people. */
  readonly expression: string;
}

/** A branch of an `if`, or of a `switch`. */
export interface ConditionalBranch {
  /** `null` for `else`. */
  readonly asked: Asked | null;
  readonly body: readonly Node[];
  /** What holds the branch: the `if` itself for its first one. */
  readonly holder: Node;
}

export type Statement =
  /** `value` is `null` for nothing. */
  | { readonly kind: "return"; readonly value: Node | null }
  | { readonly kind: "throw" }
  | { readonly kind: "if"; readonly branches: readonly ConditionalBranch[] }
  | { readonly kind: "block"; readonly body: readonly Node[] }
  | { readonly kind: "loop" }
  | { readonly kind: "other" };

export interface Parameter {
  /** `null` for one that is taken apart. */
  readonly name: string | null;
  /** Names of the entries of an object that is taken apart. */
  readonly keys: readonly string[];
  /** What it is where nobody gives it. */
  readonly fallback: Node | null;
  /** As written; left out where there is none, or where no language of tools reads it. */
  readonly type?: string;
  /** The text that says what it is, which frameworks send where the function is a tool: `@P("…")`, `[Description("…")]`. */
  readonly documentation?: Node | null;
  /** Set where it need not be given though no value is written: `@ToolParam(required = false)`. */
  readonly isOptional?: boolean;
}

export interface FunctionParts {
  /** Where the grammar has no field for it. */
  readonly name?: string;
  readonly parameters: readonly Parameter[];
  /** Its statements; for a function of one expression that. */
  readonly body: readonly Node[];
  readonly isExpression: boolean;
  /** Read like a value: no call is written. */
  readonly isGetter: boolean;
  /** The text that says what it does, which frameworks send where it is a tool. */
  readonly documentation?: Node | null;
  /** What is written above it, with dots and without arguments: decorators, annotations. */
  readonly decorators?: readonly string[];
}
