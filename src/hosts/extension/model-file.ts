/** Choosing a model by the configuration of its checkpoint, and a vocabulary by its file. */
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
  if (uri !== undefined) await settings.choose("model", pathOf(uri, "Model files"));
}

/** For a model whose vocabulary was replaced by another one: hovers and the status item lead here. */
export async function chooseTokenizerFile(settings: SettingsStore): Promise<void> {
  const picked = await window.showOpenDialog({
    title: "Vocabulary that counts tokens",
    openLabel: "Choose Tokenizer",
    filters: { "tokenizer.json or GGUF": ["json", "gguf"] },
  });
  const uri = picked?.[0];
  if (uri !== undefined) await settings.choose("tokenizer", pathOf(uri, "Tokenizer files"));
}

/** Relative where one folder is open and holds the file, so that the choice goes along with the folder. */
function pathOf(uri: Uri, what: string): string {
  if (uri.scheme !== "file")
    throw new Error(`${what} are read from the disk only: open the folder in an editor on the desktop.`);
  const [folder, ...others] = workspace.workspaceFolders ?? [];
  const place = placeOf(uri);
  const isInside = others.length === 0 && place !== null && place.folder === folder?.uri.toString();
  return isInside ? `./${place.path}` : uri.fsPath;
}
