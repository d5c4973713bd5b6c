/** A clock of which only the day is written: it changes once a day, and not with every call. */
import type { ScopeClaim } from "./template.ts";

/** Fields of a clock that are finer than a day, as `strftime` writes them. */
const fineStrftime = /%-?[HIMSfpsXcTRr]/;
const dayStrftime = /%-?[YymdBbAajeDFxUVW]/;
/** What packages of JavaScript and .NET call years, quarters, weeks, months and days, and nothing finer. */
const dayTokens = /^(?=.*[yYMdD])(?:[yYMdDEeoQWw]|[^\p{L}])+$/u;
/** Formats of the reader's language that hold no time: `LL` of moment and Day.js, `PPP` of date-fns. */
const localTokens = /^(?:L{1,2}|l{1,2}|P{1,4})$/;

/** Layouts of Go, which write one certain moment: 2 January 2006, 15:04:05. https://pkg.go.dev/time#Layout */
const dayLayout = /^(?=.*(?:2006|\bJan|\b0?2\b))(?!.*(?:15|\b0?3:|:0?4|:0?5|PM|\.0|MST))[\w\s,./-]+$/;

/**
 * Letters of PHP's `date()` that say nothing finer than a day, none of them twice in a row: `Y-m-d`, `l, j F Y`.
 * https://www.php.net/manual/en/datetime.format.php
 */
const phpDay = /^(?=.*[YymdDjlFMn])(?:([dDjlNSwzWFmMntLoYy])(?!\1)|[^\p{L}\\])+$/u;

/** What leaves the day of a timestamp: `toISOString().slice(0, 10)`, `isoformat()[:10]`, `getFullYear()`. */
const cutsToDay =
  /\.split\(\s*["'`][T ]["'`]\s*\)\s*(?:\[0\]|\.at\(0\)|\.shift\(\))|\.(?:slice|substring|substr)\(\s*0\s*,\s*10\s*\)|\[\s*0?\s*:\s*10\s*\]|(?:\.|->)to(?:Locale)?DateString\(|\.date\(\)|\.(?:getUTC|get)(?:FullYear|Month|Date|Day)\(\)|\.(?:year|month|day)\b(?!\s*\()|\.to(?:Plain|ISO|SQL)Date\(|\.startOf\(\s*["'`](?:day|week|isoWeek|month|quarter|year)["'`]\s*\)/;

/** Options of `Intl` that are all written out. */
const options = String.raw`\{[^{}.]*\}`;
/** `Intl` writes the day unless its options name a time; `toLocaleString` the time too, unless they name only a date. */
const localDay = new RegExp(
  String.raw`\bIntl\.DateTimeFormat\(\s*(?:[\w.]+|["'][\w-]*["']|\[\])?\s*(?:,\s*${options}\s*)?\)\s*\.format\(` +
    String.raw`|\.toLocaleString\(\s*(?:[\w.]+|["'][\w-]*["']|\[\])\s*,\s*(?=[^}]*\b(?:dateStyle|weekday|year|month|day)\b)${options}\s*\)`,
);

/** `{now:%Y-%m-%d}` of a format string. */
const formatSpec = /:\s*(%[^{}]*)\}?$/;

/**
 * The claim of a clock, or the claim that it changes once a day where `expression`, as written, writes nothing finer.
 * What is declared stays.
 */
export function asDay(claim: ScopeClaim, expression: string): ScopeClaim {
  if (claim.scope !== "volatile" || claim.basis !== "inferred" || !writesDay(expression)) return claim;
  return { scope: "day", basis: "inferred", reason: `${claim.reason}, of which the day is written` };
}

function writesDay(expression: string): boolean {
  const written = [...expression.matchAll(/"([^"\n]*)"|'([^'\n]*)'|`([^`\n]*)`/g)].map(
    ([, double, single, tick]) => double ?? single ?? tick ?? "",
  );
  const spec = formatSpec.exec(expression)?.[1];
  const formats = spec === undefined ? written : [...written, spec];
  if (formats.some((format) => fineStrftime.test(format))) return false;
  if (/\btoLocaleTimeString\(|\bhour\b|\bminute\b|\bsecond\b|\btimeStyle\b/.test(expression)) return false;
  if (localDay.test(expression)) return true;
  if (/\btoLocaleString\(/.test(expression)) return false;
  return (
    cutsToDay.test(expression) ||
    formats.some(
      (format) =>
        dayStrftime.test(format) ||
        dayTokens.test(format.trim()) ||
        localTokens.test(format) ||
        phpDay.test(format) ||
        (format.includes("2006") && dayLayout.test(format)),
    )
  );
}
