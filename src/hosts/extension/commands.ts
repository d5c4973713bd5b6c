/** One row per command; a test compares the ids with package.json. */
import { commands } from "vscode";
import type { Analysis } from "./analysis.ts";
import { openConfig } from "./config-file.ts";
import type { Dashboard } from "./dashboard.ts";
import { DisposableStore } from "./disposables.ts";
import { messageOf, showError } from "./notices.ts";
import { choose } from "./pickers.ts";
import { showReport } from "./report-document.ts";
import type { SettingsStore } from "./settings.ts";

export function registerCommands(
  analysis: Analysis,
  settings: SettingsStore,
  dashboard: Dashboard,
): DisposableStore {
  const table: Readonly<Record<string, () => unknown>> = {
    "promptCacheLens.showReport": showReport,
    "promptCacheLens.showDashboard": () => dashboard.show(),
    "promptCacheLens.selectModel": () => choose(analysis, settings, "model"),
    "promptCacheLens.selectGpu": () => choose(analysis, settings, "gpu"),
    "promptCacheLens.selectPolicy": () => choose(analysis, settings, "policy"),
    "promptCacheLens.refresh": () => analysis.refresh(),
    "promptCacheLens.cancel": () => analysis.cancel(),
    "promptCacheLens.openConfig": () => openConfig(analysis),
  };
  const store = new DisposableStore();
  for (const [id, run] of Object.entries(table)) {
    store.add(
      commands.registerCommand(id, async () => {
        try {
          await run();
        } catch (error) {
          showError(messageOf(error));
        }
      }),
    );
  }
  return store;
}
