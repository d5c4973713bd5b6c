/** A report whose numbers add up, for the dashboard's tests and its development page. */
import type {
  DocumentProblem,
  Finding,
  Headroom,
  Losses,
  Memory,
  PrefixNode,
  Report,
  Scenario,
  TemplateReport,
} from "../../src/analysis/report.ts";
import { fates } from "../../src/core/fates.ts";
import { curveLengths } from "../../src/core/replay/shared-prefix.ts";
import type { DashboardState } from "../../src/protocol/dashboard.ts";
import type { DrawnReport, PartId, ReportParts } from "../../src/protocol/report-parts.ts";
import { overviewOf, partOf } from "../../src/show/report-parts.ts";
import { generator, kvBytesPerToken, randomPrefixTree, samplePrefixTree } from "./fixture-tree.ts";

type Ledger = Report["totals"]["ledger"];

const gib = 2 ** 30;
const conv = 1_474_560;
const recurrent = 50_331_648;

function ledger(...counts: readonly number[]): Ledger {
  return Object.fromEntries(fates.map((fate, i) => [fate, counts[i] ?? 0])) as Record<keyof Ledger, number>;
}

export function sumOf(tokens: Ledger): number {
  return fates.reduce((sum, fate) => sum + tokens[fate], 0);
}

const prefillTokensPerSecond = 11_000;

/** Facts that fit the ledger: none where it has no such tokens. */
function losses(tokens: Ledger, requests: number, path: string): Losses {
  const spread = (mean: number) => ({ mean, p50: mean, p95: mean * 3 });
  const range = { start: 120, end: 140 };
  return {
    diverged:
      tokens.diverged === 0
        ? []
        : [{ path, range, name: "customer_name", isUnknown: false, requests, tokens: tokens.diverged }],
    evicted:
      tokens.evicted === 0
        ? null
        : {
            requests: 3,
            tokens: tokens.evicted,
            tracedTokens: tokens.evicted,
            idleRequests: spread(42),
            idleSeconds: spread(18.5),
            lackedAfterRequests: spread(7),
            lackedAfterSeconds: spread(3.2),
            madeRoomFor: [{ id: "review", tokens: tokens.evicted }],
          },
    noCheckpoint:
      tokens.noCheckpoint === 0
        ? null
        : {
            requests: 4,
            requestsWithoutAny: 1,
            missingAt: spread(1400),
            nearestAt: spread(850),
            distanceTokens: spread(550),
          },
  };
}

/** That of a cache whose unaligned tokens are the last ones, and whose reference saves half of what was evicted. */
function headroom(tokens: Ledger): Headroom {
  const { reused, cold, diverged, unaligned, noCheckpoint, evicted, ruledOut } = tokens;
  const unlimitedTokens = reused + evicted + ruledOut;
  return {
    clairvoyantTokens: reused + Math.round(evicted / 2) + noCheckpoint,
    unlimitedTokens,
    idealTokens: unlimitedTokens + noCheckpoint,
    memoryGainTokens: evicted + ruledOut,
    admissionGainTokens: noCheckpoint,
    promptGainTokens: cold + diverged + unaligned,
    promptGain: { coldTokens: cold, divergedTokens: diverged, alwaysComputedTokens: unaligned },
    notes: [],
  };
}

function template(
  id: string,
  path: string,
  requests: number,
  stablePrefixTokens: number,
  tokens: Ledger,
): TemplateReport {
  const prompt = sumOf(tokens);
  const mean = prompt / requests;
  const cached = (prompt - tokens.reused) / requests / prefillTokensPerSecond;
  const bare = mean / prefillTokensPerSecond;
  const spread = (seconds: number) => ({ mean: seconds, p50: seconds * 0.94, p95: seconds * 1.7 });
  return {
    id,
    path,
    name: path.slice(path.lastIndexOf("/") + 1),
    format: path.endsWith(".py") ? "python" : "jinja",
    usage: "request",
    composition: { basis: "inferred", reason: "by the messages of the template", parts: [] },
    range: { start: 0, end: 4096 },
    requests,
    promptTokensMean: mean,
    stablePrefixTokens,
    stablePrefixChatTokens: 3,
    stablePrefixEnd: stablePrefixTokens * 4,
    staticTokens: Math.round(mean * 0.8),
    stablePrefixKvBytes: stablePrefixTokens * kvBytesPerToken,
    ledger: tokens,
    losses: losses(tokens, requests, path),
    tokenHitRate: prompt === 0 ? 0 : tokens.reused / prompt,
    steadyTokenHitRate: prompt === 0 ? 0 : (tokens.reused + tokens.evicted) / prompt,
    headroom: headroom(tokens),
    ttftSeconds: spread(cached + 0.012),
    ttftSecondsWithoutCache: spread(bare + 0.012),
    segments: [],
    sharesPrefixWith: id === "refund" ? [{ id: "support", tokens: 1212 }] : [],
  };
}

