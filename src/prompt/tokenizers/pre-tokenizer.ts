import { characterBefore, isWhiteSpace } from "./characters.ts";
import type { PreTokenizerId } from "./vocabulary.ts";

/** Cuts text into pieces (pre-tokens); no token crosses the edge of a piece. */
export interface PreTokenizer {
  /** End of the piece that starts at `start`, which is below `text.length` and is itself the edge of a piece. */
  pieceEnd(text: string, start: number): number;
  /** What of `text[0, end)` could still be cut in another way if other text followed. */
  unsettled(text: string, end: number): Unsettled;
}

/** A piece is settled when it starts before `start` and ends before `end`. */
export interface Unsettled {
  readonly start: number;
  readonly end: number;
}

/*
 * The patterns are those that the models are published with. Two things are spelled out, because JavaScript means something else:
 * `\s` is Unicode's White_Space there (with U+0085, without U+FEFF), and ignoring case lets U+017F (long s) stand for s.
 */
const apostrophe = "'(?:[sS\u017FdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])";
const space = "\\p{White_Space}";
const spaces = `${space}*[\\r\\n]+|${space}+(?!\\P{White_Space})|${space}+`;
const upper = "\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}";
const lower = "\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}";
const wordPrefix = "[^\\r\\n\\p{L}\\p{N}]?";

const cl100kPattern =
  `${apostrophe}|${wordPrefix}\\p{L}+|\\p{N}{1,3}` + `| ?[^${space}\\p{L}\\p{N}]+[\\r\\n]*|${spaces}`;

const qwen3Pattern =
  `${apostrophe}|${wordPrefix}\\p{L}+|\\p{N}` + //
  `| ?[^${space}\\p{L}\\p{N}]+[\\r\\n]*|${spaces}`;

const o200kPattern =
  `${wordPrefix}[${upper}]*[${lower}]+(?:${apostrophe})?|${wordPrefix}[${upper}]+[${lower}]*(?:${apostrophe})?` +
  `|\\p{N}{1,3}| ?[^${space}\\p{L}\\p{N}]+[\\r\\n/]*|${spaces}`;

export const preTokenizers: Readonly<Record<PreTokenizerId, PreTokenizer>> = {
  cl100k: byPattern(cl100kPattern, unsettledSpaces),
  o200k: byPattern(o200kPattern, unsettledWords),
  qwen3: byPattern(qwen3Pattern, unsettledSpaces),
};

function byPattern(source: string, unsettled: PreTokenizer["unsettled"]): PreTokenizer {
  const pattern = new RegExp(source, "uy");
  return {
    pieceEnd(text, start) {
      // Every character is matched by one of the alternatives. `test` leaves the end behind and allocates nothing.
      pattern.lastIndex = start;
      pattern.test(text);
      return pattern.lastIndex;
    },
    unsettled,
  };
}

/**
 * All alternatives stop at a character that they have looked at, but for those on white space: they look to the end of its run.
 * So the pieces within a run of white space that reaches the end may change, and the one that reaches the end.
 */
function unsettledSpaces(text: string, end: number): Unsettled {
  let start = end;
  while (start > 0 && isWhiteSpace(text.charCodeAt(start - 1))) start--;
  return { start, end };
}

const isUpper = new RegExp(`[${upper}]`, "u");
const isWordEnd = /[\p{L}\p{M}]/u;
const isWordPrefix = /[^\r\n\p{L}\p{N}]/u;

/**
 * In o200k, words look ahead too. The first alternative takes all of `[upper]*` before it gives some back to `[lower]+`,
 * so `日本W` is cut after `本` unless a lower-case letter follows. And `'`, `'r`, `'v`, `'l` may become a contraction,
 * which belongs to the word before it.
 */
function unsettledWords(text: string, end: number): Unsettled {
  const spacesOnly = unsettledSpaces(text, end);
  if (spacesOnly.start < end) return spacesOnly;
  const quote = text.charAt(end - 1) === "'" ? end - 1 : end - 2;
  if (quote > 0 && /^'[rRvVlL]?$/.test(text.slice(quote, end))) {
    return { start: end, end: isWordEnd.test(characterBefore(text, quote)) ? quote : end };
  }
  let start = end;
  while (start > 0) {
    const previous = characterBefore(text, start);
    if (!isUpper.test(previous)) {
      if (start < end && isWordPrefix.test(previous)) start -= previous.length;
      break;
    }
    start -= previous.length;
  }
  return { start, end };
}
