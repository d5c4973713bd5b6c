/** The keys that llama.cpp's converter writes for the vocabulary of a tokenizer.json. */

/** Parts of a tokenizer.json that say which tokens there are. */
export interface TokenizerParts {
  readonly model: {
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (string | readonly string[])[];
  };
  readonly added_tokens: readonly {
    readonly id: number;
    readonly content: string;
    readonly special: boolean;
  }[];
}

const types = { normal: 1, control: 3, userDefined: 4, unused: 5 } as const;

export function ggufVocabularyValues(
  { model, added_tokens: added }: TokenizerParts,
  pre: string,
): Record<string, string | readonly string[] | readonly number[]> {
  const tokens = new Map(Object.entries(model.vocab).map(([text, id]) => [id, text]));
  for (const { id, content } of added) tokens.set(id, content);
  const typeOf = new Map<number, number>(
    added.map(({ id, special }) => [id, special ? types.control : types.userDefined]),
  );
  // Rows of the embedding that no token has are filled up, and there are some behind the last token.
  const rows = [...tokens.keys()].reduce((most, id) => Math.max(most, id + 1), 0) + 3;
  const ids = Array.from({ length: rows }, (_, id) => id);
  return {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": pre,
    "tokenizer.ggml.tokens": ids.map((id) => tokens.get(id) ?? `[PAD${id}]`),
    "tokenizer.ggml.token_type": ids.map((id) =>
      tokens.has(id) ? (typeOf.get(id) ?? types.normal) : types.unused,
    ),
    "tokenizer.ggml.merges": model.merges.map((merge) =>
      typeof merge === "string" ? merge : merge.join(" "),
    ),
  };
}
