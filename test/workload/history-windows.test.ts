/** Windows that code cuts out of a conversation, as the history of what it sends. */
import { describe, expect, it } from "vitest";
import { historyPhrase } from "../../src/workload/history-policy.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

const rules = policyText(30);

const python = (code: string, more: string) =>
  `from langchain_core.messages import SystemMessage, trim_messages\nRULES = """${rules}"""\nLIMIT = 600\n\n${code}def ask(history):\n    ${more}\n`;
const call = (messages: string) =>
  `return client.chat.completions.create(model="m", messages=[{"role": "system", "content": RULES}] + ${messages})`;
const typescript = (messages: string) =>
  `import { trimMessages } from "@langchain/core/messages";\nconst RULES = \`${rules}\`;\nexport const ask = async (history) => client.chat.completions.create({ model: "m", messages: [{ role: "system", content: RULES }, ...(${messages})] });\n`;

const window = { keep: "tokens", last: 600 } as const;

describe("the history that code cuts to so many tokens", () => {
  it.each([
    ["a.py", python("", call("trim_messages(history, max_tokens=600)"))],
    [
      "a.py",
      python(
        "",
        call(
          'trim_messages(history, strategy="last", token_counter=llm, include_system=True, start_on="human", max_tokens=600)',
        ),
      ),
    ],
    ["a.py", python("", call("trim_messages(history, max_tokens=LIMIT)"))],
    ["a.py", python("", `kept = trim_messages(history, max_tokens=600)\n    ${call("kept")}`)],
    [
      "a.py",
      python(
        "trimmer = trim_messages(max_tokens=600, token_counter=len)\n\n",
        `kept = trimmer.invoke(history)\n    ${call("kept")}`,
      ),
    ],
    ["a.ts", typescript('await trimMessages(history, { maxTokens: 600, strategy: "last" })')],
  ])("%s: %s", (path, text) => {
    const { assumptions, findings } = analyze(
      { [path]: text },
      { turns: 10, policy: "openai-classic" },
      parseTools,
    );
    const [told] = assumptions.filter(({ id }) => id === "history");
    expect(told!.text).toContain(historyPhrase({ ...window, every: 1, reasoning: "kept" }));
    expect(findings.map(({ rule }) => rule)).toContain("rewrite");
  });

  it.each([
    ["a.py", python("", call('trim_messages(history, max_tokens=600, strategy="first")'))],
    ["a.py", python("", call("trim_messages(history, max_tokens=limit_of(model))"))],
    ["a.py", python("", call("trim_messages(history, token_counter=len)"))],
    ["a.ts", typescript('await trimMessages(history, { maxTokens: 600, strategy: "first" })')],
  ])("is not one that keeps its beginning, or whose size is not known: %s: %s", (path, text) => {
    const { assumptions, templates } = analyze(
      { [path]: text },
      { turns: 10, policy: "openai-classic" },
      parseTools,
    );
    expect(templates.length).toBe(1);
    expect(assumptions.find(({ id }) => id === "history")!.text).toContain("unabridged");
  });
});

describe("the history that a flow cuts", () => {
  const flow = (messages: number) => {
    const template = { n_messages: { value: messages }, system_prompt: { value: rules } };
    const node = { id: "a", type: "genericNode", data: { id: "a", type: "Agent", node: { template } } };
    return JSON.stringify({ data: { nodes: [node], edges: [] } });
  };

  it("is the window that its reader knows, whatever its expression says", () => {
    const { assumptions } = analyze({ "flows/a.json": flow(3) }, { turns: 10, policy: "openai-classic" });
    const told = historyPhrase({ keep: "messages", last: 3, every: 1, reasoning: "kept" });
    expect(assumptions.find(({ id }) => id === "history")!.text).toContain(told);
  });
});

