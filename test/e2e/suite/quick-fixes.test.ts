import { strict as assert } from "node:assert";
import { type CodeAction, commands, type InlayHint, Position, Range, workspace } from "vscode";
import {
  findingsOf,
  open,
  putsBack,
  rangeOf,
  restoreWorkspace,
  setSetting,
  until,
  uriOf,
  writeFile,
} from "./support.ts";

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

  const agent = uriOf("prompts/support-agent.j2");

  /** What the light bulb offers where the rule found something. */
  async function offered(rule: string, kind?: string): Promise<CodeAction[]> {
    return until(`there is something to do about ${rule}`, async () => {
      const [found] = findingsOf(agent, rule);
      if (found === undefined) return undefined;
      const asked = [agent, found.range, ...(kind === undefined ? [] : [kind])];
      const actions = await commands.executeCommand<CodeAction[]>(
        "vscode.executeCodeActionProvider",
        ...asked,
      );
      const ours = actions.filter(({ title }) => / now\b|ignore|Ignore|prompt cache/.test(title));
      return ours.length > 0 && ours;
    });
  }

  async function take(actions: readonly CodeAction[], title: RegExp): Promise<void> {
    const action = actions.find((each) => title.test(each.title));
    assert.ok(action?.edit, `${title} among ${actions.map((each) => each.title).join("; ")}`);
    putsBack(await open("prompts/support-agent.j2"));
    assert.ok(await workspace.applyEdit(action.edit));
  }

  it("moves what changes behind the text that stays, as it says", async () => {
    const document = await open("prompts/support-agent.j2");
    const before = document.getText();
    // Under the policy of this test, and no more that of the one before.
    const actions = await until("what is offered is about one's own memory", async () => {
      const all = await offered("volatile-early");
      return / stable tokens/.test(all[0]?.title ?? "") && all;
    });
    const [first] = actions;
    assert.match(first?.title ?? "", /^Move now to the end of the \w+: \+[\d,]+ stable tokens, −[\d.]+ m?s$/);
    assert.equal(first?.isPreferred, true);
    assert.ok(actions.some(({ title }) => title.startsWith("Preview: Move now ")));
    await take(actions, /^Move now/);
    assert.deepEqual([...document.getText()].sort(), [...before].sort());
    await until("nothing is left to say", () => findingsOf(agent, "volatile-early").length === 0);
  });

  it("declares how often a value changes, in the file", async () => {
    const document = await open("prompts/support-agent.j2");
    await take(await offered("volatile-early"), /^Declare now as constant:/);
    assert.match(document.getText(), /^\{# promptcache: now=constant/);
    await until("nothing is left to say", () => findingsOf(agent, "volatile-early").length === 0);
  });

  it("ignores a finding with a reason", async () => {
    const document = await open("prompts/support-agent.j2");
    await take(await offered("volatile-early"), /^Ignore volatile-early here$/);
    await until("nothing is left to say", () => findingsOf(agent, "volatile-early").length === 0);
    assert.match(document.getText(), /promptcache-ignore: volatile-early -- why/);
  });

  it("makes all fixes of a file at once, also when it is saved", async () => {
    const actions = await offered("volatile-early", "source.fixAll.promptCacheLens");
    assert.equal(actions.length, 1);
    await take(actions, /^Make all prompt cache fixes of this file$/);
    await until("nothing is left to say", () => findingsOf(agent, "volatile-early").length === 0);
  });

  it("makes all fixes of one rule in the workspace at once", async () => {
    await writeFile("prompts/other-clock.j2", `You help at {{ now }}.\n${rules}\n{{ question }}\n`);
    const other = uriOf("prompts/other-clock.j2");
    await open("prompts/other-clock.j2");
    await until("it is found", () => findingsOf(other, "volatile-early").length > 0);
    await until("all are offered", async () => {
      const [found] = findingsOf(other, "volatile-early");
      const actions = await commands.executeCommand<CodeAction[]>(
        "vscode.executeCodeActionProvider",
        other,
        found?.range ?? new Range(0, 0, 0, 0),
      );
      return actions.some(({ title }) =>
        /^Make all \d+ fixes of volatile-early in the workspace$/.test(title),
      );
    });
  });

  it("explains the rule without a network", async () => {
    await open("prompts/support-agent.j2");
    const [found] = await until("it is found", () => {
      const all = findingsOf(agent, "volatile-early");
      return all.length > 0 && all;
    });
    const code = found?.code;
    assert.ok(typeof code === "object");
    const page = new TextDecoder().decode(await workspace.fs.readFile(code.target));
    assert.match(page, /^# volatile-early\n/);
  });
});

describe("inline view", () => {
  const agent = uriOf("prompts/support-agent.j2");

  afterEach(restoreWorkspace);

  async function hints(): Promise<readonly InlayHint[]> {
    const document = await open("prompts/support-agent.j2");
    const all = new Range(new Position(0, 0), document.positionAt(document.getText().length));
    const found = await commands.executeCommand<InlayHint[]>("vscode.executeInlayHintProvider", agent, all);
    return found.filter(({ label }) => String(label).startsWith("◂ shared to here · "));
  }

  it("marks where the shared prefix ends, in front of what changes", async () => {
    const document = await open("prompts/support-agent.j2");
    const [hint] = await until("there is a mark", async () => {
      const found = await hints();
      return found.length === 1 && found;
    });
    // The blank in front of the hole may become a token with what it holds.
    const hole = rangeOf(document, "{{ now }}").start;
    assert.equal(hint?.position.line, hole.line);
    assert.ok(hole.character - (hint?.position.character ?? 0) <= 1);
  });

  it("is switched by one command, and its parts by settings", async () => {
    await until("there is a mark", async () => (await hints()).length === 1);
    await setSetting("inline.enabled", true);
    await commands.executeCommand("promptCacheLens.toggleInline");
    await until("there is none", async () => (await hints()).length === 0);
    await commands.executeCommand("promptCacheLens.toggleInline");
    await until("it is back", async () => (await hints()).length === 1);
    await setSetting("inline.prefixEnd", false);
    await until("there is none again", async () => (await hints()).length === 0);
  });
});
