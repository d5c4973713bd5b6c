/** Constructs from the field that concern hosted providers; the values are those of their READMEs. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import type { Report } from "../../src/analysis/report.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { drain } from "../../src/core/steps.ts";
import { isShown } from "../../src/findings/finding.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { filesOfCase, hasCases } from "../support/cases.ts";
import { parseTools } from "../support/parse-tools.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));

function reportOf(folder: string, policy: string): Report {
  const { "promptcache.json": config, ...files } = filesOfCase(folder);
  const analyzer = createAnalyzer({ tokenizer, parseTools });
  const documents = Object.entries(files).map(([path, text]) => ({ path, text }));
  analyzer.setWorkspace(
    documents,
    config === undefined ? null : { path: "promptcache.json", text: config },
    [],
  );
  return drain(analyzer.run({ ...defaultSettings, policy }));
}

const shown = ({ findings }: Report) => findings.filter(isShown);
const lineOf = (folder: string, path: string, offset: number) =>
  filesOfCase(folder)[path]!.slice(0, offset).split("\n").length;

describe.skipIf(!hasCases())("cases from the field", () => {
  test.each([
    ["python", 0.211],
    ["json", 0.164],
  ])("anthropic-without-marks, %s", (kind, marked) => {
    const { totals, ...report } = reportOf(
      `anthropic-without-marks/input-${kind}`,
      "anthropic:claude-sonnet-4-5",
    );
    const { promptTokens, ledger, money } = totals;
    expect(ledger).toMatchObject({ reused: 0, diverged: 0, ruledOut: promptTokens - ledger.cold });
    expect(money).toMatchObject({ inputUnits: promptTokens, savedShare: 0 });
    const [finding, ...others] = report.findings.filter(isShown);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ rule: "no-cache-marks", severity: "warning" });
    const lost = Number(/^[\d.]+/.exec(finding!.message)?.[0]);
    expect(lost / 100).toBeCloseTo(1 - marked, 2);
  });

  test("anthropic-tools-come-first", () => {
    const report = reportOf("anthropic-tools-come-first/input", "anthropic:claude-sonnet-4-5");
    const { requests, tokenHitRate, ledger } = report.totals;
    expect(requests).toBe(24);
    expect(ledger.reused / 23).toBeCloseTo(1_330, -1);
    expect(tokenHitRate).toBeCloseTo(0.36, 2);
    const [finding, ...others] = shown(report);
    expect(others).toEqual([]);
    expect(finding?.rule).toBe("volatile-early");
    expect(Math.abs(finding!.stake.tokensPerRequest - 1_960)).toBeLessThan(40);
  });

  test("bedrock-cachepoint-in-code", () => {
    const report = reportOf("bedrock-cachepoint-in-code/input", "bedrock-claude:claude-sonnet-4-5");
    expect(report.totals.tokenHitRate).toBeCloseTo(0.87, 2);
    const [template] = report.templates;
    expect(template?.promptTokensMean).toBeGreaterThan(2_150);
    expect(template?.promptTokensMean).toBeLessThan(2_190);
    const holes = template!.segments.filter(({ kind }) => kind === "hole").map(({ name }) => name);
    expect(holes).toEqual(["history", "question"]);
    expect(shown(report).map(({ severity }) => severity)).not.toContain("warning");
  });

  test("names-that-never-change", () => {
    const folder = "names-that-never-change/input";
    const report = reportOf(folder, "openai-classic");
    const [finding, ...others] = shown(report);
    expect(others).toEqual([]);
    expect(finding?.rule).toBe("volatile-early");
    expect(finding?.message).toContain('"Date"');
    expect(lineOf(folder, "a.ts", finding!.range.start)).toBe(76);
    expect(report.templates[0]?.stablePrefixTokens).toBeGreaterThan(1_000);
    expect(report.templates[0]?.stablePrefixTokens).toBeLessThan(1_150);
  });
});
