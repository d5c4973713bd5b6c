/** What the user chose; everything that changes a report besides the documents. */
export interface AnalysisSettings {
  /** Model and GPU ids of the catalogue; policy name of the registry. */
  readonly model: string;
  readonly gpu: string;
  readonly tensorParallel: number;
  readonly policy: string;
  /** `auto`, or bytes such as `20GiB`. */
  readonly capacity: string;
  /** `auto` for the one that ships for the model, `none` for raw completions, or a file of the workspace. */
  readonly chatTemplate: string;
  /** `auto`, `shipped`, a vocabulary that ships, or the path of a tokenizer.json. */
  readonly tokenizer: string;
  readonly seed: number;
  /** Conversations per template, and requests per conversation. */
  readonly sessions: number;
  readonly turns: number;
}

export const defaultSettings: AnalysisSettings = {
  model: "ibm-granite/granite-4.0-h-small",
  gpu: "H100-SXM",
  tensorParallel: 1,
  policy: "marconi",
  capacity: "auto",
  chatTemplate: "auto",
  tokenizer: "auto",
  seed: 1,
  sessions: 8,
  turns: 3,
};

/** The user asked for something that cannot be done; the message says what, where and what to do. */
export class UserError extends Error {
  override readonly name = "UserError";
}
