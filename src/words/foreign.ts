/**
 * Text that somebody else wrote (paths, names, excerpts of prompts, settings, and messages that quote them) made harmless
 * for the place where it is shown. Markdown has functions of its own in src/show/markdown.ts.
 */

/**
 * Control characters (C0, DEL, C1), marks that change the direction of writing, line ends that only some programs know, and
 * halves of characters: they clear a terminal, set its title, or make a line read as another one.
 */
const commanding = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu;

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** One line for a terminal or a log. What commands it is written as `\n`, `\x1b` or `\u202e`, so that it can be seen. */
export function harmless(text: string): string {
  return text.replace(commanding, (character) => {
    const code = character.charCodeAt(0);
    const digits = code.toString(16);
    return (
      short[character] ?? (code < 0x100 ? `\\x${digits.padStart(2, "0")}` : `\\u${digits.padStart(4, "0")}`)
    );
  });
}

/** Longer lines hold something that nobody reads: a name of many thousand letters. */
const longestLine = 2000;

/** Lines for a terminal: each of them stays one, and none is endless. */
export function harmlessLines(lines: readonly string[]): string {
  const shown = lines.map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
  return shown.map(harmless).join("\n");
}

/** For notifications of VS Code, which make `[text](command:id)` a link that runs the command. */
export function harmlessNotice(text: string): string {
  return harmless(text).replace(/\](?=\()/g, "] ");
}
