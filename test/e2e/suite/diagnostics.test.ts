import { strict as assert } from "node:assert";
import { DiagnosticSeverity, languages, Position, Range } from "vscode";
import {
  diagnosticsOf,
  edit,
  findingsOf,
  open,
  rangeOf,
  reportText,
  restoreWorkspace,
  ruleOf,
  setSetting,
  setText,
  until,
  uriOf,
} from "./support.ts";

describe("diagnostics", () => {
  const agent = uriOf("prompts/support-agent.j2");

  afterEach(restoreWorkspace);

  it("marks exactly the hole that ends the shared prefix", async () => {
    const document = await open("prompts/support-agent.j2");
    const [found, ...others] = await until("the time in line 2 is found", () => {
      const all = findingsOf(agent, "volatile-early");
      return all.length > 0 && all;
    });
    assert.ok(found);
    assert.deepEqual(others, []);
    assert.deepEqual(found.range, rangeOf(document, "{{ now }}"));
    assert.equal(found.severity, DiagnosticSeverity.Warning);
    assert.match(
      found.message,
      /^[\d.]+ m?s, [\d,]+ tokens lost per request: "now" stands before the shared text$/,
    );
    const [why] = found.relatedInformation ?? [];
    assert.match(why?.message ?? "", /never repeats .*iB of KV.* Move it behind/s);
    const { code } = found;
    assert.ok(typeof code === "object", "the rule is a link");
    assert.match(code.target.path, /\/rules\/volatile-early\.md$/);
  });

  it("says where the other text of a near-duplicate is", async () => {
    const rotterdam = uriOf("prompts/triage-rotterdam.txt");
    const [found] = await until("the copy is found", () => {
      const all = findingsOf(rotterdam, "near-duplicate");
      return all.length > 0 && all;
    });
    const places = found?.relatedInformation?.map(({ location }) => location.uri.path);
    assert.ok(places?.includes(uriOf("prompts/triage-hamburg.txt").path), String(places));
  });

  it("leaves what is written well alone", async () => {
    await until("there is a report", () => findingsOf(agent, "volatile-early").length > 0);
    for (const path of ["prompts/support-agent-fixed.j2", "AGENTS.md", "README.md"])
      assert.deepEqual(diagnosticsOf(uriOf(path)), [], path);
  });

  it("goes when the hole is moved to the end, and comes back with it", async () => {
    const document = await open("prompts/support-agent.j2");
    await until("the hole is found", () => findingsOf(agent, "volatile-early").length > 0);
    const line = new Range(new Position(1, 0), new Position(2, 0));
    const text = document.getText(line);
    assert.match(text, /\{\{ now \}\}/);
    const end = document.positionAt(document.getText().length);
    await edit(document, [
      [line, ""],
      [new Range(end, end), text],
    ]);
    assert.equal(document.isDirty, true, "what is not saved counts");
    await until("the finding has gone", () => findingsOf(agent, "volatile-early").length === 0);
    await restoreWorkspace();
    await until("the finding is back", () => findingsOf(agent, "volatile-early").length > 0);
  });

  it("follows the hole while text is typed above it", async () => {
    const document = await open("prompts/support-agent.j2");
    await until("the hole is found", () => findingsOf(agent, "volatile-early").length > 0);
    const start = new Position(0, 0);
    await edit(document, [[new Range(start, start), "{# A remark. #}\n"]]);
    const wanted = rangeOf(document, "{{ now }}");
    await until("the finding stands one line lower", () =>
      findingsOf(agent, "volatile-early").some(({ range }) => range.isEqual(wanted)),
    );
  });

  for (const [what, broken] of [
    ["a hole that is not closed", "system:\nYou are {{ name"],
    ["a tag that is not closed", "system:\nYou are here.\n{% for item in"],
    ["a block without an end", "system:\nYou are here.\n{% if vip %}Be kind.\n"],
    ["an include of nothing", 'system:\n{% include "nowhere.j2" %}\nYou are here.\n'],
  ] as const) {
    it(`takes ${what} for half-typed`, async () => {
      const document = await open("prompts/support-agent.j2");
      await until("no older problem is shown", () =>
        diagnosticsOf(agent).every((other) => ruleOf(other) !== null),
      );
      await setText(document, broken);
      const [problem] = await until("the problem is shown", () => {
        const all = diagnosticsOf(agent).filter((diagnostic) => ruleOf(diagnostic) === null);
        return all.length > 0 && all;
      });
      assert.ok(problem);
      assert.notEqual(problem.severity, DiagnosticSeverity.Error, "another tool may well take this text");
      assert.ok(
        document.validateRange(problem.range).isEqual(problem.range),
        "the range is inside of the text",
      );
      const report = await until("the report names the problem", async () => {
        const text = await reportText();
        return text.includes("## Problems") && text;
      });
      assert.doesNotMatch(report, /analysis failed/);
      assert.match(report, /support-agent-fixed/);
    });
  }

  it("can be switched off", async () => {
    await until("the hole is found", () => findingsOf(agent, "volatile-early").length > 0);
    await setSetting("diagnostics.enabled", false);
    await until("all of ours have gone", () =>
      languages
        .getDiagnostics()
        .every(([, all]) => all.every(({ source }) => source !== "Prompt Cache Lens")),
    );
    await setSetting("diagnostics.enabled", undefined);
    await until("they are back", () => findingsOf(agent, "volatile-early").length > 0);
  });
});
