import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { describe, expect, it } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import type { Report } from "../../src/analysis/report.ts";
import { defaultSettings, UserError } from "../../src/config/settings.ts";
import { fates, type Ledger } from "../../src/core/fates.ts";
import { policies } from "../../src/core/policies/registry.ts";
import { readWorkspace } from "../../src/hosts/cli/read-workspace.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { analyze, policyText } from "../support/analyze.ts";

const root = join(import.meta.dirname, "../..");
const schema = JSON.parse(readFileSync(join(root, "schemas/report.schema.json"), "utf8"));
const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);

function sum(ledger: Ledger): number {
  return fates.reduce((total, fate) => total + ledger[fate], 0);
}

/** What must hold of every report. */
function check(report: Report): void {
  const plain = JSON.parse(JSON.stringify(report));
  expect(validate(plain), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
  expect(sum(report.totals.ledger)).toBe(report.totals.promptTokens);
  let templates = 0;
  for (const template of report.templates) {
    expect(sum(template.ledger)).toBeCloseTo(template.promptTokensMean * template.requests, 3);
    const top = template.segments.filter(({ depth }) => depth === 0);
    const bySegments = top.reduce((total, segment) => total + sum(segment.ledger), 0);
    expect(bySegments, template.id).toBe(sum(template.ledger));
    templates += sum(template.ledger);
  }
  expect(templates).toBe(report.totals.promptTokens);
  const known = new Set(report.assumptions.map(({ id }) => id));
  expect(known.size).toBe(report.assumptions.length);
  for (const finding of report.findings) {
    expect(finding.range.start).toBeLessThanOrEqual(finding.range.end);
    for (const id of finding.assumptions) expect(known.has(id), `${finding.rule} names ${id}`).toBe(true);
  }
}

const workspace = {
  "prompts/support.j2": `You are the assistant.\n${policyText(50)}\nCustomer: {{ customer_name }}\n{{ question }}`,
  "prompts/dated.j2": `It is {{ now }}.\n${policyText(50)}\n{{ question }}`,
  "AGENTS.md": `# Agents\n\n${policyText(30)}\n`,
};

describe("report", () => {
  it.each(policies.map(({ id }) => id))("balances under %s", (policy) => {
    check(analyze(workspace, { policy }));
  });

  it.each([
    "meta-llama/Llama-3.1-8B-Instruct",
    "Qwen/Qwen3-8B",
    "state-spaces/mamba2-2.7b",
    "google/recurrentgemma-2b",
  ])("balances for %s", (model) => {
    check(analyze(workspace, { model }));
  });

  it("is the same bytes for the same seed, and others for another", () => {
    const once = JSON.stringify(analyze(workspace));
    expect(JSON.stringify(analyze(workspace))).toBe(once);
    expect(JSON.stringify(analyze(workspace, { seed: 2 }))).not.toBe(once);
  });

  it("says that token numbers are approximate where another vocabulary stands in", () => {
    const report = analyze(workspace, { model: "meta-llama/Llama-3.1-8B-Instruct" });
    expect(report.scenario.vocabulary.isExact).toBe(false);
    expect(report.assumptions.map(({ id }) => id)).toContain("vocabulary");
  });

  it("is empty, not wrong, without templates", () => {
    const report = analyze({});
    check(report);
    expect(report.totals).toMatchObject({ requests: 0, promptTokens: 0, tokenHitRate: 0 });
  });

  it("shows the prefix tree with parents first and every request under the first level", () => {
    const { prefixTree, totals } = analyze(workspace);
    for (const [index, node] of prefixTree.entries()) expect(node.parent).toBeLessThan(index);
    const top = prefixTree.filter(({ parent }) => parent === -1);
    expect(top.reduce((requests, node) => requests + node.requests, 0)).toBe(totals.requests);
    expect(prefixTree.some(({ label }) => label.startsWith("You are the assistant."))).toBe(true);
  });

  it("takes no reuse as the lower bound and unlimited memory as an upper one for the same rules", () => {
    const rate = (policy: string, capacity = "auto") =>
      analyze(workspace, { policy, capacity }).totals.tokenHitRate;
    expect(rate("no-cache")).toBe(0);
    expect(rate("marconi", "400MiB")).toBeLessThanOrEqual(rate("unlimited"));
    expect(rate("unlimited")).toBeGreaterThan(0.3);
  });
});

describe("settings that cannot be met", () => {
  it.each([
    [{ model: "granit-4.0-h-smal" }, /Unknown model "granit-4.0-h-smal".*granite-4.0-h-small/],
    [{ gpu: "H200" }, /Unknown GPU "H200".*H200-SXM/],
    [{ policy: "lru" }, /Unknown policy "lru".*marconi/],
    [{ capacity: "twenty" }, /twenty/],
    [{ capacity: "10MiB" }, /smaller than one state/],
    [{ gpu: "T4" }, /weights/i],
    [{ turns: 0 }, /turns is 0/],
    [{ sessions: 1.5 }, /sessions is 1.5/],
  ])("%o gives a clear message", (settings, message) => {
    expect(() => analyze(workspace, settings)).toThrow(UserError);
    expect(() => analyze(workspace, settings)).toThrow(message);
  });
});

describe("an analyzer that is kept", () => {
  it("gives after edits what a new one gives", () => {
    const tokenizer = createTokenizerLoader(join(root, "media/vocabularies"));
    const analyzer = createAnalyzer({ tokenizer });
    const finish = () => {
      const run = analyzer.run(defaultSettings);
      let step = run.next();
      while (step.done !== true) step = run.next();
      return step.value;
    };
    analyzer.setWorkspace([{ path: "prompts/old.j2", text: "Old {{ x }}" }], null, []);
    finish();
    for (const [path, text] of Object.entries(workspace)) analyzer.setDocument({ path, text });
    analyzer.removeDocument("prompts/old.j2");
    expect(JSON.stringify(finish())).toBe(JSON.stringify(analyze(workspace)));
  });

  it("can be left between two steps", () => {
    const analyzer = createAnalyzer({ tokenizer: createTokenizerLoader(join(root, "media/vocabularies")) });
    analyzer.setWorkspace(
      Object.entries(workspace).map(([path, text]) => ({ path, text })),
      null,
      [],
    );
    const abandoned = analyzer.run(defaultSettings);
    for (let i = 0; i < 5; i++) expect(abandoned.next().done).toBe(false);
    const run = analyzer.run(defaultSettings);
    let step = run.next();
    while (step.done !== true) step = run.next();
    expect(JSON.stringify(step.value)).toBe(JSON.stringify(analyze(workspace)));
  });
});

describe("corpora", () => {
  const corpora = join(root, "../shared/corpora");
  const folders = existsSync(corpora)
    ? readdirSync(corpora, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  it.skipIf(folders.length > 0)("are not beside this repository, so nothing was compared", () => {
    console.log(`skipped: there is no folder ${corpora}`);
  });

  it.each(folders.map(({ name }) => name))("%s gives a report that balances", async (name) => {
    const analyzer = createAnalyzer({ tokenizer: createTokenizerLoader(join(root, "media/vocabularies")) });
    await readWorkspace(join(corpora, name), analyzer, { load: async () => {} });
    const run = analyzer.run({ ...defaultSettings, sessions: 3, turns: 2 });
    let step = run.next();
    while (step.done !== true) step = run.next();
    check(step.value);
  });
});
