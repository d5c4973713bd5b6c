/** Choosing model, GPU and policy from the catalogue. */
import { type QuickPickItem, window } from "vscode";
import { choiceItems } from "../../show/choice-items.ts";
import type { Analysis } from "./analysis.ts";
import type { SettingsStore } from "./settings.ts";

const titles = {
  model: "Model that serves the prompts",
  gpu: "GPU that it runs on",
  policy: "Cache policy",
} as const;

interface Item extends QuickPickItem {
  readonly id: string;
}

/** With what the choice in force comes to. */
function nowText({ settings, analysed }: Analysis, kind: keyof typeof titles): string {
  const { hitsFrom = null } = analysed?.summary ?? {};
  return [`Now: ${settings[kind]}`, ...(hitsFrom === null ? [] : [hitsFrom])].join(" · ");
}

export async function choose(
  analysis: Analysis,
  settings: SettingsStore,
  kind: "model" | "gpu" | "policy",
): Promise<void> {
  const current = analysis.settings[kind].trim().toLowerCase();
  const items = analysis.catalogue().then((catalogue) =>
    choiceItems(catalogue, kind)
      .map((item): Item => {
        const isCurrent = item.id.toLowerCase() === current;
        return isCurrent ? { ...item, label: `$(check) ${item.label}` } : { ...item };
      })
      // The current one first: it is what Enter keeps.
      .sort((a, b) => Number(b.id.toLowerCase() === current) - Number(a.id.toLowerCase() === current)),
  );
  const picked = await window.showQuickPick(items, {
    title: titles[kind],
    placeHolder: nowText(analysis, kind),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked !== undefined && picked.id.toLowerCase() !== current) await settings.choose(kind, picked.id);
}
