/** What the facts say of a chat template. */
export interface TemplateRow {
  /** Id of one that ships. */
  readonly template: string;
  /** False where it stands in for the model's own. */
  readonly isOwn: boolean;
}
