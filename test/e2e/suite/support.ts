import { strict as assert } from "node:assert";
import { setTimeout as pause } from "node:timers/promises";
import {
  type CodeLens,
  commands,
  type Diagnostic,
  type Event,
  type Extension,
  extensions,
  type Hover,
  languages,
  type MarkdownString,
  Position,
  Range,
  type TextDocument,
  Uri,
  WorkspaceEdit,
  workspace,
} from "vscode";

/** What the tests of the extension host share: a workspace to change and to put back, and conditions to wait for. */

export const section = "promptCacheLens";
const reportUri = Uri.from({ scheme: "prompt-cache-report", path: "/Prompt Cache Report.md" });

export function ourExtension(): Extension<unknown> {
  const extension = extensions.getExtension("prompt-cache-lens.prompt-cache-lens");
  assert.ok(extension, "the extension is not loaded");
  return extension;
}

/**
 * Asks again and again until there is an answer, and gives it: `undefined`, `null` and `false` are none.
 * What the extension does comes when its worker is done, which no event tells the outside.
 */
export async function until<T>(
  what: string,
  probe: () => T | PromiseLike<T>,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = Date.now() + 25_000;
  for (;;) {
    const answer = await probe();
    if (isAnswer(answer)) return answer;
    assert.ok(Date.now() < deadline, `waited in vain until ${what}`);
    await pause(50);
  }
}

function isAnswer<T>(answer: T): answer is Exclude<T, undefined | null | false> {
  return answer !== undefined && answer !== null && answer !== false;
}

// The workspace: a copy of the examples. Whoever changes it puts it back by `restoreWorkspace`.

const original = new Map<TextDocument, string>();
const written = new Set<string>();
const changedSettings = new Set<string>();

export function uriOf(path: string): Uri {
  const folder = workspace.workspaceFolders?.[0];
  assert.ok(folder, "no folder is open");
  return Uri.joinPath(folder.uri, ...path.split("/"));
}

export async function open(path: string): Promise<TextDocument> {
  return workspace.openTextDocument(uriOf(path));
}

/** Where some text stands for the first time. */
export function rangeOf(document: TextDocument, text: string): Range {
  const offset = document.getText().indexOf(text);
  assert.ok(offset >= 0, `${document.uri.path} has no "${text}"`);
  return new Range(document.positionAt(offset), document.positionAt(offset + text.length));
}

/** Replaces the whole text, as an edit in an editor does: nothing is saved. */
export async function setText(document: TextDocument, text: string): Promise<void> {
  await edit(document, [
    [new Range(new Position(0, 0), document.positionAt(document.getText().length)), text],
  ]);
}

/** For whoever changes a document otherwise than by `edit`. */
export function putsBack(document: TextDocument): void {
  if (!original.has(document)) original.set(document, document.getText());
}

export async function edit(
  document: TextDocument,
  changes: readonly (readonly [Range, string])[],
): Promise<void> {
  putsBack(document);
  const edits = new WorkspaceEdit();
  for (const [range, text] of changes) edits.replace(document.uri, range, text);
  assert.equal(await workspace.applyEdit(edits), true, "the edit was refused");
}

/** Writes a file that was not there before. */
export async function writeFile(path: string, content: string | Uint8Array): Promise<void> {
  written.add(path);
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await workspace.fs.writeFile(uriOf(path), bytes);
}

export async function deleteFile(path: string): Promise<void> {
  await workspace.fs.delete(uriOf(path));
}

export async function setSetting(key: string, value: unknown): Promise<void> {
  changedSettings.add(key);
  // `false` is the workspace's own setting, which is where the commands put theirs.
  await workspace.getConfiguration(section).update(key, value, false);
}

export async function restoreWorkspace(): Promise<void> {
  for (const key of changedSettings) await workspace.getConfiguration(section).update(key, undefined, false);
  changedSettings.clear();
  for (const [document, text] of original) {
    if (document.isClosed) continue;
    await setText(document, text);
    // A dirty document would ask to be saved when the window closes.
    await document.save();
  }
  original.clear();
  for (const path of written) {
    // A test may have deleted it, which is how it should be.
    await workspace.fs.delete(uriOf(path)).then(undefined, () => {});
  }
  written.clear();
}

// What the extension shows.

export function diagnosticsOf(uri: Uri): Diagnostic[] {
  return languages.getDiagnostics(uri).filter(({ source }) => source === "Prompt Cache Lens");
}

/** The id of the rule; `null` for what could not be understood. */
export function ruleOf({ code }: Diagnostic): string | null {
  return typeof code === "object" ? String(code.value) : null;
}

export function findingsOf(uri: Uri, rule: string): Diagnostic[] {
  return diagnosticsOf(uri).filter((diagnostic) => ruleOf(diagnostic) === rule);
}

export async function lensesOf(uri: Uri, title = / tokens? stable\b/): Promise<CodeLens[]> {
  // The command knows only documents that are open, and an editor closes them when it likes.
  await workspace.openTextDocument(uri);
  const lenses = await commands.executeCommand<CodeLens[]>("vscode.executeCodeLensProvider", uri, 100);
  // One of an older text leads nowhere.
  return lenses.filter(({ command }) => title.test(command?.title ?? ""));
}

/** Our hover as Markdown; `undefined` where there is none. */
export async function hoverAt(uri: Uri, position: Position): Promise<string | undefined> {
  const hovers = await commands.executeCommand<Hover[]>("vscode.executeHoverProvider", uri, position);
  const texts = hovers.flatMap(({ contents }) => contents.map((part) => (part as MarkdownString).value));
  return texts.find((text) => text.includes("Tokens here"));
}

/** Does something, and waits for the answer of the analysis that follows, whether or not it says anything new. */
export async function untilReport(action: () => PromiseLike<unknown>): Promise<void> {
  let isNew = false;
  const { onDidAnswer } = (await ourExtension().activate()) as { readonly onDidAnswer: Event<void> };
  const listener = onDidAnswer(() => {
    isNew = true;
  });
  try {
    await action();
    await until("there is a new answer", () => isNew);
  } finally {
    listener.dispose();
  }
}

/** The cache report as it is now. */
export async function reportText(): Promise<string> {
  return (await workspace.openTextDocument(reportUri)).getText();
}

/** The cells of the row of the report that begins with `name`; `undefined` when there is none. */
export function rowOf(markdown: string, name: string): string[] | undefined {
  const line = markdown.split("\n").find((candidate) => candidate.startsWith(`| ${name} |`));
  return line
    ?.split(" | ")
    .slice(1)
    .map((cell) => cell.replace(/ \|$/, ""));
}

/** A count as people read it. */
/** Tokens of a prompt, by its lens. */
export function lensTokens(title: string | undefined): number {
  return numberIn(/ of ([\d,]+) tokens? stable/.exec(title ?? "")?.[1]);
}

export function numberIn(text: string | undefined): number {
  const found = /[\d,]+(\.\d+)?/.exec(text ?? "");
  assert.ok(found, `no number in "${text}"`);
  return Number(found[0].replaceAll(",", ""));
}

// What goes wrong unseen: VS Code only logs it.

const unhandled: string[] = [];

function record(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // The extension host runs other extensions too.
  if (text.includes("extension.cjs")) unhandled.push(text);
}

before(() => {
  process.on("unhandledRejection", record);
  process.on("uncaughtExceptionMonitor", record);
});

afterEach(() => assert.deepEqual(unhandled.splice(0), []));

after(() => {
  process.off("unhandledRejection", record);
  process.off("uncaughtExceptionMonitor", record);
});
