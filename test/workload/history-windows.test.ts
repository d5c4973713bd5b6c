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
