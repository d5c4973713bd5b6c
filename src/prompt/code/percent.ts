/**
 * `%(name)s`, `%s` and `%1$s`: text that is formatted as C does it. `%%` stands for one `%`.
 * https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting, https://pkg.go.dev/fmt#hdr-Printing,
 * https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Formatter.html, https://www.php.net/sprintf
 */
import type { Engine } from "../embedded.ts";
import { holeOf, TextRun } from "../str-format.ts";

const flagsAndWidth = String.raw`[#0\- +,(']{0,10}(?:\*|\d{1,10})?(?:\.(?:\*|\d{1,10}))?`;

/**
 * Places without a name are called by their position, from 0. `conversions` are the letters that the language has; with
 * `countsOn` a place behind a numbered one takes the next argument.
 */
function printfEngine(conversions: string, countsOn = false): Engine {
  const place = new RegExp(
    String.raw`%(?:(%)|(n(?![\w]))|(?:\(([^()\n]*)\)|\[?(\d{1,3})[$\]])?${flagsAndWidth}[hlL]?[${conversions}])`,
    "g",
  );
  return (_path, source, range, declared = new Map()) => {
    const run = new TextRun(source, range.start);
    let position = 0;
    for (const match of source.slice(range.start, range.end).matchAll(place)) {
      const start = range.start + match.index;
      const written = { start, end: start + match[0].length };
      if (match[1] !== undefined || (match[2] !== undefined && conversions.includes("n"))) {
        run.replaced(written, match[1] ?? "\n");
        continue;
      }
      if (match[2] !== undefined) continue;
      const numbered = match[4] === undefined ? undefined : Number(match[4]) - 1;
      if (numbered !== undefined && countsOn) position = numbered + 1;
      const name = match[3] ?? String(numbered ?? position++);
      run.segment(holeOf(name, name, written, declared));
    }
    return { value: { segments: run.end(range.end), declarations: declared }, problems: [] };
  };
}

export const percentEngine = printfEngine("diouxXeEfFgGcrsa");
export const goFormatEngine = printfEngine("vTtbcdoOqxXUeEfFgGspw", true);
export const javaFormatEngine = printfEngine("nbBhHsScCdoxXeEfgGaA");
export const phpFormatEngine = printfEngine("bcdeEfFgGhHosuxX");
