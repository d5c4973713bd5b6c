/**
 * Tokenizers of other kinds than byte-level BPE (SentencePiece, Unigram, WordPiece), through @huggingface/tokenizers.
 * It gives the tokens of a text and not where they end: that is found by following their spelling through the text.
 */
import { Tokenizer as Library } from "@huggingface/tokenizers";
import type { BpeTokenizer } from "./byte-level-bpe.ts";
import { wholeCharacterEnd } from "./characters.ts";
import { SpecialTokens } from "./special-tokens.ts";
import type { Encoding } from "./tokenizer.ts";

type Json = Readonly<Record<string, unknown>>;

/** In UTF-16 units. For SentencePiece and Unigram the library takes time that grows faster than a piece; a longer one is cut into such. */
const longestLibraryPiece = 20_000;

/** Words are words to these whatever stands in the next one. */
const localNormalizers = new Set([
  ...["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "BertNormalizer"],
  ...["Precompiled", "Prepend", "Replace", "Nmt", "Strip", "Sequence"],
]);
const localPreTokenizers = new Set([
  ...["Metaspace", "BertPreTokenizer", "Whitespace", "WhitespaceSplit", "Punctuation", "Digits", "Sequence"],
]);

/** `json` is a whole tokenizer.json. Throws an Error that says what of it the library cannot use. */
export function createLibraryTokenizer(json: Json, id: string): BpeTokenizer {
  return new LibraryTokenizer(json, id);
}

/** Ideographs above the basic plane: BERT's normalizer puts blanks around them, the library does not. */
const ideographsAbove =
  /[\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

class LibraryTokenizer implements BpeTokenizer {
  readonly vocabulary: string;
  readonly specials: ReadonlyMap<string, number>;
  readonly #library: Library;
  readonly #idOf: ReadonlyMap<string, number>;
  readonly #specialTokens: SpecialTokens;
  readonly #isWordPiece: boolean;
  readonly #continuation: string;
  readonly #partsIdeographs: boolean;
  readonly #cutsWords: boolean;
  readonly #cutsAtNewlines: boolean;
  readonly #wordsAreLocal: boolean;

  constructor(json: Json, id: string) {
    this.vocabulary = id;
    this.specials = addedTokens(json["added_tokens"]);
    this.#specialTokens = new SpecialTokens(this.specials);
    const withDefaults = {
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: null,
      ...json,
    };
    this.#library = new Library({ ...withDefaults, added_tokens: [] }, {});
    const model = json["model"] as Json;
    const prefix = model["continuing_subword_prefix"];
    this.#isWordPiece = model["type"] === "WordPiece";
    this.#continuation = this.#isWordPiece && typeof prefix === "string" ? prefix : "";
    this.#idOf = this.#library.model?.tokens_to_ids ?? new Map<string, number>();
    const tokens = [...this.#idOf.keys()];
    const steps = stepsOf(json["pre_tokenizer"], "pretokenizers");
    this.#partsIdeographs = stepsOf(json["normalizer"], "normalizers").some(
      (step) => step["type"] === "BertNormalizer" && step["handle_chinese_chars"] !== false,
    );
    this.#cutsWords = steps.some((step) => step["type"] === "Metaspace" && step["split"] !== false);
    this.#cutsAtNewlines = !tokens.some((token) => /\n[^\n]|[^\n]\n/.test(token));
    this.#wordsAreLocal =
      steps.every((step) => localPreTokenizers.has(String(step["type"]))) &&
      stepsOf(json["normalizer"], "normalizers").every((step) =>
        localNormalizers.has(String(step["type"])),
      ) &&
      !tokens.some((token) => /[^▁\s][▁\s]/.test(token));
  }

  encode(text: string): Int32Array {
    return this.encodeWithEnds(text).ids;
  }

  encodeWithEnds(text: string): Encoding {
    return this.#encodeStretch(text, true);
  }

  encodeWithSpecials(text: string): Encoding {
    let isFirst = this.#specialTokens.pieces(text)[0]?.id === null;
    return this.#specialTokens.encode(text, {
      encodeWithEnds: (stretch) => {
        const encoding = this.#encodeStretch(stretch, isFirst);
        isFirst = false;
        return encoding;
      },
    });
  }

  count(text: string): number {
    return this.encode(text).length;
  }

  /** Tokens before the last word that something follows already: what is appended cannot reach beyond white space. */
  stableCount(text: string): number {
    if (!this.#wordsAreLocal) return 0;
    const settled = lastBlanks(text);
    let count = 0;
    for (const end of this.encodeWithEnds(text).ends) if (end <= settled) count++;
    return count;
  }

  #encodeStretch(text: string, isFirst: boolean): Encoding {
    // A lone surrogate becomes U+FFFD, as in every conversion to UTF-8.
    const whole = text.replace(/\p{Cs}/gu, "\uFFFD");
    const ids: number[] = [];
    const ends: number[] = [];
    const spelling = new Spelling(whole);
    for (const piece of this.#pieces(whole, isFirst)) {
      for (const part of this.#isWordPiece ? [piece] : cutLong(piece))
        this.#appendPiece(part, spelling, ids, ends);
    }
    if (ends.length > 0) ends[ends.length - 1] = text.length;
    return { ids: Int32Array.from(ids), ends: Int32Array.from(ends) };
  }

  #appendPiece(piece: string, spelling: Spelling, ids: number[], ends: number[]): void {
    const { model } = this.#library;
    const tokens: readonly string[] = model?._call([piece]) ?? [];
    const spelled = tokens.map((token, index) => this.#spellingOf(token, index));
    // Tokens that do not spell the piece, such as the unknown one, all end where it does.
    const isSpelled = spelled.join("") === piece;
    const unknown = model?.unk_token_id;
    const inPiece: number[] = [];
    for (const [index, token] of tokens.entries()) {
      const id = this.#idOf.get(token) ?? unknown;
      if (id === undefined) continue;
      ids.push(id);
      inPiece.push(isSpelled ? spelling.follow(spelled[index]!) : -1);
    }
    const end = isSpelled ? spelling.end : spelling.follow(piece);
    for (const each of inPiece) ends.push(each < 0 ? end : each);
  }

  #spellingOf(token: string, index: number): string {
    const isContinued = index > 0 && this.#continuation !== "" && token.startsWith(this.#continuation);
    return isContinued ? token.slice(this.#continuation.length) : token;
  }

  #pieces(text: string, isFirst: boolean): string[] {
    const { normalizer, pre_tokenizer: preTokenizer } = this.#library;
    if (text === "") return [];
    const parted = this.#partsIdeographs ? text.replace(ideographsAbove, " $& ") : text;
    const normal = normalizer === null ? text : normalizer._call(parted);
    if (normal === "") return [];
    const pieces: string[] =
      preTokenizer === null ? [normal] : preTokenizer._call(normal, { section_index: isFirst ? 0 : 1 });
    // The library leaves words together that the reference parts; and no token joins a newline with anything else.
    if (this.#cutsWords) return pieces.flatMap((piece) => piece.split(/(?=▁)/));
    if (this.#cutsAtNewlines)
      return pieces.flatMap((piece) => piece.split(/(?<=\n)(?=[^\n])|(?<=[^\n])(?=\n)/));
    return pieces;
  }
}

/** Where the last blanks begin that something follows; 0 for none. */
function lastBlanks(text: string): number {
  const isBlank = (at: number) => " \t\r\n".includes(text[at]!);
  let at = text.length;
  while (at > 0 && isBlank(at - 1)) at--;
  while (at > 0 && !isBlank(at - 1)) at--;
  while (at > 0 && isBlank(at - 1)) at--;
  return at;
}

function cutLong(piece: string): readonly string[] {
  if (piece.length <= longestLibraryPiece) return [piece];
  const parts: string[] = [];
  for (let start = 0; start < piece.length; start += parts.at(-1)!.length) {
    parts.push(piece.slice(start, wholeCharacterEnd(piece, start + longestLibraryPiece)));
  }
  return parts;
}

/**
 * Follows normalized text through the text as it was written. Letters are compared without case and marks; white space
 * may have been dropped, joined or put in front. Once it is lost, everything ends at the end: late, never early.
 */
class Spelling {
  readonly #text: string;
  #index = 0;
  /** What the last character of the text stands for and nothing has spelled yet. */
  #rest = "";
  #isLost = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where the text that was followed so far ends. */
  get end(): number {
    return this.#isLost ? this.#text.length : this.#index;
  }

  follow(normal: string): number {
    for (const character of normal) {
      for (const wanted of folded(character)) this.#pass(wanted);
    }
    return this.end;
  }

  #pass(wanted: string): void {
    while (!this.#isLost) {
      if (this.#rest === "") {
        if (this.#index >= this.#text.length) {
          this.#isLost = wanted !== " ";
          return;
        }
        const character = String.fromCodePoint(this.#text.codePointAt(this.#index)!);
        const meant = folded(character);
        const isDropped =
          meant === "" || (wanted !== " " && (meant === " " || meant === "\uFFFD") && meant !== wanted);
        if (!isDropped && wanted === " " && meant !== " ") return;
        this.#index += character.length;
        if (isDropped) continue;
        this.#rest = meant;
      }
      if (!this.#rest.startsWith(wanted)) {
        this.#isLost = wanted !== " ";
        return;
      }
      this.#rest = this.#rest.slice(wanted.length);
      return;
    }
  }
}

function folded(character: string): string {
  if (character === "▁" || /\s/.test(character)) return " ";
  return character
    .normalize("NFKD")
    .replace(/[\p{M}\p{C}]/gu, "")
    .toLowerCase()
    .replace(/\s+/g, " ");
}

function addedTokens(value: unknown): ReadonlyMap<string, number> {
  const tokens = Array.isArray(value) ? (value as readonly Json[]) : [];
  return new Map(
    tokens.flatMap(({ content, id }): [string, number][] =>
      typeof content === "string" && content !== "" && typeof id === "number" ? [[content, id]] : [],
    ),
  );
}

function stepsOf(value: unknown, key: string): readonly Json[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = (value as Json)[key];
  return Array.isArray(inner) ? inner.flatMap((step) => stepsOf(step, key)) : [value as Json];
}
