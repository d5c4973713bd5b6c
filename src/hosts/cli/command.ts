/**
 * What a command of the command line is made of: its name, what stands behind it, its options, and what it does. Usage, help
 * and the hints at what was probably meant come from the same rows. Mistakes of the user are `UserError`s, with advice.
 */
import { statSync } from "node:fs";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { nearestWord } from "../../config/did-you-mean.ts";
import { plain } from "../../config/setting-kinds.ts";
import {
  type AnalysisSettings,
  defaultsOf,
  type ReadingSettings,
  type SettingKey,
  settingRows,
  settingsTable,
  UserError,
} from "../../config/settings.ts";

export interface Option {
  readonly type: "string" | "boolean";
  /** What its value is called in the help. */
  readonly word?: string;
  readonly usage: string;
  /** What counts when it is not given. */
  readonly default?: string;
  /** All values that there are. */
  readonly choices?: readonly string[];
}

export type Options = Readonly<Record<string, Option>>;

/** What stands behind a command beside its options. */
export interface Operands {
  /** Such as `PATH`, for the help. */
  readonly word: string;
  /** One of them, such as `folder or file`. */
  readonly noun: string;
  readonly least: number;
  readonly most: number;
  /** Completes "… needs". */
  readonly needs: string;
}

export interface Syntax<T extends Options = Options> {
  readonly name: string;
  readonly operands: Operands | null;
  readonly about: string;
  /** A sentence below it in its own help. */
  readonly note?: string;
  /** Settings that are options of it. */
  readonly settings: readonly SettingKey[];
  /** Options of its own. */
  readonly options: T;
}

/** Where the files lie that ship beside the code. */
export interface DataFolders {
  readonly media: string;
  /** Holds tree-sitter and its grammars. */
  readonly grammars: string;
}

export interface CliHost extends DataFolders {
  /** Holds the bundles. */
  readonly bundles: string;
  print(line: string): void;
}

export interface Command extends Syntax {
  /** Returns the exit code. Throws `UserError`, or `CostError`, for what cannot be done. */
  run(args: readonly string[], host: CliHost): number | Promise<number>;
}

type ValueOf<O extends Option> = O["type"] extends "boolean"
  ? boolean
  : O extends { readonly choices: readonly (infer C)[] }
    ? C
    : O extends { readonly default: string }
      ? string
      : string | undefined;

export interface Arguments<T extends Options> {
  readonly operands: readonly string[];
  readonly values: { readonly [K in keyof T]: ValueOf<T[K]> };
  /** Only what was given. */
  readonly chosen: Partial<AnalysisSettings>;
  readonly reading: ReadingSettings;
}

export const formatOption = {
  type: "string",
  word: "text|json",
  usage: "what is printed",
  default: "text",
  choices: ["text", "json"],
} as const;

/** Throws `UserError`. */
export function parseArguments<const T extends Options>(
  syntax: Syntax<T>,
  args: readonly string[],
): Arguments<T> {
  const { values, positionals } = rawArguments(syntax, args);
  checkOperands(syntax, positionals);
  const own = Object.entries(syntax.options).map(([name, option]) => [name, ownValue(name, option, values)]);
  const chosen: [string, unknown][] = [];
  const reading: [string, unknown][] = [];
  for (const key of syntax.settings) {
    const words = values[flagOf(key)];
    if (words === undefined) continue;
    const given = [key, settingValue(key, words)] as [string, unknown];
    (settingsTable[key].concern === "reading" ? reading : chosen).push(given);
  }
  return {
    operands: positionals,
    values: Object.fromEntries(own) as Arguments<T>["values"],
    chosen: Object.fromEntries(chosen),
    reading: { ...defaultsOf("reading"), ...Object.fromEntries(reading) },
  };
}

/** The option of a setting, without its dashes. */
export function flagOf(key: SettingKey): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Keys of the settings that are options, and change one of these. */
export function settingsOf(...concerns: readonly string[]): readonly SettingKey[] {
  const rows = settingRows.filter(
    ([, { concern, option }]) => option !== undefined && concerns.includes(concern),
  );
  return rows.map(([key]) => key);
}

/** Throws `UserError`. */
export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new UserError(`${name} is "${text}"; give a whole number.`);
  return Number(text);
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Throws `UserError` where there is none. */
export function existingFolder(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw new UserError(`There is no folder ${path}.`);
}

type Words = Readonly<Record<string, readonly string[] | undefined>>;

/** Every value in a list, for each time that the option is given. */
function rawArguments({ settings, options }: Syntax, args: readonly string[]) {
  const known: NonNullable<ParseArgsConfig["options"]> = Object.fromEntries([
    ...settings.map((key) => [flagOf(key), { type: "string", multiple: true }]),
    ...Object.entries(options).map(([name, { type }]) => [name, { type, multiple: true }]),
  ]);
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: known });
    const words = Object.entries(values).map(([name, given]) => [name, [given].flat().map(String)]);
    return { values: Object.fromEntries(words) as Words, positionals };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Some messages of Node have lines of advice.
    throw new UserError(adviceFor(message.replaceAll("\n", " "), Object.keys(known)));
  }
}

function adviceFor(message: string, known: readonly string[]): string {
  const unknown = /^Unknown option '(-[^']*)'/.exec(message)?.[1];
  if (unknown === undefined) return message;
  const nearest = nearestWord(unknown.replace(/^-+/, ""), known);
  const advice = nearest === null ? "--help lists all options." : `Did you mean --${nearest}?`;
  return `There is no option ${unknown}. ${advice}`;
}

function checkOperands({ name, operands }: Syntax, given: readonly string[]): void {
  const { noun, least, most, needs } = operands ?? { noun: "command", least: 0, most: 0, needs: "nothing" };
  // An unset variable of a script, rather than a wish for the present folder.
  if (given.includes("")) throw new UserError(`The path is empty; give ${needs}.`);
  if (given.length < least) throw new UserError(`${name} needs ${needs}.`);
  if (given.length <= most) return;
  const extra = given[most]!;
  throw new UserError(
    most === 0
      ? `${name} stands without a word behind it: "${extra}" is one too many.`
      : `One ${noun} at a time: "${extra}" is one too many. A path with blanks stands in quotes.`,
  );
}

function ownValue(name: string, option: Option, values: Words): string | boolean | undefined {
  const given = values[name]?.at(-1);
  if (option.type === "boolean") return given !== undefined;
  const { choices } = option;
  if (given !== undefined && choices !== undefined && !choices.includes(given)) {
    const all = choices.length === 2 ? choices.join(" or ") : `one of ${choices.join(", ")}`;
    throw new UserError(`--${name} is "${given}"; give ${all}.`);
  }
  return given ?? option.default;
}

function settingValue(key: SettingKey, words: readonly string[]): unknown {
  const { kind } = settingsTable[key];
  const value = kind.parseWords(words);
  if (value !== null) return value;
  throw new UserError(`--${flagOf(key)} is "${words.at(-1)}"; give ${plain(kind.expected)}.`);
}
