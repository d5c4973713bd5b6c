/** What `rewrite` and `retokenised` promise is what the same conversations give when their turns come back as they were. */
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/analysis/report.ts";
import type { HistoryConfig } from "../../src/config/config.ts";
import { type Finding, isShown } from "../../src/findings/finding.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { gained, policies } from "./measured.ts";

const loop = (list: string) =>
  `{% for message in ${list} %}\n{% if message.role == "user" %}\nuser:\n{{ message.content }}\n{% else %}\nassistant:\n{{ message.content }}\n{% endif %}\n{% endfor %}`;
const chat = (list = "messages", before = "") =>
  `system:\n${policyText(90)}\n${loop(list)}\nuser:\n${before}{{ question }}\n`;
const wrapped = chat("messages", `${policyText(12, "q")}\n`);

/** Questions whose first words differ, so that two of them part at once. */
const questions = "Apples Bears Cars Dogs Eggs Fish Goats Hats Inks Jars Keys Lamps"
  .split(" ")
  .map((things) => `- ${things} are what the customer of the shipment asks about in this message today.`);

interface Sent {
  readonly text?: string;
  readonly history?: HistoryConfig;
  readonly files?: Readonly<Record<string, string>>;
  readonly settings?: Parameters<typeof analyze>[1];
}

function run({ text = chat(), history = {}, files = {}, settings = {} }: Sent, policy: string): Report {
  const config = {
    workload: { outputTokens: 400, history },
    holes: { question: { values: questions } },
  };
  return analyze(
    { "prompts/chat.j2": text, "promptcache.json": JSON.stringify(config), ...files },
    { sessions: 3, turns: 8, ...settings, policy },
  );
}

function ofTurns(report: Report): readonly Finding[] {
  return report.findings.filter(({ rule }) => rule === "rewrite" || rule === "retokenised");
}

/** Holds what is promised to what is measured; says what was promised. */
function hold(before: Report, after: Report): number {
  const [finding, ...others] = ofTurns(before);
  expect(others).toEqual([]);
  if (finding === undefined) return 0;
  expect(finding.message.length).toBeLessThanOrEqual(90);
  expect(finding.message.slice(0, 40)).toMatch(/\d tokens? /);
  const { templateId: id, stake } = finding;
  const measured = gained(before, after, id);
  if (!isShown(finding)) return 0;
  expect(Math.abs(stake.tokensPerRequest - measured)).toBeLessThanOrEqual(1);
  return stake.tokensPerRequest;
}

const cases: Readonly<Record<string, readonly [Sent, Sent]>> = {
  "a window of turns": [{ history: { keep: "turns", last: 2 } }, {}],
  "a window of messages": [{ history: { keep: "messages", last: 3, every: 2 } }, {}],
  "old observations": [{ history: { keep: "observations", last: 2 } }, {}],
  "a window of tokens": [{ history: { keep: "tokens", last: 500 } }, {}],
  "a summary": [{ history: { keep: "summary", last: 3, every: 2 } }, {}],
  "a window that the template cuts": [{ text: chat("messages[-4:]") }, {}],
  "bare questions": [
    { text: wrapped, history: { questions: "bare" } },
    { text: wrapped, history: { questions: "as-sent" } },
  ],
  "trimmed answers": [{ history: { answers: "trimmed" } }, {}],
  "reasoning that is stripped": [
    { history: { reasoningTokens: 300, reasoning: "stripped" } },
    { history: { reasoningTokens: 300 } },
  ],
};

describe.each(policies)("under %s", (policy) => {
  it.each(Object.entries(cases))("%s", (_, [sent, kept]) => {
    hold(run(sent, policy), run(kept, policy));
  });
});

describe("a server of one's own", () => {
  it.each(Object.entries(cases))("is promised something: %s", (_, [sent, kept]) => {
    const promises = ["marconi", "sglang"].map((policy) => hold(run(sent, policy), run(kept, policy)));
    expect(Math.max(...promises)).toBeGreaterThan(32);
  });
});

/** ChatML, with every turn as it was. */
const chatml = (asks: string, answered: string) =>
  `{%- for message in messages %}{{ '<|im_start|>' + message.role + '\\n' }}{%- if message.role == 'assistant' %}{{ '${answered}' }}{%- endif %}{{ message.content + '<|im_end|>\\n' }}{%- endfor %}{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n${asks}' }}{%- endif %}`;
const thought = "<think>\\n\\n</think>\\n\\n";

// In llama.cpp three such conversations push each other out, whatever their turns hold.
describe.each([
  ["marconi", 200],
  ["vllm", 200],
  ["sglang", 200],
  ["llama-cpp", 0],
] as const)("what a chat template does, under %s", (policy, least) => {
  const model = "Qwen/Qwen3-8B";

  it("to reasoning", () => {
    const history = { reasoningTokens: 300 };
    const before = run({ history, settings: { model } }, policy);
    const files = { "kept.jinja": chatml("", "") };
    const after = run({ history, files, settings: { model, chatTemplate: "kept.jinja" } }, policy);
    expect(ofTurns(after)).toEqual([]);
    expect(hold(before, after)).toBeGreaterThanOrEqual(least);
  });

  it("to the words that ask for an answer", () => {
    const settings = { model, chatTemplateArguments: { enable_thinking: false } };
    // The history is declared, so that it is no assumption of ours that answers come back.
    const history: HistoryConfig = { answers: "as-generated" };
    const before = run({ history, settings }, policy);
    const files = { "kept.jinja": chatml(thought, thought) };
    const after = run({ history, files, settings: { model, chatTemplate: "kept.jinja" } }, policy);
    expect(ofTurns(after)).toEqual([]);
    expect(hold(before, after)).toBeGreaterThanOrEqual(least);
  });
});
