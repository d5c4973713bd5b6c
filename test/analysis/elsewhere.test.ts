/** Reuse that did not simply lie on the GPU, as a user reads it: linked pieces, and states from slower memories. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAdvisingAnalyzer } from "../../src/analysis/advising-analyzer.ts";
import type { Report } from "../../src/analysis/report.ts";
import { type AnalysisSettings, defaultSettings } from "../../src/config/settings.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { explainText } from "../../src/show/explain-text.ts";
import { reportText } from "../../src/show/report-text.ts";
import { analyze, policyText } from "../support/analyze.ts";

const llama = "meta-llama/Llama-3.1-8B-Instruct";
const start = () => ({ line: 1, column: 1 });
const dated = {
  "prompts/dated.j2": `It is {{ now }}. Answer by the rules of the house, and say so when they do not tell.\n${policyText(60)}\n{{ question }}`,
};
const support = {
  "prompts/support.j2": `You are the assistant.\n${policyText(60)}\nCustomer: {{ customer_name }}\n{{ question }}`,
  "prompts/refund.j2": `You decide on refunds.\n${policyText(60)}\nCustomer: {{ customer_name }}\n{{ question }}`,
};

function textOf(report: Report): string {
  return reportText(report, start);
}

function explain(
  files: Readonly<Record<string, string>>,
  request: number,
  settings: Partial<AnalysisSettings>,
) {
  const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
  const analyzer = createAdvisingAnalyzer({ tokenizer });
  const documents = Object.entries(files).map(([path, text]) => ({ path, text }));
  analyzer.setWorkspace(documents, null, []);
  const steps = analyzer.explain({ ...defaultSettings, ...settings }, request);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

describe("linked tokens", () => {
  it.each(["epic", "epic-lego-0", "epic-cacheblend", "epic-naive"])(
    "of %s stand in the report, in JSON and as text, and are called approximate",
    (policy) => {
      const report = analyze(dated, { model: llama, policy });
      const { linkedTokens, ledger, promptTokens } = report.totals;
      expect(linkedTokens).toBeGreaterThan(promptTokens / 2);
      expect(linkedTokens).toBeLessThanOrEqual(ledger.reused);
      const line = `${linkedTokens.toLocaleString("en-US")} were linked: computed without what stands before them, so that answers are approximate.`;
      expect(textOf(report)).toContain(line);
      expect(JSON.stringify(report.assumptions)).toContain("Approximate answers");
      const explained = explain(dated, 5, { model: llama, policy });
      expect(explainText(explained, start)).toMatch(/linked [\d,]+ tokens, .*: the answer is approximate/);
    },
  );

  it.each([
    ["a hybrid", { policy: "epic" }],
    ["a prefix cache", { model: llama, policy: "sglang-radix" }],
    ["full recompute", { model: llama, policy: "epic-full-recompute" }],
  ])("are 0 with %s, and nothing is called approximate", (_what, settings) => {
    const report = analyze(dated, settings);
    expect(report.totals.linkedTokens).toBe(0);
    expect(textOf(report)).not.toMatch(/were linked/);
  });
});

/** The passages of each call are new, but for the words between them, which are known, and long enough to be linked. */
const passages = {
  "prompts/handbook.mustache": `Passages:\n{{#documents}}\n${policyText(4)} {{title}}\n{{/documents}}\nQuestion: {{question}}\n`,
};

describe("findings beside linked tokens", () => {
  it.each(["epic", "epic-lego-0", "epic-cacheblend", "epic-naive", "sglang-radix"])(
    "of %s never cost less than nothing",
    (policy) => {
      const { findings, totals } = analyze(passages, { model: llama, policy });
      expect(totals.promptTokens).toBeGreaterThan(0);
      for (const finding of findings) {
        expect(finding.stake.tokensPerRequest, finding.message).toBeGreaterThanOrEqual(0);
        expect(finding.message).not.toMatch(/-\d/);
      }
    },
  );
});

describe("tokens that came back", () => {
  const small = { capacity: "200MiB" };

  it.each(["hcache", "marconi-hcache"])("with %s are told with their memory and their time", (policy) => {
    const report = analyze(support, { ...small, policy });
    const { restored, ledger, ttftSeconds } = report.totals;
    expect(restored!.memories.map(({ name }) => name)).toEqual(["host memory"]);
    expect(restored!.memories[0]!.tokens).toBeLessThanOrEqual(ledger.reused);
    expect(restored!.requests).toBeGreaterThan(0);
    expect(restored!.seconds.mean).toBeGreaterThan(0);
    expect(restored!.seconds.mean).toBeLessThan(ttftSeconds.mean);
    const { tokens } = restored!.memories[0]!;
    expect(textOf(report)).toContain(
      `Of the reused tokens, ${tokens.toLocaleString("en-US")} came back from host memory, for ${restored!.requests} requests`,
    );
  });

  it("are explained request by request, and the request waits for them", () => {
    const requests = analyze(support, { ...small, policy: "hcache" }).totals.requests;
    const all = Array.from({ length: requests }, (_, request) =>
      explain(support, request, { ...small, policy: "hcache" }),
    );
    const came = all.filter(({ restored }) => restored.length > 0);
    expect(came.length).toBeGreaterThan(0);
    for (const explained of came) {
      expect(explained.restoreSeconds).toBeGreaterThan(0);
      const text = explainText(explained, start);
      expect(text).toMatch(/of these, [\d,]+ to [\d,]+ came back from host memory/);
      expect(text).toMatch(/bringing states back/);
    }
    const sum = came
      .flatMap(({ restored }) => restored)
      .reduce((total, { start, end }) => total + end - start, 0);
    const { restored } = analyze(support, { ...small, policy: "hcache" }).totals;
    expect(restored).toMatchObject({
      requests: came.length,
      memories: [{ name: "host memory", tokens: sum }],
    });
  });

  it("are none without a second memory", () => {
    expect(analyze(support, { ...small, policy: "sglang-radix" }).totals.restored).toBeNull();
  });
});
