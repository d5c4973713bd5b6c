/** What makes values of the nodes of one module, as its parts see each other. */
import type { Node } from "web-tree-sitter";
import type { TextRange } from "../text.ts";
import type { Budget } from "./budget.ts";
import type { Asked, Loop } from "./expression.ts";
import type { Workbench } from "./operations.ts";
import type { Piece } from "./pieces.ts";
import type { Program } from "./program.ts";
import type { CodeValue, MaybeValue, RepeatValue } from "./values.ts";

export interface Evaluation extends Workbench {
  readonly program: Program;
  readonly budget: Budget;
  value(node: Node): CodeValue;
  /** False where the file asks for too much, which is said once. */
  mayGoOn(node: Node): boolean;
  /** What following a definition gives; `null` in a circle. */
  following(definition: Node, follow: () => CodeValue | null): CodeValue | null;
  /** A name stands where the value is used; the value keeps the place where it is written. `null` for what has no name. */
  reference(node: Node, name: string, value: CodeValue): CodeValue | null;
  literal(node: Node, value: number | boolean | null): CodeValue;
  /** What only a run knows. */
  opaque(node: Node): CodeValue;
  /** One of two values, of which at least one is text, or a list; `null` for nothing. */
  oneOf(node: Node, range: TextRange, asked: Asked, yes: CodeValue | null, no: CodeValue | null): CodeValue;
  /** A value that is there where something holds, or where it does not. */
  maybe(value: CodeValue, asked: Asked, range: TextRange, isOtherwise: boolean): MaybeValue;
  choicePiece(asked: Asked, range: TextRange, body: readonly Piece[], otherwise: readonly Piece[]): Piece;
  /** The value for every item of a list. */
  repeat(node: Node, range: TextRange, loop: Loop, value: CodeValue): RepeatValue;
  loopPiece(range: TextRange, loop: Loop, body: readonly Piece[]): Piece;
}
