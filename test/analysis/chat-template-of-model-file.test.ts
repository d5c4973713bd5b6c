/** Where the model is read from files, requests are wrapped in the chat template that lies with it. */
import { describe, expect, test } from "vitest";
import { chatTemplateInForce } from "../../src/analysis/chat-template-in-force.ts";
import { Documents } from "../../src/analysis/documents.ts";
import { resolveScenario } from "../../src/analysis/scenario.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { findModel } from "../../src/core/cost/find.ts";
import { noTools } from "../../src/prompt/format.ts";

function templateWith(text: string, policy = "vllm") {
  const model = { ...findModel("Qwen/Qwen3-8B"), id: "acme/own" };
  const modelFile = {
    ...{ path: "./own", model, notes: [], tokenizer: null },
    chatTemplate: { path: "chat_template.jinja", text },
  };
  const scenario = resolveScenario({ ...defaultSettings, policy, modelFile });
  return chatTemplateInForce(scenario, new Documents(noTools));
}

const messages = [{ role: "user" as const, content: "Hello" }];

describe("the template beside a model", () => {
  test("wraps messages", () => {
    const { template, assumption } = templateWith(
      "{% for m in messages %}<|turn|>{{ m.content }}{% endfor %}",
    );
    expect(template?.render({ messages, tools: [] }).text).toBe("<|turn|>Hello");
    expect(assumption.text).toContain("chat template of chat_template.jinja of the model ./own");
  });

  test("that does not work gives way to another, and the reason is said", () => {
    const { template, assumption } = templateWith("{% for m in %}");
    expect(template).not.toBeNull();
    expect(assumption.text).toMatch(
      /^chat_template\.jinja of the model \.\/own: The chat template cannot be used: /,
    );
    expect(assumption.text).toContain("No chat template of acme/own ships");
  });

  test("says nothing of how a provider wraps messages", () => {
    expect(templateWith("{{ messages }}", "openai-classic").assumption.text).not.toContain("./own");
  });
});
