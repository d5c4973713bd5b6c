/** Requests that were recorded: each is sent once, in its conversation, and nothing of it is drawn or multiplied. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import type { Report, TemplateReport } from "../../src/analysis/report.ts";
import { type AnalysisSettings, defaultSettings } from "../../src/config/settings.ts";
import { drain } from "../../src/core/steps.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { reportText } from "../../src/show/report-text.ts";
import { analyze, policyText } from "../support/analyze.ts";

const rules = policyText(60);
const question = (number: number) =>
  `Question number ${number}: what does the handbook say of case ${number}, please?`;
const answer = (number: number) => `Case ${number} is described in chapter ${number}, as far as it is known.`;

interface Body {
  readonly [key: string]: unknown;
  readonly messages: readonly unknown[];
}

/** A request of an Anthropic conversation after so many turns. */
function anthropic(turns: number, about = 0, system: unknown = rules): Body {
  const messages = Array.from({ length: turns }, (_, turn) => [
    { role: "user", content: [{ type: "text", text: question(about + turn) }] },
    { role: "assistant", content: [{ type: "text", text: answer(about + turn) }] },
  ]).flat();
  return {
    model: "claude-sonnet-4-5",
    max_tokens: 512,
    system,
    messages: [...messages, { role: "user", content: question(about + turns) }],
  };
}

