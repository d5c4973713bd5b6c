/** Every text that leaves the program, fed with reports whose every foreign string tries to command what shows it. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ExplainedRequest } from "../../src/analysis/describe-request.ts";
import type { Report } from "../../src/analysis/report.ts";
import { tableText } from "../../src/hosts/cli/corpora.ts";
import { policiesText } from "../../src/hosts/cli/policies.ts";
import { sweepText } from "../../src/hosts/cli/sweep.ts";
import type { NamedRow } from "../../src/hosts/cli/sweep-job.ts";
import { adviceText } from "../../src/show/advice-text.ts";
import { explainText } from "../../src/show/explain-text.ts";
import { hoverMarkdown } from "../../src/show/hover-markdown.ts";
import { code, literal } from "../../src/show/markdown.ts";
import { reportMarkdown } from "../../src/show/report-markdown.ts";
import { reportText } from "../../src/show/report-text.ts";
import { report } from "./report-fixture.ts";

const mark = "HOSTILE";
/** Ends a line, sets a title, clears the screen, turns the direction, ends a cell, makes links. */
const hostile = `${mark}\n\u001b]0;x\u0007\u001b[2J\u009b\u007f\u202e\u2028\ud83d|[x](command:evil) www.evil.example me@evil.example https://evil.example <b> \`\``;

/** Words of ours, by the name of their field. */
const ours = new Set([
  "kind",
  "severity",
  "basis",
  "scope",
  "usage",
  "role",
  "capacityBasis",
  "fate",
  "format",
]);

/** The same with every string that somebody else could have written replaced. */
function made<T>(value: T, key = ""): T {
  if (typeof value === "string") return (ours.has(key) ? value : hostile) as T;
  if (Array.isArray(value)) return value.map((each) => made(each, key)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, made(each, name)])) as T;
}

const start = { line: 1, column: 1 };
const lost: Report["totals"]["losses"] = {
  diverged: [{ path: "p", range: { start: 0, end: 1 }, name: "n", tokens: 2, requests: 1 }] as never,
  evicted: null,
  noCheckpoint: null,
};
const hostileReport = made<Report>({
  ...report,
  totals: {
    ...report.totals,
    losses: lost,
    restored: {
      memories: [{ name: "m", tokens: 1 }],
      requests: 1,
      seconds: { mean: 1, p50: 1, p95: 1 },
    } as never,
  },
});
const explained = made<ExplainedRequest>({
  ...({} as ExplainedRequest),
  request: 1,
  template: "t",
  model: "m",
  policy: "p",
  policyKind: "research",
  session: 0,
  turn: 0,
  arrivalSeconds: 1,
  promptTokens: 8,
  outputTokens: 1,
  sentTokens: 4,
  reusedTokens: 2,
  linkedTokens: 0,
  equivalentPrefixTokens: 2,
  blockTokens: 1,
  kvBytesPerToken: 1,
  checkpointBytes: 4,
  held: { cachedTokens: 2, checkpoints: [2] },
  heldAfter: { cachedTokens: 9, checkpoints: [9] },
  newCheckpoints: [9],
  evictedNodes: 0,
  evictedBytes: 0,
  restored: [{ from: "f", start: 0, end: 1 }],
  missingCheckpoint: null,
  path: [{ start: 0, end: 2, isReused: true, hasCheckpoint: true, leftBy: 0 }],
  history: [{ request: 0, cachedBefore: 0, cachedAfter: 2, keptCheckpoints: [2], evictedCheckpoints: [] }],
  spans: [{ start: 0, end: 8, fate: "cold" }],
  sources: [{ path: "p", range: { start: 0, end: 1 }, name: "n" }],
  losses: [],
  leftAt: { path: "p", range: { start: 0, end: 1 }, name: "n" },
  evictedParts: [{ start: 2, end: 4, evictedBy: 0, lastSentBy: 0 }],
  others: { 0: { template: "t", arrivalSeconds: 0 } },
  prefill: { floorSeconds: 0.01, totalSeconds: 0.02, scanSeconds: 0, perKind: [] },
  restoreSeconds: 0,
  ttftSeconds: 0.02,
  ttftSecondsWithoutCache: 0.03,
  prefillFlops: 1e9,
  inputUnits: 0,
} as never);
const row = {
  ...{ file: hostile, model: hostile, capacityBytes: 1000, system: hostile, alpha: null, tunedAlpha: null },
  ...{
    tokenHitRate: 0.5,
    requestHitRate: 0.5,
    steady: null,
    flopsSaved: 1,
    prefillFlops: 2,
    inputUnits: 0,
    promptTokens: 9,
  },
} as unknown as NamedRow;
const advice = made<Parameters<typeof adviceText>[0]>({
  model: "m",
  policy: "p",
  capacityBytes: 1,
  requests: 1,
  assumptions: [hostile],
  engine: null,
  breakpoints: {
    templates: [
      {
        id: "t",
        promptTokens: 4,
        present: { inputUnits: 2 },
        proposed: { inputUnits: 1 },
        basis: "assumed",
        places: [{ name: "n" }],
        isChanged: true,
      },
    ],
    unfinished: 0,
  },
} as never);
const corpus = {
  ...{ folder: hostile, documents: 1, characters: 1, templates: [], holes: new Map(), problems: 0 },
  ...{ skipped: 0, milliseconds: 1 },
};
const use = {
  template: hostileReport.templates[0]!,
  segment: hostileReport.templates[0]!.segments[1]!,
  tokensBefore: 0,
};

const surfaces: readonly (readonly [name: string, text: string, isMarkdown: boolean])[] = [
  ["report", reportText(hostileReport, () => start), false],
  ["explain", explainText(explained, () => start), false],
  ["explain, hosted", explainText({ ...explained, policy: "anthropic" }, () => start), false],
  ["sweep", sweepText([row]), false],
  ["policies", policiesText([row]), false],
  ["advise", adviceText(advice), false],
  ["corpora", tableText([corpus]), false],
  [
    "Markdown report",
    reportMarkdown({ report: hostileReport, status: { kind: "failed", message: hostile }, texts: new Map() }),
    true,
  ],
  ["hover", hoverMarkdown(hostileReport, [use, use]), true],
];

describe.each(surfaces)("%s", (_, text, isMarkdown) => {
  it("shows what is hostile, and obeys none of it", () => {
    expect(text).toContain(mark);
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u);
    // No line is one that a name has made: what stands in front of its end is never the hostile word alone.
    expect(text).not.toMatch(new RegExp(`${mark}$`, "m"));
    expect(text).toMatch(isMarkdown ? /\\u202e/ : /\\x1b\[2J/);
  });

  it.runIf(isMarkdown)("makes no link and no HTML of it", () => {
    const prose = text.replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, "");
    expect(prose).not.toMatch(/(?<!\\)\](?=\(command:evil)|https:\/\/|www\.|[^\\]@|[^\\]<b/);
  });
});

it("Markdown: what becomes a link without being one", () => {
  expect(literal("see www.evil.example or WWW.x.y")).toBe("see www\\.evil.example or WWW\\.x.y");
  expect(literal("me@evil.example")).toBe("me\\@evil.example");
  expect(literal("a\u202eb\u001bc")).toBe("a\\\\u202eb\\\\x1bc");
  expect(code("a\u202eb\nc")).toBe("`a\\u202eb c`");
});

it("only one file of the extension shows notifications", () => {
  const folder = "src/hosts/extension";
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(10);
  const showing = files.filter((name) =>
    /\.show\w+Message\(/.test(readFileSync(`${folder}/${name}`, "utf8")),
  );
  expect(showing).toEqual(["notices.ts"]);
});
