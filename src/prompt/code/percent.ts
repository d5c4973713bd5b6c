/**
 * `%(name)s`, `%s` and `%1$s`: text that is formatted as C does it. `%%` stands for one `%`.
 * https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting, https://pkg.go.dev/fmt#hdr-Printing,
 * https://docs.ruby-lang.org/en/3.4/format_specifications_rdoc.html,
 * https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Formatter.html, https://www.php.net/sprintf
 */
import type { Engine } from "../embedded.ts";
import { holeOf, TextRun } from "../str-format.ts";

const flagsAndWidth = String.raw`[#0\- +,(']{0,10}(?:\*|\d{1,10})?(?:\.(?:\*|\d{1,10}))?`;

/** `%{name}` of Ruby. */
const bracedName = String.raw`|\{([^{}\n]{1,100})\}`;

interface Dialect {
  /** How the language names a place. */
  readonly named?: string;
  /** Whether `%{name}` is a place too. */
  readonly isBraced?: true;
  /** Whether a place behind a numbered one takes the next argument. */
  readonly countsOn?: true;
}

/** Places without a name are called by their position, from 0. `conversions` are the letters that the language has. */
function printfEngine(
  conversions: string,
  { named = String.raw`\(([^()\n]*)\)`, isBraced, countsOn }: Dialect = {},
): Engine {
  const place = new RegExp(
    String.raw`%(?:(%)|(n(?![\w]))|(?:${named}|\[?(\d{1,3})[$\]])?${flagsAndWidth}[hlL]?[${conversions}]${isBraced === true ? bracedName : ""})`,
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
      if (numbered !== undefined && countsOn === true) position = numbered + 1;
      const name = match[3] ?? match[5] ?? String(numbered ?? position++);
      run.segment(holeOf(name, name, written, declared));
    }
    return { value: { segments: run.end(range.end), declarations: declared }, problems: [] };
  };
}

export const percentEngine = printfEngine("diouxXeEfFgGcrsa");
export const goFormatEngine = printfEngine("vTtbcdoOqxXUeEfFgGspw", { countsOn: true });
export const javaFormatEngine = printfEngine("nbBhHsScCdoxXeEfgGaA");
export const phpFormatEngine = printfEngine("bcdeEfFgGhHosuxX");
export const rubyFormatEngine = printfEngine("bBdiuoxXeEfgGaAcps", {
  named: String.raw`<([^<>\n]{1,100})>`,
  isBraced: true,
});
