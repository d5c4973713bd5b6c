/** Numbers as findings show them. */

export function tokens(count: number): string {
  const rounded = Math.round(count);
  return `${rounded.toLocaleString("en-US")} ${rounded === 1 ? "token" : "tokens"}`;
}

export function milliseconds(seconds: number): string {
  const value = seconds * 1000;
  return `${value >= 10 ? Math.round(value).toLocaleString("en-US") : value.toFixed(1)} ms`;
}

export function bytes(count: number): string {
  if (count >= 2 ** 30) return `${(count / 2 ** 30).toFixed(1)} GiB`;
  if (count >= 2 ** 20) return `${(count / 2 ** 20).toFixed(count >= 10 * 2 ** 20 ? 0 : 1)} MiB`;
  if (count >= 2 ** 10) return `${Math.round(count / 2 ** 10)} KiB`;
  return `${Math.round(count)} B`;
}

/** At most `length` characters of one line. */
export function excerpt(text: string, length = 40): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
