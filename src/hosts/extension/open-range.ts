/** Shows a place of a report in an editor. */
import {
  type LogOutputChannel,
  Selection,
  TextEditorRevealType,
  ViewColumn,
  window,
  workspace,
} from "vscode";
import type { TextRange } from "../../prompt/text.ts";
import type { Analysis } from "./analysis.ts";
import { messageOf, showError } from "./notices.ts";
import { rangesIn } from "./positions.ts";
import { uriOf } from "./workspace-paths.ts";

/** Opens documents of the analysis only: the page that asks is not trusted with any other path. */
export async function openRange(
  analysis: Analysis,
  path: string,
  range: TextRange,
  log: LogOutputChannel,
): Promise<void> {
  const { analysed } = analysis;
  const isKnown = analysed?.files.has(path) === true || analysed?.texts.has(path) === true;
  const uri = analysed !== null && isKnown ? uriOf({ folder: analysed.folder, path }) : null;
  if (uri === null) {
    log.warn(`${path} was asked for, but is no document of this workspace.`);
    return;
  }
  try {
    const document = await workspace.openTextDocument(uri);
    // Beside the dashboard, in the editors that are there.
    const column = window.visibleTextEditors[0]?.viewColumn ?? ViewColumn.Beside;
    const editor = await window.showTextDocument(document, { viewColumn: column });
    const text = analysed?.texts.get(path) ?? document.getText();
    const place = rangesIn(document, text)(range);
    if (place === null) return;
    editor.revealRange(place, TextEditorRevealType.InCenterIfOutsideViewport);
    editor.selection = new Selection(place.start, place.end);
  } catch (error) {
    showError(`${path} cannot be opened: ${messageOf(error)}`);
  }
}
