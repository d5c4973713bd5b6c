/** Changes of documents as a patch that `git apply` and `patch -p1` take: names are quoted as git does, which `diff` does not. */
import { structuredPatch } from "diff";

export interface ChangedDocument {
  /** With `/`. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** Empty where nothing changed. */
export function unifiedDiff({ path, before, after }: ChangedDocument): string {
  const { hunks } = structuredPatch(path, path, before, after);
  if (hunks.length === 0) return "";
  const said = hunks.map(({ oldStart, oldLines, newStart, newLines, lines }) => {
    const head = `@@ -${placeOf(oldStart, oldLines)} +${placeOf(newStart, newLines)} @@`;
    return [head, ...lines].map((line) => `${line}\n`).join("");
  });
  return `--- ${fileName("a", path)}\n+++ ${fileName("b", path)}\n${said.join("")}`;
}

/** One line is written without its number; nothing stands behind the line before it. */
function placeOf(start: number, size: number): string {
  if (size === 0) return `${start - 1},0`;
  return size === 1 ? `${start}` : `${start},${size}`;
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
