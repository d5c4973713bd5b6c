/** A clock of which only the day is written: it changes once a day, and not with every call. */
import type { ScopeClaim } from "./template.ts";

/** Fields of a clock that are finer than a day, as `strftime` writes them. */
const fineStrftime = /%-?[HIMSfpsXcTRr]/;
const dayStrftime = /%-?[YymdBbAajeDFxUVW]/;
/** What packages of JavaScript and .NET call years, months and days, and nothing finer. */
const dayTokens = /^(?=.*[yYMdD])[yYMdDEeo\s,./'-]+$/;

/** What leaves the day of a timestamp: `toISOString().slice(0, 10)`, `isoformat()[:10]`, `getFullYear()`. */
const cutsToDay =
  /\.split\(\s*["'`][T ]["'`]\s*\)\s*(?:\[0\]|\.at\(0\)|\.shift\(\))|\.(?:slice|substring|substr)\(\s*0\s*,\s*10\s*\)|\[\s*0?\s*:\s*10\s*\]|\.to(?:Locale)?DateString\(|\.date\(\)|\.(?:getUTC|get)(?:FullYear|Month|Date|Day)\(\)|\.(?:year|month|day)\b(?!\s*\()|\.toPlainDate\(/;

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
  if (/\btoLocale(?:Time)?String\(|\bhour\b|\bminute\b|\btimeStyle\b/.test(expression)) return false;
  return (
    cutsToDay.test(expression) ||
    formats.some((format) => dayStrftime.test(format) || dayTokens.test(format.trim()))
  );
}
