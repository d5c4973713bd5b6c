/** Opens promptcache.json, or offers to make one. */
import { Uri, window, workspace } from "vscode";
import { configFileName } from "../../config/config.ts";
import { firstConfig } from "../../show/first-config.ts";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";
import { showInformation } from "./notices.ts";

export async function openConfig(analysis: Analysis): Promise<void> {
  const folder = folderInFocus(analysis);
  if (folder === undefined) {
    void showInformation(t("Open a folder first: {0} stands at its root.", configFileName));
    return;
  }
  const uri = Uri.joinPath(folder, configFileName);
  if (await isThere(uri)) {
    await window.showTextDocument(uri);
    return;
  }
  const create = t("Create");
  const answer = await showInformation(t("There is no {0} in this workspace.", configFileName), create);
  if (answer !== create) return;
  await workspace.fs.writeFile(uri, new TextEncoder().encode(await firstContent(analysis, folder)));
  await window.showTextDocument(uri);
}

/** With what was inferred, as soon as anything was. */
async function firstContent(analysis: Analysis, folder: Uri): Promise<string> {
  const told = await analysis.ask(folder.toString(), { kind: "first-config" });
  if (told?.kind === "first-config") return told.value;
  const { settings } = analysis;
  return firstConfig({ settings, leftOut: ["tokenizer"], holes: new Map(), models: [] });
}

/** The one whose numbers are shown. */
function folderInFocus({ analysed }: Analysis): Uri | undefined {
  const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => uri);
  return folders.find((uri) => uri.toString() === analysed?.folder) ?? folders[0];
}

async function isThere(uri: Uri): Promise<boolean> {
  try {
    await workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
