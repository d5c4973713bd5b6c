import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import type { ExplainedRequest } from "../../src/analysis/describe-request.ts";
import { type AnalysisSettings, defaultSettings, UserError } from "../../src/analysis/settings.ts";
import { explainText } from "../../src/cli/explain-text.ts";
import { createTokenizerLoader } from "../../src/files/vocabulary-files.ts";
import { analyze, policyText } from "../support/analyze.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
const files = { "prompts/a.j2": `${policyText(40)}\nCustomer: {{ customer_name }}\n{{ question }}` };

function explain(request: number, settings: Partial<AnalysisSettings> = {}): ExplainedRequest {
  const analyzer = createAnalyzer({ tokenizer });
  analyzer.setWorkspace(
    Object.entries(files).map(([path, text]) => ({ path, text })),
    null,
    [],
  );
  const steps = analyzer.explain({ ...defaultSettings, ...settings }, request);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

describe("explain", () => {
  it("covers the prompt once and agrees with the report over all requests", () => {
    const report = analyze(files);
    const sums = { reused: 0, cold: 0, diverged: 0, noCheckpoint: 0, unaligned: 0, evicted: 0, ruledOut: 0 };
    for (let request = 0; request < report.totals.requests; request++) {
      const { spans, promptTokens } = explain(request);
      let position = 0;
      for (const span of spans) {
        expect(span.start).toBe(position);
        position = span.end;
        sums[span.fate] += span.end - span.start;
      }
      expect(position).toBe(promptTokens);
    }
    expect(sums).toEqual(report.totals.ledger);
  });

  it("tells Marconi's story of a shared prefix: sent, found, used from the third time on", () => {
    const [first, second, third] = [0, 1, 2].map((request) => explain(request, { turns: 1 }));
    expect(first?.reusedTokens).toBe(0);
    expect(first?.history).toEqual([]);
    expect(second?.reusedTokens).toBe(0);
    expect(second?.held.cachedTokens).toBe(second?.sentTokens);
    expect(second?.shortfallTokens).toBe(second?.sentTokens);
    expect(second?.newCheckpoints[0]).toBe(second?.sentTokens);
    expect(third?.reusedTokens).toBeGreaterThan(500);
    expect(third?.held.checkpoints).toContain(third?.reusedTokens);
    expect(third?.history.map(({ request }) => request)).toEqual([0, 1]);
  });

  it("names who evicted a checkpoint", () => {
    // Room for two checkpoints: the shared one goes whenever two conversations leave their ends.
    const all = Array.from({ length: 24 }, (_, request) => explain(request, { capacity: "175MiB" }));
    const evicted = all.flatMap(({ request, history }) =>
      history
        .filter((change) => change.evictedCheckpoints.length > 0)
        .map((change) => ({ request, by: change.request })),
    );
    expect(evicted.length).toBeGreaterThan(0);
    for (const { request, by } of evicted) expect(by).toBeLessThan(request);
  });

  it("reads as text", () => {
    const text = explainText(explain(2), () => ({ line: 1, column: 1 }));
    expect(text).toContain("What the cache held of this prompt when the request came");
    expect(text).toContain("It left all others at token");
  });

  it("says which requests there are", () => {
    expect(() => explain(24)).toThrow(UserError);
    expect(() => explain(24)).toThrow("requests 0 to 23");
  });
});
