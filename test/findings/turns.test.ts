/** What conversations lose when earlier turns do not come back as they were. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/analysis/report.ts";
import type { HistoryConfig } from "../../src/config/config.ts";
import type { Finding } from "../../src/findings/finding.ts";
import { turnLosses } from "../../src/findings/turn-losses.ts";
import { generateWorkload } from "../../src/workload/generate.ts";
import {
  appendOnly,
  applyHistory,
  type HistoryMessage,
  type HistoryPolicy,
} from "../../src/workload/history-policy.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { configOf, hole, marker, template, wordTokenizer } from "../workload/support.ts";

const head = `system:\n${policyText(20)}\n`;
const loop = `{% for message in messages %}
{% if message.role == "user" %}
user:
{{ message.content }}
{% else %}
assistant:
{{ message.content }}
{% endif %}
{% endfor %}`;
const chat = `${head}${loop}\nuser:\n{{ question }}\n`;

/** Questions whose first words differ, so that two of them part at once. */
const questions = "Apples Bears Cars Dogs Eggs Fish Goats Hats Inks Jars Keys Lamps"
  .split(" ")
  // The dash keeps them apart from what stands before them, where no chat template does.
  .map((things) => `- ${things} are what the customer of the shipment asks about in this message today.`);
const sessions = 2;

const attention = { model: "Qwen/Qwen3-8B", policy: "sglang-radix" };
const hybrid = { model: "ibm-granite/granite-4.0-h-small", policy: "marconi" };

function run(text: string, history: HistoryConfig, turns = 8, scenario = attention): Report {
  const config = { workload: { outputTokens: 100, history }, holes: { question: { values: questions } } };
  return analyze(
    { "prompts/chat.j2": text, "promptcache.json": JSON.stringify(config) },
    { ...scenario, sessions, turns },
  );
}

function found(report: Report, rule: string): readonly Finding[] {
  return report.findings.filter((finding) => finding.rule === rule);
}

function conversationFindings(report: Report): readonly string[] {
  return report.findings
    .map(({ rule }) => rule)
    .filter((rule) => rule === "rewrite" || rule === "retokenised");
}

describe("a history that only grows", () => {
  it.each([
    ["a loop", chat],
    [
      "pairs in a loop",
      `${head}{% for turn in history %}\nuser:\n{{ turn.question }}\nassistant:\n{{ turn.answer }}\n{% endfor %}\nuser:\n{{ question }}\n`,
    ],
    ["an instruction file", `${policyText(20)}\n`],
  ])("loses nothing: %s", (_, text) => {
    expect(conversationFindings(run(text, {}))).toEqual([]);
    expect(conversationFindings(run(text, { keep: "turns", last: 8 }))).toEqual([]);
  });
});

