/** Which shipped vocabulary counts a model's tokens. */
import { invariant } from "../core/invariant.ts";
import { vocabularies, vocabulariesOfModels } from "./vocabularies-of-models.ts";
import type { VocabularyRow } from "./vocabulary-row.ts";

export interface ModelVocabulary extends Omit<VocabularyRow, "reason"> {
  /** One sentence for the user. */
  readonly note: string;
}

/** By id of a catalogue model. */
export function vocabularyOfModel(modelId: string): ModelVocabulary {
  const row = vocabularies[vocabulariesOfModels[modelId] ?? ""];
  invariant(row !== undefined, `${modelId} is not in the catalogue`);
  const { id, isExact, substituteFor, reason } = row;
  if (substituteFor === undefined) return { id, isExact, note: `Tokens are the model's own: ${reason}.` };
  const note = `Tokens are counted with ${id} in place of ${substituteFor}: ${reason}.`;
  return { id, isExact, substituteFor, note };
}
