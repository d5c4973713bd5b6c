/** The page of one prompt: rendered beside it, or peeked at above it; it follows the analysis while it is open. */
import {
  commands,
  EventEmitter,
  Location,
  Position,
  Range,
  TextEditorRevealType,
  Uri,
  window,
  workspace,
} from "vscode";
import type { PromptAnswer } from "../../protocol/editor.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";
import { showInformation } from "./notices.ts";
import { rangesOf } from "./positions.ts";
import { noPromptHere, type PromptPlace, promptPlace } from "./prompt-place.ts";
import { uriOf } from "./workspace-paths.ts";

const scheme = "prompt-cache-prompt";

/** What a page shows stands in its address. */
function pageOf(place: PromptPlace, name: string): Uri {
  const path = `/${name.replace(/[^\p{L}\p{N} ._-]/gu, " ").trim() || "prompt"}.md`;
  return Uri.from({ scheme, path, query: JSON.stringify(place) });
}

export function registerPromptPages(analysis: Analysis): DisposableStore {
  const store = new DisposableStore();
  const changed = store.add(new EventEmitter<Uri>());
  store.add(
    analysis.onDidAnswer(() => {
      for (const { uri } of workspace.textDocuments) if (uri.scheme === scheme) changed.fire(uri);
    }),
  );
  store.add(
    workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changed.event,
      async provideTextDocumentContent({ query }) {
        const told = await promptAt(analysis, JSON.parse(query) as PromptPlace);
        return told?.markdown ?? "This prompt is gone.\n";
      },
    }),
  );
  return store;
}

async function promptAt(
  analysis: Analysis,
  { folder, path, offset }: PromptPlace,
): Promise<PromptAnswer | null> {
  const told = await analysis.ask(folder, { kind: "prompt", at: { path, offset } });
  return told?.kind === "prompt" ? told.value : null;
}

export async function explainPrompt(analysis: Analysis, given?: unknown): Promise<void> {
  const place = promptPlace(analysis, given);
  const told = place === null ? null : await promptAt(analysis, place);
  if (place === null || told === null) {
    void showInformation(noPromptHere);
    return;
  }
  const page = pageOf(place, told.name);
  try {
    await commands.executeCommand("markdown.showPreviewToSide", page);
  } catch {
    await window.showTextDocument(await workspace.openTextDocument(page), { preview: true });
  }
}

/** What a click on a CodeLens does. */
export async function peekPrompt(analysis: Analysis, given?: unknown): Promise<void> {
  const place = promptPlace(analysis, given);
  const told = place === null ? null : await promptAt(analysis, place);
  const uri = place === null ? null : uriOf(place);
  if (place === null || told === null || uri === null) {
    void showInformation(noPromptHere);
    return;
  }
  const { line } = told.range.from;
  const page = new Location(pageOf(place, told.name), new Range(0, 0, 0, 0));
  await commands.executeCommand("editor.action.peekLocations", uri, new Position(line, 0), [page], "peek");
}

/** Opens the prompt that loses most. */
export async function openWorst(analysis: Analysis): Promise<void> {
  const { analysed } = analysis;
  const told =
    analysed === null ? null : await analysis.ask(analysed.folder, { kind: "prompt", at: "worst" });
  const worst = told?.kind === "prompt" ? told.value : null;
  const uri =
    analysed === null || worst === null ? null : uriOf({ folder: analysed.folder, path: worst.path });
  if (analysed === null || worst === null || uri === null) {
    void showInformation("No prompt has been analysed yet.");
    return;
  }
  const editor = await window.showTextDocument(await workspace.openTextDocument(uri));
  const place = rangesOf(analysed, worst.path)(worst.range);
  if (place !== null) editor.revealRange(new Range(place.start, place.start), TextEditorRevealType.AtTop);
}
