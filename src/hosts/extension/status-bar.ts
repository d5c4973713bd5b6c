/** One item: the prompt in the active editor, else the workspace. */
import { MarkdownString, StatusBarAlignment, type StatusBarItem, ThemeColor, window } from "vscode";
import type { ShownPrompt } from "../../protocol/editor.ts";
import { chooseTokenizerLink } from "../../show/choose-tokenizer-link.ts";
import { literal } from "../../show/markdown.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";
import { activePrompts } from "./prompt-editor.ts";
import type { SettingsStore } from "./settings.ts";

const icon = "$(database)";

export function showStatusBar(analysis: Analysis, settings: SettingsStore): DisposableStore {
  const store = new DisposableStore();
  const item = store.add(window.createStatusBarItem("promptCacheLens.status", StatusBarAlignment.Right, 90));
  item.name = "Prompt Cache Lens";
  item.command = "promptCacheLens.showReport";
  const update = () => {
    if (settings.current.enable) render(item, analysis);
    else item.hide();
  };
  store.add(analysis.onDidAnalyse(update));
  store.add(analysis.onDidChangeStatus(update));
  store.add(settings.onDidChange(update));
  store.add(window.onDidChangeActiveTextEditor(update));
  store.add(window.onDidChangeTextEditorSelection(update));
  update();
  return store;
}

function render(item: StatusBarItem, analysis: Analysis): void {
  const { analysed, status } = analysis;
  const prompt = activePrompt(analysis);
  const numbers = prompt?.status ?? analysed?.summary.status ?? "";
  // Red: no request of it can ever hit.
  item.color = prompt?.isBelow === true ? new ThemeColor("errorForeground") : undefined;
  const isRunning = status.kind === "running";
  if (status.kind === "failed") {
    item.text = `$(warning) ${numbers || "Prompt cache"}`;
    const staleNote = numbers === "" ? "" : " The numbers are from the last analysis that succeeded.";
    item.tooltip = status.message + staleNote;
  } else {
    item.text = `${isRunning ? "$(sync~spin)" : icon} ${numbers || "Prompt cache"}`;
    item.tooltip = tooltip(analysis);
  }
  const hasSomething = analysed !== null && analysed.summary.prompts > 0;
  if (hasSomething || status.kind !== "idle") item.show();
  else item.hide();
}

function activePrompt(analysis: Analysis): ShownPrompt | undefined {
  const editor = window.activeTextEditor;
  return editor && promptAt(activePrompts(analysis), editor.document.offsetAt(editor.selection.active));
}

/** The prompt at an offset; the file's first one when the offset is in none. */
function promptAt(prompts: readonly ShownPrompt[], offset: number): ShownPrompt | undefined {
  return prompts.find(({ range }) => range.start <= offset && offset <= range.end) ?? prompts[0];
}

function tooltip({ analysed }: Analysis): MarkdownString {
  const lines = ["**Prompt Cache Lens**"];
  if (analysed !== null) {
    const { scenario, approximate, coldStart, largestLoss, hitsFrom } = analysed.summary;
    lines.push(literal(`${coldStart}.`));
    if (largestLoss !== null) lines.push(`**Largest loss:** ${literal(largestLoss)}`);
    lines.push(literal(hitsFrom === null ? scenario : `${scenario}; ${hitsFrom}`));
    if (approximate !== null)
      lines.push(`≈ Tokens are approximate: ${literal(approximate)}`, chooseTokenizerLink);
  }
  lines.push("Click for the cache report.");
  const content = new MarkdownString(lines.join("\n\n"));
  // Nothing else of what the text says may run.
  content.isTrusted = { enabledCommands: ["promptCacheLens.chooseTokenizerFile"] };
  return content;
}