const lines = (...values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join("\n");

const shapeOf = ({ templates }: Report) =>
  templates.map(({ id, requests, composition }) => [id, requests, composition.basis]);
const only = ({ templates }: Report): TemplateReport => {
  expect(templates).toHaveLength(1);
  return templates[0]!;
};
const textOf = (report: Report) => reportText(report, () => ({ line: 1, column: 1 }));

describe("a folder of request bodies", () => {
  const report = analyze({
    "log/call-10.json": JSON.stringify(anthropic(2)),
    "log/call-2.json": JSON.stringify(anthropic(1)),
    "log/call-1.json": JSON.stringify(anthropic(0)),
  });

  it("is one conversation, each body sent once, in the order of the numbers in their names", () => {
    expect(shapeOf(report)).toEqual([["log/call-1.json", 3, "captured"]]);
    expect(report.scenario.requests).toBe(3);
    expect(report.scenario.workload).toEqual({
      prompts: { requests: 0, instructions: 0, parts: 0 },
      captured: { conversations: 1, requests: 3, leftOut: 0 },
      simulated: { prompts: 0, requests: 0, askedFor: 0 },
    });
    const { promptTokens, ledger } = report.totals;
    // Each begins with the one before it, so that only what is new is computed.
    expect(ledger.diverged).toBe(0);
    expect(ledger.reused / promptTokens).toBeGreaterThan(0.6);
    expect(only(report).composition.parts.map(({ kind }) => kind)).toEqual(["system", "history", "question"]);
  });

  it("says that it is captured, and claims no turns", () => {
    const text = textOf(report);
    expect(text).toContain("Prompts   1 captured conversation\n");
    expect(text).toContain(
      "Workload  3 captured requests of 1 conversation, sent once each in their order\n",
    );
    expect(text).toContain("Captured: 1 conversation of 3 requests, as they were sent");
    expect(text).not.toContain("conversations of 3 turns");
    expect(report.assumptions.map(({ id }) => id)).not.toContain("hole-values");
    expect(report.assumptions.find(({ id }) => id === "captured")?.text).toContain("3 of them have no time");
  });

  it("is beside prompts that are simulated, and both are said", () => {
    const both = analyze({
      "log/call-1.json": JSON.stringify(anthropic(0)),
      "prompts/greet.j2": "You are a greeter. {{ question }}",
    });
    expect(shapeOf(both)).toEqual([
      ["prompts/greet.j2", 24, "inferred"],
      ["log/call-1.json", 1, "captured"],
    ]);
    expect(textOf(both)).toContain(
      "1 captured request of 1 conversation, sent once each in their order; 24 simulated requests of 1 prompt: 8 conversations of 3 turns",
    );
  });
});

describe("what is no capture", () => {
  const messages = [
    { role: "system", content: rules },
    { role: "user", content: "{{ question }}" },
  ];

  it.each([
    ["a body with holes", "ask.json", JSON.stringify({ model: "gpt-5", messages })],
    [
      "a chat without an API's parameters",
      "ask.json",
      JSON.stringify([
        { role: "system", content: rules },
        { role: "user", content: "Go on." },
      ]),
    ],
    [
      "a body in YAML",
      "ask.yaml",
      `model: gpt-5\nmessages:\n  - role: user\n    content: Tell me of the sea and its ships, please.\n`,
    ],
  ])("%s stays a template", (_, path, text) => {
    const { composition, requests } = only(analyze({ [path]: text }));
    expect(composition.basis).toBe("inferred");
    expect(requests).toBe(24);
  });

  it("braces are text in front of a concrete question that follows an answer, and places in front of none", () => {
    const system = `${rules} Answer as {name}, in {format}.`;
    expect(only(analyze({ "a.json": JSON.stringify(anthropic(1, 0, system)) })).composition.basis).toBe(
      "captured",
    );
    expect(only(analyze({ "a.json": JSON.stringify(anthropic(0, 0, system)) })).composition.basis).toBe(
      "inferred",
    );
  });

  it("a body that promptcache.json sends in conversations of its own stays a template too", () => {
    const report = analyze({
      "log/call.json": JSON.stringify(anthropic(0)),
      "promptcache.json": JSON.stringify({ templates: { "log/call.json": { sessions: 2, turns: 2 } } }),
    });
    expect(shapeOf(report)).toEqual([["log/call.json", 4, "inferred"]]);
  });

  it("a line of a data set is none", () => {
    const row = { messages: [...messages, { role: "assistant", content: "Yes." }] };
    const judged = { messages: messages.slice(0, 2), ideal: "Yes." };
    expect(analyze({ "train.jsonl": lines(row, judged, { text: "Some words" }) }).templates).toEqual([]);
  });
});

describe("JSON lines", () => {
  it("of two conversations that take turns are two", () => {
    const report = analyze({
      "calls.jsonl": lines(anthropic(0), anthropic(0, 100), anthropic(1), anthropic(1, 100), anthropic(2)),
    });
    expect(shapeOf(report)).toEqual([
      ["calls.jsonl#1", 3, "captured"],
      ["calls.jsonl#2", 2, "captured"],
    ]);
  });

  it("arrive when they were sent: a pause that is longer than the lifetime lets everything expire", () => {
    const marked = [{ type: "text", text: policyText(120), cache_control: { type: "ephemeral" } }];
    const at = (time: string, turns: number) => ({
      ts: time,
      request: anthropic(turns, 0, marked),
      usage: {},
    });
    const policy = "anthropic:claude-sonnet-4-5";
    const soon = analyze(
      { "calls.jsonl": lines(at("2026-06-16T09:00:00Z", 0), at("2026-06-16T11:04:59+02:00", 1)) },
      { policy },
    );
    const late = analyze(
      { "calls.jsonl": lines(at("2026-06-16T09:00:00Z", 0), at("2026-06-16T11:05:01+02:00", 1)) },
      { policy },
    );
    expect(soon.totals.ledger.reused).toBeGreaterThan(1500);
    expect(late.totals.ledger.reused).toBe(0);
    expect(late.totals.ledger.ruledOut).toBeGreaterThan(1500);
    expect(soon.assumptions.find(({ id }) => id === "captured")?.text).not.toContain("no time");
  });

  it("are in the order of their times, and not of their lines", () => {
    const line = (seconds: number, turns: number) => ({
      timestamp: 1_750_000_000 + seconds,
      body: anthropic(turns),
    });
    const report = analyze({ "calls.jsonl": lines(line(60, 2), line(0, 0), line(30, 1)) });
    expect(shapeOf(report)).toEqual([["calls.jsonl#2", 3, "captured"]]);
    expect(report.totals.ledger.diverged).toBe(0);
  });

  it("that cannot be read are named, and all others count", () => {
    const report = analyze({
      "calls.jsonl": `${lines(anthropic(0))}\n{"model": "gpt-5", "messages": [\n\n${lines(anthropic(1))}`,
    });
    expect(only(report).requests).toBe(2);
    expect(report.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Line 2 is left out, all others count\. This is not valid JSON: /),
    ]);
  });

  it("of which there are very many are read up to a bound, which is said", () => {
    const text = lines(
      ...Array.from({ length: 2003 }, (_, at) => ({
        model: "m",
        messages: [{ role: "user", content: `Say ${at}` }],
      })),
    );
    const report = analyze({ "calls.jsonl": text });
    expect(report.scenario.workload.captured).toEqual({ conversations: 2000, requests: 2000, leftOut: 0 });
    expect(report.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining(
        "Only the first 2000 requests of this file are read; those from line 2001 on are left out.",
      ),
    ]);
  });

  it("keep a body that is a string of JSON, with places in it", () => {
    const body = JSON.stringify(anthropic(0, 0, "Version 17. "));
    const report = analyze({
      "calls.jsonl": lines(
        { id: 1, request: { body } },
        { id: 2, request: { body: body.replace("17", "18") } },
      ),
    });
    expect(only(report).requests).toBe(2);
  });
});

