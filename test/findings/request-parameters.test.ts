/** What requests say beside their prompts: a key that is missing, and parameters that change. */
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { drain } from "../../src/core/steps.ts";
import { isShown } from "../../src/findings/finding.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { analyze, policyText } from "../support/analyze.ts";
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

type Part = Readonly<Record<string, unknown>>;

/** Two captured requests of one conversation, with what their bodies say beside it, and the marks at their ends. */
function conversation(
  first: object,
  second: object,
  more: readonly Part[] = [],
): Readonly<Record<string, string>> {
  const mark = { cache_control: { type: "ephemeral" } };
  const text = (said: string) => ({ type: "text", text: said });
  const asked = text(policyText(30, "b"));
  const body = (messages: readonly object[], given: object) =>
    JSON.stringify({
      ...{ model: "claude-sonnet-4-5", max_tokens: 100, tools: [{ name: "look_up", input_schema: {} }] },
      ...{ system: policyText(120), messages, ...given },
    });
  const answered = [
    { role: "user", content: [asked] },
    { role: "assistant", content: [text("It is known.")] },
  ];
  return {
    "log/1.json": body([{ role: "user", content: [{ ...asked, ...mark }] }], first),
    "log/2.json": body(
      [...answered, { role: "user", content: [...more, { ...text("And why?"), ...mark }] }],
      second,
    ),
  };
}

function inFiles(files: Readonly<Record<string, string>>, policy = anthropic) {
  const { findings, templates, totals } = analyze(files, { policy }, parseTools);
  const rules = ["changing-parameters", "differing-parameters"];
  return { found: findings.filter(({ rule }) => rules.includes(rule)), templates, totals };
}

describe("captured requests of one conversation", () => {
  const thinking = { thinking: { type: "enabled", budget_tokens: 2000 } };
  const lost = (first: object, second: object, more?: readonly Part[]) =>
    inFiles(conversation(first, second, more)).found[0]!.stake.tokensPerRequest;

  it("say the value and the one before it, at its place", () => {
    const files = conversation({}, thinking);
    const { found, totals } = inFiles(files);
    expect(found).toMatchObject([{ rule: "changing-parameters", severity: "warning", path: "log/2.json" }]);
    const [finding] = found;
    expect(files["log/2.json"]!.slice(finding!.range.start)).toMatch(/^"?thinking/);
    expect(finding?.detail).toContain(
      '{"type":"enabled","budget_tokens":2000} stands where the request before had none',
    );
    expect(finding?.detail).toContain("1 request of 2");
    // Half of the two requests' reads, without tools and system message, which stay.
    expect(finding!.stake.tokensPerRequest).toBeLessThan(totals.ledger.reused / 2 / 3);
    expect(finding!.stake.tokensPerRequest).toBeGreaterThan(200);
  });

  it.each([
    ["tool_choice", { tool_choice: { type: "any" } }, []],
    ["images", {}, [{ type: "image", source: { type: "url", url: "https://example.org/a.png" } }]],
  ] as const)("%s keeps as much as thinking does", (name, given, more) => {
    expect(lost({}, given, more)).toBe(lost({}, thinking));
    expect(inFiles(conversation({}, given, more)).found[0]?.message).toContain(`"${name}"`);
  });

  it("lose the system message to citations, and all of it to another model", () => {
    const cited = { type: "document", source: { type: "text", data: "A." }, citations: { enabled: true } };
    const [messages, system, all] = [
      lost({}, thinking),
      lost({}, {}, [cited]),
      lost({}, { model: "claude-opus-4-5", ...thinking }),
    ];
    expect(system).toBeGreaterThan(3 * messages!);
    expect(all).toBeGreaterThan(system!);
    // The tool is what lies between the two.
    expect(all! - system!).toBeLessThan(30);
  });

  it.each([
    ["that stay", conversation(thinking, thinking), anthropic],
    ["that OpenAI does not mind", conversation({}, thinking), openai],
  ])("nothing of parameters %s", (_, files, policy) => {
    expect(inFiles(files, policy).found).toEqual([]);
  });
});

describe("two calls with one prompt", () => {
  const other = (more: string) => call(`"claude-sonnet-4-5"`, more).replace("def answer", "def other");
  const both = (more: string, of = other) => ({ "a.py": call(`"claude-sonnet-4-5"`), "b.py": of(more) });

  it("and another speed are said to write it twice", () => {
    const files = both(`speed="fast",`);
    const { found, templates } = inFiles(files);
    expect(found).toMatchObject([{ rule: "differing-parameters", severity: "information", path: "b.py" }]);
    expect(files["b.py"].slice(found[0]!.range.start)).toMatch(/^"fast"/);
    const tokens = Number(/^[\d,]+/.exec(found[0]!.message)![0].replaceAll(",", ""));
    expect(tokens).toBe(templates[0]!.stablePrefixTokens);
    expect(found[0]!.related).toMatchObject([{ path: "a.py" }]);
  });

  it.each([
    [
      "thinking, which leaves the system message",
      both(`thinking={"type": "enabled", "budget_tokens": 2000},`),
    ],
    ["the same speed", { "a.py": other(`speed="fast",`), "b.py": other(`speed="fast",`) }],
    ["a speed of which nothing is known", both("speed=speed,")],
    ["a prompt of its own", both(`speed="fast",`, (more) => other(more).replaceAll("Rule", "Law"))],
  ])("and %s share what they share", (_, files) => {
    expect(inFiles(files).found).toEqual([]);
  });

  it("and another model are counted, and not shown", () => {
    const files = { "a.py": call(`"claude-sonnet-4-5"`), "b.py": call(`"claude-opus-4-5"`) };
    expect(inFiles(files).found).toMatchObject([{ rule: "differing-parameters", severity: "hint" }]);
  });
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
