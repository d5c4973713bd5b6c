/** The vocabulary that the settings ask for, and what is said about it. */
import { CostError } from "../core/cost/cost-error.ts";
import type { ModelSpec } from "../core/cost/model-spec.ts";
import { vocabularyOfModel } from "../tokenizers/vocabulary-of-model.ts";
import { shippedVocabularies } from "../tokenizers/vocabulary-row.ts";
import { t } from "../words/l10n.ts";
import { modelInForce, type SettingsInForce } from "./model-in-force.ts";

export interface VocabularyInForce {
  /** A vocabulary that ships, or the path of a tokenizer.json or GGUF file. */
  readonly id: string;
  readonly isExact: boolean;
  /** One sentence for the user. */
  readonly note: string;
}

export function isShippedVocabulary(name: string): boolean {
  return shippedVocabularies.some((id) => id === name);
}

/** The vocabulary that a run with these settings counts with; `null` where no such model is known, which the run says. */
export function vocabularyOf(settings: SettingsInForce): string | null {
  try {
    return vocabularyInForce(modelInForce(settings), settings).id;
  } catch (error) {
    if (error instanceof CostError) return null;
    throw error;
  }
}

/** The setting is `auto`, `shipped`, a vocabulary that ships, or the path of a tokenizer.json or GGUF file. */
export function vocabularyInForce(
  model: Pick<ModelSpec, "id" | "vocabularyTokens">,
  { tokenizer, modelFile }: Pick<SettingsInForce, "tokenizer" | "modelFile">,
): VocabularyInForce {
  const ofModel = vocabularyOfModel(model);
  if (tokenizer === "auto" || tokenizer === "shipped" || (ofModel.isExact && tokenizer === ofModel.id)) {
    const { id, isExact, note } = ofModel;
    return { id, isExact, note };
  }
  if (isShippedVocabulary(tokenizer)) {
    const note = t("Tokens are counted with {0}, as the settings ask.", tokenizer);
    return { id: tokenizer, isExact: false, note };
  }
  const isCached = /[\\/]models--[^\\/]+[\\/]snapshots[\\/]/.test(tokenizer);
  const isOfModel = tokenizer === modelFile?.tokenizer;
  return { id: tokenizer, isExact: true, note: originNote() };

  function originNote(): string {
    if (isOfModel)
      return /\.gguf$/i.test(tokenizer)
        ? t("Tokens are counted with {0}, the file of the model, which holds its vocabulary.", tokenizer)
        : t("Tokens are counted with {0}, which belongs to the file of the model.", tokenizer);
    return isCached
      ? t("Tokens are counted with {0}, found in the Hugging Face cache.", tokenizer)
      : t("Tokens are counted with {0}, as the settings ask.", tokenizer);
  }
}
