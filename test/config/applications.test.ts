import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeApplications } from "../../src/config/applications.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { parseDocument } from "../../src/prompt/registry.ts";
import { analyze, policyText } from "../support/analyze.ts";

const files = {
  "prompts/system.j2": `You help the customers of {{ company }}.\n${policyText(10)}`,
  "prompts/few-shot.md": "Example: the parcel is late. Answer: we are sorry.",
  "prompts/question.j2": "Context:\n{{ context }}\n\nQuestion: {{ question }}\n",
  "prompts/tools.json": `[
    {"type": "function", "function": {"name": "track", "parameters": {"type": "object", "properties": {}}}},
    {"name": "refund", "input_schema": {"type": "object"}}
  ]`,
};

const support = {
  tools: "prompts/tools.json",
  system: "prompts/system.j2",
  examples: ["prompts/few-shot.md"],
  history: {},
  question: "prompts/question.j2",
};

function run(applications: object, more: object = {}, documents: Readonly<Record<string, string>> = files) {
  const config = JSON.stringify({ applications, ...more });
  return { report: analyze({ ...documents, "promptcache.json": config }), config };
}

function problemsOf({ report, config }: ReturnType<typeof run>): readonly (readonly [string, string])[] {
  return report.problems
    .filter(({ path }) => path === "promptcache.json")
    .map(({ range, message }) => [config.slice(range.start, range.end), message]);
}

