import { invariant } from "../core/invariant.ts";
import { characterBefore, isWhiteSpace, wholeCharacterEnd } from "./characters.ts";
import { translatePattern } from "./published-pattern.ts";

/** Cuts text into pieces (pre-tokens); no token crosses the edge of a piece. */
export interface PreTokenizer {
  /** Whether no piece crosses the places at which blocks of lines end (`blockEnd`), and none looks past them. */
  readonly cutsAtLines: boolean;
  /** Where the pieces of the text end, in order; the last one at the end of the text. */
  pieceEnds(text: string): readonly number[];
  /** What of `text[0, end)` could still be cut in another way if other text followed. */
  unsettled(text: string, end: number): Unsettled;
}

/** A piece is settled when it starts before `start` and ends before `end`. */
export interface Unsettled {
  readonly start: number;
  readonly end: number;
}

/**
 * In UTF-16 units. A longer piece is cut into such: its tokens may then differ from the reference's where it is cut.
 * Nobody sends half a million letters without a space, and the stack of regular expressions ends at a few millions.
 */
export const longestPiece = 500_000;

/*
 * As the models' tokenizer.json files have them. Each is applied to the pieces of the one before it; what it does not match
 * between two matches is a piece as well.
 */
const spaces = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
/** Of llama.cpp: not those with a long s. */
const asciiContractions = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
const symbols = " ?[^\\s\\p{L}\\p{N}]+";
const upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
/** Of llama.cpp: only ASCII has cases, and marks are no letters. */
const asciiUpper = "(?:(?=\\p{L})[^a-z])";
const asciiLower = "(?:(?=\\p{L})[^A-Z])";
const wordPrefix = "[^\\r\\n\\p{L}\\p{N}]?";
const plainWords = (digits: string, ends: string): string =>
  `${ends}|${wordPrefix}\\p{L}+|${digits}|${symbols}[\\r\\n]*|${spaces}`;
const markedWords = (ends: string): string =>
  `${ends}|${wordPrefix}[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${spaces}`;
const casedWords = (first: string, rest: string, end: string, digits: string): string =>
  `${wordPrefix}${first}*${rest}+${end}|${wordPrefix}${first}+${rest}*${end}|${digits}|${symbols}[\\r\\n/]*|${spaces}`;

const cl100k = plainWords("\\p{N}{1,3}", contractions);
const qwen3 = plainWords("\\p{N}", contractions);
const qwen35 = markedWords(contractions);
const o200k = casedWords(upper, lower, `${contractions}?`, "\\p{N}{1,3}");
const tekken = casedWords(upper, lower, "", "\\p{N}");
export const gpt2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+|${symbols}|\\s+(?!\\S)|\\s+`;
const deepseek3 = [
  "\\p{N}{1,3}",
  "[一-龥぀-ゟ゠-ヿ]+",
  "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
];
const digits = ["\\p{N}", "\\p{N}+", "[0-9]", "[0-9][0-9][0-9]"];
export const punctuation = "[!-/:-@\\[-`{-~\\p{P}]";

/** As llama.cpp has them (`src/llama-vocab.cpp`, `llm_tokenizer_bpe`, commit 00ad355), by the vocabulary that they come from. */
export const llamaCppPatterns = {
  cl100k: [plainWords("\\p{N}{1,3}", asciiContractions)],
  qwen3: [plainWords("\\p{N}", asciiContractions)],
  qwen35: [markedWords(asciiContractions)],
  o200k: [casedWords(asciiUpper, asciiLower, `${asciiContractions}?`, "\\p{N}{1,3}")],
  tekken: [casedWords(asciiUpper, asciiLower, "", "\\p{N}")],
  gpt2: [gpt2],
  digitsAndGpt2: ["\\p{N}", gpt2],
  deepseek3,
} as const;
const {
  cl100k: ofCl100k,
  qwen3: ofQwen3,
  qwen35: ofQwen35,
  o200k: ofO200k,
  tekken: ofTekken,
} = llamaCppPatterns;
const asciiCased = [...ofO200k, ...ofTekken];
const asciiPlain = [...ofCl100k, ...ofQwen3, ...ofQwen35];

/**
 * What is known about the end of a text under a pattern; under any other, all of it could still be cut in another way.
 * All of these cut at lines.
 */
const unsettledUnder: ReadonlyMap<string, PreTokenizer["unsettled"]> = new Map([
  ...[
    cl100k,
    qwen3,
    qwen35,
    ...asciiPlain,
    gpt2,
    ...deepseek3,
    ...digits,
    punctuation,
    `${punctuation}+`,
  ].map((pattern) => [pattern, unsettledSpaces] as const),
  ...[o200k, tekken].map((pattern) => [pattern, unsettledWords(upper)] as const),
  ...asciiCased.map((pattern) => [pattern, unsettledWords(asciiUpper)] as const),
]);

/** Those that take a word of ASCII whole, with the blank before it: see `asciiWordEnd`. */
export const takingWords: ReadonlySet<string> = new Set([
  cl100k,
  qwen3,
  qwen35,
  gpt2,
  o200k,
  tekken,
  ...asciiPlain,
  ...asciiCased,
  deepseek3[2]!,
]);

export const preTokenizerIds = ["cl100k", "o200k", "qwen3", "deepseek3"] as const;
export type PreTokenizerId = (typeof preTokenizerIds)[number];

export const preTokenizers: Readonly<Record<PreTokenizerId, PreTokenizer>> = {
  cl100k: published([cl100k]),
  o200k: published([o200k]),
  qwen3: published([qwen3]),
  deepseek3: published(deepseek3),
};

