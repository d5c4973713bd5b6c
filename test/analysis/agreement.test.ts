/** What tree, memory and totals of one report say of the same thing, under every policy. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import type { Report } from "../../src/analysis/report.ts";
import type { Studied } from "../../src/analysis/study.ts";
import { type AnalysisSettings, defaultSettings } from "../../src/config/settings.ts";
import { isSpanCache } from "../../src/core/cache/span-cache.ts";
import { policies } from "../../src/core/policies/registry.ts";
import { drain } from "../../src/core/steps.ts";
import { concatTokens } from "../../src/core/tokens/common-prefix.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { reportMarkdown } from "../../src/show/report-markdown.ts";
import { reportText } from "../../src/show/report-text.ts";
import { policyText } from "../support/analyze.ts";

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../schemas/report.schema.json"), "utf8"),
);
const isReport = new Ajv({ allErrors: true, strict: false }).compile(schema);
const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));

/** Longer than the longest block and than what every provider keeps, with turns, and with prompts that part in the middle of blocks. */
const files = {
  "prompts/chat.j2": `${policyText(220)}\n{{ messages }}\n{{ question }}`,
  "prompts/review.j2": `${policyText(220)}\nReview this.\n{{ document }}`,
};

function reported(settings: Partial<AnalysisSettings>): { report: Report; studied: Studied } {
  const analyzer = createAnalyzer({ tokenizer });
  analyzer.setWorkspace(
    Object.entries(files).map(([path, text]) => ({ path, text })),
    null,
    [],
  );
  const studied = drain(analyzer.study({ ...defaultSettings, sessions: 3, turns: 2, ...settings }));
  return { studied, report: drain(analyzer.report(studied)) };
}

/** Checkpoints that the cache holds of all that was sent, each once: on prompts, and in all. */
function heldCheckpoints({ cache, input, workload }: Studied): { onPrompts: number; all: number } {
  const onPrompts = new Set<string>();
  const all = new Set<string>();
  const wholes = workload.requests.map(({ promptTokens, outputTokens }) => ({
    tokens: concatTokens(promptTokens, outputTokens),
    promptTokens: promptTokens.length,
  }));
  for (const [index, { tokens, promptTokens }] of wholes.entries()) {
    const sequence = input.spans?.requests[index]?.sequence ?? new Int32Array(0);
    const held = isSpanCache(cache) ? cache.inspectSymbols(sequence, sequence.length) : cache.inspect(tokens);
    for (const position of held.checkpoints) {
      const key = tokens.subarray(0, position).join(" ");
      all.add(key);
      if (position <= promptTokens) onPrompts.add(key);
    }
  }
  return { onPrompts: onPrompts.size, all: all.size };
}

describe.each(["ibm-granite/granite-4.0-h-small", "Qwen/Qwen3-8B"])("%s", (model) => {
  const hybrids: string[] = [];
  it.each(policies.map((policy) => [policy.id, policy] as const))("%s", (id, policy) => {
    const { report, studied } = reported({ model, policy: id });
    const { prefixTree: tree, memory, totals, scenario } = report;
    const sum = (of: (node: (typeof tree)[number]) => number) =>
      tree.reduce((all, node) => all + of(node), 0);
    const checkpoints = sum((node) => node.checkpoints);
    const cachedTokens = sum((node) => node.cachedTokens);

    if (!studied.cache.needsCheckpoints) {
      expect([checkpoints, memory.endCheckpoints]).toEqual([0, 0]);
    } else {
      hybrids.push(id);
      const held = heldCheckpoints(studied);
      expect(checkpoints).toBe(held.onPrompts);
      expect(checkpoints).toBeGreaterThan(0);
      expect(memory.endCheckpoints + (memory.host?.checkpoints ?? 0)).toBeGreaterThanOrEqual(held.all);
      expect(memory.endCheckpointBytes > 0).toBe(memory.endCheckpoints > 0);
    }

    // What was reused is still there: there is room for all of it. A provider's memory is not known.
    expect(cachedTokens > 0).toBe(policy.memory !== "none");
    if (policy.memory === "own" || policy.memory === "unlimited") {
      const kvBytes = memory.endKvBytes + (memory.host?.kvBytes ?? 0);
      expect(cachedTokens * scenario.kvBytesPerToken).toBeLessThanOrEqual(kvBytes + 1);
    } else {
      expect(memory.endBytes).toBe(0);
    }

    // Host memory is said where there is any.
    const texts = new Map(Object.entries(files));
    const text = reportText(report, () => ({ line: 1, column: 1 }));
    expect(text.includes("; in host memory ")).toBe(memory.host !== undefined);
    const markdown = reportMarkdown({ report, status: { kind: "idle" }, texts });
    expect(markdown.includes("in host memory, besides")).toBe(memory.host !== undefined);
    expect(isReport(JSON.parse(JSON.stringify(report))), JSON.stringify(isReport.errors)).toBe(true);

    // A prompt's hits along the tree are its reused tokens, but for the part of an edge in which reuse ended.
    const hitTokens = sum((node) => node.hits * node.tokens);
    expect(hitTokens).toBeLessThanOrEqual(totals.ledger.reused);
    expect(memory.timeline.reusedTokens.at(-1)).toBe(totals.ledger.reused);
    expect(memory.timeline.promptTokens.at(-1)).toBe(totals.promptTokens);
    const rows = report.templates.reduce((all, { ledger }) => all + ledger.reused, 0);
    expect(rows).toBe(totals.ledger.reused);
    expect(totals.requestHitRate > 0).toBe(totals.ledger.reused > 0);
  });

  it("has seen caches with checkpoints where the model has states", () => {
    expect(hybrids.length > 0).toBe(model.includes("granite"));
  });
});
