/** The last of the specs: VS Code gives the commands for lists to a peek, also when it is closed. */
import { strict as assert } from "node:assert";
import { commands, window, workspace } from "vscode";
import { diagnosticsOf, until, uriOf } from "./support.ts";

describe("page of a prompt", () => {
  before(() => until("there is a report", () => diagnosticsOf(uriOf("prompts/support-agent.j2")).length > 0));
  after(() => commands.executeCommand("workbench.action.closeAllEditors"));

  it("opens a page of one prompt, in a peek and by itself, and the worst prompt", async () => {
    const agent = uriOf("prompts/support-agent.j2");
    await window.showTextDocument(agent);
    const given = { uri: agent.toString(), offset: 0 };
    const pages = () => workspace.textDocuments.filter(({ uri }) => uri.scheme === "prompt-cache-prompt");
    await commands.executeCommand("promptCacheLens.peekPrompt", given);
    const [page] = await until("there is a page", () => pages().length > 0 && pages());
    assert.match(page?.getText() ?? "", /^# support-agent\n[\s\S]*Move now to the end/);
    await commands.executeCommand("promptCacheLens.explainPrompt", given);
    await until("it is rendered", () =>
      window.tabGroups.all.some((group) => group.tabs.some(({ label }) => /support-agent\.md/.test(label))),
    );
    await commands.executeCommand("promptCacheLens.openWorst");
    await until("a prompt is open", () => window.activeTextEditor?.document.uri.scheme === "file");
  });
});
