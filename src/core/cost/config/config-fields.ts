/**
 * Typed access to a model's configuration. What a geometry rests on is read by name and must be what it should; what is not
 * there throws and says which key, and what was not read at all can be listed afterwards.
 */
import { CostError } from "../cost-error.ts";

export type Json = Readonly<Record<string, unknown>>;

/** Wider than any model is: a product of three of these is still a safe number of bytes. */
const largestNumber = 100_000_000;
/** More than any model has layers. */
export const mostLayers = 2000;
/** Characters of a foreign value in a message. */
const longestShown = 60;

export class ConfigFields {
  /** How the file is called in messages, such as `config.json`. */
  readonly file: string;
  /** What had to be assumed, one sentence each, in the order in which it was met. */
  readonly assumed: string[] = [];
  readonly #json: Json;
  readonly #prefix: string;
  readonly #read = new Set<string>();

  constructor(json: Json, file: string, prefix = "") {
    this.#json = json;
    this.file = file;
    this.#prefix = prefix;
  }

  /** Whether the first of these that is given is there; null counts as not given. */
  has(...keys: readonly string[]): boolean {
    return this.#find(keys) !== null;
  }

  /** A whole number from 1. Several names are spellings of the same; the first that is given counts. */
  whole(...keys: readonly string[]): number {
    return this.maybeWhole(...keys) ?? this.missing(keys);
  }

  maybeWhole(...keys: readonly string[]): number | null {
    const found = this.maybeCount(...keys);
    if (found === 0) throw this.#wrong(this.#find(keys)!, "a whole number from 1");
    return found;
  }

  /** A whole number from 0; `null` where none of the keys is given. */
  maybeCount(...keys: readonly string[]): number | null {
    const key = this.#find(keys);
    if (key === null) return null;
    const value = this.#take(key);
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > largestNumber)
      throw this.#wrong(key, "a whole number");
    return value;
  }

  /** What the configuration class of the reference code takes where the key is not given; that is said. */
  wholeOr(fallback: number, ...keys: readonly string[]): number {
    const found = this.maybeWhole(...keys);
    if (found !== null) return found;
    this.assume(`"${keys[0]}" is not given, and ${fallback} is taken, the default of the reference code`);
    return fallback;
  }

  /** A number above 0, not always a whole one. */
  maybeNumber(...keys: readonly string[]): number | null {
    const key = this.#find(keys);
    if (key === null) return null;
    const value = this.#take(key);
    if (typeof value !== "number" || !(value > 0 && value <= largestNumber))
      throw this.#wrong(key, "a number above 0");
    return value;
  }

  flag(fallback: boolean, ...keys: readonly string[]): boolean {
    const key = this.#find(keys);
    if (key === null) return fallback;
    const value = this.#take(key);
    if (typeof value !== "boolean") throw this.#wrong(key, "true or false");
    return value;
  }

  maybeText(...keys: readonly string[]): string | null {
    const key = this.#find(keys);
    if (key === null) return null;
    const value = this.#take(key);
    if (typeof value !== "string") throw this.#wrong(key, "text");
    return value;
  }

  /** As it stands; the caller says what it must be. */
  maybeAny(...keys: readonly string[]): unknown {
    const key = this.#find(keys);
    return key === null ? null : this.#take(key);
  }

  maybeTexts(...keys: readonly string[]): readonly string[] | null {
    const list = this.#maybeList(keys);
    if (list !== null && !list.every((item) => typeof item === "string"))
      throw this.#wrong(this.#find(keys)!, "a list of texts");
    return list as readonly string[] | null;
  }

  maybeCounts(...keys: readonly string[]): readonly number[] | null {
    const list = this.#maybeList(keys);
    const isCount = (item: unknown) => typeof item === "number" && Number.isInteger(item) && item >= 0;
    if (list !== null && !list.every(isCount))
      throw this.#wrong(this.#find(keys)!, "a list of whole numbers");
    return list as readonly number[] | null;
  }

  /** The fields of an object in this one; `null` where it is not given. */
  maybeInner(key: string): ConfigFields | null {
    if (!this.has(key)) return null;
    const value = this.#take(key);
    if (!isObject(value)) throw this.#wrong(key, "an object");
    return new ConfigFields(value, this.file, `${this.#prefix}${key}.`);
  }

  assume(sentence: string): void {
    if (!this.assumed.includes(sentence)) this.assumed.push(sentence);
  }

  missing(keys: readonly string[]): never {
    const [first, ...others] = keys.map((key) => `"${this.#prefix}${key}"`);
    const spellings = others.length === 0 ? "" : ` (nor ${others.join(", ")})`;
    throw new CostError(`${this.file} has no ${first}${spellings}, which the sizes of the model rest on.`);
  }

  /** Throws: what is given cannot be expressed, and a model without it would have other numbers. */
  refuse(key: string, why: string): never {
    throw new CostError(`${this.file}: "${this.#prefix}${key}" ${why}.`);
  }

  wrong(key: string, expected: string): CostError {
    return this.#wrong(key, expected);
  }

  /** Keys that say something and were not read. */
  unread(): readonly string[] {
    const says = (value: unknown) =>
      (typeof value === "number" && value !== 0) ||
      value === true ||
      (typeof value === "string" && value !== "") ||
      (typeof value === "object" && value !== null && Object.keys(value).length > 0);
    return Object.keys(this.#json).filter((key) => !this.#read.has(key) && says(this.#json[key]));
  }

  /** Counts as read: it is known to change no size. */
  skip(...keys: readonly string[]): void {
    for (const key of keys) this.#read.add(key);
  }

  #maybeList(keys: readonly string[]): readonly unknown[] | null {
    const key = this.#find(keys);
    if (key === null) return null;
    const value = this.#take(key);
    if (!Array.isArray(value) || value.length > mostLayers)
      throw this.#wrong(key, `a list of at most ${mostLayers}`);
    return value;
  }

  #find(keys: readonly string[]): string | null {
    return (
      keys.find(
        (key) => Object.hasOwn(this.#json, key) && this.#json[key] !== null && this.#json[key] !== undefined,
      ) ?? null
    );
  }

  #take(key: string): unknown {
    this.#read.add(key);
    return this.#json[key];
  }

  #wrong(key: string, expected: string): CostError {
    return new CostError(
      `${this.file}: "${this.#prefix}${key}" is ${shortly(this.#json[key])}, and must be ${expected}.`,
    );
  }
}

/** A foreign value in a message. What it holds inside is not shown: it may be as deep as somebody liked. */
export function shortly(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const written = JSON.stringify(value) ?? "nothing";
  return written.length <= longestShown ? written : `${written.slice(0, longestShown)}…`;
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
