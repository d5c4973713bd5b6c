/** Limits of hosted providers that make caching fail in silence: where each is said, and where nothing is. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import { effectiveSettings } from "../../src/analysis/effective-settings.ts";
import type { Finding, Report } from "../../src/analysis/report.ts";
import { drain } from "../../src/core/steps.ts";
import { isShown } from "../../src/findings/finding.ts";
import { longestHeadline } from "../../src/findings/sentences.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
const sonnet = "anthropic:claude-sonnet-4-5";

interface Setting {
  readonly policy?: string;
  /** `workload` of promptcache.json. */
  readonly workload?: object;
}

function reportOf(text: string | readonly string[], { policy = sonnet, workload }: Setting = {}): Report {
  const analyzer = createAnalyzer({ tokenizer, parseTools });
  const config =
    workload === undefined ? null : { path: "promptcache.json", text: JSON.stringify({ workload }) };
  const documents = [text].flat().map((each, at) => ({
    path: pathOf(each, at),
    text: each,
  }));
  analyzer.setWorkspace(documents, config, []);
  const report = drain(analyzer.run(effectiveSettings(config, { policy })));
  for (const { message } of report.findings) expect(message.length).toBeLessThanOrEqual(longestHeadline);
  return report;
}

function pathOf(text: string, at: number): string {
  if (text.startsWith(`{"timestamp"`)) return `log-${at}.jsonl`;
  return text.startsWith("{") ? `request-${at}.json` : `answer-${at}.py`;
}

function found(text: string | readonly string[], setting?: Setting): readonly Finding[] {
  return reportOf(text, setting).findings.filter(isShown);
}

const templateOf = (text: string) => reportOf(text).templates[0]!;
const numberIn = (text: string) => Number(text.replaceAll(",", ""));

const rulesOf = (findings: readonly Finding[]) => findings.map(({ rule }) => rule);
const mark = { cache_control: { type: "ephemeral" } };

/** A body with so many marked blocks of system text. */
function body(marks: number, top: object = {}): string {
  const blocks = Array.from({ length: marks }, (_, at) => ({
    type: "text",
    text: policyText(30, String(at)),
    ...mark,
  }));
  const messages = [{ role: "user", content: "{{ question }}" }];
  return JSON.stringify({ model: "claude-sonnet-4-5", system: blocks, messages, ...top });
}

const control = `"cache_control": {"type": "ephemeral"}`;

/** A call with a marked system message of so many sentences, and a marked question where it is asked for. */
function call(sentences: number, isQuestionMarked: boolean): string {
  const question = `{"type": "text", "text": question${isQuestionMarked ? `, ${control}` : ""}}`;
  return `def answer(client, history, question):
    return client.messages.create(
        model="claude-sonnet-4-5",
        system=[{"type": "text", "text": """${policyText(sentences)}""", ${control}}],
        messages=history + [{"role": "user", "content": [${question}]}],
    )
`;
}

test("a fifth mark is an error, at its place, and the request counts as not cached", () => {
  const text = body(5);
  const [finding] = found(text);
  expect(finding).toMatchObject({ rule: "too-many-marks", severity: "error" });
  expect(text.slice(0, finding!.range.start).match(/"cache_control":/g)).toHaveLength(5);
  expect(finding?.related).toHaveLength(4);
  const { requests, promptTokensMean: prompt, staticTokens } = templateOf(text);
  // All but the first of the requests could read what every one of them says, and no more than all of it.
  const [, units, share] = /at most ([\d,]+) units per request, ([\d.]+) % of the price/.exec(
    finding!.detail,
  )!;
  const most = 0.9 * ((requests - 1) / requests) * prompt;
  expect(numberIn(units!)).toBeLessThanOrEqual(most);
  expect(numberIn(units!)).toBeGreaterThan(0.9 * ((requests - 1) / requests) * staticTokens);
  expect(numberIn(share!) / 100).toBeCloseTo(numberIn(units!) / prompt, 2);
});

test.each([
  ["four marks", body(4), sonnet],
  ["a provider that takes the latest four", body(5), "openai-gpt-5.6"],
])("no error: %s", (_, text, policy) => {
  expect(rulesOf(found(text, { policy }))).not.toContain("too-many-marks");
});

test("one mark on the body counts as well", () => {
  expect(rulesOf(found(body(4, mark)))).toContain("too-many-marks");
});