function published(patterns: readonly string[]): PreTokenizer {
  const preTokenizer = byPatterns(patterns);
  invariant(preTokenizer !== null, "a pattern of a vocabulary that ships cannot be translated");
  return preTokenizer;
}

/** `null` when one of the patterns means something that JavaScript cannot say. */
export function byPatterns(patterns: readonly string[]): PreTokenizer | null {
  const stages: Stage[] = [];
  for (const pattern of patterns) {
    const source = translatePattern(pattern);
    if (source === null) return null;
    stages.push({
      search: new RegExp(source, "gu"),
      here: new RegExp(source, "uy"),
      takesWords: takingWords.has(pattern),
    });
  }
  return {
    cutsAtLines: patterns.every((pattern) => unsettledUnder.has(pattern)),
    pieceEnds(text) {
      const ends: number[] = [];
      cut(text, 0, stages, 0, ends);
      return ends;
    },
    unsettled(text, end) {
      // What a stage leaves settled is a piece whose inside no other text can reach; the next stages see nothing beyond it.
      const found = patterns.map((pattern) => unsettledUnder.get(pattern)?.(text, end) ?? nothingSettled);
      return {
        start: Math.min(end, ...found.map((each) => each.start)),
        end: Math.min(end, ...found.map((each) => each.end)),
      };
    },
  };
}

/** One pattern of a pre-tokenizer. */
interface Stage {
  readonly search: RegExp;
  /** The same, matching where it is asked and nowhere else: it makes no match object. */
  readonly here: RegExp;
  readonly takesWords: boolean;
}

const nothingSettled: Unsettled = { start: 0, end: 0 };

/** Cuts `text`, which starts at `offset` of the whole, by the stages from `at` on. */
function cut(text: string, offset: number, stages: readonly Stage[], at: number, ends: number[]): void {
  const stage = stages[at];
  if (stage === undefined) {
    appendPiece(text, offset, ends);
    return;
  }
  const isLast = at + 1 === stages.length;
  let done = 0;
  const cutTo = (end: number): void => {
    if (end === done) return;
    if (isLast && end - done <= longestPiece) ends.push(offset + end);
    else cut(text.slice(done, end), offset + done, stages, at + 1, ends);
    done = end;
  };
  while (done < text.length) {
    const end = stage.takesWords ? asciiWordEnd(text, done) : -1;
    if (end >= 0) {
      cutTo(end);
    } else if (matchesHere(stage, text, done)) {
      cutTo(stage.here.lastIndex);
    } else {
      const match = matchFrom(stage.search, text, done);
      if (match === null) break;
      cutTo(match.index);
      cutTo(match.index + match[0].length);
    }
  }
  cutTo(text.length);
}

/** In UTF-16 units: where a word is longer, the patterns themselves are asked. */
const longestAsciiWord = 64;

/**
 * Where the piece from `start` on ends, when it is a word such as ` prompt` or `Prompt` that nothing goes on with: at most
 * one blank, a letter, lower-case letters, then the end or an ASCII character that is neither a letter nor an apostrophe.
 * -1 for everything else. The patterns of `takingWords` agree on such words, and most pieces of a prompt are one.
 */
function asciiWordEnd(text: string, start: number): number {
  const first = text.charCodeAt(start) === 0x20 ? start + 1 : start;
  if (!isAsciiLetter(text.charCodeAt(first))) return -1;
  const limit = Math.min(text.length, first + longestAsciiWord);
  let end = first + 1;
  while (end < limit && isLowerAscii(text.charCodeAt(end))) end++;
  if (end === text.length) return end;
  const next = text.charCodeAt(end);
  return next < 0x80 && next !== 0x27 && !isAsciiLetter(next) ? end : -1;
}

function isLowerAscii(unit: number): boolean {
  return unit >= 0x61 && unit <= 0x7a;
}

function isAsciiLetter(unit: number): boolean {
  return isLowerAscii(unit | 0x20);
}

/** Whether the stage takes something from `from` on; `here.lastIndex` is its end. A run too long for the stack is none. */
function matchesHere({ here }: Stage, text: string, from: number): boolean {
  here.lastIndex = from;
  try {
    return here.test(text) && here.lastIndex > from;
  } catch {
    return false;
  }
}

function appendPiece(text: string, offset: number, ends: number[]): void {
  for (let end = 0; end < text.length; ) {
    end = wholeCharacterEnd(text, end + longestPiece);
    ends.push(offset + end);
  }
}

/** A run that is too long for the stack of regular expressions is matched as far as the longest piece goes. */
function matchFrom(pattern: RegExp, text: string, from: number): RegExpExecArray | null {
  pattern.lastIndex = from;
  try {
    return pattern.exec(text);
  } catch {
    pattern.lastIndex = 0;
    const match = pattern.exec(text.slice(from, wholeCharacterEnd(text, from + longestPiece)));
    if (match !== null) match.index += from;
    return match;
  }
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

const isWordEnd = /[\p{L}\p{M}]/u;
const isWordPrefix = /[^\r\n\p{L}\p{N}]/u;

/**
 * In o200k, words look ahead too. The first alternative takes all of `[upper]*` before it gives some back to `[lower]+`,
 * so `日本W` is cut after `本` unless a lower-case letter follows. And `'`, `'r`, `'v`, `'l` may become a contraction,
 * which belongs to the word before it.
 */
function unsettledWords(first: string): PreTokenizer["unsettled"] {
  const isUpper = new RegExp(first, "u");
  return (text, end) => {
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
  };
}
