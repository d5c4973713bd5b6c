/** Opens promptcache.json, or offers to make one. */
import { Uri, window, workspace } from "vscode";
import { configFileName } from "../../config/config.ts";
import type { Analysis } from "./analysis.ts";
import { showInformation } from "./notices.ts";

/** Says what is asked most; the schema completes the rest. */
const firstContent = `{
  "model": "ibm-granite/granite-4.0-h-small",
  "gpu": "H100-SXM",
  "workload": {
    "sessions": 8,
    "turns": 3
  }
}
`;

export async function openConfig(analysis: Analysis): Promise<void> {
  const known = analysis.picture.configUri;
  if (known !== null) {
    await window.showTextDocument(known);
    return;
  }
  const folder = workspace.workspaceFolders?.[0];
  if (folder === undefined) {
    void showInformation(`Open a folder first: ${configFileName} stands at its root.`);
    return;
  }
  const create = "Create";
  const answer = await showInformation(`There is no ${configFileName} in this workspace.`, create);
  if (answer !== create) return;
  const uri = Uri.joinPath(folder.uri, configFileName);
  await workspace.fs.writeFile(uri, new TextEncoder().encode(firstContent));
  await window.showTextDocument(uri);
}
