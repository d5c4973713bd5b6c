import { strict as assert } from "node:assert";
import {
  type CodeAction,
  type CompletionItem,
  type CompletionList,
  commands,
  Position,
  Range,
  type TextDocument,
  workspace,
} from "vscode";
import {
  diagnosticsOf,
  edit,
  open,
  rangeOf,
  reportText,
  restoreWorkspace,
  rowOf,
  ruleOf,
  until,
} from "./support.ts";

describe("promptcache.json in its editor", () => {
  afterEach(restoreWorkspace);

  const begin = new Range(new Position(0, 1), new Position(0, 1));

  async function fixes(document: TextDocument, marked: string): Promise<CodeAction[]> {
    const range = rangeOf(document, marked);
    await until(`${marked} is marked`, () =>
      diagnosticsOf(document.uri).find((diagnostic) => diagnostic.range.isEqual(range)),
    );
    return commands.executeCommand<CodeAction[]>("vscode.executeCodeActionProvider", document.uri, range);
  }

  async function completions(document: TextDocument, behind: string): Promise<CompletionItem[]> {
    const { items } = await commands.executeCommand<CompletionList>(
      "vscode.executeCompletionItemProvider",
      document.uri,
      rangeOf(document, behind).end,
    );
    return items;
  }

  it("marks a GPU that there is not, goes on with another, and offers the nearest", async () => {
    const document = await open("promptcache.json");
    await edit(document, [[begin, '\n  "gpu": "H200-SMX",']]);
    const actions = await fixes(document, '"H200-SMX"');
    assert.doesNotMatch(await reportText(), /analysis failed/);
    const action = actions.find(({ title }) => title === 'Replace "H200-SMX" by "H200-SXM"');
    assert.ok(action?.edit, actions.map(({ title }) => title).join("\n"));
    assert.equal(action.isPreferred, true);
    assert.ok(await workspace.applyEdit(action.edit));
    await until("it counts", async () => rowOf(await reportText(), "GPU")?.[0]?.includes("H200"));
    const problems = diagnosticsOf(document.uri).filter((diagnostic) => ruleOf(diagnostic) === null);
    assert.deepEqual(problems, []);
  });

  it("offers to do without an entry that nothing answers to", async () => {
    const document = await open("promptcache.json");
    const before = document.getText();
    await edit(document, [[rangeOf(document, '"prompts/triage-*.txt"'), '"prompts/tirage-*.txt"']]);
    const actions = await fixes(document, '"prompts/tirage-*.txt"');
    const action = actions.find(({ title }) => title === "Remove this entry");
    assert.ok(action?.edit, actions.map(({ title }) => title).join("\n"));
    assert.ok(await workspace.applyEdit(action.edit));
    assert.equal(document.getText(), before.replace(/"prompts\/triage-\*\.txt": .*\n\s*/, ""));
  });

  it("completes what the workspace and the catalogue know", async () => {
    const document = await open("promptcache.json");
    await edit(document, [[begin, '\n  "model": "granite",\n  "ignore": [{ "rule": "" }],']]);
    const labels = await until("models are offered", async () => {
      const items = await completions(document, '"granite');
      const all = items.map(({ label }) => (typeof label === "string" ? label : label.label));
      return all.includes("ibm-granite/granite-4.0-h-small") && all;
    });
    assert.ok(!labels.includes("H100-SXM"));
    const rules = await completions(document, '"rule": "');
    assert.ok(rules.some(({ label }) => label === "volatile-early"));
    await edit(document, [[rangeOf(document, '"account_name"'), '""']]);
    const holes = await until("holes are offered", async () => {
      const items = await completions(document, '"holes": {\n    "');
      return items.some(({ label }) => label === "now") && items;
    });
    assert.match(holes.find(({ label }) => label === "now")?.detail ?? "", /^volatile: /);
  });
});
