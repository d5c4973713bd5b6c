/** A small report of two prompts, one of which includes a third, made by hand so that every number is known. */

import type { Report, SegmentReport, TemplateReport } from "../../src/analysis/report.ts";
import { emptyLedger } from "../../src/core/fates.ts";

type Ledger = Report["totals"]["ledger"];

export function ledger(counts: Partial<Ledger> = {}): Ledger {
  return { ...emptyLedger(), ...counts };
}

function segment(range: readonly [number, number], more: Partial<SegmentReport>): SegmentReport {
  return {
    path: "prompts/support.j2",
    range: { start: range[0], end: range[1] },
    kind: "text",
    role: null,
    name: "",
    scope: null,
    depth: 0,
    tokensMean: 0,
    ledger: ledger(),
    ...more,
  };
}

function template(id: string, more: Partial<TemplateReport>): TemplateReport {
  const seconds = (mean: number) => ({ mean, p50: mean, p95: mean * 2 });
  return {
    id,
    path: id,
    name: id,
    format: "jinja",
    usage: "request",
    composition: { basis: "inferred", reason: "by the messages of the template", parts: [] },
    range: { start: 0, end: 100 },
    requests: 24,
    promptTokensMean: 1240,
    stablePrefixTokens: 612,
    stablePrefixChatTokens: 0,
    stablePrefixEnd: 40,
    staticTokens: 900,
    stablePrefixKvBytes: 612 * 16384,
    ledger: ledger({ reused: 24_701, cold: 1240, diverged: 3819 }),
    losses: { diverged: [], evicted: null, noCheckpoint: null },
    tokenHitRate: 0.83,
    steadyTokenHitRate: 0.91,
    headroom,
    ttftSeconds: seconds(0.042),
    ttftSecondsWithoutCache: seconds(0.181),
    segments: [],
    sharesPrefixWith: [],
    ...more,
  };
}

/** 24,701 tokens are reused, and 5,059 are cold or diverged. */
const headroom = {
  clairvoyantTokens: 24_701,
  unlimitedTokens: 24_701,
  idealTokens: 24_701,
  memoryGainTokens: 0,
  admissionGainTokens: 0,
  promptGainTokens: 5059,
  promptGain: { coldTokens: 1240, divergedTokens: 3819, alwaysComputedTokens: 0 },
  notes: [],
};

/** `prompts/support.j2`: text [0,40), hole [40,50), block [50,90) with text [60,70) inside, include [90,100). */
const support = template("prompts/support.j2", {
  segments: [
    segment([0, 40], { tokensMean: 600, ledger: ledger({ reused: 14_000, cold: 400 }) }),
    segment([40, 50], {
      kind: "hole",
      name: "user_name",
      tokensMean: 40,
      scope: { scope: "session", basis: "inferred", reason: 'the name "user_name" speaks of a person' },
      ledger: ledger({ diverged: 960 }),
    }),
    segment([50, 90], {
      kind: "block",
      name: "docs",
      tokensMean: 500,
      scope: { scope: "request", basis: "declared", reason: "declared in promptcache.json" },
    }),
    segment([60, 70], { depth: 1, tokensMean: 450 }),
    segment([90, 100], { kind: "include", name: "tone.j2", tokensMean: 100 }),
    segment([0, 30], { path: "prompts/tone.j2", depth: 1, tokensMean: 100 }),
  ],
  sharesPrefixWith: [{ id: "prompts/z.j2", tokens: 300 }],
});

const tone = template("prompts/tone.j2", {
  usage: "partial",
  requests: 0,
  promptTokensMean: 100,
  stablePrefixTokens: 100,
  stablePrefixChatTokens: 0,
  stablePrefixEnd: null,
  segments: [segment([0, 30], { path: "prompts/tone.j2", tokensMean: 100 })],
});

