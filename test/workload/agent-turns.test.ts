/** Turns of agents: a question, calls of tools with their results, an answer. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { firstAddedId } from "../../src/prompt/chat/encoder.ts";
import { parseDocument } from "../../src/prompt/registry.ts";
import type { ToolDefinition } from "../../src/prompt/template.ts";
import { usualAgentTurn } from "../../src/workload/agent-turn.ts";
import { generateWorkload } from "../../src/workload/generate.ts";
import type { Workload } from "../../src/workload/workload.ts";
import { builtIn, chatTemplate as compiled } from "../prompt/chat/support.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";
import { chatTemplate, configOf, hole, marker, template, wordTokenizer } from "./support.ts";

const tool: ToolDefinition = {
  name: "find",
  json: JSON.stringify({ name: "find" }),
  path: "tools.json",
  range: { start: 0, end: 1 },
};

const request = (tools: readonly ToolDefinition[]) => ({
  ...template("p", [
    marker("system"),
    "Be brief.",
    hole("history", "session", "history"),
    marker("user"),
    hole("question", "request"),
  ]),
  ...(tools.length === 0 ? {} : { tools }),
});

function workloadOf(config: object, given = request([tool])): Workload {
  return generateWorkload([given], {
    settings: { seed: 1, sessions: 2, turns: 3 },
    config: configOf(config),
    tokenizer: wordTokenizer,
    chatTemplate,
  });
}

const agent = { toolCalls: 2, callTokens: 30, resultTokens: 40, callSeconds: 5 };
const declared = { workload: { outputTokens: 10, agent } };

/** The requests of the first conversation. */
function conversation({ requests }: Workload) {
  return requests.filter(({ session }) => session === 0);
}

