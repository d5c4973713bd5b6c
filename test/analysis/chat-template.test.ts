/** Prompts of the analysis have the tokens that a server would count: by the published template and the native tokenizer. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Template } from "@huggingface/jinja";
import { describe, expect, it } from "vitest";
import { effectiveSettings } from "../../src/analysis/effective-settings.ts";
import { type AnalysisSettings, UserError } from "../../src/config/settings.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { native } from "../tokenizers/reference.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, "examples", path), "utf8");
const published = join(root, "../shared/corpora/chat-templates/qwen3.jinja");
const hasPublished = existsSync(published);
if (!hasPublished) console.warn("Skipped: the published chat templates are not beside the repository.");

interface Sent {
  readonly role: string;
  readonly content: string;
}

const files = Object.fromEntries(
  [
    "prompts/triage-hamburg.txt",
    "prompts/greeting-fixed.prompty",
    "prompts/partials/delivery-policy.j2",
    "prompts/booking-agent.prompt",
    "prompts/_tone.prompt",
  ].map((path) => [path, read(path)]),
);
const holes = {
  message: { values: ["Smoke in bay 4!"] },
  customer_name: { values: ["Maren Holt"] },
  events: { values: ["2025-03-03 06:12 Rotterdam ARR"] },
  question: { values: ["Will it come today?"] },
  account_name: { values: ["Nordlys Møbler AS"] },
};

/** What the first request of each of three examples holds, filled in by hand. */
const sent: Readonly<Record<string, readonly Sent[]>> = {
  "prompts/triage-hamburg.txt": [
    { role: "user", content: files["prompts/triage-hamburg.txt"]!.replace("{message}", "Smoke in bay 4!") },
  ],
  "prompts/greeting-fixed.prompty": [
    { role: "system", content: files["prompts/partials/delivery-policy.j2"]!.trimEnd() },
    {
      role: "user",
      content:
        "My name is Maren Holt. Please greet me by it.\n\nTracking events:\n2025-03-03 06:12 Rotterdam ARR\n\nWill it come today?",
    },
  ],
  "prompts/booking-agent.prompt": [
    {
      role: "system",
      content: files["prompts/booking-agent.prompt"]!.split('{{role "system"}}')[1]!
        .split("{{history}}")[0]!
        .replace("{{>tone}}\n", files["prompts/_tone.prompt"]!)
        .replace("{{account_name}}", "Nordlys Møbler AS"),
    },
    { role: "user", content: "\nWill it come today?" },
  ],
};

/** As the model card writes it; there is always a system message. */
function graniteText(messages: readonly Sent[]): string {
  const usual = "You are a helpful assistant. Please ensure responses are professional, accurate, and safe.";
  const all = messages[0]!.role === "system" ? messages : [{ role: "system", content: usual }, ...messages];
  const turns = all.map(
    ({ role, content }) => `<|start_of_role|>${role}<|end_of_role|>${content}<|end_of_text|>\n`,
  );
  return `${turns.join("")}<|start_of_role|>assistant<|end_of_role|>`;
}

const graniteSpecials = ["<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>"];

describe("prompts of the examples", () => {
  const countsOf = (model: string) => {
    const config = JSON.stringify({ holes });
    const { templates } = analyze({ ...files, "promptcache.json": config }, { model, sessions: 1, turns: 1 });
    return Object.keys(sent).map((path) => templates.find(({ id }) => id === path)!.promptTokensMean);
  };

  it.runIf(hasPublished)("have the tokens of Qwen3's published template and its own tokenizer", async () => {
    const template = new Template(readFileSync(published, "utf8"));
    const texts = Object.values(sent).map((messages) =>
      template.render({ messages, add_generation_prompt: true }),
    );
    const expected = await native("qwen3", { specials: true }).encodeAll(texts);
    expect(countsOf("Qwen/Qwen3-8B")).toEqual(expected.map(({ length }) => length));
  });

  it("have the tokens of Granite's format and the native tokenizer of its vocabulary", async () => {
    const texts = Object.values(sent).map(graniteText);
    const expected = await native("cl100k", { specials: true, added: graniteSpecials }).encodeAll(texts);
    expect(countsOf("ibm-granite/granite-4.0-h-small")).toEqual(expected.map(({ length }) => length));
  });
});

/** As entry points do it: promptcache.json fills in what was not chosen. */
function analyzeAsConfigured(
  files: Readonly<Record<string, string>>,
  chosen: Partial<AnalysisSettings> = {},
) {
  const text = files["promptcache.json"];
  const config = text === undefined ? null : { path: "promptcache.json", text };
  return analyze(files, effectiveSettings(config, chosen));
}

