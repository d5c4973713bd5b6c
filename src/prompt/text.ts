/** Half-open range of UTF-16 code units in one document; `start <= end`. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Something in a document that could not be understood as meant; the rest of the document still counts. */
export interface Problem {
  readonly range: TextRange;
  readonly severity: "error" | "warning";
  /** One sentence: what is wrong, and what to do. */
  readonly message: string;
}

/** What every parser gives: a value, whatever the input, and what was wrong with the input. Parsing never throws. */
export interface Parsed<T> {
  readonly value: T;
  readonly problems: readonly Problem[];
}
