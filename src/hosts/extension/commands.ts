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

/** What it is called stands in package.nls.json. */
interface Command {
  readonly id: string;
  /** Where it is a button of a view. */
  readonly icon?: string;
  /** `given` is what another surface calls it with. */
  run(parts: Parts, given?: unknown): unknown;
}

export const commandTable: readonly Command[] = [
  { id: "promptCacheLens.showReport", run: showReport },
  {
    id: "promptCacheLens.showDashboard",
    run: ({ dashboard }) => dashboard.show(),
  },
  {
    id: "promptCacheLens.revealPrompt",
    run: ({ prefixView }) => prefixView.revealPrompt(),
  },
  {
    id: "promptCacheLens.selectModel",
    run: ({ analysis, settings }) => choose(analysis, settings, "model"),
  },
  {
    id: "promptCacheLens.changeScenario",
    run: ({ analysis, settings }) => changeScenario(analysis, settings),
  },
  {
    id: "promptCacheLens.chooseModelFile",
    run: ({ settings }) => chooseModelFile(settings),
  },
  {
    id: "promptCacheLens.chooseTokenizerFile",
    run: ({ settings }) => chooseTokenizerFile(settings),
  },
  {
    id: "promptCacheLens.selectGpu",
    run: ({ analysis, settings }) => choose(analysis, settings, "gpu"),
  },
  {
    id: "promptCacheLens.selectPolicy",
    run: ({ analysis, settings }) => choose(analysis, settings, "policy"),
  },
  {
    id: "promptCacheLens.explainPrompt",
    run: ({ analysis }, given) => explainPrompt(analysis, given),
  },
  {
    id: "promptCacheLens.declareScope",
    run: ({ analysis }, given) => declareScope(analysis, given),
  },
  {
    id: "promptCacheLens.peekPrompt",
    run: ({ analysis }, given) => peekPrompt(analysis, given),
  },
  {
    id: "promptCacheLens.openWorst",
    run: ({ analysis }) => openWorst(analysis),
  },
  {
    id: "promptCacheLens.previewPrompt",
    run: ({ analysis }, given) => previewPrompt(analysis, given),
  },
  {
    id: "promptCacheLens.comparePrompt",
    run: ({ analysis }) => comparePrompt(analysis),
  },
  {
    id: "promptCacheLens.advise",
    run: ({ analysis }) => showAdvice(analysis),
  },
  {
    id: "promptCacheLens.hints",
    run: ({ analysis }) => showHints(analysis),
  },
  {
    id: "promptCacheLens.toggleInline",
    run: ({ settings }) => settings.toggle("inline.enabled"),
  },
  {
    id: "promptCacheLens.toggleTokens",
    run: ({ settings }) => settings.toggle("inline.tokens"),
  },
  {
    id: "promptCacheLens.fixFile",
    run: ({ analysis }) => fixAll(analysis, "file"),
  },
  {
    id: "promptCacheLens.fixWorkspace",
    run: ({ analysis }) => fixAll(analysis, "workspace"),
  },
  {
    id: "promptCacheLens.refresh",
    icon: "$(refresh)",
    run: ({ analysis }) => analysis.refresh(),
  },
  { id: "promptCacheLens.cancel", run: ({ analysis }) => analysis.cancel() },
  {
    id: "promptCacheLens.openConfig",
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
