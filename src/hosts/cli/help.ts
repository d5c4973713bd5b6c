/** What `--help` prints, of all commands and of one. */
import { nearestWord } from "../../config/did-you-mean.ts";
import { settingsTable } from "../../config/settings.ts";
import { textTable } from "../../words/table.ts";
import { type Command, flagOf } from "./command.ts";

/** Every command in a line. */
export function overview(commands: readonly Command[]): string {
  const lines = columns(commands.map((command) => [`  ${head(command)}`, command.about]));
  return `Prompt Cache Lens: what a prefix cache does with your prompts.

${lines.join("\n")}

COMMAND --help lists the options of a command; --version prints the version.
Ends with 0; with 1 when numbers differ or something fails, with 2 when it was asked for something that cannot be done.
`;
}

/** One command with all its options. */
export function commandHelp(command: Command): string {
  const settings = command.settings.map((key) => {
    const { option, fallback } = settingsTable[key] as SettingRow;
    // Lists and objects are empty by default.
    const shown = typeof fallback === "object" ? "" : ` (default ${fallback})`;
    return [`  --${flagOf(key)} ${option?.word ?? ""}`, `${option?.usage ?? ""}${shown}`];
  });
  const own = Object.entries(command.options).map(([name, option]) => {
    const shown = option.default === undefined ? "" : ` (default ${option.default})`;
    return [`  --${name} ${option.word ?? ""}`.trimEnd(), `${option.usage}${shown}`];
  });
  const options = columns([...settings, ...own]);
  const { about, note } = command;
  const top = [head(command), `  ${about}`, ...(note === undefined ? [] : [`  ${note}`])];
  return `${[...top, ...(options.length > 0 ? ["", ...options] : [])].join("\n")}\n`;
}

/** What is said of a command that there is not. */
export function unknownCommand(name: string, commands: readonly Command[]): string {
  const nearest = nearestWord(
    name,
    commands.map((command) => command.name),
  );
  const advice = nearest === null ? "--help lists all commands." : `Did you mean ${nearest}?`;
  return `There is no command "${name}". ${advice}`;
}

interface SettingRow {
  readonly option?: { readonly word: string; readonly usage: string };
  readonly fallback: unknown;
}

function head({ name, operands }: Command): string {
  return operands === null ? name : `${name} ${operands.word}`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  return textTable(rows, () => false);
}
