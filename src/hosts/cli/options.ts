/** Options of a command. Mistakes in them are the user's, and are told with advice. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { nearestWord } from "../../config/did-you-mean.ts";
import { UserError } from "../../config/settings.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

type Given<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: T }>
>;

/** Throws `UserError`. */
export function parseOptions<const T extends Options>(args: readonly string[], options: T): Given<T> {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Some messages of Node have lines of advice.
    throw new UserError(adviceFor(message.replaceAll("\n", " "), Object.keys(options)));
  }
}

/** Throws `UserError`. */
export function outputFormat(text: string): "text" | "json" {
  if (text === "text" || text === "json") return text;
  throw new UserError(`--format is "${text}"; give text or json.`);
}

function adviceFor(message: string, known: readonly string[]): string {
  const unknown = /^Unknown option '(-[^']*)'/.exec(message)?.[1];
  if (unknown === undefined) return message;
  const nearest = nearestWord(unknown.replace(/^-+/, ""), known);
  const advice = nearest === null ? "--help lists all options." : `Did you mean --${nearest}?`;
  return `There is no option ${unknown}. ${advice}`;
}
