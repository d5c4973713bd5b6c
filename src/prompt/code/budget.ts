/** Bounds on the work that one file of code may ask for, counted in steps: characters, pieces and names that are looked at. */
import type { Problem, TextRange } from "../text.ts";
import { type Piece, sizeOf } from "./pieces.ts";

/** Code of people takes less than a tenth of that; what takes more refers to itself over and over. */
const stepsForAny = 2_000_000;
const stepsPerCharacter = 4;

/** For everything that a name is bound to: more than for a character. */
const stepsPerBinding = 4;

export class Budget {
  #left: number;

  constructor(source: string) {
    this.#left = stepsForAny + stepsPerCharacter * source.length;
  }

  get isSpent(): boolean {
    return this.#left <= 0;
  }

  spend(steps: number): void {
    this.#left -= steps;
  }

  spendOnBindings(bindings: readonly unknown[]): void {
    this.spend(bindings.length * stepsPerBinding);
  }

  /** For work on every character of the pieces, with all that they refer to. */
  spendOnPieces(pieces: readonly Piece[]): void {
    this.spend(1 + sizeOf(pieces).weight);
  }
}

/** Text of so many units, with all that it refers to, is followed no further; nor are longer chains of names. */
const maxWeight = 200_000;
const maxReferences = 100;

/** Whether a name may stand for the pieces. */
export function mayBeNamed(pieces: readonly Piece[]): boolean {
  const { weight, depth } = sizeOf(pieces);
  return weight < maxWeight && depth < maxReferences;
}

/** What to say of a file that asks for more; `range` is that of the first value that was left out. */
export function tooMuchToFollow({ start }: TextRange): Problem {
  const message = "This file refers to its own texts so often that what follows from here on is left out.";
  return { range: { start, end: start }, severity: "warning", message };
}