describe("rewrite", () => {
  it.each<readonly [HistoryConfig, string, "warning" | "hint"]>([
    [{ keep: "turns", last: 2 }, "keeps only the last 2 turns (declared)", "warning"],
    [
      { keep: "messages", last: 3, every: 2 },
      "keeps only the last 3 messages, and is cut again after 2 more",
      "warning",
    ],
    [{ keep: "observations", last: 2 }, "replaces all but the last 2 observations by a line", "warning"],
    [
      { keep: "summary", last: 3, every: 2 },
      "replaces all but the last 3 turns by a summary, every 2 turns",
      "warning",
    ],
    // As much is prefilled again in less than half a millisecond: too little to be told of.
    [{ reasoningTokens: 80, reasoning: "stripped" }, "loses the reasoning of earlier answers", "hint"],
  ])("names what becomes of the history: %j", (history, text, severity) => {
    const report = run(chat, history);
    const [finding, ...others] = found(report, "rewrite");
    expect(others).toEqual([]);
    expect(finding?.detail).toContain(text);
    expect(chat.slice(finding?.range.start, finding?.range.end)).toBe(loop);
    expect(finding?.severity).toBe(severity);
    expect(finding?.stake.ttftSecondsPerRequest).toBeGreaterThan(0);
    expect(finding?.assumptions).toContain("turn-losses");
    expect(found(report, "retokenised")).toEqual([]);
    // The rest is what it is anyway: nothing is said twice.
    expect(found(report, "volatile-early")).toEqual([]);
  });

  it("sees the window that the template cuts itself", () => {
    const [finding] = found(run(chat.replace("in messages", "in messages[-4:]"), {}), "rewrite");
    expect(finding?.detail).toContain("keeps only the last 4 messages (inferred)");
  });

  it("costs less when the window moves rarely", () => {
    const lost = (every: number) =>
      found(run(chat, { keep: "turns", last: 3, every }, 12), "rewrite")[0]?.stake.tokensPerRequest ?? 0;
    expect(lost(3)).toBeGreaterThan(0);
    expect(lost(3)).toBeLessThan(lost(1) / 2);
  });

  it("sees questions that come back without the text that they were sent with", () => {
    const wrapped = `${head}${loop}\nuser:\nAnswer in one sentence, and name the section. {{ question }}\n`;
    const [assumed] = found(run(wrapped, {}), "rewrite");
    // Our own assumption is no finding that anybody is told of.
    expect(assumed?.severity).toBe("hint");
    const [finding] = found(run(wrapped, { questions: "bare" }), "rewrite");
    expect(finding?.severity).toBe("information");
    expect(finding?.detail).toContain("other text around them");
    expect(conversationFindings(run(wrapped, { questions: "as-sent" }))).toEqual([]);
  });

  it("sees that the chat template leaves out the reasoning", () => {
    const report = run(chat, { reasoningTokens: 60 });
    const [finding, ...others] = found(report, "rewrite");
    expect(others).toEqual([]);
    expect(found(report, "retokenised")).toEqual([]);
    expect(finding?.detail).toContain("The chat template leaves out the reasoning");
    // Each further request prefills the last answer again.
    expect(finding?.stake.tokensPerRequest).toBeGreaterThanOrEqual((7 * 100) / 8);
  });

  it("marks the end of instructions that a rewritten conversation follows", () => {
    const text = `${policyText(20)}\n`;
    const config = JSON.stringify({ workload: { history: { keep: "turns", last: 1 } } });
    const report = analyze({ "AGENTS.md": text, "promptcache.json": config }, { turns: 8 });
    const [finding] = found(report, "rewrite");
    expect(finding?.range).toEqual({ start: text.length - 1, end: text.length });
  });
});

describe("turnLosses", () => {
  const history = fc.record({
    // Cut before a question: two answers may begin with the same word.
    keep: fc.constantFrom<NonNullable<HistoryConfig["keep"]>>("all", "turns"),
    last: fc.nat(5),
    every: fc.integer({ min: 1, max: 4 }),
  });
  const parts = [marker("system"), "You help.", hole("history", "session", "history")];
  const application = template("a.j2", [...parts, marker("user"), hole("question", "request")]);

  it("are exactly what a plain comparison of the messages finds", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 12 }), (chosen, turns) => {
        const config = configOf({
          workload: { outputTokens: 100, history: chosen },
          holes: { question: { values: questions } },
        });
        const settings = { seed: 1, sessions, turns };
        const workload = generateWorkload([application], { settings, config, tokenizer: wordTokenizer });
        const losses = [...turnLosses(workload)];
        expect(losses.every(({ cause }) => cause === "policy")).toBe(true);
        const lost = losses.reduce((sum, { tokens }) => sum + tokens, 0);
        expect(lost).toBe(lostTokens({ ...appendOnly, ...chosen }, turns));
      }),
      { seed: 6, numRuns: 200 },
    );
  });
});

