/** Choosing a model by the configuration of its checkpoint. */
import { type Uri, window, workspace } from "vscode";
import type { SettingsStore } from "./settings.ts";
import { placeOf } from "./workspace-paths.ts";

export async function chooseModelFile(settings: SettingsStore): Promise<void> {
  const picked = await window.showOpenDialog({
    title: "Model that serves the prompts",
    openLabel: "Choose Model",
    filters: { "config.json or GGUF": ["json", "gguf"] },
  });
  const uri = picked?.[0];
  if (uri !== undefined) await settings.choose("model", pathOf(uri));
}

/** Relative where one folder is open and holds the file, so that the choice goes along with the folder. */
function pathOf(uri: Uri): string {
  if (uri.scheme !== "file")
    throw new Error("Model files are read from the disk only: choose a model of the catalogue.");
  const [folder, ...others] = workspace.workspaceFolders ?? [];
  const place = placeOf(uri);
  const isInside = others.length === 0 && place !== null && place.folder === folder?.uri.toString();
  return isInside ? `./${place.path}` : uri.fsPath;
}
