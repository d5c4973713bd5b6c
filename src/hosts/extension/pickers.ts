/** Choosing model, GPU and policy from the catalogue. */
import { commands, type QuickPickItem, QuickPickItemKind, window, workspace } from "vscode";
import { configFileName } from "../../config/config.ts";
import { assertNever } from "../../core/invariant.ts";
import type { Change, ChoiceGroup, ChoiceItem, ChosenKind } from "../../protocol/catalogue.ts";
import { changeText, choiceGroups } from "../../show/choice-items.ts";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";
import { workspaceEdit } from "./fix-edits.ts";
import type { ChosenKey, SettingsStore } from "./settings.ts";
import { markDone } from "./walkthrough.ts";

function titleOf(kind: ChosenKind): string {
  switch (kind) {
    case "model":
      return t("Model that serves the prompts");
    case "gpu":
      return t("GPU that it runs on");
    case "policy":
      return t("Cache policy");
    default:
      return assertNever(kind);
  }
}

interface Item extends QuickPickItem {
  readonly id: string;
  readonly fits: readonly Change[];
}

/** With what the choice in force comes to. */
function nowText({ settings, analysed }: Analysis, kind: ChosenKind): string {
  const { hitsFrom = null } = analysed?.summary ?? {};
  return [t("Now: {0}", settings[kind]), ...(hitsFrom === null ? [] : [hitsFrom])].join(" · ");
}

export async function choose(analysis: Analysis, settings: SettingsStore, kind: ChosenKind): Promise<void> {
  const current = analysis.settings[kind].trim().toLowerCase();
  const picked = await pickFrom(analysis, kind, current);
  if (picked === undefined || picked.id.toLowerCase() === current) return;
  const change = await fitting(analysis, picked);
  if (change !== undefined) await chooseValues(analysis, settings, { [kind]: picked.id, ...change });
}

/** What there is at once; what each comes to under the settings in force as soon as it is known. */
async function pickFrom(analysis: Analysis, kind: ChosenKind, current: string): Promise<Item | undefined> {
  const store = new DisposableStore();
  const picker = store.add(window.createQuickPick<Item>());
  picker.title = titleOf(kind);
  picker.placeholder = nowText(analysis, kind);
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.busy = true;
  const told = outlooksOf(analysis, kind);
  const show = (groups: readonly ChoiceGroup[]) => {
    const [active] = picker.activeItems;
    picker.items = itemsOf(groups, current);
    const same = picker.items.filter(({ id }) => id !== "" && id === active?.id);
    if (same.length > 0) picker.activeItems = same;
  };
  show(choiceGroups(await analysis.catalogue(), kind, []));
  picker.show();
  let isOpen = true;
  void told.then((groups) => {
    if (!isOpen) return;
    if (groups !== null) show(groups);
    picker.busy = false;
  });
  const picked = await new Promise<Item | undefined>((resolve) => {
    store.add(picker.onDidAccept(() => resolve(picker.selectedItems[0])));
    store.add(picker.onDidHide(() => resolve(undefined)));
  });
  isOpen = false;
  // Without it nobody knows whether the choice fits.
  const groups = picked === undefined ? null : await told;
  store.dispose();
  const known = groups?.flatMap(({ items }) => items).find(({ id }) => id === picked?.id);
  return picked && { ...picked, fits: known?.fits ?? [] };
}

/** The current one first, as it is what Enter keeps; then by kind, each under its name. */
function itemsOf(groups: readonly ChoiceGroup[], current: string): readonly Item[] {
  const isCurrent = ({ id }: ChoiceItem) => id.toLowerCase() === current;
  const now = groups.flatMap(({ items }) => items.filter(isCurrent));
  return [
    ...now.map((item) => ({ ...item, label: `$(check) ${item.label}` })),
    ...groups.flatMap(({ name, items }) => [
      { label: name, kind: QuickPickItemKind.Separator, id: "", fits: [] },
      ...items.filter((item) => !isCurrent(item)),
    ]),
  ];
}

/** `null` without any prompt, or where it cannot be said. */
async function outlooksOf(analysis: Analysis, kind: ChosenKind): Promise<readonly ChoiceGroup[] | null> {
  const { analysed } = analysis;
  const told = analysed && (await analysis.ask(analysed.folder, { kind: "choices", about: kind }));
  return told?.kind === "choices" ? told.value : null;
}

interface Fitting extends QuickPickItem {
  readonly change: Change;
}

/** What else is set, of what does not fit as it is; nothing where that was not decided. */
async function fitting(analysis: Analysis, { id, fits }: Item): Promise<Change | undefined> {
  if (fits.length === 0) return {};
  const { gpu } = analysis.settings;
  const items = [
    ...fits.map((change): Fitting => ({ label: `${id} ${changeText(change, gpu)}`, change })),
    { label: t("{0} all the same", id), detail: t("Nothing is analysed until it fits."), change: {} },
  ];
  const picked = await window.showQuickPick(items, { title: t("{0} does not fit as it is", id) });
  return picked?.change;
}

/** Each where the value in force comes from, which is said. */
async function chooseValues(
  analysis: Analysis,
  settings: SettingsStore,
  values: Partial<Record<ChosenKey, string | number>>,
): Promise<void> {
  for (const [key, value] of Object.entries(values))
    await chooseValue(analysis, settings, key as ChosenKey, value);
}

/** Where the value in force comes from, which is said. */
export async function chooseValue(
  analysis: Analysis,
  settings: SettingsStore,
  key: ChosenKey,
  value: string | number,
): Promise<void> {
  const isOfFile = settings.targetOf(key) === null && (await setInConfig(analysis, key, value));
  const where = isOfFile ? configFileName : await settings.choose(key, value);
  window.setStatusBarMessage(t("{value}: written to {where}", { value, where }), saidFor);
  void markDone("hasScenario");
}

const saidFor = 5000;

/** Says whether promptcache.json says the value, and now another one. */
async function setInConfig(analysis: Analysis, key: ChosenKey, value: string | number): Promise<boolean> {
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

/** Everything that the numbers rest on, and where they are told whole. */
export async function changeScenario(analysis: Analysis, settings: SettingsStore): Promise<void> {
  const { hitsFrom = null } = analysis.analysed?.summary ?? {};
  const { model, gpu, policy } = analysis.settings;
  const chooses = (kind: ChosenKind, label: string): Choice => ({
    label,
    run: () => choose(analysis, settings, kind),
  });
  const opens = (label: string, command: string): Choice => ({
    label,
    run: () => commands.executeCommand(command),
  });
  const picked = await window.showQuickPick(
    [
      chooses("model", t("Model: {0}", model)),
      chooses("gpu", t("GPU: {0}", gpu)),
      chooses("policy", t("Policy: {0}", policy)),
      { label: "", kind: QuickPickItemKind.Separator, run: () => undefined },
      opens(t("Show Dashboard"), "promptCacheLens.showDashboard"),
      opens(t("Show Cache Report"), "promptCacheLens.showReport"),
      opens(t("Open promptcache.json"), "promptCacheLens.openConfig"),
    ],
    { title: t("How these prompts are served"), ...(hitsFrom !== null && { placeHolder: hitsFrom }) },
  );
  await picked?.run();
}
