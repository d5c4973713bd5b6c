/** Edits of texts that were analysed, as edits of the workspace. */
import {
  SnippetString,
  SnippetTextEdit,
  type Uri,
  WorkspaceEdit,
  type WorkspaceEditEntryMetadata,
  workspace,
} from "vscode";
import type { ShownEdit } from "../../protocol/editor.ts";
import type { Analysed } from "../../protocol/folder-answers.ts";
import { unescaped } from "../../show/notebook-text.ts";
import { notebookAt, textOfNotebook } from "./notebooks.ts";
import { locationsOf } from "./positions.ts";
import { uriOf } from "./workspace-paths.ts";

/** `null` where a text has changed since it was analysed. */
export function workspaceEdit(
  edits: readonly ShownEdit[],
  analysed: Analysed,
  placeholder?: string,
  metadata?: WorkspaceEditEntryMetadata,
): WorkspaceEdit | null {
  const made = new WorkspaceEdit();
  const byPath = new Map<string, ShownEdit[]>();
  for (const edit of edits) byPath.set(edit.path, [...(byPath.get(edit.path) ?? []), edit]);
  for (const [path, all] of byPath) {
    const uri = uriOf({ folder: analysed.folder, path });
    if (uri === null || isOutdated(uri, analysed.texts.get(path))) return null;
    const locationOf = locationsOf(analysed, path);
    const isInCells = notebookAt(uri) !== undefined;
    for (const { range, newText } of all) {
      if (range === null) {
        made.createFile(
          uri,
          { contents: new TextEncoder().encode(newText), ignoreIfExists: false },
          metadata,
        );
        continue;
      }
      const place = locationOf(range);
      if (place === null) return null;
      // In the file it stands between the quotes of JSON.
      const text = isInCells ? unescaped(newText) : newText;
      const snippet = placeholder === undefined ? null : snippetOf(text, placeholder);
      if (snippet === null) made.replace(place.uri, place.range, text, metadata);
      else made.set(place.uri, [[new SnippetTextEdit(place.range, snippet), metadata]]);
    }
  }
  return made;
}

function isOutdated(uri: Uri, text: string | undefined): boolean {
  const notebook = notebookAt(uri);
  if (notebook !== undefined) return textOfNotebook(notebook).text !== text;
  const document = workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
  return document !== undefined && (text === undefined ? document.isDirty : document.getText() !== text);
}

/** With the last place of what is to be written anew selected. */
export function snippetOf(newText: string, placeholder: string): SnippetString {
  const at = newText.lastIndexOf(placeholder);
  const snippet = new SnippetString().appendText(newText.slice(0, at)).appendPlaceholder(placeholder);
  return snippet.appendText(newText.slice(at + placeholder.length));
}
