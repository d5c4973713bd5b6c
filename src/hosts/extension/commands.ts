/** The commands of the palette, one row each; a test compares ids, titles and icons with package.json. */
import { commands } from "vscode";
import type { Analysis } from "./analysis.ts";
import { openConfig } from "./config-file.ts";
import type { Dashboard } from "./dashboard.ts";
import { declareScope } from "./declare-scope.ts";
import { DisposableStore } from "./disposables.ts";
import { fixAll } from "./fix-all.ts";
import { chooseModelFile, chooseTokenizerFile } from "./model-file.ts";
import { messageOf, showError } from "./notices.ts";
import { changeScenario, choose } from "./pickers.ts";
import type { PrefixView } from "./prefix-view.ts";
import {
  comparePrompt,
  explainPrompt,
  openWorst,
  peekPrompt,
  previewPrompt,
  showAdvice,
  showHints,
} from "./prompt-page.ts";
import { showReport } from "./report-document.ts";
import type { SettingsStore } from "./settings.ts";

interface Parts {
  readonly analysis: Analysis;
  readonly settings: SettingsStore;
  readonly dashboard: Dashboard;
  readonly prefixView: PrefixView;
}

interface Command {
  readonly id: string;
  readonly title: string;
  /** Where it is a button of a view. */
  readonly icon?: string;
  /** `given` is what another surface calls it with. */
  run(parts: Parts, given?: unknown): unknown;
}

export const commandTable: readonly Command[] = [
  { id: "promptCacheLens.showReport", title: "Show Cache Report", run: showReport },
  {
    id: "promptCacheLens.showDashboard",
    title: "Show Dashboard",
    run: ({ dashboard }) => dashboard.show(),
  },
  {
    id: "promptCacheLens.revealPrompt",
    title: "Reveal This Prompt in Shared Prefixes",
    run: ({ prefixView }) => prefixView.revealPrompt(),
  },
  {
    id: "promptCacheLens.selectModel",
    title: "Select Model…",
    run: ({ analysis, settings }) => choose(analysis, settings, "model"),
  },
  {
    id: "promptCacheLens.changeScenario",
    title: "Change How Prompts Are Served…",
    run: ({ analysis, settings }) => changeScenario(analysis, settings),
  },
  {
    id: "promptCacheLens.chooseModelFile",
    title: "Choose Model File…",
    run: ({ settings }) => chooseModelFile(settings),
  },
  {
    id: "promptCacheLens.chooseTokenizerFile",
    title: "Choose Tokenizer File…",
    run: ({ settings }) => chooseTokenizerFile(settings),
  },
  {
    id: "promptCacheLens.selectGpu",
    title: "Select GPU…",
    run: ({ analysis, settings }) => choose(analysis, settings, "gpu"),
  },
  {
    id: "promptCacheLens.selectPolicy",
    title: "Select Policy…",
    run: ({ analysis, settings }) => choose(analysis, settings, "policy"),
  },
  {
    id: "promptCacheLens.explainPrompt",
    title: "Explain This Prompt",
    run: ({ analysis }, given) => explainPrompt(analysis, given),
  },
  {
    id: "promptCacheLens.declareScope",
    title: "Declare How Often It Changes…",
    run: ({ analysis }, given) => declareScope(analysis, given),
  },
  {
    id: "promptCacheLens.peekPrompt",
    title: "Peek at This Prompt",
    run: ({ analysis }, given) => peekPrompt(analysis, given),
  },
  {
    id: "promptCacheLens.openWorst",
    title: "Open the Worst Prompt",
    run: ({ analysis }) => openWorst(analysis),
  },
  {
    id: "promptCacheLens.previewPrompt",
    title: "Preview as the Model Sees It",
    run: ({ analysis }, given) => previewPrompt(analysis, given),
  },
  {
    id: "promptCacheLens.comparePrompt",
    title: "Compare This Prompt With…",
    run: ({ analysis }) => comparePrompt(analysis),
  },
  {
    id: "promptCacheLens.advise",
    title: "Advise What to Set",
    run: ({ analysis }) => showAdvice(analysis),
  },
  {
    id: "promptCacheLens.hints",
    title: "Make Checkpoint Hints",
    run: ({ analysis }) => showHints(analysis),
  },
  {
    id: "promptCacheLens.toggleInline",
    title: "Toggle Inline View",
    run: ({ settings }) => settings.toggle("inline.enabled"),
  },
  {
    id: "promptCacheLens.toggleTokens",
    title: "Toggle Token Boundaries",
    run: ({ settings }) => settings.toggle("inline.tokens"),
  },
  {
    id: "promptCacheLens.fixFile",
    title: "Fix All in This File",
    run: ({ analysis }) => fixAll(analysis, "file"),
  },
  {
    id: "promptCacheLens.fixWorkspace",
    title: "Fix All in the Workspace…",
    run: ({ analysis }) => fixAll(analysis, "workspace"),
  },
  {
    id: "promptCacheLens.refresh",
    title: "Refresh Analysis",
    icon: "$(refresh)",
    run: ({ analysis }) => analysis.refresh(),
  },
  { id: "promptCacheLens.cancel", title: "Cancel Analysis", run: ({ analysis }) => analysis.cancel() },
  {
    id: "promptCacheLens.openConfig",
    title: "Open promptcache.json",
    run: ({ analysis }) => openConfig(analysis),
  },
];

export function registerCommands(parts: Parts): DisposableStore {
  const store = new DisposableStore();
  for (const { id, run } of commandTable) {
    store.add(
      commands.registerCommand(id, async (given: unknown) => {
        try {
          await run(parts, given);
        } catch (error) {
          showError(messageOf(error));
        }
      }),
    );
  }
  return store;
}
