/** Which shipped vocabulary counts a model's tokens. */
import { vocabularies, vocabulariesOfModels } from "./vocabularies-of-models.ts";
import { shippedVocabularies, type VocabularyRow } from "./vocabulary-row.ts";

export interface ModelVocabulary extends Omit<VocabularyRow, "reason"> {
  /** One sentence for the user. */
  readonly note: string;
}

/** Rows of the embedding of models with each vocabulary that ships. */
const shippedRows: Readonly<Record<VocabularyRow["id"], number>> = {
  cl100k: 100_352,
  deepseek3: 129_280,
  qwen3: 151_936,
  o200k: 200_064,
};

/** By id of a catalogue model; for any other model, the substitute nearest in size. */
export function vocabularyOfModel(model: {
  readonly id: string;
  readonly vocabularyTokens: number | null;
}): ModelVocabulary {
  const row = vocabularies[vocabulariesOfModels[model.id] ?? ""];
  if (row === undefined) return nearestInSize(model.vocabularyTokens);
  const { id, isExact, substituteFor, reason } = row;
  if (substituteFor === undefined) return { id, isExact, note: `Tokens are the model's own: ${reason}.` };
  const note = `Tokens are counted with ${id} in place of ${substituteFor}: ${reason}.`;
  return { id, isExact, substituteFor, note };
}

function nearestInSize(rows: number | null): ModelVocabulary {
  const distance = (id: VocabularyRow["id"]) =>
    Math.abs(Math.log(shippedRows[id] / (rows ?? shippedRows.qwen3)));
  const id = [...shippedVocabularies].reduce((best, each) => (distance(each) < distance(best) ? each : best));
  const note = `Tokens are counted with ${id}, the vocabulary of those that ship that is nearest in size to the model's own: name its tokenizer.json as the tokenizer.`;
  return { id, isExact: false, substituteFor: "the model's own", note };
}