describe("the counts of a provider", () => {
  it.each<[string, object, number | null]>([
    ["Anthropic", { usage: { input_tokens: 3, cache_read_input_tokens: 1200 } }, 1200],
    ["chat completions", { response: { usage: { prompt_tokens_details: { cached_tokens: 1024 } } } }, 1024],
    ["responses", { response: { body: { usage: { input_tokens_details: { cached_tokens: 512 } } } } }, 512],
    ["Gemini", { response: { usageMetadata: { cachedContentTokenCount: 700 } } }, 700],
    ["Bedrock", { usage: { cacheReadInputTokens: 9 } }, 9],
    ["nobody", { usage: { input_tokens: 3 } }, null],
  ])("of %s stand beside what is predicted", (_, beside, readTokens) => {
    const report = analyze({
      "calls.jsonl": lines({ request: anthropic(0) }, { request: anthropic(1), ...beside }),
    });
    const predictedTokens = report.totals.ledger.reused;
    expect(predictedTokens).toBeGreaterThan(900);
    expect(report.counted).toEqual(readTokens === null ? null : { requests: 1, readTokens, predictedTokens });
    expect(textOf(report).includes("the provider counted")).toBe(readTokens !== null);
  });
});

describe("what comes again", () => {
  it("as the same body is sent as often as it stands there", () => {
    const report = analyze({ "calls.json": JSON.stringify([anthropic(1), anthropic(1), anthropic(1)]) });
    const { requests, ledger } = only(report);
    expect(requests).toBe(3);
    // Only the first is new.
    expect(ledger.cold).toBe(report.totals.promptTokens / 3);
    expect(ledger.diverged).toBe(0);
  });

  it("without its earlier turns is still the conversation, and left where they are gone", () => {
    const whole = anthropic(6);
    const later = anthropic(7);
    const cut = { ...later, messages: later.messages.slice(4) };
    const report = analyze({ "calls.json": JSON.stringify([whole, cut]) });
    expect(only(report).requests).toBe(2);
    const [finding] = report.findings.filter(({ rule }) => rule === "resent-changed");
    expect(finding?.message).toMatch(
      /^[0-9.]+ ms, [0-9,]+ tokens lost per request: 4 earlier texts are gone, first "/,
    );
    expect(finding?.message.length).toBeLessThanOrEqual(90);
    expect(finding?.severity).toBe("warning");
  });

  it("with other tools is left at the tool that changed", () => {
    const tool = (name: string) => ({
      name,
      description: `Looks up ${name} in the handbook.`,
      input_schema: { type: "object" },
    });
    const first = { ...anthropic(1), tools: [tool("pages"), tool("maps")] };
    const second = { ...anthropic(2), tools: [tool("maps"), tool("pages")] };
    const report = analyze({ "calls.json": JSON.stringify([first, second]) });
    const [finding] = report.findings.filter(({ rule }) => rule === "resent-changed");
    expect(finding?.message).toContain('the tools change at "maps"');
  });

  it("and only goes on is no finding", () => {
    const report = analyze({ "calls.json": JSON.stringify([anthropic(0), anthropic(1), anthropic(2)]) });
    expect(report.findings.filter(({ rule }) => rule === "resent-changed")).toEqual([]);
  });
});

