/** Findings and problems in the editor and in the problems view. They stay until there is a newer report. */
import {
  Diagnostic,
  DiagnosticRelatedInformation,
  DiagnosticSeverity,
  Location,
  languages,
  Uri,
} from "vscode";
import type { ShownDiagnostic } from "../../protocol/editor.ts";
import type { Analysed } from "../../protocol/folder-answers.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";
import { rangesOf } from "./positions.ts";
import type { SettingsStore } from "./settings.ts";
import { uriOf } from "./workspace-paths.ts";

export const diagnosticSource = "Prompt Cache Lens";

const severities = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
} as const;

/** `docs` is the folder of the pages that explain the rules, each called by its id. */
export function showDiagnostics(analysis: Analysis, settings: SettingsStore, docs: Uri): DisposableStore {
  const store = new DisposableStore();
  const collection = store.add(languages.createDiagnosticCollection("prompt-cache-lens"));
  const all = () => {
    collection.clear();
    if (!settings.current["diagnostics.enabled"]) return;
    for (const { folder, files } of analysis.all) publish(folder, [...files.keys()]);
  };
  /** All of them in one step, so that the problems view does not flicker; nothing else is touched. */
  const publish = (folder: string, paths: readonly string[]) => {
    const analysed = analysis.all.find((each) => each.folder === folder);
    if (analysed === undefined) return;
    collection.set(
      paths.flatMap((path): [Uri, Diagnostic[]][] => {
        const uri = uriOf({ folder, path });
        const entries = analysed.files.get(path)?.diagnostics ?? [];
        return uri === null ? [] : [[uri, toDiagnostics(analysed, docs, path, entries)]];
      }),
    );
  };
  store.add(
    analysis.onDidAnalyse((change) => {
      if (change === null) all();
      else if (settings.current["diagnostics.enabled"]) publish(change.folder, change.paths);
    }),
  );
  store.add(settings.onDidChange(all));
  all();
  return store;
}

function toDiagnostics(
  analysed: Analysed,
  docs: Uri,
  path: string,
  entries: readonly ShownDiagnostic[],
): Diagnostic[] {
  const mappers = new Map<string, ReturnType<typeof rangesOf>>();
  const rangesIn = (wanted: string) => {
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
      diagnostic.code = { value: entry.rule, target: Uri.joinPath(docs, `${entry.rule}.md`) };
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
