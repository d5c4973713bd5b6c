/** Prompts of the active editor, and whether it has any, for the menus. */
import { commands, window } from "vscode";
import type { ShownPrompt } from "../../protocol/editor.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";

export function activePrompts(analysis: Analysis): readonly ShownPrompt[] {
  const uri = window.activeTextEditor?.document.uri;
  const at = uri === undefined ? null : analysis.at(uri);
  return at?.analysed.files.get(at.path)?.prompts ?? [];
}

/** Keeps the context key `promptCacheLens.isPromptEditor`. */
export function markPromptEditor(analysis: Analysis): DisposableStore {
  const store = new DisposableStore();
  let isMarked = false;
  const update = () => {
    const hasPrompts = activePrompts(analysis).length > 0;
    if (hasPrompts === isMarked) return;
    isMarked = hasPrompts;
    void commands.executeCommand("setContext", "promptCacheLens.isPromptEditor", hasPrompts);
  };
  store.add(analysis.onDidAnalyse(update));
  store.add(window.onDidChangeActiveTextEditor(update));
  update();
  return store;
}
