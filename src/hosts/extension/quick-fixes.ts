/** Edits that findings propose, where they change nothing but what a cache keeps. */
import {
  CodeAction,
  CodeActionKind,
  type Disposable,
  languages,
  Range,
  type TextDocument,
  WorkspaceEdit,
} from "vscode";
import type { Analysis } from "./analysis.ts";
import { diagnosticSource } from "./diagnostics.ts";

export function registerQuickFixes(analysis: Analysis): Disposable {
  return languages.registerCodeActionsProvider(
    { pattern: "**/*.json" },
    {
      async provideCodeActions(document, range, { diagnostics }) {
        const at = analysis.at(document.uri);
        const before = document.getText();
        // An edit is made of the text that was analysed, or not at all.
        if (at === null || at.text !== before) return [];
        const asked = { start: document.offsetAt(range.start), end: document.offsetAt(range.end) };
        const question = { kind: "fixes", path: at.path, range: asked } as const;
        const told = await analysis.ask(at.analysed.folder, question);
        if (told?.kind !== "fixes" || document.getText() !== before) return [];
        return told.value.map(({ title, text }) => {
          const action = new CodeAction(title, CodeActionKind.QuickFix);
          action.edit = replacing(document, text);
          action.diagnostics = diagnostics.filter(({ source }) => source === diagnosticSource);
          return action;
        });
      },
    },
    { providedCodeActionKinds: [CodeActionKind.QuickFix] },
  );
}

function replacing(document: TextDocument, text: string): WorkspaceEdit {
  const edit = new WorkspaceEdit();
  const { length } = document.getText();
  edit.replace(document.uri, new Range(document.positionAt(0), document.positionAt(length)), text);
  return edit;
}
