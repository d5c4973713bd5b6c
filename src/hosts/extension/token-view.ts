/** Where tokens begin, when somebody wants to see it, and where the cache keeps a state; asked for what is visible. */
import { Range, type TextEditor, ThemeColor, window } from "vscode";
import type { TokensShown } from "../../protocol/editor.ts";
import type { Analysis } from "./analysis.ts";
import { Debounce, type Waits } from "./debounce.ts";
import { DisposableStore } from "./disposables.ts";
import { shownIn } from "./positions.ts";
import type { SettingsStore } from "./settings.ts";

/** Nobody reads them while keys come. */
const waits: Waits = { pauseMilliseconds: 200, longestMilliseconds: 1000 };
/** Decorations of one editor: an editor with more gets slow. */
const mostTokens = 5000;

export function showTokens(analysis: Analysis, settings: SettingsStore): DisposableStore {
  const store = new DisposableStore();
  const shade = store.add(
    window.createTextEditorDecorationType({
      backgroundColor: new ThemeColor("editor.wordHighlightBackground"),
      borderRadius: "2px",
    }),
  );
  const state = store.add(
    window.createTextEditorDecorationType({
      after: { contentText: "◆", color: new ThemeColor("editorInlayHint.foreground"), margin: "0 1px" },
    }),
  );
  const isOn = (key: "inline.tokens" | "inline.states") =>
    settings.current["inline.enabled"] && settings.current[key];
  const draw = async (editor: TextEditor) => {
    const { document } = editor;
    const at = isOn("inline.tokens") || isOn("inline.states") ? analysis.at(document.uri) : null;
    const told =
      at &&
      (await analysis.ask(at.analysed.folder, {
        kind: "tokens",
        path: at.path,
        areStartsWanted: isOn("inline.tokens"),
      }));
    const shown: TokensShown = told?.kind === "tokens" ? told.value : { starts: [], states: [] };
    const { toRange } = shownIn(document, at?.text ?? document.getText());
    const starts = isOn("inline.tokens") ? shown.starts : [];
    // Every second one is shaded: what lies between is the other.
    const shaded = starts
      .flatMap((start, index) => {
        const end = starts[index + 1];
        return index % 2 === 0 && end !== undefined ? [{ start, end }] : [];
      })
      .slice(0, mostTokens)
      .flatMap((range) => toRange(range) ?? [])
      .filter(({ isSingleLine }) => isSingleLine);
    editor.setDecorations(shade, shaded);
    const kept = isOn("inline.states") ? shown.states : [];
    editor.setDecorations(
      state,
      kept.flatMap(({ offset, label }) => {
        const place = toRange({ start: offset, end: offset });
        return place === null ? [] : [{ range: new Range(place.start, place.start), hoverMessage: label }];
      }),
    );
  };
  const debounce = store.add(
    new Debounce(waits, () => {
      for (const editor of window.visibleTextEditors) void draw(editor);
    }),
  );
  const schedule = () => debounce.schedule();
  store.add(analysis.onDidAnswer(schedule));
  store.add(analysis.onDidAnalyse(schedule));
  store.add(settings.onDidChange(schedule));
  store.add(window.onDidChangeVisibleTextEditors(schedule));
  schedule();
  return store;
}
