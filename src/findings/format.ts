/** Numbers as findings show them. */

export function tokens(count: number): string {
  const rounded = Math.round(count);
  return `${rounded.toLocaleString("en-US")} ${rounded === 1 ? "token" : "tokens"}`;
}

export function milliseconds(seconds: number): string {
  const value = seconds * 1000;
  return `${value >= 10 ? Math.round(value).toLocaleString("en-US") : value.toFixed(1)} ms`;
}

/** At most `length` characters of one line. */
export function excerpt(text: string, length = 40): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
