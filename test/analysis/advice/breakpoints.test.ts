/** Places for cache breakpoints: cases whose best places are known, and what a proposal never does. */
import { describe, expect, test } from "vitest";
import { breakpointSteps } from "../../../src/analysis/advice/breakpoints.ts";
import { drain } from "../../../src/core/steps.ts";
import { analyze, policyText } from "../../support/analyze.ts";
import { prepareAdvice } from "./prepare.ts";

const opus = "anthropic:claude-opus-5";

function adviceFor(files: Readonly<Record<string, string>>, settings = {}, budgetTokens?: number) {
  const prepared = prepareAdvice(files, { policy: opus, ...settings });
  return drain(breakpointSteps(prepared, budgetTokens));
}

const config = (workload: object, holes: object = {}) => JSON.stringify({ workload, holes });
const rules = policyText(60);

/** Rules, then a new question in every call. */
const single = {
  "prompts/single.j2": `${rules}\n\n{{ question }}`,
  "promptcache.json": config(
    { sessions: 6, turns: 1, thinkSeconds: 5 },
    { question: { scope: "request", tokens: 900 } },
  ),
};

/** The same with a tenant's part of some length between them. */
const tenants = {
  "prompts/tenants.j2": `${rules}\n\n{{ contract }}\n\n{{ question }}`,
  "promptcache.json": config(
    { sessions: 12, turns: 1, tenants: 2 },
    { contract: { scope: "tenant", tokens: 1500 }, question: { scope: "request", tokens: 900 } },
  ),
};

const request = (control: object) => ({
  "prompts/request.json": JSON.stringify({
    model: "claude-opus-5",
    system: [{ type: "text", text: rules }],
    messages: [{ role: "user", content: [{ type: "text", text: "{{question}}", ...control }] }],
  }),
  "promptcache.json": single["promptcache.json"],
});

describe("breakpoints", () => {
  test("single calls: the end of the rules alone; the end of the prompt would be written and never read", () => {
    const [proposal] = adviceFor(single)?.proposals ?? [];
    expect(proposal?.places.map(({ name }) => name)).toEqual(["behind the part that never changes"]);
    expect(proposal?.basis).toBe("assumed");
    const { present, proposed } = proposal!;
    expect(proposed.readTokens).toBe(present.readTokens);
    // Each question of 900 tokens and more is sent for 1 instead of being written for 1.25.
    expect(present.inputUnits - proposed.inputUnits).toBeGreaterThan(6 * 0.25 * 890);
  });

  test("tenants: where each tenant's part ends too", () => {
    const [proposal] = adviceFor(tenants)?.proposals ?? [];
    expect(proposal?.places.map(({ name }) => name)).toEqual([
      "behind the part that never changes",
      "behind the part that the calls of a tenant share",
    ]);
    expect(proposal!.proposed.readTokens).toBeGreaterThan(proposal!.present.readTokens + 9 * 1400);
  });

  test("a mark that loses money is not proposed, and one that is written goes", () => {
    const [proposal] = adviceFor(request({ cache_control: { type: "ephemeral" } }))?.proposals ?? [];
    expect(proposal?.basis).toBe("written");
    // Nothing was read: every call wrote its own prompt.
    expect(proposal?.present.readTokens).toBe(0);
    expect(proposal!.present.inputUnits).toBeLessThanOrEqual(1.25 * proposal!.promptTokens);
    // All but the words of the chat template behind the question.
    expect(proposal!.present.inputUnits).toBeGreaterThan(1.24 * proposal!.promptTokens);
    expect(proposal?.places.map(({ name }) => name)).toEqual(["behind the system message"]);
    expect(proposal!.proposed.inputUnits).toBeLessThan(proposal!.promptTokens);
  });

  test("prompts that never begin alike get none", () => {
    const clock = {
      "prompts/clock.j2": `{{ now }}\n${policyText(120)}`,
      "promptcache.json": config({ sessions: 6, turns: 1 }, { now: { scope: "volatile" } }),
    };
    const [proposal] = adviceFor(clock)?.proposals ?? [];
    expect(proposal).toMatchObject({ isChanged: true, places: [] });
    expect(proposal!.proposed.inputUnits).toBe(proposal!.promptTokens);
  });

  test("prefixes below the minimum length are left alone", () => {
    const short = { ...single, "prompts/single.j2": `${policyText(20)}\n\n{{ question }}` };
    const [proposal] = adviceFor(short)?.proposals ?? [];
    expect(proposal?.proposed.readTokens).toBe(0);
    expect(proposal?.places).toEqual([]);
  });

  test.each(["marconi", "openai-classic", "no-cache", "anthropic"])(
    "only where marks can be set: %s",
    (policy) => {
      expect(adviceFor(single, { policy }) === null).toBe(policy !== "anthropic");
    },
  );

  const files = {
    ...single,
    ...tenants,
    ...request({ cache_control: { type: "ephemeral", ttl: "1h" } }),
    "prompts/chat.j2": `${rules}\n{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{{ question }}`,
    "CLAUDE.md": policyText(80, " here"),
    "promptcache.json": config({ sessions: 4, turns: 4, tenants: 2, thinkSeconds: 100 }),
  };

  test.each([
    opus,
    "anthropic-1h:claude-opus-5",
    "bedrock-claude",
    "openai-gpt-5.6",
    "alibaba-explicit",
    "gemini-explicit",
  ])("a proposal never costs more than what is there, however early the search ends: %s", (policy) => {
    for (const budget of [0, 300_000, undefined]) {
      const { proposals, unfinished } = adviceFor(files, { policy }, budget)!;
      const total = (which: "present" | "proposed") =>
        proposals.reduce((sum, proposal) => sum + proposal[which].inputUnits, 0);
      expect(total("proposed")).toBeLessThanOrEqual(total("present") + 1e-6);
      expect(proposals.length).toBeGreaterThan(3);
      expect(unfinished).toBe(budget === 0 ? proposals.length : budget === undefined ? 0 : unfinished);
      if (budget === 0) expect(proposals.filter(({ isChanged }) => isChanged)).toEqual([]);
      for (const { places } of proposals)
        expect(places.length).toBeLessThanOrEqual(policy === "gemini-explicit" ? 1 : 4);
    }
  });

  test("the report bills the present marks as the search does, and names what would be saved", () => {
    const report = analyze(tenants, { policy: opus, sessions: 12, turns: 1 });
    const [proposal] = adviceFor(tenants)?.proposals ?? [];
    expect(report.totals.money?.inputUnits).toBeCloseTo(proposal!.present.inputUnits, 6);
    const [finding] = report.findings.filter(({ rule }) => rule === "breakpoints");
    expect(finding?.severity).toBe("information");
    expect(finding?.detail).toMatch(
      /^2 cache breakpoints behind the part that never changes and behind the part/,
    );
    expect(report.assumptions.map(({ id }) => id)).toContain("breakpoint-search");
    const text = tenants["prompts/tenants.j2"];
    const places = finding?.related.map(({ range }) => text.slice(range.start, range.start + 6));
    expect(places).toEqual(["{{ con", "{{ que"]);
  });
});
