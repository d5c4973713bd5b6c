/** In Markdown whose host lets this command run. */
import { t } from "../words/l10n.ts";
export function chooseTokenizerLink(): string {
  return `[${t("Choose the model's tokenizer file")}](command:promptCacheLens.chooseTokenizerFile)`;
}
