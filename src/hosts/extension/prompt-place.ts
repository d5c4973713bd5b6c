/** Which place a command is about: that of the link that called it, or the cursor's. */
import { Uri, window } from "vscode";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";
import { shownIn } from "./positions.ts";
import { type Place, placeOf } from "./workspace-paths.ts";

/** A place in the text that was analysed. */
export interface PromptPlace extends Place {
  readonly offset: number;
}

export const noPromptHere = () => t("There is no prompt here that was analysed.");

/** `given` is what a link or a CodeLens passes; `null` where nothing is known of the document. */
export function promptPlace(analysis: Analysis, given?: unknown): PromptPlace | null {
  const editor = window.activeTextEditor;
  const asked = isLink(given) ? given : null;
  const uri = asked === null ? editor?.document.uri : Uri.parse(asked.uri);
  const place = uri === undefined ? null : placeOf(uri);
  if (uri === undefined || place === null || analysis.at(uri) === null) return null;
  const at = analysis.at(uri);
  const here = editor === undefined || at === null ? null : shownIn(editor.document, at.text);
  const offset = asked?.offset ?? here?.offsetAt(editor!.selection.active) ?? 0;
  return { ...place, offset };
}

function isLink(given: unknown): given is { readonly uri: string; readonly offset: number } {
  return (
    typeof given === "object" &&
    given !== null &&
    typeof Reflect.get(given, "uri") === "string" &&
    typeof Reflect.get(given, "offset") === "number"
  );
}
