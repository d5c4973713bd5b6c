/** The vocabularies that ship, and what the facts say of one that counts a model's tokens. */

/** Ids of the vocabularies that ship with the project. */
export const shippedVocabularies = ["cl100k", "o200k", "qwen3", "deepseek3"] as const;

export interface VocabularyRow {
  readonly id: (typeof shippedVocabularies)[number];
  /** False when it stands in for the model's own; then every token count is approximate. */
  readonly isExact: boolean;
  /** Name of the model's own vocabulary where another one stands in for it. */
  readonly substituteFor?: string;
  /** How it is known, or why this substitute. */
  readonly reason: string;
}
