/**
 * `%(name)s` and `%s`: text that Python's `%` operator formats. `%%` stands for one `%`.
 * https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting
 */
import type { Engine } from "../embedded.ts";
import { holeOf, TextRun } from "../str-format.ts";

const place =
  /%(?:(%)|(?:\(([^()\n]*)\))?[#0\- +]{0,10}(?:\*|\d{1,10})?(?:\.(?:\*|\d{1,10}))?[hlL]?[diouxXeEfFgGcrsa])/g;

/** Places without a name are called by their position, from 0. */
export const percentEngine: Engine = (_path, source, range, declared = new Map()) => {
  const run = new TextRun(source, range.start);
  let position = 0;
  for (const match of source.slice(range.start, range.end).matchAll(place)) {
    const start = range.start + match.index;
    const written = { start, end: start + match[0].length };
    if (match[1] !== undefined) {
      run.replaced(written, "%");
      continue;
    }
    const name = match[2] ?? String(position++);
    run.segment(holeOf(name, name, written, declared));
  }
  return { value: { segments: run.end(range.end), declarations: declared }, problems: [] };
};