export const report: Report = {
  schema: "prompt-cache-lens/report/1",
  scenario: {
    model: { id: "ibm-granite/granite-4.0-h-small", hasRecurrentLayers: true },
    gpu: { id: "H100-SXM", name: "NVIDIA H100 SXM" },
    tensorParallel: 1,
    kvType: "bf16",
    draftTokens: 0,
    inFlight: 1,
    policy: { id: "marconi", description: "Radix tree." },
    vocabulary: { id: "cl100k", isExact: true, note: "the model's own" },
    capacityBytes: 8 * 2 ** 30,
    capacityBasis: "auto",
    blockTokens: 1,
    kvBytesPerToken: 16384,
    checkpointBytes: 77_000_000,
    convBytesPerCheckpoint: 1_000_000,
    recurrentBytesPerCheckpoint: 76_000_000,
    seed: 1,
    sessions: 8,
    turnsPerSession: 3,
    requests: 24,
    workload: {
      prompts: { requests: 1, instructions: 0, parts: 1 },
      captured: { conversations: 0, requests: 0, leftOut: 0 },
      simulated: { prompts: 1, requests: 24, askedFor: 24 },
    },
  },
  counted: null,
  hitRates: null,
  verdict: { kind: "none", text: "0 changes found", options: [] },
  smallestPrefixTokens: 528,
  assumptions: [{ id: "values", text: "Values are drawn by scope." }],
  totals: {
    requests: 24,
    promptTokens: 29_760,
    ledger: ledger({ reused: 24_701, cold: 1240, diverged: 3819 }),
    losses: { diverged: [], evicted: null, noCheckpoint: null },
    linkedTokens: 0,
    restored: null,
    relinkableTokens: null,
    tokenHitRate: 0.83,
    headroom,
    requestHitRate: 0.95,
    steady: {
      round: 3,
      isSettled: true,
      requests: 24,
      promptTokens: 29_760,
      ledger: ledger({ reused: 27_082, cold: 1240, diverged: 1438 }),
      tokenHitRate: 0.91,
      requestHitRate: 1,
      ttftSeconds: { mean: 0.031, p50: 0.03, p95: 0.08 },
      ttftSecondsWithoutCache: { mean: 0.181, p50: 0.18, p95: 0.2 },
      inputUnits: null,
      evictions: 12,
      tuning: { alpha: 0.4, tunedAfterRequests: 30 },
      notes: ["Alpha was 0 for 100 % of the cold start."],
    },
    ttftSeconds: { mean: 0.042, p50: 0.04, p95: 0.09 },
    ttftSecondsWithoutCache: { mean: 0.181, p50: 0.18, p95: 0.2 },
    money: null,
  },
  memory: {
    capacityBytes: 8 * 2 ** 30,
    peakBytes: 5 * 2 ** 30,
    endBytes: 5 * 2 ** 30,
    endKvBytes: 3 * 2 ** 30,
    endCheckpointBytes: 2 * 2 ** 30,
    endCheckpoints: 28,
    evictions: 3,
    timeline: { request: [], kvBytes: [], checkpointBytes: [], reusedTokens: [], promptTokens: [] },
  },
  templates: [support, tone],
  findings: [
    {
      rule: "volatile-early",
      severity: "warning",
      templateId: support.id,
      path: support.path,
      range: { start: 40, end: 50 },
      message: "`{{ user_name }}` ends the stable prefix at 612 of 1,240 tokens",
      detail: "Move it behind the text that stays the same.",
      stake: { tokensPerRequest: 500, ttftSecondsPerRequest: 0.02, bytes: 0 },
      assumptions: ["values"],
      related: [{ path: tone.path, range: { start: 0, end: 5 }, message: "shared from here" }],
    },
  ],
  prefixTree: [],
  problems: [
    {
      path: tone.path,
      range: { start: 3, end: 4 },
      severity: "error",
      message: "The block is never closed.",
    },
  ],
  skipped: [{ path: "big.txt", reason: "it is binary" }],
};

export const approximateReport: Report = {
  ...report,
  scenario: {
    ...report.scenario,
    vocabulary: { id: "o200k", isExact: false, note: "o200k stands in for the model's own." },
  },
};