describe("a turn with tools", () => {
  it("is a request for the question, and one for each result", () => {
    const requests = conversation(workloadOf(declared));
    expect(requests.map(({ turn }) => turn)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const count = (text: string) => {
      const id = firstAddedId + chatTemplate.specials.indexOf(text);
      return requests.map(({ promptTokens }) => promptTokens.filter((token) => token === id).length);
    };
    expect(count("<user>")).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3]);
    // What the model wrote in each request before, and what asks it to write the next.
    expect(count("<assistant>")).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("begins with the request before and what the model wrote, down to the last token", () => {
    const requests = conversation(workloadOf(declared));
    for (const [index, { promptTokens }] of requests.entries()) {
      const before = requests[index - 1];
      if (before === undefined) continue;
      const held = [...before.promptTokens, ...before.outputTokens];
      expect([...promptTokens.subarray(0, held.length)], `request ${index}`).toEqual(held);
    }
  });

  it("takes its time: calls one after the other, and the next question behind the answer", () => {
    const times = conversation(workloadOf(declared)).map(({ arrivalSeconds }) => arrivalSeconds);
    expect(times[1]! - times[0]!).toBeCloseTo(5);
    expect(times[2]! - times[1]!).toBeCloseTo(5);
    expect(times[3]! - times[2]!).toBeGreaterThanOrEqual(15);
  });

  it("is declared for a prompt, for all that offer tools, or not at all", () => {
    const count = (config: object, tools: readonly ToolDefinition[]) =>
      conversation(workloadOf(config, request(tools))).length;
    expect(count({}, [tool])).toBe(3);
    expect(count({}, [])).toBe(3);
    expect(count(declared, [tool])).toBe(9);
    // What holds for all says nothing of prompts without tools.
    expect(count(declared, [])).toBe(3);
    expect(count({ templates: { p: { agent: { toolCalls: 1 } } } }, [])).toBe(6);
    expect(count({ ...declared, templates: { p: { agent: { toolCalls: 0 } } } }, [tool])).toBe(3);
  });

  it("is usual where the code reads calls, or an agent runs them", () => {
    const runs = (more: object) => conversation(workloadOf({}, { ...request([tool]), ...more })).length / 3;
    expect(runs({ runsTools: true })).toBe(1 + usualAgentTurn.toolCalls);
    expect(runs({ usage: "instructions" })).toBe(1 + usualAgentTurn.toolCalls);
    expect(runs({})).toBe(1);
    expect(conversation(workloadOf({}, { ...request([]), usage: "instructions" }))).toHaveLength(3);
  });

  it("says what it assumes", () => {
    const assumed = (given: ReturnType<typeof request>, config = {}) =>
      workloadOf(config, given).assumptions.find(({ id }) => id === "agent-turns")?.text;
    expect(assumed({ ...request([tool]), ...{ runsTools: true } })).toContain("3 tool calls and an answer");
    expect(assumed(request([tool]))).toContain("a turn is one request");
    expect(assumed(request([tool]), declared)).toBeUndefined();
    expect(assumed(request([]))).toBeUndefined();
  });
});

describe("a call", () => {
  it("is written as the chat template writes it, in whichever form it takes one", () => {
    const text = (source: string) => compiled(source).callText({ name: "find", arguments: { input: "a" } });
    const around = (call: string) =>
      `{% for message in messages %}{{ '<' + message.role + '>' }}{{ message.content }}{% for call in message.tool_calls or [] %}${call}{% endfor %}{{ '<end>' }}{% endfor %}`;
    expect(
      text(around("{{ '[' + call.function.name + ' ' + (call.function.arguments | tojson) + ']' }}")),
    ).toBe('[find {"input": "a"}]');
    expect(text(around("{{ call.function.name + call.function.arguments }}"))).toBe('find{"input":"a"}');
    expect(builtIn("chatml").callText({ name: "find", arguments: { input: "a" } })).toBeNull();
  });
});

describe("code that offers tools", () => {
  const call = `client.chat.completions.create(model="m", messages=[{"role": "system", "content": "You answer visitors of the museum."}, *history], tools=TOOLS)`;
  const tools = `TOOLS = [{"type": "function", "function": {"name": "find", "description": "Finds a thing in the house."}}]\n`;
  const loop = `def run(history):\n    answer = ${call}\n    for each in answer.choices[0].message.tool_calls:\n        history.append({"role": "tool", "tool_call_id": each.id, "content": act(each)})\n`;
  const once = `def ask(history):\n    return ${call}\n`;

  it("runs them where it reads calls", () => {
    const runs = (text: string) =>
      parseDocument({ path: "a.py", text }, parseTools, () => null).value.map(
        ({ runsTools }) => runsTools ?? false,
      );
    expect(runs(tools + loop)).toEqual([true]);
    expect(runs(tools + once)).toEqual([false]);
    expect(runs(loop.replace(", tools=TOOLS", ""))).toEqual([false]);
  });
});

describe("losses inside a loop", () => {
  const template = (condition: string) => `{%- set ns = namespace(last=0) %}
{%- for message in messages %}{% if message.role == "user" %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}
{%- for message in messages %}
  {%- set text = message.content %}
  {%- if message.role == "assistant" and ${condition} %}{% set text = text.split("</think>")[-1].lstrip("\\n") %}{% endif %}
  {{- "<|im_start|>" + message.role + "\\n" + text + "<|im_end|>\\n" }}
{%- endfor %}
{%- if add_generation_prompt %}{{ "<|im_start|>assistant\\n" }}{% endif %}
`;
  const config = (toolCalls: number) =>
    JSON.stringify({
      workload: { history: { reasoningTokens: 50 }, agent },
      templates: { "*.j2": { agent: { toolCalls } } },
    });
  const prompt = `system:\n${policyText(10)}\n{{ history }}\nuser:\n{{ question }}\n`;
  const finding = (condition: string, toolCalls: number) => {
    const files = {
      "a.j2": prompt,
      "chat_template.jinja": template(condition),
      "promptcache.json": config(toolCalls),
    };
    const settings = {
      model: "Qwen/Qwen3-8B",
      policy: "sglang",
      chatTemplate: "chat_template.jinja",
      sessions: 2,
      turns: 4,
    };
    const [found, ...others] = analyze(files, settings).findings.filter(({ rule }) => rule === "rewrite");
    expect(others).toEqual([]);
    return found;
  };
  const betweenTurns = "loop.index0 < ns.last";

  it("count the whole loop, where the reasoning is dropped at the next question", () => {
    const lost = (toolCalls: number) => {
      const found = finding(betweenTurns, toolCalls);
      expect(found?.detail).toContain(`: 6 of ${8 * (toolCalls + 1)} requests`);
      return ((found?.stake.tokensPerRequest ?? 0) * 8 * (toolCalls + 1)) / 6;
    };
    // A call and a result more per step; headers and ends of messages are some tokens more.
    expect(lost(0)).toBeGreaterThanOrEqual(128);
    expect(lost(0)).toBeLessThan(140);
    for (const calls of [1, 4]) {
      const perCall = (lost(calls) - lost(0)) / calls;
      expect(perCall).toBeGreaterThanOrEqual(60);
      expect(perCall).toBeLessThan(90);
    }
  });

  it("come in every request, where it is dropped at once", () => {
    const found = finding("true", 2);
    expect(found?.detail).toContain(": 22 of 24 requests");
  });
});

const folder = join(import.meta.dirname, "../../../shared/traces/kv-cache-tester");
const hasTraces = existsSync(folder);
if (!hasTraces) console.warn("Skipped: the recorded conversations are not beside the repository.");

it.runIf(hasTraces)("the usual turn is what the recorded conversations hold", () => {
  interface Recorded {
    readonly type: string;
    readonly t: number;
    readonly in: number;
    readonly out: number;
    readonly stop?: string;
    readonly input_types?: readonly string[];
  }
  const [calls, results, seconds] = [[] as number[], [] as number[], [] as number[]];
  let questions = 0;
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(".json")) continue;
    const { requests } = JSON.parse(readFileSync(join(folder, name), "utf8")) as { requests: Recorded[] };
    const own = requests.filter(({ type }) => type !== "subagent");
    for (const [index, each] of own.entries()) {
      if (each.stop === "tool_use") calls.push(each.out);
      const before = own[index - 1];
      if (each.input_types?.includes("tool_result") !== true) questions++;
      else if (before !== undefined) {
        results.push(each.in - before.in - before.out);
        seconds.push(each.t - before.t);
      }
    }
  }
  const median = (values: number[]) => {
    const sorted = values.toSorted((a, b) => a - b);
    const middle = (sorted.length - 1) / 2;
    return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  };
  expect(Math.round(results.length / questions)).toBe(usualAgentTurn.toolCalls);
  expect(median(calls)).toBe(usualAgentTurn.callTokens);
  expect(Math.abs(median(results) - usualAgentTurn.resultTokens)).toBeLessThanOrEqual(0.5);
  expect(Math.round(median(seconds))).toBe(usualAgentTurn.callSeconds);
});
