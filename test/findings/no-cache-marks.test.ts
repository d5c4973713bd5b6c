/** What no request asks for is not cached: whole requests in JSON and in code, against prompts of which that is not known. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import type { Report } from "../../src/analysis/report.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { drain } from "../../src/core/steps.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
const system = policyText(120);

function run(path: string, text: string, policy = "anthropic:claude-sonnet-4-5"): Report {
  const analyzer = createAnalyzer({ tokenizer, parseTools });
  analyzer.setWorkspace([{ path, text }], null, []);
  return drain(analyzer.run({ ...defaultSettings, policy }));
}

const body = (more: object, content: unknown = system) =>
  JSON.stringify({
    model: "claude-sonnet-4-5",
    max_tokens: 500,
    system: content,
    messages: [{ role: "user", content: "{{ question }}" }],
    ...more,
  });

const python = (argument: string) => `def answer(client, question):
    return client.messages.create(
        model="claude-sonnet-4-5",
        max_tokens=500,
        ${argument}
        messages=[{"role": "user", "content": question}],
    )
`;

test.each([
  ["request.json", body({})],
  ["answer.py", python(`system="""${system}""",`)],
])("%s marks nothing, so nothing is read", (path, text) => {
  const { totals, findings } = run(path, text);
  expect(totals.ledger.reused).toBe(0);
  expect(totals.ledger.ruledOut).toBeGreaterThan(0.9 * totals.promptTokens);
  expect(totals.money?.inputUnits).toBe(totals.promptTokens);
  const [finding, ...others] = findings.filter(({ severity }) => severity !== "hint");
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ rule: "no-cache-marks", severity: "warning" });
  expect(finding?.message).toMatch(/^[0-9.]+ % of the price is lost/);
  expect(finding?.message.length).toBeLessThanOrEqual(90);
  expect(finding?.related.length).toBeGreaterThan(0);
});

const aiSdk = (more: string, prompt = "question") => `import { generateText } from "ai";
import { anthropic } from "@ai-sdk/anthropic";
const RULES = \`${system}\`;
export const answer = (question: string, options: object) =>
  generateText({ model: anthropic("claude-sonnet-4-5"), system: RULES, prompt: ${prompt}, ${more} });
`;

const langChain = (
  model: string,
  content = "RULES",
  more = "",
) => `from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, SystemMessage
RULES = """${system}"""
llm = ${model}
def answer(question, options):
    return llm.invoke([SystemMessage(content=${content}), HumanMessage(content=question)]${more})
`;
const chatModel = `ChatAnthropic(model="claude-sonnet-4-5")`;

const langChainJs = `import { ChatAnthropic } from "@langchain/anthropic";
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
const RULES = \`${system}\`;
const llm = new ChatAnthropic({ model: "claude-sonnet-4-5" });
export const answer = (question: string) => llm.invoke([new SystemMessage(RULES), new HumanMessage(question)]);
`;

const rulesOf = ({ findings }: Report) => findings.map(({ rule }) => rule);

test.each([
  ["generateText", "answer.ts", aiSdk("maxOutputTokens: 500")],
  [
    "generateText with other options",
    "answer.ts",
    aiSdk(`providerOptions: { anthropic: { effort: "low" } }`),
  ],
  ["a chat model by its name", "answer.py", langChain(chatModel)],
  ["a chat model in TypeScript", "answer.ts", langChainJs],
])("%s marks nothing", (_, path, text) => {
  const report = run(path, text);
  expect(report.totals.ledger.reused).toBe(0);
  expect(rulesOf(report)).toContain("no-cache-marks");
});

const control = `"cache_control": {"type": "ephemeral"}`;

test.each([
  [
    "a mark for the whole call",
    "answer.ts",
    aiSdk(`providerOptions: { anthropic: { cacheControl: { type: "ephemeral" } } }`),
  ],
  ["options that only a run knows", "answer.ts", aiSdk("providerOptions: options")],
  ["more that only a run knows", "answer.ts", aiSdk("...options")],
  ["messages that only a run knows", "answer.ts", aiSdk("", "history")],
  ["a marked part", "answer.py", langChain(chatModel, `[{"type": "text", "text": RULES, ${control}}]`)],
  [
    "a mark for the invocation",
    "answer.py",
    langChain(chatModel, "RULES", `, cache_control={"type": "ephemeral"}`),
  ],
  [
    "a model with something bound",
    "answer.py",
    langChain(`${chatModel}.bind(${control.replace('"cache_control": ', "cache_control=")})`),
  ],
  ["a model that is given elsewhere", "answer.py", langChain("make_model()")],
  [
    "a model that passes something on",
    "answer.py",
    langChain(`ChatAnthropic(model="m", model_kwargs={${control}})`),
  ],
])("no word of it: %s", (_, path, text) => {
  const report = run(path, text);
  expect(report.templates).toHaveLength(1);
  expect(rulesOf(report)).not.toContain("no-cache-marks");
});

const concrete = { messages: [{ role: "user", content: "May I park on the pier?" }] };

test("so does a request that was captured alone, whose price nobody knows", () => {
  const { scenario, totals, findings } = run("request.json", body(concrete));
  expect(scenario.workload.captured).toMatchObject({ conversations: 1, requests: 1 });
  const [finding, ...others] = findings.filter(({ severity }) => severity !== "hint");
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ rule: "no-cache-marks", severity: "warning" });
  expect(finding?.stake.tokensPerRequest).toBe(totals.promptTokens);
  expect(finding?.message).toMatch(/^[\d,]+ tokens are paid in full each time: nothing is marked$/);
});

test.each([
  ["it has a mark", body(concrete, [{ type: "text", text: system, cache_control: { type: "ephemeral" } }])],
  ["it is below the minimum", body(concrete, "You answer questions about the harbour.")],
])("a captured request is left alone where %s", (_, text) => {
  expect(run("request.json", text).findings.filter(({ rule }) => rule === "no-cache-marks")).toEqual([]);
});

const marked = [{ type: "text", text: system, cache_control: { type: "ephemeral" } }];

test.each([
  ["a marked block", "request.json", body({}, marked)],
  [
    "a marked block in code",
    "answer.py",
    python(`system=[{"type": "text", "text": """${system}""", "cache_control": {"type": "ephemeral"}}],`),
  ],
  ["a prompt of which nobody knows how it is sent", "prompts/a.j2", `${system}\n{{ question }}`],
])("%s is read", (_what, path, text) => {
  const { totals, findings } = run(path, text);
  expect(totals.ledger.reused).toBeGreaterThan(0.5 * totals.promptTokens);
  expect(findings.filter(({ rule }) => rule === "no-cache-marks")).toEqual([]);
});

test("one mark at the top is a mark, though no later request reads what it keeps", () => {
  const { totals, findings } = run("request.json", body({ cache_control: { type: "ephemeral" } }));
  expect(totals.money?.inputUnits).toBeGreaterThan(totals.promptTokens);
  expect(findings.filter(({ rule }) => rule === "no-cache-marks")).toEqual([]);
});

test("a provider that caches by itself needs no marks", () => {
  const { totals, findings } = run("request.json", body({}), "openai-classic");
  expect(totals.ledger.reused).toBeGreaterThan(0.5 * totals.promptTokens);
  expect(findings.filter(({ rule }) => rule === "no-cache-marks")).toEqual([]);
});
