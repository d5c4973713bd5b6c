/** The prompt in the active editor, else the workspace: in the status bar, and beside the language of its files. */
import {
  type LanguageStatusItem,
  LanguageStatusSeverity,
  languages,
  MarkdownString,
  StatusBarAlignment,
  type StatusBarItem,
  ThemeColor,
  window,
} from "vscode";
import type { ShownPrompt } from "../../protocol/editor.ts";
import { chooseTokenizerLink } from "../../show/choose-tokenizer-link.ts";
import { literal } from "../../show/markdown.ts";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";
import { shownIn } from "./positions.ts";
import { activePrompts } from "./prompt-editor.ts";
import type { SettingsStore } from "./settings.ts";

const icon = "$(database)";

export function showStatusBar(analysis: Analysis, settings: SettingsStore): DisposableStore {
  const store = new DisposableStore();
  const item = store.add(window.createStatusBarItem("promptCacheLens.status", StatusBarAlignment.Right, 90));
  item.name = "Prompt Cache Lens";
  item.command = "promptCacheLens.changeScenario";
  const language = store.add(
    languages.createLanguageStatusItem("promptCacheLens.language", { pattern: "**" }),
  );
  language.name = "Prompt Cache Lens";
  language.command = { title: t("Change…"), command: "promptCacheLens.changeScenario" };
  const update = () => {
    if (settings.current.enable) render(item, analysis);
    else item.hide();
    renderLanguage(language, analysis, settings.current.enable);
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
    item.text = `$(warning) ${numbers || t("Prompt cache")}`;
    item.tooltip =
      numbers === ""
        ? status.message
        : t("{0} The numbers are from the last analysis that succeeded.", status.message);
  } else {
    const served = numbers === "" ? "" : ` · ${servedText(analysis)}`;
    item.text = `${isRunning ? "$(sync~spin)" : icon} ${numbers || t("Prompt cache")}${served}`;
    item.tooltip = tooltip(analysis);
  }
  const hasSomething = analysed !== null && analysed.summary.prompts > 0;
  if (hasSomething || status.kind !== "idle") item.show();
  else item.hide();
}

/** Says something where the file has prompts, and nothing of others. */
function renderLanguage(item: LanguageStatusItem, analysis: Analysis, isOn: boolean): void {
  const prompt = isOn ? activePrompt(analysis) : undefined;
  const uri = window.activeTextEditor?.document.uri;
  item.selector = prompt === undefined || uri === undefined ? { scheme: "none" } : { scheme: uri.scheme };
  item.text = prompt?.status ?? "";
  item.detail = servedText(analysis);
  item.busy = analysis.status.kind === "running";
  item.severity =
    prompt?.isBelow === true ? LanguageStatusSeverity.Warning : LanguageStatusSeverity.Information;
}

/** `granite-4.0-h-small · H100 · marconi`, names without who made them; a provider stands for all three. */
function servedText({ settings: { model, gpu, policy }, knownCatalogue }: Analysis): string {
  const [id] = policy.split(":");
  const isHosted = knownCatalogue?.policies.find((each) => each.id === id)?.kind === "hosted";
  return isHosted ? policy : [model.split("/").at(-1), gpu, policy].join(" · ");
}

function activePrompt(analysis: Analysis): ShownPrompt | undefined {
  const editor = window.activeTextEditor;
  const at = editor === undefined ? null : analysis.at(editor.document.uri);
  if (editor === undefined || at === null) return undefined;
  const offset = shownIn(editor.document, at.text).offsetAt(editor.selection.active);
  return promptAt(activePrompts(analysis), offset ?? 0);
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
    if (largestLoss !== null) lines.push(t("**Largest loss:** {0}", literal(largestLoss)));
    lines.push(literal(hitsFrom === null ? scenario : `${scenario}; ${hitsFrom}`));
    if (approximate !== null)
      lines.push(t("≈ Tokens are approximate: {0}", literal(approximate)), chooseTokenizerLink());
  }
  lines.push(t("Click to change how the prompts are served, or for report and dashboard."));
  const content = new MarkdownString(lines.join("\n\n"));
  // Nothing else of what the text says may run.
  content.isTrusted = { enabledCommands: ["promptCacheLens.chooseTokenizerFile"] };
  return content;
}
