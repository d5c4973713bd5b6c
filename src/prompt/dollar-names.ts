/**
 * `$name` and `${name}`: Python's `string.Template`. `$$` stands for one `$`; any other `$` is text.
 * https://docs.python.org/3/library/string.html#template-strings-strings
 */
import type { Engine } from "./embedded.ts";
import { holeOf, TextRun } from "./str-format.ts";

const place = /\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})/g;

export const dollarNamesEngine: Engine = (_path, source, range, declared = new Map()) => {
  const run = new TextRun(source, range.start);
  for (const match of source.slice(range.start, range.end).matchAll(place)) {
    const start = range.start + match.index;
    const written = { start, end: start + match[0].length };
    const name = match[2] ?? match[3];
    if (name === undefined) run.replaced(written, "$");
    else run.segment(holeOf(name, name, written, declared));
  }
  return { value: { segments: run.end(range.end), declarations: declared }, problems: [] };
};