describe("the history that code cuts to its last messages", () => {
  const python = (before: string, ask: string, more = "", name = "history") =>
    `import openai\nMAX = 12\n\n${before}def ask(q, ${name}):\n    ${ask}\n    return openai.chat.completions.create(model="m", messages=[{"role": "system", "content": "You are a waiter, and answer politely."}, *${more || name}, {"role": "user", "content": q}])\n`;
  const javascript = (ask: string, more: string) =>
    `import OpenAI from "openai";\nconst client = new OpenAI();\nconst MAX = 12;\nexport function ask(q, history) {\n  ${ask}\n  return client.chat.completions.create({ model: "m", messages: [{ role: "system", content: "You are a waiter, and answer politely." }, ...${more}, { role: "user", content: q }] });\n}\n`;
  const go = (ask: string) =>
    `package a\n\nfunc ask(q string, h []openai.ChatCompletionMessage) {\n\t${ask}\n\tmessages := append([]openai.ChatCompletionMessage{{Role: "system", Content: "You are a waiter, and answer politely."}}, h...)\n\tclient.CreateChatCompletion(ctx, openai.ChatCompletionRequest{Model: "m", Messages: messages})\n}\n`;

  it.each<[string, string, string]>([
    ["a variable of itself", "a.py", python("", "history = history[-12:]")],
    ["under a condition", "a.py", python("", "if len(history) > 12:\n        history = history[-12:]")],
    ["by a constant", "a.py", python("", "history = history[-MAX:]")],
    ["a loop that drops", "a.py", python("", "while len(history) > 12:\n        history.pop(0)")],
    ["deleted", "a.py", python("", "del history[:-12]")],
    ["a helper", "a.py", python("def last(h, n=12):\n    return h[-n:]\n\n", "pass", "last(history)")],
    [
      "a helper that keeps the first",
      "a.py",
      python("def trim(h, limit=12):\n    return h[:1] + h[-limit:]\n\n", "pass", "trim(history)"),
    ],
    [
      "a list of that length",
      "a.py",
      'import openai\nfrom collections import deque\n\nclass Bot:\n    def __init__(self):\n        self.memory = deque(maxlen=12)\n\n    def ask(self, q):\n        self.memory.append({"role": "user", "content": q})\n        return openai.chat.completions.create(model="m", messages=[{"role": "system", "content": "You are a waiter, and answer politely."}, *self.memory])\n',
    ],
    ["TypeScript, shifted", "a.ts", javascript("while (history.length > MAX) history.shift();", "history")],
    [
      "TypeScript, from the end",
      "a.ts",
      javascript("const recent = history.slice(history.length - MAX);", "recent"),
    ],
    ["TypeScript, spliced", "a.ts", javascript("history.splice(0, history.length - 12);", "history")],
    ["Go", "a.go", go("if len(h) > 12 {\n\t\th = h[len(h)-12:]\n\t}")],
    [
      "LangChain's placeholder",
      "a.py",
      'from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder\nprompt = ChatPromptTemplate.from_messages([("system", "You are a waiter, and answer politely."), MessagesPlaceholder("history", n_messages=12), ("human", "{question}")])\n',
    ],
  ])("%s", (_, path, text) => {
    const { assumptions } = analyze({ [path]: text }, { turns: 10 }, parseTools);
    expect(assumptions.find(({ id }) => id === "history")?.text).toContain("keeps only the last 12 messages");
  });

  it.each<[string, string, string]>([
    ["another list", "a.py", python("", "other = other[-12:]")],
    ["in another function", "a.py", python("def show(history):\n    print(history[-12:])\n\n", "pass")],
    ["a length that only a run knows", "a.py", python("", "history = history[-limit():]")],
    ["the last message alone", "a.py", python("", "print(history[-1])", "history")],
  ])("is not cut by %s", (_, path, text) => {
    const { assumptions } = analyze({ [path]: text }, { turns: 10 }, parseTools);
    expect(assumptions.find(({ id }) => id === "history")?.text).toContain("unabridged");
  });

  it("counts tokens where so many messages are kept by nobody", () => {
    const text = python("", "while count(history) > 6000:\n        history.pop(0)");
    const { assumptions } = analyze({ "a.py": text }, { turns: 10 }, parseTools);
    expect(assumptions.find(({ id }) => id === "history")?.text).toContain(
      "keeps only the last 6,000 tokens",
    );
  });
});