function sampleTemplates(): TemplateReport[] {
  return [
    template("support", "prompts/support.j2", 48, 1816, ledger(81_424, 6_840, 8_410, 2_212, 640, 1_318)),
    template("refund", "prompts/refund.j2", 36, 1598, ledger(49_880, 4_120, 5_260, 0, 412, 640)),
    template("review", "agents/review.py", 28, 740, ledger(24_310, 9_902, 3_016, 4_884, 288, 0)),
    template("incident", "prompts/incident.prompt", 16, 12, ledger(0, 952, 14_392, 0, 96, 0)),
    template(
      "support-follow-up",
      "prompts/support-follow-up.j2",
      12,
      1816,
      ledger(22_104, 402, 1_180, 906, 120, 0),
    ),
    template("title", "prompts/chat/title.mustache", 24, 96, ledger(0, 96, 0, 0, 0, 0, 0, 2_976)),
  ];
}

const assumptions = [
  { id: "traffic", text: "Every template is called equally often: 8 conversations of 3 turns each." },
  {
    id: "hole-values",
    text: "Holes without a declared scope hold text of 12 tokens that is drawn anew for every request.",
  },
  { id: "output", text: "Answers are 180 tokens long." },
  { id: "arrival", text: "Conversations arrive interleaved, one request at a time." },
];

const findings: readonly Finding[] = [
  {
    rule: "shared-prefix-split",
    severity: "information",
    templateId: "refund",
    path: "prompts/refund.j2",
    range: { start: 3988, end: 4200 },
    message: "604 tokens are prefilled twice: it parts from prompts/support.j2 before them",
    detail: "Moving the rules behind the tool list would let them share 1,816 tokens.",
    stake: {
      tokensPerRequest: 604,
      ttftSecondsPerRequest: 0.0549,
      bytes: 604 * kvBytesPerToken + conv + recurrent,
    },
    assumptions: ["traffic"],
    related: [
      {
        path: "prompts/support.j2",
        range: { start: 4120, end: 4150 },
        message: "The tool list that both could share",
      },
    ],
  },
  {
    rule: "volatile-early",
    severity: "warning",
    templateId: "incident",
    path: "prompts/incident.prompt",
    range: { start: 28, end: 41 },
    message: '85.5 ms, 940 tokens lost per request: "now()" stands before the shared text',
    detail:
      "It never repeats, so that the 940 stable tokens behind it are prefilled each time. Move it to the end of the prompt.",
    stake: { tokensPerRequest: 940, ttftSecondsPerRequest: 0.0855, bytes: 940 * kvBytesPerToken },
    assumptions: ["traffic", "hole-values"],
    related: [],
  },
  {
    rule: "below-block",
    severity: "hint",
    templateId: "title",
    path: "prompts/chat/title.mustache",
    range: { start: 0, end: 380 },
    message: "96 tokens are shared, less than a block of 128: nothing is ever reused",
    detail: "A block is the unit of reuse.",
    stake: { tokensPerRequest: 96, ttftSecondsPerRequest: 0, bytes: 0 },
    assumptions: [],
    related: [],
  },
];

const problems: readonly DocumentProblem[] = [
  {
    path: "prompts/draft.j2",
    range: { start: 210, end: 221 },
    severity: "error",
    message: "{% for %} is never closed; the rest of the document is read as its body.",
  },
  {
    path: "prompts/support.j2",
    range: { start: 90, end: 104 },
    severity: "warning",
    message: "The include “policies/<locale>.txt” depends on a value, so its text is not known.",
  },
];

