import { strict as assert } from "node:assert";
import { type CodeAction, commands, workspace } from "vscode";
import { findingsOf, open, restoreWorkspace, setSetting, until, uriOf, writeFile } from "./support.ts";

const rules = "Rules of the port are read aloud every morning by the master. ".repeat(150);

describe("quick fixes", () => {
  afterEach(restoreWorkspace);

  it("writes cache breakpoints into a request, where they pay", async () => {
    const request = {
      system: rules,
      messages: [{ role: "user", content: "{{ document }}\n\n{{ question }}" }],
    };
    await writeFile("prompts/request.json", JSON.stringify(request, null, 2));
    await setSetting("policy", "anthropic:claude-opus-5");
    const uri = uriOf("prompts/request.json");
    const document = await open("prompts/request.json");
    const action = await until("the fix is offered", async () => {
      const [found] = findingsOf(uri, "breakpoints");
      if (found === undefined) return undefined;
      const actions = await commands.executeCommand<CodeAction[]>(
        "vscode.executeCodeActionProvider",
        uri,
        found.range,
      );
      return actions.find(({ title }) => title.startsWith("Write these cache breakpoints: +"));
    });
    assert.ok(action.edit);
    assert.ok(await workspace.applyEdit(action.edit));
    const edited = JSON.parse(document.getText());
    const part = { type: "text", text: rules, cache_control: { type: "ephemeral" } };
    assert.deepEqual(edited, { system: [part], messages: request.messages });
    await document.save();
    await until("nothing is left to say", () => findingsOf(uri, "breakpoints").length === 0);
  });
});
