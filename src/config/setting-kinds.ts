import { globExpected, isGlob } from "./glob-matcher.ts";
/** What a setting can hold: how its value is read from JSON and from a command line, and how a schema says the same. */

export interface Kind<T> {
  /** `null` for a value that cannot be used. */
  parse(value: unknown): T | null;
  /** From what stands behind the option, once for each time that it is given; `null` for what cannot be used. */
  parseWords(words: readonly string[]): T | null;
  /** Completes "give …" and "must be …"; what one types stands in backticks. */
  readonly expected: string;
  /** Keywords of JSON Schema that accept the same. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** All that it can hold, where that is a few words. */
  readonly words?: readonly string[];
}

export const flag: Kind<boolean> = {
  parse: (value) => (typeof value === "boolean" ? value : null),
  parseWords: (words) => words.at(-1) === "true",
  expected: "`true` or `false`",
  schema: { type: "boolean" },
};

/** Text that matches `pattern`; the default takes anything but blanks. */
export function text(expected: string, pattern = /\S/): Kind<string> {
  const parse = (value: unknown) => (typeof value === "string" && pattern.test(value) ? value : null);
  return {
    parse,
    parseWords: (words) => parse(words.at(-1)),
    expected,
    schema: { type: "string", pattern: pattern.source },
  };
}

/** One of two words. */
export function either(one: string, other: string): Kind<string> {
  const kind = text(`\`${one}\` or \`${other}\``, new RegExp(`^(${one}|${other})$`));
  return { ...kind, words: [one, other] };
}

/** `low <= value <= high`. */
export function whole(low: number, high: number): Kind<number> {
  const parse = (value: unknown) =>
    typeof value === "number" && Number.isInteger(value) && value >= low && value <= high ? value : null;
  return {
    parse,
    parseWords: (words) => (/^\d{1,15}$/.test(words.at(-1) ?? "") ? parse(Number(words.at(-1))) : null),
    expected: `a whole number from ${low} to ${high}`,
    schema: { type: "integer", minimum: low, maximum: high },
  };
}

const parseTexts = (value: unknown): readonly string[] | null =>
  Array.isArray(value) && value.every((item) => typeof item === "string" && item !== "") ? value : null;

export const texts: Kind<readonly string[]> = {
  parse: parseTexts,
  parseWords: parseTexts,
  expected: "text that is not empty",
  schema: { type: "array", items: { type: "string", minLength: 1 } },
};

const parseGlobs = (value: unknown) => {
  const written = parseTexts(value);
  return written?.every(isGlob) === true ? written : null;
};

/** Of paths; a word that is none is refused where it is given. */
export const globs: Kind<readonly string[]> = {
  ...texts,
  parse: parseGlobs,
  parseWords: parseGlobs,
  expected: globExpected.replaceAll('"', "`"),
};

/** Without backticks, for a terminal. */
export function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}

/** UTF-16 units of the JSON of such values; more than any chat template takes. */
const longestValues = 20_000;

const parseValues = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).every((key) => /^[A-Za-z_]\w*$/.test(key)) &&
  JSON.stringify(value).length <= longestValues
    ? { ...value }
    : null;

/** Values of JSON by name, for a program of somebody else. */
export const values: Kind<Readonly<Record<string, unknown>>> = {
  parse: parseValues,
  parseWords(words) {
    try {
      return parseValues(JSON.parse(words.at(-1) ?? ""));
    } catch {
      return null;
    }
  },
  expected: 'an object of JSON whose keys are names of variables, such as `{"enable_thinking": false}`',
  schema: { type: "object", propertyNames: { pattern: "^[A-Za-z_]\\w*$" } },
};

/** With double quotes for backticks, as JSON writes text. */
export function quoted(markdown: string): string {
  return markdown.replaceAll("`", '"');
}
