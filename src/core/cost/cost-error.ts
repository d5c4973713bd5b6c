/** The catalogue or the arithmetic cannot serve what was asked for; the message says what, and what would work. */
export class CostError extends Error {
  override readonly name: string = "CostError";
}
