/** One line of numbers above each prompt. */
import { CodeLens, EventEmitter, languages, Range } from "vscode";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";
import { shownIn } from "./positions.ts";
import type { SettingsStore } from "./settings.ts";

export function registerCodeLens(analysis: Analysis, settings: SettingsStore): DisposableStore {
  const store = new DisposableStore();
  const changed = store.add(new EventEmitter<void>());
  store.add(analysis.onDidAnalyse(() => changed.fire()));
  store.add(settings.onDidChange(() => changed.fire()));
  const provider = languages.registerCodeLensProvider(
    { pattern: "**" },
    {
      onDidChangeCodeLenses: changed.event,
      provideCodeLenses(document) {
        const at = analysis.at(document.uri);
        if (at === null || !settings.current["codeLens.enabled"]) return [];
        const { analysed, path, text } = at;
        const { toRange, isCurrent } = shownIn(document, text);
        const minimum = settings.current["codeLens.minimumTokens"];
        return (analysed.files.get(path)?.prompts ?? [])
          .filter(({ ownTokens }) => ownTokens >= minimum)
          .flatMap(({ range, lens }) => {
            // Only where the prompt begins counts: an edit inside of it must not make the line jump away.
            const place = toRange({ start: range.start, end: range.start })?.start;
            if (place === undefined) return [];
            // Numbers of an older text lead nowhere, and are shown paler for it.
            const tooltip = isCurrent ? t("Look at this prompt") : t("The text has changed since");
            const command = isCurrent ? "promptCacheLens.peekPrompt" : "";
            const peek = { uri: document.uri.toString(), offset: range.start };
            return [
              new CodeLens(new Range(place, place), { title: lens, tooltip, command, arguments: [peek] }),
            ];
          });
      },
    },
  );
  store.add(provider);
  return store;
}
