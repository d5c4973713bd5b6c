/** Writes a longer lifetime into marks for a hosted cache, in JSON, Python and TypeScript alike. */
import type { TextEdit } from "../prompt/move.ts";
import type { TextRange } from "../prompt/text.ts";

/** `"type": "ephemeral"`, with its quotes. */
const kind = /(["']?)type\1\s*:\s*(["'])ephemeral\2/;

/** `null` where a mark is written otherwise, or asks for a lifetime already. */
export function longerLifetime(
  path: string,
  text: string,
  marks: readonly TextRange[],
): readonly TextEdit[] | null {
  const edits: TextEdit[] = [];
  for (const { start, end } of marks) {
    const mark = text.slice(start, end);
    const found = kind.exec(mark);
    if (found === null || /\bttl\b/.test(mark)) return null;
    const [whole, keyQuote = "", quote = '"'] = found;
    const at = start + found.index + whole.length;
    edits.push({
      path,
      range: { start: at, end: at },
      newText: `, ${keyQuote}ttl${keyQuote}: ${quote}1h${quote}`,
    });
  }
  return edits.length === 0 ? null : edits;
}