function scenario(requests: number): Scenario {
  return {
    model: { id: "nvidia/Nemotron-H-8B-Base-8K", hasRecurrentLayers: true },
    gpu: { id: "H100-SXM", name: "NVIDIA H100 SXM 80 GB" },
    tensorParallel: 1,
    kvType: "bf16",
    draftTokens: 0,
    inFlight: 1,
    policy: { id: "marconi", description: "Marconi: speculative insertion, FLOP-aware eviction" },
    vocabulary: {
      id: "o200k_base",
      isExact: false,
      note: "o200k_base stands in for the model's own vocabulary, which is not installed.",
    },
    capacityBytes: 4 * gib,
    capacityBasis: "auto",
    blockTokens: 1,
    kvBytesPerToken,
    checkpointBytes: conv + recurrent,
    convBytesPerCheckpoint: conv,
    recurrentBytesPerCheckpoint: recurrent,
    seed: 1,
    sessions: 8,
    turnsPerSession: 3,
    requests,
    workload: {
      prompts: { requests: Math.ceil(requests / 24), instructions: 0, parts: 0 },
      captured: { conversations: 0, requests: 0, leftOut: 0 },
      simulated: { prompts: Math.ceil(requests / 24), requests, askedFor: requests },
    },
  };
}

/** Grows until it is full, then evicts; the last point is what the totals say. */
function memory(requests: number, total: Ledger, capacityBytes: number): Memory {
  const random = generator(7);
  const points = Math.min(200, requests);
  const request = Array.from({ length: points }, (_, i) =>
    Math.round((i * (requests - 1)) / Math.max(1, points - 1)),
  );
  const checkpoints = request.map((at) => Math.min(46, 2 + Math.floor((at / requests) * 62 + random() * 3)));
  const kvBytes = request.map((at) => Math.round(Math.min(0.86, 0.08 + (at / requests) * 1.1) * 1.9 * gib));
  const checkpointBytes = checkpoints.map((count) => count * (conv + recurrent));
  const sent = sumOf(total);
  const promptTokens = request.map((at) => Math.round((sent * (at + 1)) / requests));
  // Early requests find little, later ones more: the rate climbs towards its final value.
  const climb = (at: number) => (at + 1) / (at + 5);
  const last = climb(requests - 1);
  const reusedTokens = request.map((at, i) =>
    Math.round((promptTokens[i]! * total.reused * climb(at)) / (sent * last)),
  );
  const end = points - 1;
  const bytes = kvBytes.map((kv, i) => kv + checkpointBytes[i]!);
  return {
    capacityBytes,
    peakBytes: Math.max(...bytes),
    endBytes: bytes[end]!,
    endKvBytes: kvBytes[end]!,
    endCheckpointBytes: checkpointBytes[end]!,
    endCheckpoints: checkpoints[end]!,
    evictions: 37,
    timeline: { request, kvBytes, checkpointBytes, reusedTokens, promptTokens },
  };
}

export function fixtureReport(prefixTree: readonly PrefixNode[] = samplePrefixTree()): Report {
  const templates = sampleTemplates();
  const requests = templates.reduce((sum, one) => sum + one.requests, 0);
  const total = ledger(...fates.map((fate) => templates.reduce((sum, one) => sum + one.ledger[fate], 0)));
  const settings = scenario(requests);
  return {
    schema: "prompt-cache-lens/report/1",
    scenario: settings,
    assumptions,
    counted: null,
    hitRates: null,
    verdict: { kind: "none", text: "0 changes found", options: [] },
    smallestPrefixTokens: 528,
    totals: {
      requests,
      promptTokens: sumOf(total),
      ledger: total,
      losses: losses(total, requests, "prompts/support.j2"),
      linkedTokens: 0,
      restored: null,
      relinkableTokens: null,
      tokenHitRate: total.reused / sumOf(total),
      headroom: headroom(total),
      requestHitRate: 119 / requests,
      steady: {
        round: 3,
        isSettled: true,
        requests,
        promptTokens: sumOf(total),
        ledger: { ...total, reused: total.reused + total.evicted, evicted: 0 },
        tokenHitRate: (total.reused + total.evicted) / sumOf(total),
        requestHitRate: 131 / requests,
        ttftSeconds: { mean: 0.0541, p50: 0.0412, p95: 0.1192 },
        ttftSecondsWithoutCache: { mean: 0.1512, p50: 0.1634, p95: 0.1942 },
        inputUnits: null,
        evictions: 96,
        tuning: { alpha: 0.3, tunedAfterRequests: 212 },
        notes: [],
      },
      money: null,
      ttftSeconds: { mean: 0.0604, p50: 0.0483, p95: 0.1291 },
      ttftSecondsWithoutCache: { mean: 0.1512, p50: 0.1634, p95: 0.1942 },
    },
    memory: memory(requests, total, settings.capacityBytes),
    templates,
    findings,
    prefixTree,
    problems,
    skipped: [
      { path: "prompts/archive/all.jsonl", reason: "larger than 1 MiB" },
      { path: "prompts/logo.j2", reason: "not text" },
    ],
  };
}

