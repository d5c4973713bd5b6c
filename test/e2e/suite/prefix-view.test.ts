import { strict as assert } from "node:assert";
import { setTimeout } from "node:timers/promises";
import { commands, Range, type Selection, type Uri, window } from "vscode";
import {
  diagnosticsOf,
  findingsOf,
  lensesOf,
  open,
  rangeOf,
  restoreWorkspace,
  section,
  until,
  untilReport,
  uriOf,
  writeFile,
} from "./support.ts";

describe("view of shared prefixes", () => {
  const ticket = uriOf("prompts/classify-ticket.j2");

  before(() => until("there is a report", () => diagnosticsOf(ticket).length > 0));
  afterEach(restoreWorkspace);
  after(() => commands.executeCommand("workbench.action.closeAllEditors"));

  /** Of the editor that shows this document. */
  function selectionIn(uri: Uri): Selection | undefined {
    const editor = window.activeTextEditor;
    return editor?.document.uri.toString() === uri.toString() ? editor.selection : undefined;
  }

  /** With the cursor at some text: then nothing but the view can select more of it. */
  async function reveal(path: string, text: string): Promise<void> {
    const document = await open(path);
    const { start } = rangeOf(document, text);
    await window.showTextDocument(document, { selection: new Range(start, start) });
    await commands.executeCommand(`${section}.revealPrompt`);
  }

  /**
   * What an entry of the list leads to; more than once, as the list is drawn by another process, a while after the
   * view is opened.
   */
  function selectedFrom(
    path: string,
    text: string,
    then: () => PromiseLike<void> | void = () => {},
  ): Promise<Selection> {
    return until(`the list leads from ${path} to a selection`, async () => {
      await reveal(path, text);
      await then();
      await commands.executeCommand("list.select");
      const isOpen = (): boolean => selectionIn(uriOf(path))?.isEmpty === false;
      for (let wait = 0; wait < 20 && !isOpen(); wait += 1) await setTimeout(25);
      const found = selectionIn(uriOf(path));
      return found?.isEmpty === false && found;
    });
  }

  it("selects the prompt at the cursor, which opens from there", async () => {
    const selection = await selectedFrom("prompts/classify-ticket.j2", "examples");
    assert.equal(selection.start.line, 0);
    assert.ok(selection.end.line > 10);
  });

  it("has the findings below their prompt", async () => {
    const [finding] = findingsOf(ticket, "unstable-order");
    assert.ok(finding);
    const selection = await selectedFrom("prompts/classify-ticket.j2", "examples", () =>
      commands.executeCommand("list.focusDown"),
    );
    assert.ok(selection.isEqual(finding.range));
  });

  it("lists a prompt as soon as there is an answer about it", async () => {
    const path = "prompts/late-parcels.j2";
    const text = "Say where the parcel is, in which depot, and when it comes. ".repeat(4);
    await untilReport(() => writeFile(path, `${text}\n{{ question }}\n`));
    // The first answer may be one that was on its way.
    await until("it is analysed", async () => (await lensesOf(uriOf(path))).length > 0);
    await selectedFrom(path, "parcel");
  });

  it("leaves a document without prompts as it is", async () => {
    const document = await open("promptcache.json");
    await window.showTextDocument(document);
    // A message says why, which nothing waits for.
    await commands.executeCommand(`${section}.revealPrompt`);
    assert.equal(window.activeTextEditor?.document, document);
  });
});
