/** Choosing model, GPU and policy from the catalogue. */
import { commands, type QuickPickItem, QuickPickItemKind, window, workspace } from "vscode";
import { configFileName } from "../../config/config.ts";
import { choiceItems } from "../../show/choice-items.ts";
import type { Analysis } from "./analysis.ts";
import { workspaceEdit } from "./fix-edits.ts";
import type { ChosenKey, SettingsStore } from "./settings.ts";

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
  if (picked !== undefined && picked.id.toLowerCase() !== current)
    await chooseValue(analysis, settings, kind, picked.id);
}

/** Where the value in force comes from, which is said. */
export async function chooseValue(
  analysis: Analysis,
  settings: SettingsStore,
  key: ChosenKey,
  value: string,
): Promise<void> {
  const isOfFile = settings.targetOf(key) === null && (await setInConfig(analysis, key, value));
  const where = isOfFile ? configFileName : await settings.choose(key, value);
  window.setStatusBarMessage(`${value}: written to ${where}`, saidFor);
}

const saidFor = 5000;

/** Says whether promptcache.json says the value, and now another one. */
async function setInConfig(analysis: Analysis, key: ChosenKey, value: string): Promise<boolean> {
  const { analysed } = analysis;
  const told = analysed && (await analysis.ask(analysed.folder, { kind: "set-in-config", key, value }));
  const edits = told?.kind === "set-in-config" ? told.value : [];
  const made = edits.length === 0 || analysed === null ? null : workspaceEdit(edits, analysed);
  if (made === null || !(await workspace.applyEdit(made))) return false;
  for (const [uri] of made.entries()) await (await workspace.openTextDocument(uri)).save();
  return true;
}

interface Choice extends QuickPickItem {
  run(): unknown;
}

const kinds = { model: "Model", gpu: "GPU", policy: "Policy" } as const;

/** Everything that the numbers rest on, and where they are told whole. */
export async function changeScenario(analysis: Analysis, settings: SettingsStore): Promise<void> {
  const { hitsFrom = null } = analysis.analysed?.summary ?? {};
  const rows = (["model", "gpu", "policy"] as const).map(
    (kind): Choice => ({
      label: `${kinds[kind]}: ${analysis.settings[kind]}`,
      run: () => choose(analysis, settings, kind),
    }),
  );
  const opens = (label: string, command: string): Choice => ({
    label,
    run: () => commands.executeCommand(command),
  });
  const picked = await window.showQuickPick(
    [
      ...rows,
      { label: "", kind: QuickPickItemKind.Separator, run: () => undefined },
      opens("Show Dashboard", "promptCacheLens.showDashboard"),
      opens("Show Cache Report", "promptCacheLens.showReport"),
      opens("Open promptcache.json", "promptCacheLens.openConfig"),
    ],
    { title: "How these prompts are served", ...(hitsFrom !== null && { placeHolder: hitsFrom }) },
  );
  await picked?.run();
}
