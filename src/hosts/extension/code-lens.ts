/** One line of numbers above each prompt. */
import { CodeLens, EventEmitter, languages, Range } from "vscode";
import { lensTitle } from "../../show/labels.ts";
import { ownTokens } from "../../show/report-lookup.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";
import { rangesIn } from "./positions.ts";
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
        const toRange = rangesIn(document, text);
        const minimum = settings.current["codeLens.minimumTokens"];
        return analysed.report.templates
          .filter((template) => template.path === path && ownTokens(template) >= minimum)
          .flatMap((template) => {
            // Only where the prompt begins counts: an edit inside of it must not make the line jump away.
            const { start } = template.range;
            const place = toRange({ start, end: start })?.start;
            if (place === undefined) return [];
            const title = lensTitle(analysed.report, template);
            const tooltip = "Show the cache report";
            return [
              new CodeLens(new Range(place, place), {
                title,
                tooltip,
                command: "promptCacheLens.showReport",
              }),
            ];
          });
      },
    },
  );
  store.add(provider);
  return store;
}