describe("requests of other APIs", () => {
  const turn = (text: string) => `${text} ${policyText(8)}`;
  const bodies: Readonly<Record<string, readonly [unknown, unknown]>> = {
    "chat completions with tools": [
      {
        model: "gpt-5",
        messages: [
          { role: "system", content: rules },
          { role: "user", content: turn("A") },
        ],
      },
      {
        model: "gpt-5",
        messages: [
          { role: "system", content: rules },
          { role: "user", content: turn("A") },
          {
            role: "assistant",
            content: null,
            tool_calls: [
              { id: "call_1", type: "function", function: { name: "find", arguments: '{"page": 7}' } },
            ],
          },
          { role: "tool", tool_call_id: "call_1", content: "Page 7 {{ is }} empty." },
        ],
      },
    ],
    responses: [
      { model: "gpt-5", instructions: rules, input: [{ role: "user", content: turn("A") }] },
      {
        model: "gpt-5",
        instructions: rules,
        input: [
          { role: "user", content: turn("A") },
          { type: "function_call", call_id: "c1", name: "find", arguments: "{}" },
          { type: "function_call_output", call_id: "c1", output: "Page 7 is empty." },
        ],
      },
    ],
    "Bedrock converse": [
      {
        modelId: "anthropic.claude",
        system: [{ text: rules }],
        messages: [{ role: "user", content: [{ text: turn("A") }] }],
      },
      {
        modelId: "anthropic.claude",
        system: [{ text: rules }],
        messages: [
          { role: "user", content: [{ text: turn("A") }] },
          {
            role: "assistant",
            content: [{ toolUse: { toolUseId: "t1", name: "find", input: { page: 7 } } }],
          },
          {
            role: "user",
            content: [{ toolResult: { toolUseId: "t1", content: [{ text: "Page 7 is empty." }] } }],
          },
        ],
      },
    ],
    "Gemini contents": [
      {
        generationConfig: {},
        systemInstruction: { parts: [{ text: rules }] },
        contents: [{ role: "user", parts: [{ text: turn("A") }] }],
      },
      {
        generationConfig: {},
        systemInstruction: { parts: [{ text: rules }] },
        contents: [
          { role: "user", parts: [{ text: turn("A") }] },
          { role: "model", parts: [{ functionCall: { name: "find", args: { page: 7 } } }] },
          {
            role: "user",
            parts: [{ functionResponse: { name: "find", response: { text: "Page 7 is empty." } } }],
          },
        ],
      },
    ],
  };

  it.each(Object.entries(bodies))("%s go on as one conversation, calls of tools included", (_, pair) => {
    const report = analyze({ "calls.jsonl": lines(...pair) });
    expect(only(report).requests).toBe(2);
    expect(report.totals.ledger.diverged).toBe(0);
    const [first, second] = pair.map((each) => analyze({ "calls.jsonl": lines(each) }).totals.promptTokens);
    expect(second! - first!).toBeGreaterThan(15);
    expect(report.totals.promptTokens).toBe(first! + second!);
  });
});

