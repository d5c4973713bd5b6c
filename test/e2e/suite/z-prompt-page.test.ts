/** The last of the specs: VS Code gives the commands for lists to a peek, also when it is closed. */
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ConfigurationTarget, commands, extensions, type Uri, window, workspace } from "vscode";
import {
  diagnosticsOf,
  lensesOf,
  open,
  putsBack,
  restoreWorkspace,
  setText,
  until,
  uriOf,
} from "./support.ts";

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

  it("shows a prompt as the model sees it, advice, and hints that can be saved", async () => {
    const agent = uriOf("prompts/support-agent.j2");
    await window.showTextDocument(agent);
    const page = (what: RegExp) =>
      workspace.textDocuments.find(
        (document) => document.uri.scheme === "prompt-cache-prompt" && what.test(document.getText()),
      );
    await commands.executeCommand("promptCacheLens.previewPrompt", { uri: agent.toString(), offset: 0 });
    await until("it is previewed", () => page(/as the model sees it\n[\s\S]*<\|start_of_role\|>/));
    await commands.executeCommand("promptCacheLens.advise");
    await until("there is advice", () => page(/^# What to set\n/));
    await commands.executeCommand("promptCacheLens.hints");
    const hints = await until("there are hints", () =>
      workspace.textDocuments.find((document) => document.uri.scheme === "untitled"),
    );
    assert.equal(JSON.parse(hints.getText()).schema, "prompt-cache-lens/checkpoint-hints/1");
  });
});

describe("a buffer without a name", () => {
  after(async () => {
    await commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("has its numbers and its findings", async () => {
    const rules = Array.from({ length: 80 }, (_, at) => `Rule ${at}: answer case ${7 * at} politely.`).join(
      "\\n",
    );
    const content =
      `from datetime import datetime\nimport openai\n\ndef ask(q):\n    return openai.chat.completions.create(model="m", messages=[` +
      `{"role": "system", "content": f"You answer at {datetime.now()}. ${rules}"}, {"role": "user", "content": q}])\n`;
    const document = await workspace.openTextDocument({ language: "python", content });
    await window.showTextDocument(document);
    await until("there is a line", async () => (await lensesOf(document.uri)).length > 0);
    await until("there is a finding", () => diagnosticsOf(document.uri).length > 0);
  });
});

describe("what changed since the last commit", () => {
  const path = "prompts/handbook-answer-fixed.hbs";
  const git = (...args: readonly string[]) => {
    const { fsPath: cwd } = workspace.workspaceFolders![0]!.uri;
    const identity = ["-c", "user.name=Tests", "-c", "user.email=tests@example.com"];
    const { status, stderr } = spawnSync("git", [...identity, ...args], { cwd, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return cwd;
  };

  /** The other specs do without: it writes into what they look at. */
  const setGit = (isEnabled: true | undefined) =>
    workspace.getConfiguration("git").update("enabled", isEnabled, ConfigurationTarget.Workspace);

  after(async () => {
    await restoreWorkspace();
    await commands.executeCommand("workbench.action.closeAllEditors");
    await setGit(undefined);
    const { fsPath } = workspace.workspaceFolders![0]!.uri;
    await rm(join(fsPath, ".git"), { recursive: true, force: true });
  });

  it("stands beside the line above a prompt, and in front of what it was in a diff editor", async function () {
    const gitExtension = extensions.getExtension<{ readonly enabled: boolean }>("vscode.git");
    if (gitExtension === undefined) {
      console.log("      skipped: this editor has no Git");
      this.skip();
    }
    await setGit(true);
    const found = await gitExtension.activate();
    await until("Git is at work", () => found.enabled);
    git("init", "-q");
    git("add", "-A");
    const folder = git("commit", "-q", "-m", "as it was");
    await commands.executeCommand("git.openRepository", folder);
    const document = await open(path);
    putsBack(document);
    await window.showTextDocument(document);
    // A clock in front of everything.
    await setText(document, `{{ now }}\n${document.getText()}`);
    const titles = async (uri: Uri) =>
      (await lensesOf(uri, /HEAD|stable tokens/)).map(({ command }) => command?.title);
    await until("the loss is said", async () =>
      (await titles(document.uri)).some((title) => /^−[\d.]+ points since HEAD$/.test(title ?? "")),
    );
    const before = document.uri.with({
      scheme: "git",
      query: JSON.stringify({ path: document.uri.fsPath, ref: "HEAD" }),
    });
    await window.showTextDocument(await workspace.openTextDocument(before));
    await until("what it was is said", async () =>
      (await titles(before)).some((title) => /^[\d.]+ % hit · [\d,]+ stable tokens$/.test(title ?? "")),
    );
  });
});
