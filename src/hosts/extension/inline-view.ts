/** The prefix in the text of a prompt: where it ends, what stands behind it, and what becomes of each line. */
import {
  EventEmitter,
  InlayHint,
  languages,
  Position,
  Range,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  Uri,
  window,
  workspace,
} from "vscode";
import { type Fate, fates } from "../../core/fates.ts";
import type { ShownPrompt } from "../../protocol/editor.ts";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";
import { shownIn, type ToRange } from "./positions.ts";
import type { SettingsStore } from "./settings.ts";

/** Nothing is drawn for text that nobody had sent before. */
type DrawnFate = Exclude<Fate, "cold">;
const drawnFates = fates.filter((fate): fate is DrawnFate => fate !== "cold");

export function showInline(analysis: Analysis, settings: SettingsStore, extensionUri: Uri): DisposableStore {
  const store = new DisposableStore();
  const end = store.add(
    window.createTextEditorDecorationType({
      borderColor: new ThemeColor("editorInlayHint.foreground"),
      borderStyle: "solid",
      borderWidth: "0 0 0 1px",
    }),
  );
  const behind = store.add(window.createTextEditorDecorationType({ opacity: "0.7" }));
  const bars = new Map<DrawnFate, TextEditorDecorationType>();
  for (const fate of drawnFates) {
    const gutterIconPath = Uri.joinPath(extensionUri, "media", "gutter", `${fate}.svg`);
    const bar = window.createTextEditorDecorationType({ gutterIconPath, gutterIconSize: "contain" });
    bars.set(fate, store.add(bar));
  }
  const draw = (editor: TextEditor) => {
    const {
      "inline.prefixEnd": showsEnd,
      "inline.behind": dims,
      "inline.fates": showsFates,
    } = inForce(settings);
    const { prompts, toRange } = promptsIn(analysis, editor);
    const places = prompts.flatMap((prompt) => placeBehind(prompt, toRange) ?? []);
    editor.setDecorations(end, showsEnd ? places.map(({ start }) => new Range(start, start)) : []);
    const prefilled = prompts.filter((prompt) => prompt.behind?.isPrefilled === true);
    const paler = prefilled.flatMap((prompt) => placeBehind(prompt, toRange) ?? []);
    editor.setDecorations(behind, dims ? paler : []);
    const lines = showsFates ? fatesByLine(prompts, toRange) : new Map<number, Fate>();
    for (const [fate, bar] of bars) {
      const own = [...lines].filter(([, each]) => each === fate);
      editor.setDecorations(
        bar,
        own.map(([line]) => new Range(line, 0, line, 0)),
      );
    }
  };
  const hints = store.add(new EventEmitter<void>());
  const drawAll = () => {
    for (const editor of window.visibleTextEditors) draw(editor);
    hints.fire();
  };
  store.add(analysis.onDidAnalyse(drawAll));
  store.add(settings.onDidChange(drawAll));
  store.add(window.onDidChangeVisibleTextEditors(drawAll));
  store.add(
    workspace.onDidChangeTextDocument(({ document }) => {
      for (const editor of window.visibleTextEditors) if (editor.document === document) draw(editor);
    }),
  );
  store.add(
    languages.registerInlayHintsProvider(
      { pattern: "**" },
      {
        onDidChangeInlayHints: hints.event,
        provideInlayHints(document, wanted) {
          if (!inForce(settings)["inline.prefixEnd"]) return [];
          const { prompts, toRange } = promptsIn(analysis, { document });
          return prompts.flatMap((prompt): InlayHint[] => {
            const place = placeBehind(prompt, toRange)?.start;
            if (place === undefined || prompt.behind === null || !wanted.contains(place)) return [];
            const hint = new InlayHint(place, prompt.behind.label);
            hint.paddingLeft = true;
            hint.paddingRight = true;
            hint.tooltip = prompt.behind.isPrefilled
              ? t("All requests of this prompt begin alike up to here: what follows is prefilled in each.")
              : t(
                  "All requests of this prompt begin alike up to here; what follows is the same for many of them, and mostly reused.",
                );
            return [hint];
          });
        },
      },
    ),
  );
  drawAll();
  return store;
}

/** What is switched off as a whole is switched off in each part. */
function inForce({ current }: SettingsStore) {
  const isOn = current["inline.enabled"];
  return {
    "inline.prefixEnd": isOn && current["inline.prefixEnd"],
    "inline.behind": isOn && current["inline.behind"],
    "inline.fates": isOn && current["inline.fates"],
  };
}

function promptsIn(
  analysis: Analysis,
  { document }: Pick<TextEditor, "document">,
): { readonly prompts: readonly ShownPrompt[]; readonly toRange: ToRange } {
  const at = analysis.at(document.uri);
  if (at === null) return { prompts: [], toRange: () => null };
  const { analysed, path, text } = at;
  return { prompts: analysed.files.get(path)?.prompts ?? [], toRange: shownIn(document, text).toRange };
}

/** Its ends are looked up by themselves, so that it stays while a key changes what is inside. */
function placeBehind({ behind }: ShownPrompt, toRange: ToRange): Range | null {
  if (behind === null) return null;
  const { start, end } = behind.range;
  const [from, to] = [toRange({ start, end: start }), toRange({ start: end, end })];
  return from === null || to === null ? null : new Range(from.start, to.end);
}

/** A line in which several parts stand shows what becomes of the last one that begins in it. */
function fatesByLine(prompts: readonly ShownPrompt[], toRange: ToRange): ReadonlyMap<number, Fate> {
  const lines = new Map<number, Fate>();
  for (const { range, fate } of prompts.flatMap((prompt) => prompt.fates)) {
    const place = toRange(range);
    if (place === null) continue;
    // What ends where a line begins does not stand in it.
    const last = place.end.isEqual(new Position(place.end.line, 0)) ? place.end.line - 1 : place.end.line;
    for (let line = place.start.line; line <= last; line++) lines.set(line, fate);
  }
  return lines;
}