describe("applications", () => {
  it("are requests made of their parts, which keep their places and are no requests by themselves", () => {
    const { report, config } = run({ support });
    expect(report.problems).toEqual([]);
    expect(report.templates.map(({ id, usage, requests }) => [id, usage, requests])).toEqual([
      ["prompts/few-shot.md", "partial", 0],
      ["prompts/question.j2", "partial", 0],
      ["prompts/system.j2", "partial", 0],
      // It offers tools and sends a history: three calls to each of 24 questions.
      ["app:support", "request", 24 * 4],
    ]);
    const composed = report.templates.at(-1)!;
    expect(config.slice(composed.range.start, composed.range.end)).toBe('"support"');
    const rows = composed.segments.map(({ kind, role, name, path }) => `${role} ${kind} ${name} ${path}`);
    expect(rows.filter((row) => !row.includes(" text "))).toEqual([
      "null chat chat template promptcache.json",
      "null tool track prompts/tools.json",
      "null tool refund prompts/tools.json",
      "system marker  promptcache.json",
      "system include prompts/system.j2 promptcache.json",
      "system hole company prompts/system.j2",
      "system include prompts/few-shot.md promptcache.json",
      "system hole history promptcache.json",
      "user marker  promptcache.json",
      "user include prompts/question.j2 promptcache.json",
      "user hole context prompts/question.j2",
      "user hole question prompts/question.j2",
      "user hole tool calls promptcache.json",
      "user chat generation prompt promptcache.json",
    ]);
  });

  it("send earlier questions as they were, so that a history that only grows is reused whole", () => {
    const { report } = run(
      { support: { ...support, sessions: 1, turns: 4 } },
      { workload: { outputTokens: 50 } },
    );
    const { ledger } = report.templates.at(-1)!;
    // Each further request prefills its new question, whose static text was sent before at the same place.
    const question = report.templates.find(({ id }) => id === "prompts/question.j2")!;
    expect(ledger.diverged).toBeLessThanOrEqual(3 * question.staticTokens);
    expect(ledger.noCheckpoint).toBe(0);
    expect(report.findings.filter(({ rule }) => rule === "rewrite")).toEqual([]);
  });

  it("count their tools, which the chat template writes in front of everything", () => {
    const { report, config } = run({ support }, {}, files);
    const tools = report.templates.at(-1)!.segments.filter(({ kind }) => kind === "tool");
    expect(tools.map(({ name, path }) => [name, path])).toEqual([
      ["track", "prompts/tools.json"],
      ["refund", "prompts/tools.json"],
    ]);
    for (const { path, range, tokensMean } of tools) {
      expect(tokensMean).toBeGreaterThan(5);
      expect(JSON.parse(files[path as "prompts/tools.json"].slice(range.start, range.end))).toBeTypeOf(
        "object",
      );
    }
    expect(config).not.toContain("track");
  });

  it("take what is said of their parts and of themselves", () => {
    const { report } = run(
      { support: { ...support, turns: 2, sessions: 3, holes: { context: { tokens: 400 } } } },
      { templates: { "prompts/question.j2": { turns: 9, holes: { question: { tokens: 200 } } } } },
    );
    const composed = report.templates.at(-1)!;
    expect(composed.requests).toBe(3 * 2 * 4);
    const tokensOf = (name: string) => composed.segments.find((row) => row.name === name)?.tokensMean ?? 0;
    expect(Math.abs(tokensOf("context") - 400)).toBeLessThan(3);
    expect(Math.abs(tokensOf("question") - 200)).toBeLessThan(3);
  });

  it("read their parts as templates wherever these lie", () => {
    const { report } = run({ support }, { exclude: ["prompts/**"] });
    expect(report.problems).toEqual([]);
    const names = report.templates.at(-1)!.segments.map(({ name }) => name);
    expect(names).toContain("company");
    expect(names).toContain("question");
  });

  it("leave a part that is called by itself too", () => {
    const { report } = run({ support }, { templates: { "prompts/question.j2": { usage: "request" } } });
    expect(report.templates.find(({ id }) => id === "prompts/question.j2")?.requests).toBe(24);
  });

  it.each<[string, object, string, string]>([
    [
      "an unknown template",
      { system: "prompts/sistem.j2" },
      '"prompts/sistem.j2"',
      'did you mean "prompts/system.j2"',
    ],
    ["a path far from all", { question: ["prompts/question.j2", "x"] }, '"x"', "correct the path"],
    [
      "another application",
      { system: "app:b", question: "prompts/question.j2" },
      '"app:b"',
      "is an application",
    ],
    [
      "tools that are none",
      { tools: "prompts/system.j2", question: "prompts/question.j2" },
      '"prompts/system.j2"',
      "no valid JSON",
    ],
    ["no tools there", { tools: "tools.json", question: "prompts/question.j2" }, '"tools.json"', "no file"],
    ["nothing at all", {}, '"a"', "no part"],
    [
      "an unknown key",
      { systems: "x", question: "prompts/question.j2" },
      '"systems"',
      'did you mean "system"',
    ],
    [
      "an unknown hole",
      { question: "prompts/question.j2", holes: { x: {} } },
      '"x"',
      "No hole of the application",
    ],
  ])("say in promptcache.json what is wrong: %s", (_, value, marked, message) => {
    const found = problemsOf(run({ a: value }));
    expect(found.map(([text]) => text)).toContain(marked);
    expect(found.find(([text]) => text === marked)?.[1]).toContain(message);
  });

  it("report an include that leads in a circle where it stands", () => {
    const circle = {
      "prompts/a.j2": "A {% include 'prompts/b.j2' %}",
      "prompts/b.j2": "B {% include 'prompts/a.j2' %}",
    };
    const { report } = run({ a: { system: "prompts/a.j2" } }, {}, circle);
    expect(report.problems.some(({ message }) => message.includes("includes itself"))).toBe(true);
    expect(report.templates.at(-1)?.id).toBe("app:a");
  });

  it("read tools of all kinds, and say which one has no name", () => {
    const tools = (text: string) => {
      const documents = { "prompts/q.j2": "{{ question }}", "prompts/t.md": text };
      return problemsOf(run({ a: { tools: "prompts/t.md", question: "prompts/q.j2" } }, {}, documents));
    };
    expect(tools('{"tools": [{"name": "a", "inputSchema": {}}]}')).toEqual([]);
    expect(tools('[{"name": "a"}, {"function": {}}]')[0]?.[1]).toContain("Tool 2");
    expect(tools('{"tool": []}')[0]?.[1]).toContain("no list of tools");
  });

  it("are read from every half-typed file, with problems inside of it", () => {
    const whole = JSON.stringify({ applications: { support: { ...support, turns: 3 }, other: {} } }, null, 1);
    const templates = parseDocument({ path: "prompts/system.j2", text: files["prompts/system.j2"] }).value;
    for (let length = 0; length <= whole.length; length++) {
      const document = { path: "promptcache.json", text: whole.slice(0, length) };
      const { value, problems } = parseConfig(document);
      const composed = composeApplications(value, {
        templates,
        documentAt: (path) => {
          const text = files[path as keyof typeof files];
          return text === undefined ? null : { path, text };
        },
        configPath: document.path,
      });
      for (const { range } of [...problems, ...composed.problems, ...composed.applications]) {
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeLessThanOrEqual(length);
      }
    }
  });

  it("never throw, whatever they name", () => {
    const target = fc.constantFrom(
      "prompts/system.j2",
      "prompts/tools.json",
      "app:a",
      "",
      "x",
      "prompts/system.j2#2",
    );
    const parts = fc.oneof(target, fc.array(target, { maxLength: 3 }));
    const application = fc.record(
      {
        tools: parts,
        system: parts,
        examples: parts,
        question: parts,
        history: fc.constantFrom({}, { keep: "turns" }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("a", "b"), application, { maxKeys: 2 }), (applications) => {
        const { report, config } = run(applications, { workload: { sessions: 1, turns: 2 } });
        for (const { path, range } of report.problems) {
          if (path === "promptcache.json") expect(range.end).toBeLessThanOrEqual(config.length);
        }
        for (const { ledger, promptTokensMean, requests } of report.templates) {
          const sum = Object.values(ledger).reduce((all, tokens) => all + tokens, 0);
          expect(sum).toBeCloseTo(promptTokensMean * requests, 6);
        }
      }),
      { seed: 5, numRuns: 40 },
    );
  });
});
