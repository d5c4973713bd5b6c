/** Changes of documents as a patch that `git apply` and `patch -p1` take. */

export interface ChangedDocument {
  /** With `/`. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** Unchanged lines around a change. */
const contextLines = 3;

/** For text that was added within lines, or behind the last one: every old line has its new one. */
export function unifiedDiff({ path, before, after }: ChangedDocument): string {
  const old = linesOf(before);
  const changed = linesOf(after);
  const rows = changed.flatMap((line, row) => (line === old[row] ? [] : [row]));
  const hunks = hunksOf(rows, changed.length).map(({ start, end }) => {
    const [from, to] = [old.slice(start, end), changed.slice(start, end)];
    return `@@ -${placeOf(start, from.length)} +${placeOf(start, to.length)} @@\n${hunkLines(from, to).join("")}`;
  });
  if (hunks.length === 0) return "";
  return `--- ${fileName("a", path)}\n+++ ${fileName("b", path)}\n${hunks.join("")}`;
}

/** One line is written without its number; nothing stands behind the line before it. */
function placeOf(start: number, size: number): string {
  if (size === 0) return `${start},0`;
  return size === 1 ? `${start + 1}` : `${start + 1},${size}`;
}

/** Each with its line break; the last one may have none. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function hunksOf(rows: readonly number[], lines: number): readonly { start: number; end: number }[] {
  const hunks: { start: number; end: number }[] = [];
  for (const row of rows) {
    const start = Math.max(0, row - contextLines);
    const end = Math.min(lines, row + contextLines + 1);
    const last = hunks.at(-1);
    if (last !== undefined && start <= last.end) last.end = end;
    else hunks.push({ start, end });
  }
  return hunks;
}

/** Lines that go stand in front of those that come in their place. */
function hunkLines(old: readonly string[], changed: readonly string[]): readonly string[] {
  const lines: string[] = [];
  let added: string[] = [];
  for (const [row, line] of changed.entries()) {
    const before = old[row];
    if (before === line) {
      lines.push(...added, written(" ", line));
      added = [];
      continue;
    }
    if (before !== undefined) lines.push(written("-", before));
    added.push(written("+", line));
  }
  return [...lines, ...added];
}

function written(sign: string, line: string): string {
  return line.endsWith("\n") ? `${sign}${line}` : `${sign}${line}\n\\ No newline at end of file\n`;
}

/** What a name must not hold as it is: it would end the line, or command a terminal. */
const unsafe = /["\\\p{Cc}]/gu;

/** As git writes names: quoted as in C where they need it; behind one with blanks stands a tab. */
function fileName(side: string, path: string): string {
  const name = `${side}/${path}`;
  const quoted = name.replace(unsafe, escaped);
  if (quoted !== name) return `"${quoted}"`;
  return name.includes(" ") ? `${name}\t` : name;
}

/** Control characters by their bytes in UTF-8, of which those above ASCII have two. */
function escaped(character: string): string {
  const code = character.charCodeAt(0);
  if (character === '"' || character === "\\") return `\\${character}`;
  const octal = `\\${code.toString(8).padStart(3, "0")}`;
  return code < 0x80 ? octal : `\\302${octal}`;
}
