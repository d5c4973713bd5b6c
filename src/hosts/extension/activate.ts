import { type Event, type ExtensionContext, l10n, Uri, window } from "vscode";
import type { ThreadHost } from "../../service/worker-client.ts";
import { speak } from "../../words/l10n.ts";
import { Analysis } from "./analysis.ts";
import { registerCodeLens } from "./code-lens.ts";
import { registerCommands } from "./commands.ts";
import { registerConfigCompletion } from "./config-completion.ts";
import { Dashboard } from "./dashboard.ts";
import { showDiagnostics } from "./diagnostics.ts";
import { DisposableStore } from "./disposables.ts";
import { tellFailures } from "./failures.ts";
import { registerHover } from "./hover.ts";
import { showInline } from "./inline-view.ts";
import { PrefixView } from "./prefix-view.ts";
import { showFirstProgress } from "./progress.ts";
import { markPromptEditor } from "./prompt-editor.ts";
import { registerPromptPages } from "./prompt-page.ts";
import { registerQuickFixes } from "./quick-fixes.ts";
import { registerReportDocument } from "./report-document.ts";
import { SettingsStore } from "./settings.ts";
import { showSinceHead } from "./since-head.ts";
import { showStatusBar } from "./status-bar.ts";
import { showTokens } from "./token-view.ts";

/** What others may build upon. */
export interface LensApi {
  /** There is a whole answer about a folder, whether or not it says anything new. */
  readonly onDidAnswer: Event<void>;
}

/** All that the extension does, on a desktop and in a browser. */
export function activate(context: ExtensionContext, threads: ThreadHost): LensApi {
  speak(l10n.bundle);
  const store = new DisposableStore();
  context.subscriptions.push(store);
  const log = store.add(window.createOutputChannel("Prompt Cache Lens", { log: true }));
  const settings = store.add(new SettingsStore(log));
  const analysis = store.add(new Analysis({ settings, log, threads }));
  store.add(showDiagnostics(analysis, settings, Uri.joinPath(context.extensionUri, "dist", "rules")));
  store.add(registerHover(analysis, settings));
  store.add(registerCodeLens(analysis, settings));
  store.add(showSinceHead(analysis, settings));
  store.add(registerQuickFixes(analysis));
  store.add(showInline(analysis, settings, context.extensionUri));
  store.add(showTokens(analysis, settings));
  store.add(registerConfigCompletion(analysis));
  store.add(showStatusBar(analysis, settings));
  store.add(showFirstProgress(analysis));
  store.add(tellFailures(analysis, log));
  store.add(registerReportDocument(analysis));
  store.add(registerPromptPages(analysis));
  const dashboard = store.add(new Dashboard({ analysis, settings, log, extensionUri: context.extensionUri }));
  const prefixView = store.add(new PrefixView(analysis, log));
  store.add(markPromptEditor(analysis));
  store.add(registerCommands({ analysis, settings, dashboard, prefixView }));
  return { onDidAnswer: analysis.onDidAnswer };
}
