import { strict as assert } from "node:assert";
import { type CompletionList, commands, Position, Range, window } from "vscode";
import {
  diagnosticsOf,
  edit,
  findingsOf,
  lensesOf,
  open,
  rangeOf,
  reportText,
  restoreWorkspace,
  rowOf,
  setSetting,
  setText,
  until,
  uriOf,
} from "./support.ts";

describe("settings", () => {
  const agent = uriOf("prompts/support-agent.j2");
  const addressCheck = uriOf("prompts/address-check.hbs");

  afterEach(restoreWorkspace);

  it("simulates another policy, which finds what only its blocks lose", async () => {
    await until("there is a report", () => findingsOf(agent, "volatile-early").length > 0);
    assert.deepEqual(findingsOf(addressCheck, "below-block"), []);
    await setSetting("policy", "vllm");
    const [found] = await until("the prefix is found too short for a block", () => {
      const all = findingsOf(addressCheck, "below-block");
      return all.length > 0 && all;
    });
    assert.match(found?.message ?? "", /528/);
    await until("the report names it", async () => rowOf(await reportText(), "Policy")?.[0] === "vllm");
    await setSetting("policy", undefined);
    await until("the finding has gone", () => findingsOf(addressCheck, "below-block").length === 0);
  });

  it("serves by another model", async () => {
    const before = await until(
      "there is a report",
      async () => rowOf(await reportText(), "KV per token")?.[0],
    );
    await setSetting("model", "Qwen/Qwen3-Next-80B-A3B-Instruct");
    await setSetting("gpu", "H200-SXM");
    await setSetting("tensorParallel", 2);
    const report = await until("the report is about the other model", async () => {
      const text = await reportText();
      return (
        rowOf(text, "Model")?.[0]?.includes("Qwen3-Next") === true &&
        rowOf(text, "GPU")?.[0]?.startsWith("2 ×") &&
        text
      );
    });
    assert.notEqual(rowOf(report, "KV per token")?.[0], before);
  });

  it("says which value cannot be used, and keeps the last numbers", async () => {
    await until("there is a lens", async () => (await lensesOf(agent)).length > 0);
    await setSetting("model", "no-such/model");
    const report = await until("the report says it", async () => {
      const text = await reportText();
      return text.includes("analysis failed") && text;
    });
    assert.match(report, /no-such\/model/);
    assert.match(report, /from the last analysis that succeeded/);
    assert.equal((await lensesOf(agent)).length, 1);
    await setSetting("model", undefined);
    await until("all is well again", async () => !(await reportText()).includes("analysis failed"));
  });

  it("shows nothing while the extension is switched off", async () => {
    await until("there are findings", () => diagnosticsOf(agent).length > 0);
    await setSetting("enable", false);
    await until("the findings have gone", () => diagnosticsOf(agent).length === 0);
    assert.deepEqual(await lensesOf(agent), []);
    await setSetting("enable", undefined);
    await until("they are back", () => diagnosticsOf(agent).length > 0);
  });

  it("leaves out what a glob excludes", async () => {
    await until("the prompt is read", async () => rowOf(await reportText(), "prompts/claims-letter.txt"));
    await setSetting("exclude", ["prompts/claims-*.txt"]);
    await until("it is not", async () => {
      const text = await reportText();
      return rowOf(text, "prompts/support-agent.j2") && !rowOf(text, "prompts/claims-letter.txt");
    });
    assert.deepEqual(diagnosticsOf(uriOf("prompts/claims-letter.txt")), []);
  });
});

describe("promptcache.json", () => {
  const agent = uriOf("prompts/support-agent.j2");

  afterEach(restoreWorkspace);

  it("opens by its command", async () => {
    await commands.executeCommand("promptCacheLens.openConfig");
    await until("its editor is active", () =>
      window.activeTextEditor?.document.uri.path.endsWith("/promptcache.json"),
    );
  });

  it("marks a key that it does not know, and uses the others", async () => {
    const document = await open("promptcache.json");
    await edit(document, [
      [new Range(new Position(0, 1), new Position(0, 1)), '\n  "polcy": "vllm",'],
      [rangeOf(document, '"thinkSeconds": 40'), '"seed": 7'],
    ]);
    const wanted = rangeOf(document, '"polcy"');
    const problem = await until("the key is marked", () =>
      diagnosticsOf(document.uri).find(({ message }) => message.includes("polcy")),
    );
    assert.ok(problem.range.isEqual(wanted), JSON.stringify(problem.range));
    assert.match(problem.message, /policy/);
    await until("the seed counts", async () => rowOf(await reportText(), "Seed")?.[0] === "7");
  });

  it("keeps what is typed while the workspace is read", async () => {
    const document = await open("promptcache.json");
    for (let i = 0; i < 3; i++) {
      const refreshed = commands.executeCommand("promptCacheLens.refresh");
      await edit(document, [[rangeOf(document, '"sessions": 8'), '"sesions": 8']]);
      await refreshed;
      await until("the key is marked", () =>
        diagnosticsOf(document.uri).some(({ message }) => message.includes("sesions")),
      );
      await edit(document, [[rangeOf(document, '"sesions": 8'), '"sessions": 8']]);
      await until("it is right again", () =>
        diagnosticsOf(document.uri).every(({ message }) => !message.includes("sesions")),
      );
    }
  });

  it("marks a value of the wrong kind", async () => {
    const document = await open("promptcache.json");
    await edit(document, [[rangeOf(document, '"turns": 3'), '"turns": "three"']]);
    const problem = await until("the value is marked", () =>
      diagnosticsOf(document.uri).find(({ message }) => message.includes("turns")),
    );
    assert.ok(problem.range.isEqual(rangeOf(document, '"three"')), JSON.stringify(problem.range));
  });

  it("survives being half-typed", async () => {
    const document = await open("promptcache.json");
    await setText(document, '{ "workload": { "sessions": 4, "tur');
    await until("the syntax is marked", () => diagnosticsOf(document.uri).length > 0);
    const report = await reportText();
    assert.doesNotMatch(report, /analysis failed/);
    await until("prompts are still analysed", () => diagnosticsOf(agent).length > 0);
  });

  it("declares scopes that the findings then go by", async () => {
    const document = await open("promptcache.json");
    await until("the hole is found", () => findingsOf(agent, "volatile-early").length > 0);
    await edit(document, [
      [
        rangeOf(document, '"holes": {\n    "account_name"'),
        '"holes": {\n    "now": { "scope": "constant" },\n    "account_name"',
      ],
    ]);
    await until(
      "a value that never changes is no finding",
      () => findingsOf(agent, "volatile-early").length === 0,
    );
  });

  it("is completed by its schema", async () => {
    const document = await open("promptcache.json");
    await setText(document, "{\n  \n}\n");
    const labels = await until("there are completions", async () => {
      const list = await commands.executeCommand<CompletionList>(
        "vscode.executeCompletionItemProvider",
        document.uri,
        new Position(1, 2),
      );
      const all = list.items.map(({ label }) => (typeof label === "string" ? label : label.label));
      return all.includes("workload") && all;
    });
    for (const key of ["model", "gpu", "policy", "templates", "holes"]) assert.ok(labels.includes(key), key);
  });
});
