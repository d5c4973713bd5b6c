/** Findings and problems in the editor and in the problems view. They stay until there is a newer report. */
import {
  Diagnostic,
  DiagnosticRelatedInformation,
  DiagnosticSeverity,
  Location,
  languages,
  type Uri,
} from "vscode";
import { type DiagnosticEntry, diagnosticEntries } from "../../show/diagnostic-entries.ts";
import type { Analysed, Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";
import { rangesOf, type ToRange } from "./positions.ts";
import type { SettingsStore } from "./settings.ts";
import { uriOf } from "./workspace-paths.ts";

export const diagnosticSource = "Prompt Cache Lens";

const severities = {
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
} as const;

/** `docs` is the page that explains the rules; each has a heading of its id there. */
export function showDiagnostics(analysis: Analysis, settings: SettingsStore, docs: Uri): DisposableStore {
  const store = new DisposableStore();
  const collection = store.add(languages.createDiagnosticCollection("prompt-cache-lens"));
  const update = () => {
    if (analysis.all.length === 0 || !settings.current["diagnostics.enabled"]) {
      collection.clear();
      return;
    }
    const shown = analysis.all.flatMap((analysed) =>
      [...diagnosticEntries(analysed.report)].flatMap(([path, entries]) => {
        const uri = uriOf({ folder: analysed.folder, path });
        return uri === null ? [] : [{ uri, diagnostics: toDiagnostics(analysed, docs, path, entries) }];
      }),
    );
    // All files in one step, so that the problems view does not flicker.
    const stale: [Uri, Diagnostic[]][] = [];
    const wanted = new Set(shown.map(({ uri }) => uri.toString()));
    collection.forEach((uri) => {
      if (!wanted.has(uri.toString())) stale.push([uri, []]);
    });
    collection.set([
      ...stale,
      ...shown.map(({ uri, diagnostics }) => [uri, diagnostics] as [Uri, Diagnostic[]]),
    ]);
  };
  store.add(analysis.onDidAnalyse(update));
  store.add(settings.onDidChange(update));
  update();
  return store;
}

function toDiagnostics(
  analysed: Analysed,
  docs: Uri,
  path: string,
  entries: readonly DiagnosticEntry[],
): Diagnostic[] {
  const mappers = new Map<string, ToRange>();
  const rangesIn = (wanted: string): ToRange => {
    const known = mappers.get(wanted) ?? rangesOf(analysed, wanted);
    mappers.set(wanted, known);
    return known;
  };
  return entries.flatMap((entry) => {
    const range = rangesIn(path)(entry.range);
    if (range === null) return [];
    const diagnostic = new Diagnostic(range, entry.message, severities[entry.severity]);
    diagnostic.source = diagnosticSource;
    if (entry.rule !== null)
      diagnostic.code = { value: entry.rule, target: docs.with({ fragment: entry.rule }) };
    diagnostic.relatedInformation = entry.related.flatMap((related) => {
      const uri = uriOf({ folder: analysed.folder, path: related.path });
      const place = uri === null ? null : rangesIn(related.path)(related.range);
      return uri === null || place === null
        ? []
        : [new DiagnosticRelatedInformation(new Location(uri, place), related.message)];
    });
    return [diagnostic];
  });
}
