/** Pages about one prompt, two, or what to set: rendered beside the text, or peeked at above it. All but the last follow the analysis. */
import {
  commands,
  EventEmitter,
  Location,
  Position,
  ProgressLocation,
  Range,
  Uri,
  window,
  workspace,
} from "vscode";
import type { PromptAnswer, Question } from "../../protocol/editor.ts";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";
import { DisposableStore } from "./disposables.ts";
import { showInformation } from "./notices.ts";
import { reveal } from "./open-range.ts";
import { locationsOf } from "./positions.ts";
import { noPromptHere, type PromptPlace, promptPlace } from "./prompt-place.ts";
import { uriOf } from "./workspace-paths.ts";

const scheme = "prompt-cache-prompt";
const nothingAnalysed = () => t("No prompt has been analysed yet.");

type PageQuestion = Extract<Question, { kind: "prompt" | "preview" | "compare" | "advise" }>;

/** What a page shows stands in its address. */
interface Page {
  readonly folder: string;
  readonly question: PageQuestion;
  /** Tells one from the next of what a search gave: such a page stays what it was, as a key must not search again. */
  readonly search?: number;
}

function addressOf(page: Page, name: string): Uri {
  const path = `/${name.replace(/[^\p{L}\p{N} ._-]/gu, " ").trim() || "prompt"}.md`;
  return Uri.from({ scheme, path, query: JSON.stringify(page) });
}

function pageAt({ query }: Uri): Page {
  return JSON.parse(query) as Page;
}

/** `null` where there is nothing to say any more. */
async function markdownOf(analysis: Analysis, { folder, question }: Page): Promise<string | null> {
  const told = await analysis.ask(folder, question);
  switch (told?.kind) {
    case "prompt":
    case "preview":
      return told.value?.markdown ?? null;
    case "compare":
    case "advise":
      return told.value;
    default:
      return null;
  }
}

/** What was told for a page that is about to be opened: an answer may take a search, and is not asked for twice. */
const justTold = new Map<string, string>();

async function openPage(analysis: Analysis, page: Page, name: string): Promise<void> {
  const markdown = await markdownOf(analysis, page);
  if (markdown === null) {
    void showInformation(noPromptHere());
    return;
  }
  const address = addressOf(page, name);
  const isOpen = workspace.textDocuments.some(({ uri }) => uri.toString() === address.toString());
  // A page that is open follows the analysis by itself.
  if (!isOpen) justTold.set(address.toString(), markdown);
  try {
    await commands.executeCommand("markdown.showPreviewToSide", address);
  } catch {
    await window.showTextDocument(await workspace.openTextDocument(address), { preview: true });
  }
}

export function registerPromptPages(analysis: Analysis): DisposableStore {
  const store = new DisposableStore();
  const changed = store.add(new EventEmitter<Uri>());
  store.add(
    analysis.onDidAnswer(() => {
      for (const { uri } of workspace.textDocuments)
        if (uri.scheme === scheme && pageAt(uri).search === undefined) changed.fire(uri);
    }),
  );
  store.add(
    workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changed.event,
      async provideTextDocumentContent(uri) {
        const told = justTold.get(uri.toString());
        justTold.delete(uri.toString());
        return told ?? (await markdownOf(analysis, pageAt(uri))) ?? `${t("This prompt is gone.")}\n`;
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
    void showInformation(noPromptHere());
    return;
  }
  await openPage(analysis, explained(place), told.name);
}

function explained({ folder, path, offset }: PromptPlace): Page {
  return { folder, question: { kind: "prompt", at: { path, offset } } };
}

/** With roles, tokens and the markup of the chat template. */
export async function previewPrompt(analysis: Analysis, given?: unknown): Promise<void> {
  const place = promptPlace(analysis, given);
  if (place === null) {
    void showInformation(noPromptHere());
    return;
  }
  const { folder, path, offset } = place;
  const told = await promptAt(analysis, place);
  await openPage(
    analysis,
    { folder, question: { kind: "preview", path, offset } },
    told === null ? t("prompt as the model sees it") : t("{0} as the model sees it", told.name),
  );
}

/** The prompt at the cursor beside another one of its folder. */
export async function comparePrompt(analysis: Analysis): Promise<void> {
  const place = promptPlace(analysis);
  const told = place === null ? null : await promptAt(analysis, place);
  if (place === null || told === null) {
    void showInformation(noPromptHere());
    return;
  }
  const { folder } = place;
  const listed = await analysis.ask(folder, { kind: "prefixes" });
  const others = (listed?.kind === "prefixes" ? listed.value : []).flatMap((item) => {
    const at = item.kind === "prompt" ? item.place : null;
    const isOther = at !== null && !(at.path === told.path && at.range.start === told.range.start);
    return isOther ? [{ label: item.label, description: item.description, detail: at.path, at }] : [];
  });
  if (others.length === 0) {
    void showInformation(t("There is no other prompt to compare it with."));
    return;
  }
  const picked = await window.showQuickPick(others, {
    title: t("Compare {0} With…", told.name),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked === undefined) return;
  const first = { path: place.path, offset: place.offset };
  const second = { path: picked.at.path, offset: picked.at.range.start };
  const question = { kind: "compare", first, second } as const;
  await openPage(
    analysis,
    { folder, question },
    t("{name} and {label}", { name: told.name, label: picked.label }),
  );
}

let searches = 0;

/** What to set at the server, or where to mark for the provider. */
export async function showAdvice(analysis: Analysis): Promise<void> {
  const folder = analysis.analysed?.folder;
  if (folder === undefined) {
    void showInformation(nothingAnalysed());
    return;
  }
  await window.withProgress(
    { location: ProgressLocation.Notification, title: t("Trying settings on these prompts") },
    () => openPage(analysis, { folder, question: { kind: "advise" }, search: ++searches }, t("What to set")),
  );
}

/** checkpoint-hints.json in an editor of its own: where it is kept is for whoever saves it. */
export async function showHints(analysis: Analysis): Promise<void> {
  const folder = analysis.analysed?.folder;
  const told = folder === undefined ? null : await analysis.ask(folder, { kind: "hints" });
  if (told?.kind !== "hints") {
    void showInformation(nothingAnalysed());
    return;
  }
  const document = await workspace.openTextDocument({ language: "json", content: told.value });
  await window.showTextDocument(document);
}

/** What a click on a CodeLens does. */
export async function peekPrompt(analysis: Analysis, given?: unknown): Promise<void> {
  const place = promptPlace(analysis, given);
  const told = place === null ? null : await promptAt(analysis, place);
  const uri = place === null ? null : uriOf(place);
  if (place === null || told === null || uri === null) {
    void showInformation(noPromptHere());
    return;
  }
  const { analysed } = analysis;
  const here = analysed && locationsOf(analysed, told.path)(told.range);
  const { uri: shownUri, range } = here ?? new Location(uri, new Position(told.range.from.line, 0));
  const page = new Location(addressOf(explained(place), told.name), new Range(0, 0, 0, 0));
  const line = new Position(range.start.line, 0);
  await commands.executeCommand("editor.action.peekLocations", shownUri, line, [page], "peek");
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
    void showInformation(nothingAnalysed());
    return;
  }
  await reveal(uri, () => {
    const place = locationsOf(analysed, worst.path)(worst.range);
    return place && new Location(place.uri, place.range.start);
  });
}
