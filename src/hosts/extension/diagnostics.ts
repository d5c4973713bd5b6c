/** Findings and problems in the editor and in the problems view. They stay until there is a newer report. */
import { Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, languages, Uri } from "vscode";
import type { ShownDiagnostic } from "../../protocol/editor.ts";
import type { Analysed } from "../../protocol/folder-answers.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";
import { locationsOf } from "./positions.ts";
import type { SettingsStore } from "./settings.ts";

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
  /** Documents in which findings of a file stand: itself, or its cells. */
  const shownAt = new Map<string, readonly Uri[]>();
  const all = () => {
    collection.clear();
    shownAt.clear();
    if (!settings.current["diagnostics.enabled"]) return;
    for (const { folder, files } of analysis.all) publish(folder, [...files.keys()]);
  };
  /** All of them in one step, so that the problems view does not flicker; nothing else is touched. */
  const publish = (folder: string, paths: readonly string[]) => {
    const analysed = analysis.all.find((each) => each.folder === folder);
    if (analysed === undefined) return;
    collection.set(
      paths.flatMap((path): [Uri, readonly Diagnostic[]][] => {
        const key = `${folder}\n${path}`;
        const entries = analysed.files.get(path)?.diagnostics ?? [];
        const found = toDiagnostics(analysed, docs, path, entries);
        const before = shownAt.get(key) ?? [];
        const uris = [...before, ...found.map(({ uri }) => uri)];
        shownAt.set(
          key,
          found.map(({ uri }) => uri),
        );
        const byAddress = new Map(uris.map((uri) => [uri.toString(), uri]));
        return [...byAddress].map(([address, uri]) => {
          const own = found.filter((each) => each.uri.toString() === address);
          return [uri, own.map(({ diagnostic }) => diagnostic)];
        });
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
): readonly { readonly uri: Uri; readonly diagnostic: Diagnostic }[] {
  const known = new Map<string, ReturnType<typeof locationsOf>>();
  const locationsIn = (wanted: string) => {
    const locations = known.get(wanted) ?? locationsOf(analysed, wanted);
    known.set(wanted, locations);
    return locations;
  };
  return entries.flatMap((entry) => {
    const location = locationsIn(path)(entry.range);
    if (location === null) return [];
    const diagnostic = new Diagnostic(location.range, entry.message, severities[entry.severity]);
    diagnostic.source = diagnosticSource;
    if (entry.rule !== null)
      diagnostic.code = { value: entry.rule, target: Uri.joinPath(docs, `${entry.rule}.md`) };
    diagnostic.relatedInformation = entry.related.flatMap((related) => {
      const place = locationsIn(related.path)(related.range);
      return place === null ? [] : [new DiagnosticRelatedInformation(place, related.message)];
    });
    return [{ uri: location.uri, diagnostic }];
  });
}
