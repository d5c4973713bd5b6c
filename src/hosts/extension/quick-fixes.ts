/** Edits that a finding proposes, where they change nothing but what a cache keeps. */
import {
  CodeAction,
  CodeActionKind,
  type Disposable,
  languages,
  Range,
  type TextDocument,
  WorkspaceEdit,
} from "vscode";
import { withCacheControl } from "../../findings/cache-control.ts";
import type { Finding } from "../../findings/finding.ts";
import type { Analysis } from "./analysis.ts";
import { diagnosticSource } from "./diagnostics.ts";
import { rangesIn } from "./positions.ts";

export function registerQuickFixes(analysis: Analysis): Disposable {
  return languages.registerCodeActionsProvider(
    { pattern: "**/*.json" },
    {
      provideCodeActions(document, range, { diagnostics }) {
        const at = analysis.at(document.uri);
        // An edit is made of the text that was analysed, or not at all.
        if (at === null || at.text !== document.getText()) return [];
        const { analysed, path } = at;
        const toRange = rangesIn(document, document.getText());
        return analysed.report.findings
          .filter((finding) => finding.rule === "breakpoints" && finding.path === path)
          .filter((finding) => toRange(finding.range)?.intersection(range) !== undefined)
          .flatMap((finding) => {
            const edit = markingEdit(document, path, finding);
            if (edit === null) return [];
            const action = new CodeAction("Write these cache breakpoints", CodeActionKind.QuickFix);
            action.edit = edit;
            action.diagnostics = diagnostics.filter(({ source }) => source === diagnosticSource);
            return [action];
          });
      },
    },
    { providedCodeActionKinds: [CodeActionKind.QuickFix] },
  );
}

/** All places must stand in this file: half of the marks would not do what was simulated. */
function markingEdit(document: TextDocument, path: string, { related }: Finding): WorkspaceEdit | null {
  if (related.length === 0 || related.some((place) => place.path !== path)) return null;
  const before = document.getText();
  const after = withCacheControl(
    before,
    related.map(({ range }) => range),
  );
  if (after === null) return null;
  const edit = new WorkspaceEdit();
  edit.replace(document.uri, new Range(document.positionAt(0), document.positionAt(before.length)), after);
  return edit;
}