/** Of all conversations, by the texts of their messages; an answer has 100 tokens. */
function lostTokens(policy: HistoryPolicy, turns: number): number {
  let lost = 0;
  for (let session = 0; session < sessions; session++) {
    // Questions are taken in turn.
    const question = (turn: number) => questions[(session * turns + turn) % questions.length]!;
    for (let turn = 1; turn < turns; turn++) {
      const before = [...sentTexts(question, turn - 1, policy), `answer ${turn - 1}`];
      const now = sentTexts(question, turn, policy);
      let same = 0;
      while (now[same] === before[same]) same++;
      // Two questions begin with the same dash.
      if (same < now.length - 1 && [now, before].every((texts) => texts[same]?.startsWith("-"))) lost--;
      // The question is no history.
      for (const text of now.slice(same, -1)) {
        if (before.includes(text)) lost += text.startsWith("answer") ? 100 : wordTokenizer.count(text);
      }
    }
  }
  return lost;
}

function sentTexts(question: (turn: number) => string, turn: number, policy: HistoryPolicy): string[] {
  const messages: HistoryMessage[] = [];
  for (let past = 0; past <= turn; past++) {
    messages.push({ role: "user", text: question(past) });
    if (past < turn) messages.push({ role: "assistant", text: `answer ${past}` });
  }
  return applyHistory(messages, policy).map(({ text }) => text);
}

describe("retokenised", () => {
  it("sees answers whose white space is trimmed", () => {
    const report = run(chat, { answers: "trimmed" });
    expect(found(report, "rewrite")).toEqual([]);
    const [finding] = found(report, "retokenised");
    expect(chat.slice(finding?.range.start, finding?.range.end)).toBe(loop);
    expect(finding?.detail).toContain("white space");
    // One answer of 100 tokens in each request but the first of a conversation.
    expect(finding?.stake.tokensPerRequest).toBeCloseTo((7 * 100) / 8, 0);
  });

  it("counts what a hybrid cannot resume for want of a state", () => {
    const lost = (scenario: typeof attention) =>
      found(run(chat, { answers: "trimmed" }, 8, scenario), "retokenised")[0]?.stake.tokensPerRequest ?? 0;
    const report = run(chat, { answers: "trimmed" }, 8, hybrid);
    const { ledger, requests } = report.templates[0]!;
    expect(ledger.noCheckpoint).toBeGreaterThan(0);
    expect(lost(hybrid)).toBeGreaterThan(lost(attention));
    // The first request of the second conversation misses a checkpoint for another reason.
    expect(lost(hybrid)).toBeLessThanOrEqual(100 + ledger.noCheckpoint / requests);
  });

  it("says nothing of how lines of one text end, and speaks of messages that are written otherwise once they are past", () => {
    const end = "{% if not loop.last %}\\n\\n----\\n{% endif %}";
    const lines = `{% for m in messages %}{{ m }}${end}{% endfor %}${policyText(20)}`;
    expect(found(run(lines, {}), "retokenised")).toEqual([]);
    const messages = chat.replaceAll("{{ message.content }}", `{{ message.content }}${end}`);
    expect(messages).not.toBe(chat);
    expect(found(run(messages, {}), "retokenised")).toHaveLength(1);
  });

  it("says nothing where messages are lines of one text, as what the model wrote there is not known", () => {
    const lines = `${policyText(20)}\n{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}user: {{ question }}\nassistant:`;
    expect(found(run(lines, {}), "retokenised")).toEqual([]);
  });

  it("is not shown where a message holds text about a conversation, and is where messages are sent back", () => {
    const shown = (text: string) =>
      found(run(text, {}, 8, hybrid), "retokenised").filter(({ severity }) => severity !== "hint");
    const end = "{% if not loop.last %}\\n\\n----\\n{% endif %}";
    const about = `${head}user:\nAll that was said:\n{% for m in messages %}{{ m.content }}${end}\n{% endfor %}\nuser:\n{{ question }}\n`;
    expect(shown(about)).toEqual([]);
    const sent = chat.replaceAll("{{ message.content }}", `{{ message.content }}${end}`);
    expect(shown(sent)).toHaveLength(1);
    const looked = sent.replace(
      loop.slice(0, 10),
      `\nuser:\nClassify this conversation:\n${loop.slice(0, 10)}`,
    );
    expect(looked).not.toBe(sent);
    expect(shown(looked)).toEqual([]);
  });
});
