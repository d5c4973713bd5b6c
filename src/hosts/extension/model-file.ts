/** Choosing a model by the configuration of its checkpoint, and a vocabulary by its file. */
import { type Uri, window, workspace } from "vscode";
import { t } from "../../words/l10n.ts";
import type { SettingsStore } from "./settings.ts";
import { placeOf } from "./workspace-paths.ts";

export async function chooseModelFile(settings: SettingsStore): Promise<void> {
  const picked = await window.showOpenDialog({
    title: t("Model that serves the prompts"),
    openLabel: t("Choose Model"),
    filters: { "config.json or GGUF": ["json", "gguf"] },
  });
  const uri = picked?.[0];
  if (uri !== undefined)
    await settings.choose(
      "model",
      pathOf(uri, t("Model files are read from the disk only: open the folder in an editor on the desktop.")),
    );
}

/** For a model whose vocabulary was replaced by another one: hovers and the status item lead here. */
export async function chooseTokenizerFile(settings: SettingsStore): Promise<void> {
  const picked = await window.showOpenDialog({
    title: t("Vocabulary that counts tokens"),
    openLabel: t("Choose Tokenizer"),
    filters: { "tokenizer.json or GGUF": ["json", "gguf"] },
  });
  const uri = picked?.[0];
  if (uri !== undefined)
    await settings.choose(
      "tokenizer",
      pathOf(
        uri,
        t("Tokenizer files are read from the disk only: open the folder in an editor on the desktop."),
      ),
    );
}

/**
 * Relative where one folder is open and holds the file, so that the choice goes along with the folder. Throws with what is
 * said of a file that is not on the disk.
 */
function pathOf(uri: Uri, notOnDisk: string): string {
  if (uri.scheme !== "file") throw new Error(notOnDisk);
  const [folder, ...others] = workspace.workspaceFolders ?? [];
  const place = placeOf(uri);
  const isInside = others.length === 0 && place !== null && place.folder === folder?.uri.toString();
  return isInside ? `./${place.path}` : uri.fsPath;
}
