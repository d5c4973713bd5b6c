import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAdvisingAnalyzer } from "../../src/analysis/advising-analyzer.ts";
import type { ExplainedRequest } from "../../src/analysis/describe-request.ts";
import { type AnalysisSettings, defaultSettings, UserError } from "../../src/config/settings.ts";
import { emptyLedger } from "../../src/core/fates.ts";
import { policies } from "../../src/core/policies/registry.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { explainText } from "../../src/show/explain-text.ts";
import { analyze, policyText } from "../support/analyze.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
const files = { "prompts/a.j2": `${policyText(40)}\nCustomer: {{ customer_name }}\n{{ question }}` };

function explain(request: number, settings: Partial<AnalysisSettings> = {}): ExplainedRequest {
  const analyzer = createAdvisingAnalyzer({ tokenizer });
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

function expectSums(explained: ExplainedRequest): void {
  const { path, held, spans, reusedTokens, linkedTokens, evictedParts, prefill, promptTokens } = explained;
  expect(path.map(({ start }) => start)).toEqual([0, ...path.map(({ end }) => end)].slice(0, path.length));
  expect(path.at(-1)?.end ?? 0).toBe(held.cachedTokens);
  expect(path.filter((step) => step.hasCheckpoint).map(({ end }) => end)).toEqual(held.checkpoints);
  expect(sumOf(spans)).toBe(promptTokens);
  const reused = spans.filter(({ fate }) => fate === "reused");
  expect(sumOf(reused)).toBe(reusedTokens + linkedTokens);
  const evicted = spans.filter(({ fate }) => fate === "evicted");
  expect(sumOf(evictedParts)).toBe(sumOf(evicted));
  expect(prefill.totalSeconds + explained.restoreSeconds).toBeCloseTo(explained.ttftSeconds, 12);
  expect(explained.heldAfter.cachedTokens).toBeLessThanOrEqual(promptTokens + explained.outputTokens);
  expectPrintedSums(
    explainText(explained, () => ({ line: 1, column: 1 })),
    explained,
  );
}

/** Reads the numbers off the page and adds them, as a reader would. */
function expectPrintedSums(text: string, { spans, promptTokens }: ExplainedRequest): void {
  const lines = text.split("\n");
  const times = lines.flatMap((line) => /^ {2}([a-z0-9 ]+?) +([\d,.]+) ms/.exec(line)?.slice(1) ?? []);
  const sum = times.indexOf("sum");
  const parts = times.slice(0, sum).filter((_, index) => index % 2 === 1);
  const added = parts.reduce((total, part) => total + numberOf(part), 0);
  expect(Math.abs(added - numberOf(times[sum + 1] ?? ""))).toBeLessThan(0.001 * parts.length);
  const first = lines.indexOf("Where its tokens went") + 1;
  const rows = lines.slice(first, first + spans.length);
  const tokens = rows.map((row) => numberOf(/^ {2}[\d,]+ to [\d,]+ +([\d,]+)/.exec(row)?.[1] ?? ""));
  expect(tokens.reduce((total, part) => total + part, 0)).toBe(promptTokens);
}

function numberOf(text: string): number {
  return Number(text.replaceAll(",", ""));
}

function sumOf(ranges: readonly { readonly start: number; readonly end: number }[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

describe("explain", () => {
  it("covers the prompt once and agrees with the report over all requests", () => {
    const report = analyze(files);
    const sums = emptyLedger();
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
    expect(second?.missingCheckpoint).toEqual({ at: second?.sentTokens, nearest: 0 });
    expect(second?.newCheckpoints[0]).toBe(second?.sentTokens);
    expect(third?.reusedTokens).toBeGreaterThan(500);
    expect(third?.held.checkpoints).toContain(third?.reusedTokens);
    expect(third?.history.map(({ request }) => request)).toEqual([0, 1]);
    expect(third?.path).toEqual([
      { start: 0, end: third?.reusedTokens, hasCheckpoint: true, isReused: true, leftBy: 1 },
    ]);
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
    expect(text).toContain("The path of this prompt through what the cache held when the request came");
    expect(text).toContain("It left all others at token");
  });

  it.each(policies.map(({ id }) => [id]))("adds up, and so does its text: %s", (policy) => {
    for (const [model, capacity] of [
      ["ibm-granite/granite-4.0-h-small", "175MiB"],
      ["meta-llama/Llama-3.1-8B-Instruct", "200MiB"],
    ] as const) {
      for (const request of [0, 13, 23]) expectSums(explain(request, { policy, model, capacity }));
    }
  });

  it("says which requests there are", () => {
    expect(() => explain(24)).toThrow(UserError);
    expect(() => explain(24)).toThrow("requests 0 to 23");
  });
});