test("a marked prompt below the minimum of its model is a warning with what is missing", () => {
  const [finding, ...others] = found(call(100, false), { policy: "anthropic:claude-haiku-4-5" });
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ rule: "below-minimum", severity: "warning" });
  expect(finding?.message).toMatch(/^[\d,]+ tokens short of the minimum of 4,096: nothing is cached$/);
  expect(finding?.detail).toContain("Sonnet 4.5");
  const [, tokens, units] =
    /so that ([\d,]+) tokens .* paid in full: ([\d,]+) units per request, [\d.]+ % of/.exec(finding!.detail)!;
  expect(numberIn(units!)).toBeCloseTo(0.9 * numberIn(tokens!), -0.5);
});

test.each([
  ["above the minimum", call(100, false), sonnet],
  ["short, where nothing is marked", call(40, false).replaceAll(control, `"note": 1`), "openai-classic"],
])("no word of the minimum: %s", (_, text, policy) => {
  expect(rulesOf(found(text, { policy }))).not.toContain("below-minimum");
});

test("a prompt that nearly reaches the minimum of a provider that caches by itself is information", () => {
  const text = call(45, false).replaceAll(`, ${control}`, "");
  const findings = found(text, { policy: "openai-classic", workload: { turns: 1 } });
  expect(findings).toMatchObject([{ rule: "below-minimum", severity: "information" }]);
});

const slow = { sessions: 3, turns: 6, thinkSeconds: 600, arrivalsPerSecond: 0.0005 };

test("turns slower than the lifetime: a longer one, requests in between and no marks are priced", () => {
  const [finding, ...others] = found(call(140, true), { workload: slow });
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ rule: "short-lifetime", severity: "warning" });
  expect(finding?.message).toMatch(/^[\d,]+ tokens expire per request: turns [\d.]+ minutes apart/);
  expect(finding?.detail).toMatch(/lifetime of 1 hour \("ttl": "1h"\) [\d,]+ units/);
  expect(finding?.detail).toMatch(/keeping the prefixes alive by [\d,]+ requests more/);
  expect(finding?.detail).toMatch(/no marks at all [\d,]+ units, 100 % of/);
});

test.each([
  ["turns that follow each other", call(140, true), {}],
  [
    "marks that already ask for an hour",
    call(140, true).replaceAll(`"ephemeral"`, `"ephemeral", "ttl": "1h"`),
    slow,
  ],
])("no word of the lifetime: %s", (_, text, workload) => {
  expect(rulesOf(found(text, { workload }))).not.toContain("short-lifetime");
});

test("no word of the lifetime where only conversations, not turns, are further apart", () => {
  const workload = { sessions: 4, turns: 3, thinkSeconds: 20, arrivalsPerSecond: 0.0005 };
  const { findings, totals } = reportOf(call(140, true), { workload });
  expect(totals.ledger.ruledOut).toBeGreaterThan(1000);
  expect(rulesOf(findings)).not.toContain("short-lifetime");
});

test("no word of an hour where turns come after ten minutes", () => {
  const findings = found(call(140, true), { workload: slow, policy: "anthropic-1h:claude-sonnet-4-5" });
  expect(rulesOf(findings)).not.toContain("short-lifetime");
});

const long = { sessions: 3, turns: 12, outputTokens: 400 };

test("marks that stay at the system message while the conversation grows", () => {
  const findings = found(call(80, false), { workload: long });
  expect(findings).toMatchObject([{ rule: "still-marks", severity: "warning" }]);
  expect(findings[0]?.message).toMatch(/^[\d,]+ tokens paid anew per request: no mark moves/);
  expect(findings[0]?.stake.tokensPerRequest).toBeGreaterThan(500);
});

test("what better marks save is a share of what is paid now", () => {
  const [finding] = found(call(80, false), { workload: long });
  const [, after, before, less] =
    /would cost ([\d.]+) % of .* instead of ([\d.]+) %: ([\d.]+) % less than is paid now/.exec(
      finding!.detail,
    )!;
  expect(Number(less)).toBeCloseTo(100 * (1 - Number(after) / Number(before)), 0);
});

/** A recorded conversation with a mark on the system message alone, whose turns are so many minutes apart. */
function recording(gapsMinutes: readonly number[]): string {
  const system = [{ type: "text", text: policyText(80), ...mark }];
  let minutes = 0;
  return [0, ...gapsMinutes]
    .map((gap, turn) => {
      minutes += gap;
      const messages = Array.from({ length: 2 * turn + 1 }, (_, at) => ({
        role: at % 2 === 0 ? "user" : "assistant",
        content: `Message ${at}: ${policyText(12, String(at))}`,
      }));
      const timestamp = new Date(Date.UTC(2026, 4, 4, 9, minutes)).toISOString();
      return JSON.stringify({ timestamp, request: { model: "claude-sonnet-4-5", system, messages } });
    })
    .join("\n");
}

