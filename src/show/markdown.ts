/** Text from the workspace as Markdown that shows it literally. */

/** For running text and table cells; not for the beginning of a line. */
export function literal(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\\`*_[\]|~<>$]/g, "\\$&")
    .replace(/&/g, "&amp;")
    .replace(/(?<=\w):(?=\/\/)/g, "\\:");
}

/** As code, also in table cells; a span of backticks is fenced by a longer one. */
export function code(text: string): string {
  const flat = text.replace(/\s+/g, " ").replace(/\|/g, "\\|");
  const longest = Math.max(0, ...[...flat.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = flat === "" || flat.startsWith("`") || flat.endsWith("`") ? " " : "";
  return `${fence}${pad}${flat}${pad}${fence}`;
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  // The first column names, the others count.
  const rule = header.map((_, index) => (index === 0 ? "---" : "---:"));
  return [line(header), line(rule), ...rows.map(line)].join("\n");
}
