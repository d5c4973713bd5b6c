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

/** Fields of formats: of a day, and finer ones. */
interface FormatFields {
  readonly day: RegExp;
  readonly fine: RegExp;
  /** A whole day, where the format does not hold one in one piece. */
  readonly whole: string;
}

const strftimeFields: FormatFields = {
  day: /%-?[YymdBbAajeDFxUVW]/g,
  fine: /%-?[HIMSfpsXcTRrZz]/g,
  whole: "%Y-%m-%d",
};
const tokenFields: FormatFields = {
  day: /[yYMdDE]+/g,
  fine: /[HhmsSfFtaAzZkKX]+/g,
  whole: "yyyy-MM-dd",
};
const phpFields: FormatFields = { day: /[YymdDjlFMn]/g, fine: /[aABgGhHisuveTPOZcrU]/g, whole: "Y-m-d" };
const goFields: FormatFields = {
  day: /2006|Jan(?:uary)?|01|\b02|Mon(?:day)?/g,
  fine: /15|0?3:|04|05|PM|MST|[-+]0700|Z07:00/g,
  whole: "2006-01-02",
};

/** The part of a format from its first field of a day to its last. */
function dayOfFormat(format: string, { day, fine, whole }: FormatFields): string {
  const days = [...format.matchAll(day)];
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return whole;
  const part = format.slice(first.index, last.index + last[0].length);
  return [...part.matchAll(fine)].length > 0 ? whole : part;
}

/** What writes a moment, and how it is written so that only its day is left: the first that is found is changed. */
const shortenings: readonly (readonly [
  moment: RegExp,
  day: string | ((...groups: readonly string[]) => string),
])[] = [
  // `strftime` in any language, and the filter `date` of Liquid
  [
    /(strftime\w*\(\s*|\bdate\s*:\s*)(["'])([^"'\n]*%[^"'\n]*)\2/,
    (_, before = "", quote = "", format = "") =>
      `${before}${quote}${dayOfFormat(format, strftimeFields)}${quote}`,
  ],
  // A format string of Python, of .NET
  [/:(%[^{}\n]*)$/, (_, format = "") => `:${dayOfFormat(format, strftimeFields)}`],
  [
    /(\b(?:DateTime|DateTimeOffset)\.(?:Utc)?Now):([^{}"\n]*)$/,
    (_, before = "", format = "") => `${before}:${dayOfFormat(format, tokenFields)}`,
  ],
  [
    /(\.(?:ToString|format|toFormat)\(|\bformat\(\s*[^,()]*(?:\(\))?\s*,\s*)(["'`])([^"'`\n]*)\2/,
    (_, before = "", quote = "", format = "") =>
      `${before}${quote}${dayOfFormat(format, tokenFields)}${quote}`,
  ],
  [
    /(\bdate\(\s*)(["'])([^"'\n]*)\2/,
    (_, before = "", quote = "", format = "") => `${before}${quote}${dayOfFormat(format, phpFields)}${quote}`,
  ],
  [/\.Format\(\s*time\.\w+\s*\)/, ".Format(time.DateOnly)"],
  [
    /(\.Format\(\s*)"([^"\n]*)"/,
    (_, before = "", format = "") => `${before}"${dayOfFormat(format, goFields)}"`,
  ],
  // Clocks of JavaScript
  [/(\.toISOString\(\))(?!\s*\.)/, (_, before = "") => `${before}.slice(0, 10)`],
  [/\.toLocaleString\(/, ".toLocaleDateString("],
  [/(\bnew Date\(\))(?:\.toString\(\))?$/, (_, before = "") => `${before}.toDateString()`],
  // Of Python
  [
    /(\bdatetime\.(?:now|utcnow|today)\([^()]*(?:\([^()]*\))?[^()]*\))(?!\s*\.\s*(?:date|strftime|timestamp|time)\b)/,
    (_, before = "") => `${before}.date()`,
  ],
  // Of n8n and of Semantic Kernel
  [/\$now\b(?:\.to(?:ISO|String)\(\))?/, "$today"],
  [/\btime\.(?:now|utcNow)\b/i, "time.date"],
];

/** The expression of a clock so that it writes only the day; `null` where it writes nothing else, or nobody knows how to. */
export function inDays(expression: string): string | null {
  if (writesDay(expression)) return null;
  for (const [moment, day] of shortenings) {
    if (!moment.test(expression)) continue;
    const changed =
      typeof day === "string" ? expression.replace(moment, () => day) : expression.replace(moment, day);
    return changed === expression ? null : changed;
  }
  return null;
}
