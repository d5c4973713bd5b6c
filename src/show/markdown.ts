/** Text from the workspace as Markdown that shows it literally. */
import { harmless } from "../words/foreign.ts";

/** For running text and table cells; not for the beginning of a line. */
export function literal(text: string): string {
  return (
    oneLine(text)
      // An address of mail, and a name after an @, become links too.
      .replace(/[\\`*_[\]|~<>$@]/g, "\\$&")
      .replace(/&/g, "&amp;")
      .replace(/(?<=\w):(?=\/\/)/g, "\\:")
      .replace(/(?<=www)\./gi, "\\.")
  );
}

/** As code, also in table cells; a span of backticks is fenced by a longer one. */
export function code(text: string): string {
  const flat = cell(text);
  const longest = Math.max(0, ...[...flat.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = flat === "" || flat.startsWith("`") || flat.endsWith("`") ? " " : "";
  return `${fence}${pad}${flat}${pad}${fence}`;
}

/** As a block of code, with its lines; a run of backticks in it is fenced by a longer one. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/).map(harmless);
  return [`${fence}text`, ...lines, fence].join("\n");
}

/** For tables that are read as they are, in a terminal: only what would end the cell or the line. */
export function cell(text: string): string {
  return oneLine(text).replace(/\|/g, "\\|");
}

function oneLine(text: string): string {
  return harmless(text.replace(/\s+/g, " "));
}

/** Columns that are right-aligned hold numbers: all but the first, unless it is said. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: (column: number) => boolean = (column) => column > 0,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = header.map((_, column) => (rightAligned(column) ? "---:" : "---"));
  return [line(header), line(rule), ...rows.map(line)].join("\n");
}
