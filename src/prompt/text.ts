/** Half-open range of UTF-16 code units in one document; `start <= end`. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Units that two texts have in common at the beginning and, apart from these, at the end. */
export function commonEnds(a: string, b: string): { readonly head: number; readonly tail: number } {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a.charCodeAt(head) === b.charCodeAt(head)) head++;
  let tail = 0;
  while (tail < shorter - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail))
    tail++;
  return { head, tail };
}

/** Something in a document that could not be understood as meant; the rest of the document still counts. */
export interface Problem {
  readonly range: TextRange;
  /** `information` where nothing is wrong, and something was not read. */
  readonly severity: "error" | "warning" | "information";
  /** One sentence: what is wrong, and what to do. */
  readonly message: string;
}

/** More than anybody reads of one file. */
const maxProblems = 100;

/** The first hundred problems of one document, and one that counts those left out. */
export function fewProblems(problems: readonly Problem[]): readonly Problem[] {
  const left = problems.length - maxProblems;
  const next = problems[maxProblems];
  if (next === undefined) return problems;
  const what = left === 1 ? "Another problem" : `${left} more problems`;
  const message = `${what} from here on; mend those above first.`;
  return [...problems.slice(0, maxProblems), { range: next.range, severity: "warning", message }];
}

/** More templates than people write into one file: beyond it the file is a collection of data. */
export const maxTemplates = 2000;

export const tooManyTemplates: Problem = {
  range: { start: 0, end: 1 },
  severity: "warning",
  message: `This file holds more than ${maxTemplates} prompts, which is taken for a collection of data and left out. Split it if people write it.`,
};

/** Texts, holes and blocks of one template: far more than people write, and few enough to be analysed while they type. */
export const maxPlaces = 20_000;

/** Tags behind so many are no longer cut out: the template has more places than any that is analysed. */
export const maxTags = 2 * maxPlaces;

/** What every parser gives: a value, whatever the input, and what was wrong with the input. Parsing never throws. */
export interface Parsed<T> {
  readonly value: T;
  readonly problems: readonly Problem[];
}
