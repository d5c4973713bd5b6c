/** Prompts in the cells of an open notebook: what their editors show, and what a fix changes there. */
import { strict as assert } from "node:assert";
import {
  type CodeAction,
  commands,
  type InlayHint,
  type NotebookDocument,
  NotebookEdit,
  NotebookRange,
  Position,
  Range,
  type TextDocument,
  WorkspaceEdit,
  window,
  workspace,
} from "vscode";
import { findingsOf, hoverAt, lensesOf, restoreWorkspace, until, uriOf, writeFile } from "./support.ts";

const path = "notebooks/clock.ipynb";
const rules = Array.from(
  { length: 60 },
  (_, at) => `Rule ${at}: answer "case ${at * 7}" politely, in one sentence.`,
).join("\n");

/** A cell that defines the rules would be one of its own; here the prompt stands whole in the second. */
const cells = [
  ["# A heading", "markdown"],
  ["from datetime import datetime\nfrom openai import OpenAI\nclient = OpenAI()", "code"],
  [
    `client.responses.create(model="gpt-5", instructions=f"""Asked at {datetime.now()}.\n${rules}\n""", input=question)`,
    "code",
  ],
] as const;

const file = JSON.stringify({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { language_info: { name: "python" } },
  cells: cells.map(([source, cell_type], at) => ({
    cell_type,
    id: `c${at}`,
    metadata: {},
    source: source.split(/(?<=\n)/),
    ...(cell_type === "code" && { outputs: [], execution_count: null }),
  })),
});

describe("notebooks", () => {
  let notebook: NotebookDocument;
  let cell: TextDocument;

  beforeEach(async () => {
    await writeFile(path, file);
    notebook = await workspace.openNotebookDocument(uriOf(path));
    await window.showNotebookDocument(notebook);
    cell = notebook.cellAt(2).document;
  });

  afterEach(async () => {
    await commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await restoreWorkspace();
  });

  it("finding, lens, hover and line stand in the cell, and nowhere else", async () => {
    const [found] = await until("the cell has a finding", () => {
      const all = findingsOf(cell.uri, "volatile-early");
      return all.length > 0 && all;
    });
    assert.equal(cell.getText(found!.range), "{datetime.now()}");
    assert.deepEqual(findingsOf(uriOf(path), "volatile-early"), []);
    const [lens] = await until("the cell has a lens", async () => {
      const all = await lensesOf(cell.uri);
      return all.length > 0 && all;
    });
    assert.match(lens!.command?.title ?? "", /Loses/);
    assert.match((await hoverAt(cell.uri, found!.range.start.translate(0, 3))) ?? "", /request/);
    const whole = new Range(new Position(0, 0), cell.lineAt(cell.lineCount - 1).range.end);
    const hints = await commands.executeCommand<InlayHint[]>(
      "vscode.executeInlayHintProvider",
      cell.uri,
      whole,
    );
    const [end] = hints.filter(({ label }) => /shared to here/.test(String(label)));
    assert.equal(cell.getText(new Range(end!.position, end!.position.translate(0, 10))), " {datetime");
  });

  it("a fix changes the cell, quotes and line breaks as they are, and one undo takes it back", async () => {
    const before = cell.getText();
    const action = await until("the fix is offered", async () => {
      const [found] = findingsOf(cell.uri, "volatile-early");
      if (found === undefined) return undefined;
      const actions = await commands.executeCommand<CodeAction[]>(
        "vscode.executeCodeActionProvider",
        cell.uri,
        found.range,
      );
      return actions.find(({ title, kind }) => /^Move /.test(title) && kind?.value === "quickfix");
    });
    assert.ok(await workspace.applyEdit(action.edit!));
    const after = cell.getText();
    assert.equal([...after].sort().join(""), [...before].sort().join(""));
    assert.ok(after.indexOf("datetime.now()") > after.indexOf('answer "case 413"'));
    await until("it has gone", () => findingsOf(cell.uri, "volatile-early").length === 0);
    // A cell takes an undo while it is edited.
    const place = new NotebookRange(2, 3);
    await window.showNotebookDocument(notebook, { selections: [place] });
    await commands.executeCommand("notebook.cell.edit");
    await commands.executeCommand("undo");
    await until("it is back", () => findingsOf(cell.uri, "volatile-early").length === 1);
    assert.equal(cell.getText(), before);
  });

  it("follows what is typed before it is saved, and cells that come in front", async () => {
    await until("the cell has a finding", () => findingsOf(cell.uri, "volatile-early").length === 1);
    const move = new WorkspaceEdit();
    move.set(notebook.uri, [NotebookEdit.deleteCells(new NotebookRange(0, 1))]);
    assert.ok(await workspace.applyEdit(move));
    const change = new WorkspaceEdit();
    const at = cell.getText().indexOf("{datetime.now()}");
    const place = new Range(cell.positionAt(at), cell.positionAt(at + "{datetime.now()}".length));
    change.replace(cell.uri, place, "once");
    assert.ok(await workspace.applyEdit(change));
    await until("it has gone", () => findingsOf(cell.uri, "volatile-early").length === 0);
  });
});
