export interface Encoding {
  readonly ids: Int32Array;
  /** For each token the UTF-16 offset in the text at which it ends; inside a character, the character's end. */
  readonly ends: Int32Array;
}

/** Text to token ids, by one vocabulary. Deterministic; no state that can be seen from outside. */
export interface Tokenizer {
  /** Vocabulary id, such as `o200k`. */
  readonly vocabulary: string;
  /** Text of each special token of the vocabulary to its id. */
  readonly specials: ReadonlyMap<string, number>;
  /** Special-token text in the input is treated as ordinary text. */
  encode(text: string): Int32Array;
  encodeWithEnds(text: string): Encoding;
  /** Number of tokens; equal to `encode(text).length`. */
  count(text: string): number;
  /**
   * Leading tokens of `text` that stay the same whatever is appended to it:
   * those whose pre-token ends before one that could still grow.
   */
  stableCount(text: string): number;
}
