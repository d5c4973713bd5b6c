/** At most `length` characters of one line. */
export function excerpt(text: string, length = 40): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
