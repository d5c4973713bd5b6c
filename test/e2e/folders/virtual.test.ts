/** A folder that is on no disk, beside one that is: what a virtual workspace shows. */
import { strict as assert } from "node:assert";
import { type CodeAction, commands, Uri, window, workspace } from "vscode";
import { findingsOf, hoverAt, lensesOf, numberIn, ourExtension, until, uriOf } from "../suite/support.ts";
import { MemoryFiles, scheme } from "./memory-files.ts";

const prose = "You write the notes of a harbour master, who reads them aloud every morning.\n".repeat(60);
const prompt = Uri.from({ scheme, path: "/notes/prompts/notes.j2" });
const clock = "{{ now }}";

describe("a folder on no disk", () => {
  const files = new MemoryFiles();

  before(async () => {
    await ourExtension().activate();
    workspace.registerFileSystemProvider(scheme, files);
    files.put("/notes/prompts/notes.j2", `${clock}\n${prose}\n{{ question }}\n`);
    files.put("/notes/promptcache.json", '{ "policy": "marconi" }');
    const at = workspace.workspaceFolders?.length ?? 0;
    assert.equal(at, 1);
    assert.ok(workspace.updateWorkspaceFolders(at, 0, { uri: Uri.from({ scheme, path: "/notes" }) }));
  });

  it("has its findings, lens and hover", async () => {
    const [found] = await until("it is analysed", () => {
      const all = findingsOf(prompt, "volatile-early");
      return all.length > 0 && all;
    });
    const document = await workspace.openTextDocument(prompt);
    assert.equal(document.getText(found!.range), clock);
    const [lens] = await until("it has a lens", async () => {
      const all = await lensesOf(prompt);
      return all.length > 0 && all;
    });
    assert.ok(numberIn(lens!.command?.title) > 0);
    assert.match((await hoverAt(prompt, found!.range.start.translate(0, 3))) ?? "", /Tokens here/);
  });

  it("is served as its own promptcache.json says, and the other folder as its own", async () => {
    const there = uriOf("prompts/support-agent.j2");
    const lenses = await until("the other folder has numbers too", async () => {
      const all = await lensesOf(there);
      return all.length > 0 && all;
    });
    assert.match(lenses[0]!.command?.title ?? "", /TTFT/);
    files.put("/notes/promptcache.json", '{ "policy": "openai-classic" }');
    await until("a provider has no TTFT", async () => {
      const [lens] = await lensesOf(prompt);
      return lens !== undefined && !/TTFT/.test(lens.command?.title ?? "");
    });
    assert.match((await lensesOf(there))[0]!.command?.title ?? "", /TTFT/);
    files.put("/notes/promptcache.json", '{ "policy": "marconi" }');
    await until("as before", async () => /TTFT/.test((await lensesOf(prompt))[0]?.command?.title ?? ""));
  });

  it("takes a fix", async () => {
    const document = await workspace.openTextDocument(prompt);
    await window.showTextDocument(document);
    const action = await until("the fix is offered", async () => {
      const [found] = findingsOf(prompt, "volatile-early");
      if (found === undefined) return undefined;
      const actions = await commands.executeCommand<CodeAction[]>(
        "vscode.executeCodeActionProvider",
        prompt,
        found.range,
      );
      return actions.find(({ title }) => title.startsWith("Move "));
    });
    assert.ok(await workspace.applyEdit(action.edit!));
    await document.save();
    await until("it has gone", () => findingsOf(prompt, "volatile-early").length === 0);
    assert.ok(new TextDecoder().decode(files.readFile(prompt)).indexOf(clock) > prose.length - 5);
  });

  it("follows what another program writes", async () => {
    files.put("/notes/prompts/more.j2", `${clock}\n${prose}\n{{ question }}\n`);
    const more = prompt.with({ path: "/notes/prompts/more.j2" });
    await until("it is found wanting", () => findingsOf(more, "volatile-early").length > 0);
    files.delete(more);
    await until("its findings have gone", () => findingsOf(more, "volatile-early").length === 0);
  });
});
