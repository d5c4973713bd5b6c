import { describe, expect, it } from "vitest";
import { atStakeOf, worstPrompt } from "../../src/show/labels.ts";
import { prefixInText } from "../../src/show/prefix-in-text.ts";
import { promptExplained } from "../../src/show/prompt-explained.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

const rules = policyText(60);
const clock = `You help people.\nAsked at {{ now }}.\n${rules}\n{{ question }}\n`;
const fixed = `You help other people.\n${rules}\nAsked at {{ now }}.\n{{ question }}\n`;
const files = { "clock.j2": clock, "fixed.j2": fixed };
const report = analyze(files);
const rowOf = (path: string) => report.templates.find((row) => row.path === path)!;

describe("the prefix in the text", () => {
  it.each([
    ["clock.j2", clock],
    ["fixed.j2", fixed],
  ])("ends in front of what changes: %s", (path, text) => {
    const { behind } = prefixInText(report, rowOf(path));
    const { start, end } = behind!.range;
    // What is shared up to the first token that may differ.
    expect(Math.abs(start - text.indexOf("{{ now }}"))).toBeLessThanOrEqual(1);
    expect(end).toBe(text.length);
    expect(behind!.label).toMatch(/^◂ shared to here · (≈ )?[\d,]+ tokens$/);
  });

  it("is no end for those that share a value: what stands behind it is not told to be prefilled", () => {
    const told = analyze({
      "a.j2": `{# promptcache: brand=constant #}You help customers of {{ brand }}.\n${rules}\n{{ question }}\n`,
    });
    expect(prefixInText(told, told.templates[0]!).behind?.isPrefilled).toBe(false);
    expect(prefixInText(report, rowOf("clock.j2")).behind?.isPrefilled).toBe(true);
  });

  it("stands in the text that a variable holds, not where it is sent", () => {
    const code = `from datetime import datetime\n\ndef ask(client, question):\n    prompt = f"""You help people.\nAsked at {datetime.now()}.\n${rules}\n"""\n    return client.chat.completions.create(model="m", messages=[{"role": "system", "content": prompt}, {"role": "user", "content": question}])\n`;
    const told = analyze({ "app.py": code }, {}, parseTools);
    const row = told.templates.find(({ requests }) => requests > 0)!;
    const { behind } = prefixInText(told, row);
    expect(code.slice(behind!.range.start)).toMatch(/^\{datetime\.now\(\)\}/);
    expect(code.slice(0, behind!.range.end).trimEnd().endsWith(rules.slice(-20))).toBe(true);
    expect(behind!.isPrefilled).toBe(true);
  });

  it("is nowhere where all is shared", () => {
    const whole = analyze({ "a.prompt.md": `You help people.\n${rules}\n` });
    expect(prefixInText(whole, whole.templates[0]!).behind).toBeNull();
  });

  it("says of each part what becomes of most of its tokens, apart from each other and in order", () => {
    const { fates } = prefixInText(report, rowOf("clock.j2"));
    const at = clock.indexOf("Rule 1:") + 1;
    expect(fates.find(({ range }) => range.start <= at && at < range.end)?.fate).toBe("diverged");
    expect(prefixInText(report, rowOf("fixed.j2")).fates[0]?.fate).toBe("reused");
    for (const [index, { range }] of fates.entries())
      expect(range.start).toBeGreaterThanOrEqual(fates[index - 1]?.range.end ?? 0);
  });
});

it("the page of a prompt says what can be done, and what becomes of each part", () => {
  const row = rowOf("clock.j2");
  const text = promptExplained({
    report,
    row,
    findings: report.findings,
    titlesOf: ({ fixes = [] }) => fixes.map(({ title }) => title),
    lineOf: (_, offset) => clock.slice(0, offset).split("\n").length,
  });
  expect(text).toMatch(/^# clock\n\n\*\*[\d.]+ % of its prompt tokens are reused\*\*/);
  expect(text).toContain("  - Move now to the end of the message");
  expect(text).toMatch(/\| hole `now` \| volatile: .* \| .* (?:cold|reused) \| clock\.j2:2 \|/);
  expect(text).toMatch(/\| text \| never \| .* diverged \| clock\.j2:2 \|/);
});

it("the worst prompt loses most; where none loses anything, it is the one of which least is reused", () => {
  expect(worstPrompt(report.templates, report.findings)?.path).toBe("clock.j2");
  expect(atStakeOf(report.findings).get(rowOf("clock.j2").id)).toMatchObject({ fixes: 1 });
  const least = report.templates.toSorted((a, b) => a.tokenHitRate - b.tokenHitRate)[0];
  expect(worstPrompt(report.templates, [])?.id).toBe(least?.id);
  expect(worstPrompt([], [])).toBeNull();
});
