/** The light bulb: what is offered about the findings under the cursor, and all that makes less be lost at once. */
import {
  CodeAction,
  CodeActionKind,
  type CodeActionProvider,
  commands,
  type Diagnostic,
  languages,
} from "vscode";
import type { FixAnswer } from "../../protocol/editor.ts";
import type { Analysed } from "../../protocol/folder-answers.ts";
import { t } from "../../words/l10n.ts";
import { plural } from "../../words/numbers.ts";
import type { Analysis } from "./analysis.ts";
import { diagnosticSource } from "./diagnostics.ts";
import { DisposableStore } from "./disposables.ts";
import { workspaceEdit } from "./fix-edits.ts";
import { shownIn } from "./positions.ts";
import { markDone } from "./walkthrough.ts";

/** What `editor.codeActionsOnSave` names. */
const fixAllKind = CodeActionKind.SourceFixAll.append("promptCacheLens");
const moveKind = CodeActionKind.RefactorRewrite.append("promptCacheLens");

/** Called behind an edit that was made: the walkthrough ticks its step. Not for people. */
const afterFix = { command: "promptCacheLens.afterFix", title: "" };

export function registerQuickFixes(analysis: Analysis): DisposableStore {
  const store = new DisposableStore();
  store.add(commands.registerCommand("promptCacheLens.afterFix", () => markDone("hasFixed")));
  const provider: CodeActionProvider = {
    async provideCodeActions(document, range, { diagnostics, only }) {
      const at = analysis.at(document.uri);
      const before = document.getText();
      const shown = at && shownIn(document, at.text);
      // An edit is made of the text that was analysed, or not at all.
      if (!at || !shown?.isCurrent) return [];
      const { analysed, path } = at;
      if (only?.contains(fixAllKind) === true) {
        const all = await fixAllAction(analysis, analysed, path);
        return all === null || document.getText() !== before ? [] : [all];
      }
      const [start, end] = [shown.offsetAt(range.start), shown.offsetAt(range.end)];
      if (start === null || end === null) return [];
      const asked = { start, end };
      const told = await analysis.ask(analysed.folder, { kind: "fixes", path, range: asked });
      if (told?.kind !== "fixes" || document.getText() !== before) return [];
      const own = ownDiagnostics(diagnostics);
      const rules = new Set(
        told.value.flatMap(({ kind, rule }) => (kind === "mend" && rule !== null ? [rule] : [])),
      );
      const ofRules = await Promise.all(
        [...rules].map((rule) => ruleActions(analysis, analysed, path, rule)),
      );
      if (document.getText() !== before) return [];
      const actions = told.value.flatMap((fix, index) => {
        const isAbout = ({ code, range: at }: Diagnostic) =>
          ruleOf(code) === fix.rule && shown.offsetAt(at.start) === fix.range.start;
        return actionsFor(fix, analysed, own.filter(isAbout), index);
      });
      return [...actions, ...ofRules.flat()];
    },
  };
  store.add(
    languages.registerCodeActionsProvider({ pattern: "**" }, provider, {
      providedCodeActionKinds: [CodeActionKind.QuickFix, moveKind, fixAllKind],
    }),
  );
  return store;
}

function ownDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.filter(({ source }) => source === diagnosticSource);
}

/** The fix; where it moves text about, also as a refactoring that shows its changes before they are made. */
function actionsFor(
  fix: FixAnswer,
  analysed: Analysed,
  diagnostics: readonly Diagnostic[],
  index: number,
): readonly CodeAction[] {
  const edit = workspaceEdit(fix.edits, analysed, fix.placeholder);
  if (edit === null) return [];
  const action = new CodeAction(fix.title, CodeActionKind.QuickFix);
  action.edit = edit;
  action.diagnostics = [...diagnostics];
  action.isPreferred = index === 0 && (fix.kind === "mend" || fix.kind === "correct");
  if (fix.kind !== "mend") return [action];
  action.command = afterFix;
  const shown = workspaceEdit(fix.edits, analysed, undefined, { label: fix.title, needsConfirmation: true });
  const preview = new CodeAction(t("Preview: {0}", fix.title), moveKind);
  if (shown !== null) preview.edit = shown;
  return shown === null ? [action] : [action, preview];
}

/** `null` for a problem that is no finding. */
function ruleOf(code: Diagnostic["code"]): unknown {
  return typeof code === "object" ? code.value : (code ?? null);
}

/** All fixes of one rule in the file, and in the workspace, where there are several. */
async function ruleActions(
  analysis: Analysis,
  analysed: Analysed,
  path: string,
  rule: string,
): Promise<readonly CodeAction[]> {
  const actions = await Promise.all(
    [path, null].map(async (at) => {
      const told = await analysis.ask(analysed.folder, { kind: "fix-all", path: at, rule });
      if (told?.kind !== "fix-all" || told.value.mended < 2) return [];
      const fixes = plural(told.value.mended, "fix", "fixes");
      const label =
        at === null
          ? t("Make all {fixes} of {rule} in the workspace", { fixes, rule })
          : t("Make all {fixes} of {rule} in this file", { fixes, rule });
      const edit = workspaceEdit(told.value.edits, analysed, undefined, {
        label,
        needsConfirmation: at === null,
      });
      if (edit === null) return [];
      const action = new CodeAction(label, CodeActionKind.QuickFix);
      action.edit = edit;
      return [action];
    }),
  );
  return actions.flat();
}

async function fixAllAction(
  analysis: Analysis,
  analysed: Analysed,
  path: string,
): Promise<CodeAction | null> {
  const told = await analysis.ask(analysed.folder, { kind: "fix-all", path, rule: null });
  if (told?.kind !== "fix-all" || told.value.mended === 0) return null;
  const edit = workspaceEdit(told.value.edits, analysed);
  if (edit === null) return null;
  const action = new CodeAction(t("Make all prompt cache fixes of this file"), fixAllKind);
  action.edit = edit;
  return action;
}
