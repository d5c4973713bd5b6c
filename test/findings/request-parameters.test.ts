/** What requests say beside their prompts: a key that is missing, and parameters that change. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { drain } from "../../src/core/steps.ts";
import { isShown } from "../../src/findings/finding.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
const openai = "openai-gpt-5.6";
const anthropic = "anthropic:claude-sonnet-4-5";

function found(text: string, policy: string) {
  const analyzer = createAnalyzer({ tokenizer, parseTools });
  const path = text.startsWith("{") ? "request.json" : "answer.py";
  analyzer.setWorkspace([{ path, text }], null, []);
  const { findings } = drain(analyzer.run({ ...defaultSettings, policy, turns: 8 }));
  const rules = ["no-cache-key", "changing-parameters"];
  return findings.filter((finding) => isShown(finding) && rules.includes(finding.rule));
}

/** A call of a conversation; the mark at the question is one that OpenAI does not need. */
const call = (model: string, more = "", examples = "") => `import random

def answer(client, history, question):
    return client.messages.create(
        model=${model},
        ${more}
        system=[{"type": "text", "text": """${policyText(120)}""", "cache_control": {"type": "ephemeral"}}],
        messages=[${examples}] + history + [{"role": "user", "content": question}],
        cache_control={"type": "ephemeral"},
    )
`;

test.each([
  ["code", call(`"gpt-6"`)],
  [
    "JSON",
    JSON.stringify({
      model: "gpt-6",
      messages: [
        // A value that is set: what is to be filled in is no captured request.
        { role: "system", content: `${policyText(120)} At most {{ max_items }}.` },
        { role: "user", content: "Hello there." },
      ],
    }),
  ],
])("a whole request without a key where matches need one: %s", (_, text) => {
  const [finding, ...others] = found(text, openai);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ rule: "no-cache-key", severity: "information" });
  expect(finding?.message).toMatch(/^[\d,]+ tokens per request are read by chance: no prompt_cache_key$/);
  expect(finding?.detail).toMatch(/[\d.]+ % of the price hangs on it/);
});

test.each([
  ["it has one", call(`"gpt-6"`, `prompt_cache_key="rules",`), openai],
  ["it has one in extra_body", call(`"gpt-6"`, `extra_body={"prompt_cache_key": "rules"},`), openai],
  ["not all of it is known", call(`"gpt-6"`, "**options,"), openai],
  ["the provider needs none", call(`"claude-sonnet-4-5"`), anthropic],
])("no word of a key: %s", (_, text, policy) => {
  expect(found(text, policy)).toEqual([]);
});

test("a model that is drawn anew in every call keeps all prefixes apart", () => {
  const text = call(`random.choice(["claude-sonnet-4-5", "claude-opus-4-5"])`);
  const [finding, ...others] = found(text, anthropic);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ rule: "changing-parameters", severity: "warning" });
  expect(finding?.message).toMatch(/^[\d,]+ tokens per request hang on "model", which changes$/);
  expect(text.slice(finding!.range.start)).toMatch(/^random\.choice/);
});

test("tool_choice that changes leaves tools and the system message", () => {
  const examples = `{"role": "user", "content": [{"type": "text", "text": """${policyText(30, "b")}""", "cache_control": {"type": "ephemeral"}}]}`;
  const choice = `tool_choice=random.choice([{"type": "auto"}, {"type": "any"}]),`;
  const [finding] = found(call(`"claude-sonnet-4-5"`, choice, examples), anthropic);
  expect(finding?.rule).toBe("changing-parameters");
  const all = found(call(`random.choice(["a", "b"])`, "", examples), anthropic)[0]!;
  expect(finding!.stake.tokensPerRequest).toBeLessThan(all.stake.tokensPerRequest / 2);
});

test.each([
  [
    "written out",
    call(`"claude-sonnet-4-5"`, `thinking={"type": "enabled", "budget_tokens": 2000},`),
    anthropic,
  ],
  ["of which nothing is known", call("self.model", "thinking=thinking, tool_choice=choice,"), anthropic],
  [
    "that OpenAI does not mind",
    call(`"gpt-6"`, `prompt_cache_key="a", tool_choice=random.choice(["auto", "required"]),`),
    openai,
  ],
])("no word of a parameter %s", (_, text, policy) => {
  expect(found(text, policy)).toEqual([]);
});