describe("an edit", () => {
  function analysed(files: Readonly<Record<string, string>>) {
    const load = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
    const analyzer = createAnalyzer({ tokenizer: load });
    analyzer.setWorkspace(
      Object.entries(files).map(([path, text]) => ({ path, text })),
      null,
      [],
    );
    const settings: AnalysisSettings = defaultSettings;
    return { analyzer, study: () => drain(analyzer.study(settings)) };
  }

  it("of a captured file makes its own conversation anew and no other part", () => {
    const { analyzer, study } = analysed({
      "a/1.json": JSON.stringify(anthropic(0)),
      "a/2.json": JSON.stringify(anthropic(1)),
      "b/1.json": JSON.stringify(anthropic(0, 100)),
      "prompts/greet.j2": "You are a greeter. {{ question }}",
    });
    const before = study();
    expect(before.templates.map(({ id }) => id)).toEqual(["prompts/greet.j2", "a/1.json", "b/1.json"]);
    analyzer.setDocument({ path: "a/2.json", text: JSON.stringify(anthropic(1, 0, `${rules} Edited.`)) });
    const after = study();
    const isSame = after.templates.map((template, at) => [
      template.id,
      template === before.templates[at],
      after.workload.parts[at] === before.workload.parts[at],
    ]);
    expect(isSame).toEqual([
      ["prompts/greet.j2", true, true],
      ["a/1.json", false, false],
      ["b/1.json", true, true],
    ]);
  });

  it("of a prompt leaves what was captured as it was", () => {
    const { analyzer, study } = analysed({
      "a/1.json": JSON.stringify(anthropic(0)),
      "prompts/greet.j2": "You are a greeter. {{ question }}",
    });
    const before = study();
    analyzer.setDocument({ path: "prompts/greet.j2", text: "You are a guide. {{ question }}" });
    const after = study();
    expect(after.templates[1]).toBe(before.templates[1]);
    expect(after.workload.parts[1]).toBe(before.workload.parts[1]);
    expect(after.workload.parts[0]).not.toBe(before.workload.parts[0]);
  });
});

describe("the case from the field", () => {
  const folder = join(import.meta.dirname, "../../../shared/cases/captured-requests");
  const isThere = existsSync(folder);
  if (!isThere) console.warn(`Skipped: there is no ${folder}.`);
  const read = (path: string) => readFileSync(join(folder, path), "utf8");
  const names = ["captures/request-001.json", "captures/request-002.json", "captures/request-003.json"];

  it.skipIf(!isThere).each([
    ["bodies", () => Object.fromEntries(names.map((name) => [name, read(`input/${name}`)]))],
    ["JSON lines", () => ({ "requests.jsonl": read("input-jsonl/requests.jsonl") })],
  ])("%s: nothing of about 7,000 tokens is read, and both values are named", (_, files) => {
    const report = analyze(files(), { policy: "anthropic:claude-sonnet-4-5" });
    expect(report.scenario.workload.captured).toEqual({ conversations: 1, requests: 3, leftOut: 0 });
    expect(report.totals.ledger.reused).toBe(0);
    // By the layout of the provider, which is not known exactly.
    expect(Math.abs(report.totals.promptTokens - 7000)).toBeLessThan(400);
    const [finding] = report.findings.filter(({ rule }) => rule === "resent-changed");
    expect(finding).toMatchObject({ severity: "warning" });
    expect(finding?.message).toContain('"c09de" stands where 7f3a1 was');
    expect(finding?.stake.tokensPerRequest).toBeGreaterThan((2 / 3) * 2000);
    // The tools, which the provider puts first, and the system message up to the trace.
    expect(only(report).stablePrefixTokens).toBe(130);
    // Only the lines have the provider's counts, and it read nothing.
    const counted = { requests: 3, readTokens: 0, predictedTokens: 0 };
    expect(report.counted).toEqual("requests.jsonl" in files() ? counted : null);
  });
});
