/** Groups of LaTeX commands (`\frac{question}{input}`): their braces name no places. */

/** Of two letters at least: `\n{name}` is a line break that is written out, and a place. */
const command = /\\[A-Za-z]{2,}\*?(?=[[{])/g;

/** Longer groups are not followed to the ones behind them: characters. */
const longestGroup = 2_000;

/** Offsets in `text` of the braces that open a group right behind a command, or behind another group of it. */
export function latexGroups(text: string): ReadonlySet<number> {
  const openings = new Set<number>();
  for (const match of text.matchAll(command)) {
    let at = match.index + match[0].length;
    for (;;) {
      if (text[at] === "{") openings.add(at);
      else if (text[at] !== "[") break;
      const end = groupEnd(text, at);
      if (end === null) break;
      at = end;
    }
  }
  return openings;
}

/** Text with the groups of commands in round brackets, so that nothing takes them for places. As long as `text`. */
export function withoutLatexGroups(text: string): string {
  const openings = latexGroups(text);
  if (openings.size === 0) return text;
  let written = "";
  let from = 0;
  for (const at of [...openings].sort((a, b) => a - b)) {
    written += `${text.slice(from, at)}(`;
    from = at + 1;
  }
  return written + text.slice(from);
}

/** Behind the bracket that closes the one at `start`; `null` where there is none near. */
function groupEnd(text: string, start: number): number | null {
  const open = text[start]!;
  const close = open === "{" ? "}" : "]";
  const limit = Math.min(text.length, start + longestGroup);
  let depth = 0;
  for (let at = start; at < limit; at++) {
    if (text[at] === open) depth++;
    else if (text[at] === close && --depth === 0) return at + 1;
  }
  return null;
}