describe("the chat template in force", () => {
  const prompt = { "prompts/a.j2": `${policyText(4)} {{ question }}` };
  const assumptionOf = (files: Readonly<Record<string, string>>, settings = {}) => {
    const { assumptions, problems, templates } = analyzeAsConfigured({ ...prompt, ...files }, settings);
    const { text } = assumptions.find(({ id }) => id === "chat-template")!;
    return { text, problems, ids: templates.map(({ id }) => id), chat: templates[0]!.stablePrefixChatTokens };
  };

  it("is the one that ships for the model", () => {
    expect(assumptionOf({}, { model: "Qwen/Qwen3-8B" }).text).toMatch(
      /wrapped in the chat template of Qwen3,/,
    );
    expect(assumptionOf({}).text).toMatch(/^Messages are wrapped in the chat template of Granite 4\.0/);
  });

  it("is assumed where none ships", () => {
    const { text, chat } = assumptionOf({}, { model: "LiquidAI/LFM2-1.2B" });
    expect(text).toMatch(/^No chat template of LiquidAI\/LFM2-1\.2B ships; that of ChatML is assumed/);
    expect(chat).toBe(3);
  });

  it("stands in for what hosted providers do not publish", () => {
    expect(assumptionOf({}, { policy: "fireworks" }).text).toMatch(
      /^The provider wraps messages in a format/,
    );
  });

  it.each([
    "anthropic",
    "openai-classic",
    "openai-gpt-5.6",
    "azure-openai",
    "bedrock-claude",
    "bedrock-nova",
  ])("is one with the tools first at %s, whatever the model's own does", (policy) => {
    const own = assumptionOf({}, { policy, model: "Qwen/Qwen3-8B" });
    expect(own.text).toMatch(/^The provider puts tools in front of the system message/);
    expect(assumptionOf({}, { policy })).toEqual(own);
  });

  it("is none for raw completions", () => {
    const { text, chat } = assumptionOf({ "promptcache.json": '{"chatTemplate": "none"}' });
    expect(text).toMatch(/^Prompts are sent as raw completions/);
    expect(chat).toBe(0);
  });

  it("is the workspace's own, which is no prompt", () => {
    const jinja = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}<|assistant|>";
    const { text, problems, ids, chat } = assumptionOf({
      "model/chat_template.jinja": jinja,
      "promptcache.json": '{"chatTemplate": "model/chat_template.jinja"}',
    });
    expect(text).toMatch(/^Messages are wrapped in the chat template of model\/chat_template\.jinja/);
    expect(problems).toEqual([]);
    expect(ids).toEqual(["prompts/a.j2"]);
    // `<|`, `user` and `|>`: what the template writes from parts is no special token that anyone could know of.
    expect(chat).toBeGreaterThan(0);
  });

  it("falls back with a problem where it is missing or broken", () => {
    const config = '{"chatTemplate": "chat_template.jinja"}';
    const missing = assumptionOf({ "promptcache.json": config });
    expect(missing.text).toMatch(/Granite/);
    const [problem] = missing.problems;
    expect(problem).toMatchObject({ path: "promptcache.json", severity: "error" });
    expect(config.slice(problem!.range.start, problem!.range.end)).toBe('"chat_template.jinja"');
    const broken = assumptionOf({ "promptcache.json": config, "chat_template.jinja": "{% for %}" });
    expect(broken.text).toMatch(/Granite/);
    expect(broken.problems).toMatchObject([{ path: "chat_template.jinja", range: { start: 0, end: 9 } }]);
    expect(() => assumptionOf({}, { chatTemplate: "nowhere.jinja" })).toThrow(UserError);
  });

  it("says why it refuses what it refuses", () => {
    const jinja =
      "{% if messages | length > 1 %}{{ raise_exception('One at a time.') }}{% endif %}{{ messages[0].content }}";
    const report = analyzeAsConfigured({
      "AGENTS.md": policyText(2),
      "chat_template.jinja": jinja,
      "promptcache.json": '{"chatTemplate": "chat_template.jinja"}',
    });
    const refused = report.assumptions.find(({ id }) => id === "chat-template-refusals");
    expect(refused?.text).toMatch(/\(One at a time\.\)/);
  });
});

describe("what the chat template writes", () => {
  it("is booked beside the text, and is never known text that came too late", () => {
    const text = `system:\n${policyText(4)}\n\nuser:\n{{ question }}`;
    const report = analyze({ "prompts/a.prompty": text }, { policy: "unlimited" });
    const [template] = report.templates;
    const marker = template!.segments.filter(({ kind }) => kind === "marker");
    const chat = template!.segments.filter(({ kind }) => kind === "chat");
    // `<|start_of_role|>system<|end_of_role|>`, and the end of that message with the next one's beginning.
    expect(marker.map(({ tokensMean }) => tokensMean)).toEqual([3, 5]);
    expect(chat).toMatchObject([
      { name: "chat template", tokensMean: 0, range: { start: 0, end: 0 } },
      { name: "generation prompt", tokensMean: 5, range: { start: text.length, end: text.length } },
    ]);
    expect(template!.stablePrefixChatTokens).toBe(8);
    expect(template!.ledger.diverged).toBe(0);
    const sum = template!.segments.reduce((total, { tokensMean }) => total + tokensMean, 0);
    expect(sum).toBeCloseTo(template!.promptTokensMean, 9);
    expect(report.prefixTree[0]!.label).toMatch(/^Rule 1: when case number/);
  });

  it("stands between the edges of the tree and the place where their text is written", () => {
    const files = {
      "prompts/a.prompty": `system:\n${policyText(4)}\nBe kind, {{ name }}.`,
      "prompts/b.prompty": `system:\n${policyText(4)}\nBe quick, {{ name }}.`,
    };
    const { prefixTree } = analyze(files, { policy: "unlimited" });
    const [root, ...others] = prefixTree.filter(({ source }) => source !== null);
    expect(root!.source).toEqual({
      path: "prompts/a.prompty",
      offset: files["prompts/a.prompty"].indexOf("Rule 1"),
    });
    for (const [path, word] of [
      ["prompts/a.prompty", " kind"],
      ["prompts/b.prompty", " quick"],
    ] as const) {
      const offset = files[path].indexOf(word);
      expect(others).toContainEqual(expect.objectContaining({ source: { path, offset } }));
    }
  });
});
