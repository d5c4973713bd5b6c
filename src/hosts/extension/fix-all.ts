/** All that makes less be lost at once, in a file or in the workspace. */
import { window, workspace } from "vscode";
import { t } from "../../words/l10n.ts";
import { plural } from "../../words/numbers.ts";
import type { Analysis } from "./analysis.ts";
import { workspaceEdit } from "./fix-edits.ts";
import { showInformation } from "./notices.ts";
import { markDone } from "./walkthrough.ts";

/** Makes all fixes of the active file, or of the whole workspace; the changes are shown before they are made. */
export async function fixAll(analysis: Analysis, where: "file" | "workspace"): Promise<void> {
  const uri = window.activeTextEditor?.document.uri;
  const at = uri === undefined ? null : analysis.at(uri);
  const analysed = where === "file" ? (at?.analysed ?? null) : analysis.analysed;
  const path = where === "file" ? (at?.path ?? null) : null;
  if (analysed === null || (where === "file" && path === null)) {
    void showInformation(t("There is no prompt here that was analysed."));
    return;
  }
  const told = await analysis.ask(analysed.folder, { kind: "fix-all", path, rule: null });
  const answer = told?.kind === "fix-all" ? told.value : { edits: [], mended: 0 };
  const label = t("Prompt cache fixes of {0}", plural(answer.mended, "finding"));
  const edit = workspaceEdit(answer.edits, analysed, undefined, {
    label,
    needsConfirmation: where === "workspace",
  });
  if (answer.mended === 0 || edit === null) {
    void showInformation(
      where === "file"
        ? t("There is nothing to fix by an edit in this file.")
        : t("There is nothing to fix by an edit in this workspace."),
    );
    return;
  }
  if (await workspace.applyEdit(edit, { isRefactoring: true })) await markDone("hasFixed");
}
