/** What can stand in promptcache.json, beside what its schema says. */
import {
  CompletionItem,
  CompletionItemKind,
  type CompletionItemProvider,
  type Disposable,
  languages,
  Range,
} from "vscode";
import { configFileName } from "../../config/config.ts";
import type { CompletionShown } from "../../protocol/editor.ts";
import type { Analysis } from "./analysis.ts";
import { snippetOf } from "./fix-edits.ts";
import { placeOf } from "./workspace-paths.ts";

export function registerConfigCompletion(analysis: Analysis): Disposable {
  const provider: CompletionItemProvider = {
    async provideCompletionItems(document, position) {
      const place = placeOf(document.uri);
      if (place?.path !== configFileName) return [];
      const [text, offset] = [document.getText(), document.offsetAt(position)];
      const told = await analysis.ask(place.folder, { kind: "completions", text, offset });
      if (told?.kind !== "completions" || told.value === null || document.getText() !== text) return [];
      const { start, end } = told.value.range;
      const range = new Range(document.positionAt(start), document.positionAt(end));
      return told.value.items.map((item) => completionOf(item, range));
    },
  };
  return languages.registerCompletionItemProvider({ pattern: `**/${configFileName}` }, provider, '"', ":");
}

function completionOf(
  { label, detail, documentation, newText, placeholder }: CompletionShown,
  range: Range,
): CompletionItem {
  const item = new CompletionItem(label, CompletionItemKind.Value);
  item.detail = detail;
  if (documentation !== undefined) item.documentation = documentation;
  item.insertText = placeholder === undefined ? newText : snippetOf(newText, placeholder);
  item.range = range;
  // What is in the range begins with a double quote.
  item.filterText = JSON.stringify(label);
  return item;
}
