/** Beside the line above a prompt: what it lost or gained since the last commit; in a diff editor on both sides. */
import { CodeLens, EventEmitter, languages, Range, type TextDocument, Uri } from "vscode";
import type { SinceShown } from "../../protocol/editor.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";
import { HeadTexts } from "./head-texts.ts";
import { shownIn } from "./positions.ts";
import type { SettingsStore } from "./settings.ts";

/** How the Git extension calls a file as it was; its query is JSON with the path. */
const gitScheme = "git";

export function showSinceHead(analysis: Analysis, settings: SettingsStore): DisposableStore {
  const store = new DisposableStore();
  const texts = store.add(new HeadTexts());
  const changed = store.add(new EventEmitter<void>());
  store.add(analysis.onDidAnswer(() => changed.fire()));
  store.add(texts.onDidChange(() => changed.fire()));
  store.add(settings.onDidChange(() => changed.fire()));
  const isWanted = () => settings.current["codeLens.enabled"] && settings.current["codeLens.sinceHead"];
  store.add(
    languages.registerCodeLensProvider([{ scheme: "file" }, { scheme: "vscode-remote" }], {
      onDidChangeCodeLenses: changed.event,
      provideCodeLenses: (document) => (isWanted() ? lensesNow(analysis, texts, document) : []),
    }),
  );
  store.add(
    languages.registerCodeLensProvider(
      { scheme: gitScheme },
      {
        onDidChangeCodeLenses: changed.event,
        provideCodeLenses: (document) => (isWanted() ? lensesBefore(analysis, texts, document) : []),
      },
    ),
  );
  return store;
}

async function sinceHead(analysis: Analysis, uri: Uri, text: string): Promise<readonly SinceShown[]> {
  const at = analysis.at(uri);
  // Of a file that is as it was there is nothing to say.
  if (at === null || at.text === text) return [];
  const told = await analysis.ask(at.analysed.folder, { kind: "since", path: at.path, text });
  return told?.kind === "since" ? told.value : [];
}

async function lensesNow(analysis: Analysis, texts: HeadTexts, document: TextDocument): Promise<CodeLens[]> {
  const at = analysis.at(document.uri);
  const text = at === null ? null : await texts.textOf(document.uri);
  if (at === null || text === null) return [];
  const { toRange } = shownIn(document, at.text);
  return (await sinceHead(analysis, document.uri, text)).flatMap(({ range, label, tooltip }) => {
    const place = toRange({ start: range.start, end: range.start });
    const command = { title: label, tooltip, command: "git.openChange", arguments: [document.uri] };
    return place === null ? [] : [new CodeLens(place, command)];
  });
}

/** The left side of a diff editor, where it shows the last commit. */
async function lensesBefore(
  analysis: Analysis,
  texts: HeadTexts,
  document: TextDocument,
): Promise<CodeLens[]> {
  const uri = Uri.file(document.uri.path);
  const text = document.getText();
  if ((await texts.textOf(uri)) !== text) return [];
  return (await sinceHead(analysis, uri, text)).map(({ before, beforeLabel, tooltip }) => {
    const { line } = before.from;
    return new CodeLens(new Range(line, 0, line, 0), { title: beforeLabel, tooltip, command: "" });
  });
}