/** The same report with a tree of ten thousand nodes. */
export function largeFixtureReport(): Report {
  return fixtureReport(randomPrefixTree(10_000, 1));
}

/** What there is before any template has been written. */
export function emptyFixtureReport(): Report {
  const full = fixtureReport([]);
  const none = ledger();
  return {
    ...full,
    templates: [],
    findings: [],
    problems: [],
    skipped: [],
    totals: {
      ...full.totals,
      requests: 0,
      promptTokens: 0,
      ledger: none,
      tokenHitRate: 0,
      headroom: headroom(none),
      requestHitRate: 0,
      steady: null,
      money: null,
    },
    memory: {
      ...full.memory,
      peakBytes: 0,
      endBytes: 0,
      endKvBytes: 0,
      endCheckpointBytes: 0,
      endCheckpoints: 0,
      evictions: 0,
      timeline: { request: [], kvBytes: [], checkpointBytes: [], reusedTokens: [], promptTokens: [] },
    },
  };
}

/** Blocks of 528 tokens. */
export function sharedPrefix({ templates }: Pick<Report, "templates">): ReportParts["prefix"] {
  const sent = templates.filter(({ requests }) => requests > 0);
  const reuse = (tokens: number) => Math.floor(tokens / 528) * 528;
  const lengths = [
    ...curveLengths(528, 8192, 192),
    ...sent.map(({ stablePrefixTokens }) => stablePrefixTokens),
  ];
  const prefixTokens = [...new Set(lengths)].filter((tokens) => tokens <= 8192).sort((a, b) => a - b);
  return {
    prefixTokens,
    reusedTokens: prefixTokens.map(reuse),
    marks: sent
      .filter(({ stablePrefixTokens }) => stablePrefixTokens <= 8192)
      .map(({ id, name, path, range, requests, stablePrefixTokens }) => ({
        ...{ id, name, path, range, requests, stablePrefixTokens },
        reusedTokens: reuse(stablePrefixTokens),
      })),
    unmarked: 1,
  };
}

export function fixtureState(
  report: Report | null,
  status: DashboardState["status"] = { kind: "idle" },
  part: PartId = "ledger",
): DashboardState {
  const drawn = (whole: Report): DrawnReport => ({
    revision: 1,
    overview: overviewOf(whole),
    part: {
      id: part,
      json: JSON.stringify(part === "prefix" ? sharedPrefix(whole) : partOf(whole, part)),
    },
  });
  return {
    report: report === null ? null : drawn(report),
    choices: {
      models: [
        { id: "ibm-granite/granite-4.0-h-small", label: "Granite 4.0 H Small" },
        { id: "nvidia/Nemotron-H-8B-Base-8K", label: "Nemotron-H 8B" },
        { id: "Qwen/Qwen3-Next-80B-A3B-Instruct", label: "Qwen3-Next 80B A3B" },
      ],
      gpus: [
        { id: "H100-SXM", label: "H100 SXM 80 GB" },
        { id: "L40S", label: "L40S 48 GB" },
      ],
      policies: [
        { id: "marconi", label: "Marconi" },
        { id: "sglang", label: "SGLang radix tree" },
        { id: "vllm", label: "vLLM blocks" },
      ],
    },
    selected: { model: "nvidia/Nemotron-H-8B-Base-8K", gpu: "H100-SXM", policy: "marconi", capacity: "auto" },
    status,
  };
}
