/** Chat templates of the workspace: what the rule says of them, where, and how much it costs. */
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/analysis/report.ts";
import { type AnalysisSettings, defaultSettings } from "../../src/config/settings.ts";
import { longestHeadline } from "../../src/findings/sentences.ts";
import { analyze, policyText } from "../support/analyze.ts";

const chat = `system:\n${policyText(20)}\n{% for message in messages %}\n{% if message.role == "user" %}\nuser:\n{{ message.content }}\n{% else %}\nassistant:\n{{ message.content }}\n{% endif %}\n{% endfor %}\nuser:\n{{ question }}\n`;

/** Keeps what the model thought behind the last question only. */
const forgetful = `{%- set ns = namespace(last=0) %}
{%- for message in messages %}{% if message.role == "user" %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}
{%- for message in messages %}
  {%- set text = message.content %}
  {%- if message.role == "assistant" and loop.index0 < ns.last and not (keep_thoughts is defined and keep_thoughts) %}
    {%- set text = text.split("</think>")[-1].lstrip("\\n") %}
  {%- endif %}
  {{- "<|im_start|>" + message.role + "\\n" + text + "<|im_end|>\\n" }}
{%- endfor %}
{%- if add_generation_prompt %}{{ "<|im_start|>assistant\\n" }}{% endif %}
`;
const faithful = forgetful.replace("loop.index0 < ns.last and", "false and");

const attention = { model: "Qwen/Qwen3-8B", policy: "sglang", sessions: 2, turns: 6 } as const;

function report(
  files: Readonly<Record<string, string>>,
  settings: Partial<AnalysisSettings>,
  workload: object = {},
): Report {
  const config = JSON.stringify({ workload });
  return analyze({ ...files, "promptcache.json": config }, { ...defaultSettings, ...attention, ...settings });
}

function about(path: string, { findings }: Report) {
  return findings.filter((finding) => finding.path === path);
}

describe("a template in force", () => {
  const inForce = { chatTemplate: "model/chat_template.jinja" };
  const reasoning = { history: { reasoningTokens: 60 } };
  const both = { "model/chat_template.jinja": forgetful, "prompts/a.j2": chat, "prompts/b.j2": chat };

  it("costs what the workload loses to it, said once for all prompts, at the line that does it", () => {
    const found = report(both, inForce, reasoning);
    const [finding, ...others] = about("model/chat_template.jinja", found);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ rule: "rewrite", severity: "warning" });
    expect(forgetful.slice(finding?.range.start, finding?.range.end)).toContain("+ text +");
    expect(finding?.message).toMatch(
      /^[\d.]+ ms, 1[23]\d tokens prefilled again per turn: earlier reasoning is dropped$/,
    );
    expect(finding?.related.map(({ path }) => path)).toEqual(["prompts/a.j2", "prompts/b.j2"]);
    expect(finding?.detail).toContain("keep_thoughts = true");
    expect(found.findings.filter(({ rule }) => rule === "rewrite" || rule === "retokenised")).toHaveLength(1);
  });

  it("promises what its remedy gives", () => {
    const before = report(both, inForce, reasoning);
    const after = report(both, { ...inForce, chatTemplateArguments: { keep_thoughts: true } }, reasoning);
    const [finding] = about("model/chat_template.jinja", before);
    expect(about("model/chat_template.jinja", after)).toEqual([]);
    const computed = ({ totals }: Report) => totals.promptTokens - totals.ledger.reused;
    const gained = (computed(before) - computed(after)) / before.totals.requests;
    expect(finding?.stake.tokensPerRequest).toBeGreaterThan(gained - 8);
    expect(finding?.stake.tokensPerRequest).toBeLessThanOrEqual(gained + 1);
  });

  it("is told of what a usual turn would cost, where the workload does not say that the model reasons", () => {
    const [finding, ...others] = about("model/chat_template.jinja", report(both, inForce));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      rule: "chat-template",
      severity: "information",
      stake: { tokensPerRequest: 0 },
    });
    expect(finding?.message).toMatch(/tokens prefilled again per turn: earlier reasoning is dropped$/);
  });

  it("says nothing of one that keeps everything", () => {
    const files = { "model/chat_template.jinja": faithful, "prompts/a.j2": chat };
    expect(report(files, inForce, reasoning).findings).toEqual([]);
  });
});

describe("a template that only lies in the workspace", () => {
  it("is linted all the same, and is no culprit of any number", () => {
    const [finding, ...others] = about(
      "chat_template.jinja",
      report({ "chat_template.jinja": forgetful }, {}),
    );
    expect(others).toEqual([]);
    expect(finding?.detail).toContain("this template is not in force here");
    expect(finding?.stake).toEqual({ tokensPerRequest: 0, ttftSecondsPerRequest: 0, bytes: 0 });
  });

  it("may stand in a tokenizer_config.json, where the line is a place in a text of JSON", () => {
    const json = JSON.stringify({ bos_token: "", chat_template: forgetful }, null, 2);
    const [finding] = about("m/tokenizer_config.json", report({ "m/tokenizer_config.json": json }, {}));
    const range = json.slice(finding?.range.start, finding?.range.end);
    expect(range.startsWith("{{-")).toBe(true);
    expect(JSON.parse(`"${range}"`)).toBe(
      '{{- "<|im_start|>" + message.role + "\\n" + text + "<|im_end|>\\n" }}',
    );
  });

  it.each([
    ["a clock", "%H:%M:%S", "information", /per request: the template writes the time$/],
    // A day costs once a day, and whose day it is is not known.
    ["a date", "%Y-%m-%d", "hint", /once a day: the template writes the date$/],
  ])("%s", (_, format, severity, message) => {
    const dated = `{{ "<|im_start|>system\\nIt is " + strftime_now("${format}") + "<|im_end|>\\n" }}\n${faithful}`;
    const [finding, ...others] = about("chat_template.jinja", report({ "chat_template.jinja": dated }, {}));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ rule: "chat-template", severity });
    expect(finding?.message).toMatch(message);
    expect(dated.slice(finding?.range.start, finding?.range.end)).toContain("strftime_now");
  });

  it("says nothing of one that cannot be read, or keeps everything", () => {
    expect(report({ "chat_template.jinja": "{% for %}" }, {}).findings).toEqual([]);
    expect(report({ "chat_template.jinja": faithful }, {}).findings).toEqual([]);
  });

  it("speaks in rows that can be read", () => {
    const files = { "a/chat_template.jinja": forgetful, "b/chat_template.jinja": faithful };
    for (const { message } of report(files, {}).findings) {
      expect(message.length).toBeLessThanOrEqual(longestHeadline);
      expect(message.slice(0, 40)).toMatch(/\d/);
    }
  });
});
