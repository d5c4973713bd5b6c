/** The model that the settings name: of the catalogue, or read from a file by whoever can. */
import { type AnalysisSettings, UserError } from "../config/settings.ts";
import { CostError } from "../core/cost/cost-error.ts";
import { findModel } from "../core/cost/find.ts";
import type { ModelSpec } from "../core/cost/model-spec.ts";
import { t } from "../words/l10n.ts";
import type { Assumption, DocumentProblem } from "./report.ts";

/** What was read from the file that the setting `model` names. Plain data: it travels with the settings. */
export interface ModelFromFile {
  /** As messages call it. */
  readonly path: string;
  readonly model: ModelSpec;
  /** What was assumed, not read or not counted: whole sentences. */
  readonly notes: readonly string[];
  /** Path of the tokenizer that lies beside it, or in it; `null` for none. */
  readonly tokenizer: string | null;
  /** The chat template that lies beside it, or in it; left out where there is none. */
  readonly chatTemplate?: {
    /** Ends with `.json` for a tokenizer_config.json, else it is Jinja. */
    readonly path: string;
    readonly text: string;
  };
}

/** The settings, with the model where they name a file. */
export interface SettingsInForce extends AnalysisSettings {
  readonly modelFile?: ModelFromFile;
  /** What promptcache.json says and cannot be used: a default stands in for each. */
  readonly unusable?: readonly DocumentProblem[];
}

/** Reads the file that the setting names, and leaves ids of the catalogue alone. Throws `UserError`. */
export type ModelReader = (
  settings: AnalysisSettings,
  /** Whether the user named it, and not promptcache.json. */
  isUsers: boolean,
) => SettingsInForce;

/** Throws `CostError` for what is neither. */
export function modelInForce({ model, modelFile }: SettingsInForce): ModelSpec {
  return modelFile?.model ?? findModel(model);
}

export function modelAssumptions({ modelFile }: SettingsInForce): readonly Assumption[] {
  if (modelFile === undefined) return [];
  const { path, notes } = modelFile;
  return [
    { id: "model-file", text: t("The sizes of the model are those that {0} gives.", path) },
    ...notes.map((text, index) => ({ id: `model-file-${index + 1}`, text })),
  ];
}

/** By an id or alias of the catalogue; these come before files of the same name. */
export function isCatalogueModel(name: string): boolean {
  try {
    findModel(name);
    return true;
  } catch (error) {
    if (error instanceof CostError) return false;
    throw error;
  }
}

/** Whether a name can only be meant as the path of a file or folder. */
export function isModelPath(name: string): boolean {
  return /^(?:~|\.{1,2})?[\\/]|^\.{1,2}$|^[A-Za-z]:[\\/]|\\|\.(?:json|gguf)$/i.test(name.trim());
}

/** For hosts without a disk. */
export const noModelFiles: ModelReader = (settings) => {
  const { model } = settings;
  if (isModelPath(model) && !isCatalogueModel(model))
    throw new UserError(
      t(
        "The model is {0}, and in a browser no model files are read: choose a model of the catalogue.",
        model,
      ),
    );
  return settings;
};