test("marks that stand still and expire before each turn: the lifetime is the cause, and the times are recorded", () => {
  const findings = found(recording([7, 7, 7, 7, 7]));
  expect(rulesOf(findings)).toEqual(["short-lifetime"]);
  expect(findings[0]?.message).toMatch(
    /^[\d,]+ tokens expire per request: turns 7 minutes apart, lifetime 5/,
  );
  expect(findings[0]?.detail).not.toContain("thinkSeconds");
});

test("the same turns within the lifetime: the marks are the cause", () => {
  expect(rulesOf(found(recording([2, 2, 2, 2, 2])))).toEqual(["still-marks"]);
});

test("where most turns are in time, it is said how many are not", () => {
  const finding = found(recording([1, 7, 1, 7, 1])).find(({ rule }) => rule === "short-lifetime");
  expect(finding?.message).toMatch(/^[\d,]+ tokens expire per request: 2 of 5 turns later than 5 minutes$/);
});

test("a mark that moves with the conversation", () => {
  expect(rulesOf(found(call(80, true), { workload: long }))).not.toContain("still-marks");
});

/** The same marked system message in front of so many messages of examples, the last of which is marked. */
function withExamples(messages: number, isSystemMarked: boolean): string {
  const examples = Array.from({ length: messages }, (_, at) => ({
    role: at % 2 === 0 ? "user" : "assistant",
    content: [
      {
        type: "text",
        text: at === messages - 1 ? "{{ question }}" : `Example ${at}.`,
        ...(at === messages - 1 ? mark : {}),
      },
    ],
  }));
  const system = [{ type: "text", text: policyText(120), ...(isSystemMarked ? mark : {}) }];
  return JSON.stringify({ model: "claude-sonnet-4-5", system, messages: examples });
}

test("a prefix that lies more than twenty blocks before the only mark is kept and not read", () => {
  const findings = found([withExamples(1, true), withExamples(31, false)], {
    workload: { sessions: 6, turns: 1 },
  });
  const finding = findings.find(({ rule }) => rule === "lookback-exceeded");
  expect(finding).toMatchObject({ severity: "warning", path: "request-1.json" });
  expect(finding?.message).toMatch(
    /^[\d,]+ tokens per request lie kept, more than 20 blocks before the mark$/,
  );
  expect(finding?.detail).toContain("each block counts, those of tool calls and results as well");
  const [, units] = /What is not read costs ([\d,]+) units per request, [\d.]+ % of the price/.exec(
    finding!.detail,
  )!;
  expect(numberIn(units!)).toBeCloseTo(0.9 * finding!.stake.tokensPerRequest, -0.5);
});

test.each([
  ["nineteen blocks", [withExamples(1, true), withExamples(19, false)]],
  ["a mark at both places", [withExamples(1, true), withExamples(31, true)]],
])("no word of the lookback: %s", (_, texts) => {
  expect(rulesOf(found(texts, { workload: { sessions: 6, turns: 1 } }))).not.toContain("lookback-exceeded");
});

describe("a clock in front of a conversation that grows", () => {
  const rules = policyText(260, "garden");
  const clocks = {
    "before the rules, in their block": `[{"type": "text", "text": f"It is {datetime.now()}.\\n{RULES}", ${control}}]`,
    "behind the rules, in their block": `[{"type": "text", "text": f"{RULES}\\nIt is {datetime.now()}.", ${control}}]`,
    "in a marked block of its own": `[{"type": "text", "text": RULES}, {"type": "text", "text": f"It is {datetime.now()}.", ${control}}]`,
  };
  const asked = `from datetime import datetime

RULES = """${rules}"""

def answer(client, history, question):
    return client.messages.create(
        model="claude-sonnet-4-5",
        system=SYSTEM,
        messages=[*history, {"role": "user", "content": [{"type": "text", "text": question, ${control}}]}],
    )
`;
  const workload = { turns: 20, outputTokens: 400 };

  test.each(Object.entries(clocks))("%s, it is moved behind what was said, with a mark", (_, system) => {
    const report = reportOf(asked.replace("SYSTEM", system), { workload });
    const findings = report.findings.filter(isShown);
    const [clock] = findings.filter(({ rule }) => rule === "volatile-early");
    expect(clock).toMatchObject({ severity: "warning" });
    expect(clock!.detail).toContain("and mark the end of that text for the cache");
    // Rules and turns, all but what is new in a turn.
    const { promptTokens, requests } = report.totals;
    expect(clock!.stake.tokensPerRequest).toBeGreaterThan((0.9 * promptTokens) / requests);
    for (const { detail } of findings) expect(detail).not.toContain("No cache breakpoint at all");
  });
});
