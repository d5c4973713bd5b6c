import { strict as assert } from "node:assert";
import { Range } from "vscode";
import {
  edit,
  hoverAt,
  lensesOf,
  lensTokens,
  numberIn,
  open,
  rangeOf,
  reportText,
  restoreWorkspace,
  rowOf,
  setSetting,
  until,
  uriOf,
} from "./support.ts";

const lensPattern =
  /^(?:\$\(pass\)|\$\(flame\) Loses [\d.]+ (?:ms|s) ·) [\d.]+ % hit(?: · (?:fix|\d+ fixes))? · [\d,]+ of [\d,]+ tokens? stable · TTFT [\d.]+ (?:ms|s)$/;

describe("hover", () => {
  const agent = uriOf("prompts/support-agent.j2");

  afterEach(restoreWorkspace);

  it("says what a hole costs and why it is thought to change", async () => {
    const document = await open("prompts/support-agent.j2");
    const text = await until("there is a hover", () => hoverAt(agent, rangeOf(document, "now").start));
    assert.match(text, /\*\*Hole `now`\*\* — volatile, inferred: /);
    assert.match(text, /command:promptCacheLens\.showDashboard/);
    assert.match(
      rowOf(text, "Stable prefix")?.[0] ?? "",
      /^[\d,]+ tokens, [\d,]+ of them the chat template's, ends (here|before this)$/,
    );
    assert.match(text, /^\*\*[\d.]+ % (?:diverged|cold|reused)\*\*/);
    assert.match(
      rowOf(text, "TTFT of this prompt (mean)")?.[0] ?? "",
      /^[\d.]+ ms; [\d.]+ ms without cache$/,
    );
    assert.ok(numberIn(rowOf(text, "Tokens here (mean)")?.[0]) > 0);
  });

  it("counts the same tokens and bytes as the report", async () => {
    const path = "prompts/support-agent-fixed.j2";
    const document = await open(path);
    const place = rangeOf(document, "include").start;
    // The texts of other tests may still be under way, and the report comes a moment later than the hover.
    const {
      text,
      report,
      place: shown,
    } = await until("hover and report speak of the same prompt", async () => {
      const [hover, all] = [await hoverAt(document.uri, place), await reportText()];
      const part = / – ([\d,]+) of ([\d,]+)$/.exec(rowOf(hover ?? "", "Place in the prompt")?.[0] ?? "");
      return (
        hover !== undefined &&
        part?.[2] === rowOf(all, path)?.[1] && { text: hover, report: all, place: part }
      );
    });
    const kvPerToken = rowOf(report, "KV per token")?.[0] ?? "";
    assert.match(kvPerToken, /^16\.0 KiB$/);
    const end = shown?.[1];
    assert.ok(numberIn(end) > 900, "the included policy is long");
    const kv = rowOf(text, "KV of the prompt up to here")?.[0] ?? "";
    assert.match(kv, / MiB$/);
    // Both numbers are rounded for people.
    assert.ok(Math.abs(numberIn(kv) * 1024 - numberIn(end) * 16) < 80, `${end} tokens have ${kv}`);
    assert.equal(rowOf(text, "One checkpoint (SSM state)")?.[0], rowOf(report, "One checkpoint")?.[0]);
  });

  it("says which prompts an included text is part of", async () => {
    const document = await open("prompts/partials/support-policy.j2");
    const place = document.positionAt(40);
    const text = await until("there is a hover", () => hoverAt(document.uri, place));
    assert.match(text, /Also in .*support-agent/);
  });

  it("has nothing to say about other files", async () => {
    await until("there are hovers", async () =>
      hoverAt(agent, rangeOf(await open("prompts/support-agent.j2"), "now").start),
    );
    const document = await open("README.md");
    assert.equal(await hoverAt(document.uri, document.positionAt(3)), undefined);
  });

  it("can be switched off", async () => {
    const place = rangeOf(await open("prompts/support-agent.j2"), "now").start;
    await until("there is a hover", () => hoverAt(agent, place));
    await setSetting("hover.enabled", false);
    await until("there is none", async () => (await hoverAt(agent, place)) === undefined);
  });
});

describe("code lens", () => {
  const agent = uriOf("prompts/support-agent.j2");

  afterEach(restoreWorkspace);

  async function lensTitle(): Promise<string | undefined> {
    const [lens] = await lensesOf(agent);
    return lens?.command?.title;
  }

  it("stands once above a prompt, with the numbers of the report", async () => {
    await open("prompts/support-agent.j2");
    const title = await until("there is a lens", lensTitle);
    assert.match(title, lensPattern);
    const [lens, ...others] = await lensesOf(agent);
    assert.deepEqual(others, []);
    assert.ok(lens?.range.isEqual(new Range(0, 0, 0, 0)));
    const [, tokens, stable] = rowOf(await reportText(), "prompts/support-agent.j2") ?? [];
    // The report says which of them are the chat template's.
    const [, prefix] = /^([\d,]+) \([\d,]+ chat template\)$/.exec(stable ?? "") ?? [];
    assert.ok(title.includes(` · ${prefix} of ${tokens} tokens stable · `), `${title}: ${tokens}, ${stable}`);
  });

  it("counts again after an edit", async () => {
    const document = await open("prompts/support-agent.j2");
    const before = lensTokens(await until("there is a lens", lensTitle));
    const end = document.positionAt(document.getText().length);
    await edit(document, [[new Range(end, end), "\nAnswer in two sentences at most.\n"]]);
    await until("there are more tokens", async () => {
      const title = await lensTitle();
      return title !== undefined && lensTokens(title) > before;
    });
  });

  it("can be switched off", async () => {
    await open("prompts/support-agent.j2");
    await until("there is a lens", lensTitle);
    await setSetting("codeLens.enabled", false);
    await until("there is none", async () => (await lensTitle()) === undefined);
  });
});
