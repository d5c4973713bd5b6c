/**
 * Texts in the language of whoever reads them: `t("{0} tokens", 3)`. The English text is the key, so that it stands where it
 * is used; without a translation it is what is shown. Every process, thread and page is told its translation once, before
 * it says anything: so no module may call `t` while it is loaded (`npm run l10n` tells).
 */
import { config, t } from "@vscode/l10n";

export { t };

/** Of each English message what stands for it: a `bundle.l10n.*.json`. */
export type Translation = Readonly<Record<string, string>>;

/** `undefined` for English. */
export function speak(translation: Translation | undefined): void {
  config({ contents: { ...translation } });
}
