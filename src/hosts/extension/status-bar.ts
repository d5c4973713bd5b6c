/** One item: the prompt in the active editor, else the workspace. */
import { MarkdownString, StatusBarAlignment, type StatusBarItem, window } from "vscode";
import { scenarioLine, templateStatus, workspaceStatus } from "../../show/labels.ts";
import { literal } from "../../show/markdown.ts";
import { templateAt } from "../../show/report-lookup.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";
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
  const numbers = analysed === null ? "" : shownNumbers(analysis);
  const isRunning = status.kind === "running";
  if (status.kind === "failed") {
    item.text = `$(warning) ${numbers || "Prompt cache"}`;
    const staleNote = numbers === "" ? "" : " The numbers are from the last analysis that succeeded.";
    item.tooltip = status.message + staleNote;
  } else {
    item.text = `${isRunning ? "$(sync~spin)" : icon} ${numbers || "Prompt cache"}`;
    item.tooltip = tooltip(analysis);
  }
  const hasSomething = analysed !== null && analysed.report.templates.length > 0;
  if (hasSomething || status.kind !== "idle") item.show();
  else item.hide();
}

function shownNumbers(analysis: Analysis): string {
  const { analysed } = analysis;
  if (analysed === null) return "";
  const editor = window.activeTextEditor;
  const at = editor === undefined ? null : analysis.at(editor.document.uri);
  const template =
    editor &&
    at &&
    templateAt(at.analysed.report, at.path, editor.document.offsetAt(editor.selection.active));
  return template ? templateStatus(analysed.report, template) : workspaceStatus(analysed.report);
}

function tooltip({ analysed }: Analysis): MarkdownString {
  const lines = ["**Prompt Cache Lens**"];
  if (analysed !== null) {
    const { vocabulary } = analysed.report.scenario;
    lines.push(literal(scenarioLine(analysed.report)));
    if (!vocabulary.isExact) lines.push(`≈ Tokens are approximate: ${literal(vocabulary.note)}`);
  }
  lines.push("Click for the cache report.");
  return new MarkdownString(lines.join("\n\n"));
}
