/** Variables of the chat template: declared, or passed by the code that sends the request. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import type { Report } from "../../src/analysis/report.ts";
import { configuredSettings } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { type AnalysisSettings, defaultSettings } from "../../src/config/settings.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { parseDocument } from "../../src/prompt/registry.ts";
import { policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));

/** With what promptcache.json says of settings, as the hosts apply it. */
function analyze(files: Readonly<Record<string, string>>, settings: Partial<AnalysisSettings> = {}): Report {
  const { "promptcache.json": text, ...documents } = files;
  const config = text === undefined ? null : { path: "promptcache.json", text };
  const analyzer = createAnalyzer({ tokenizer, parseTools });
  analyzer.setWorkspace(
    Object.entries(documents).map(([path, content]) => ({ path, text: content })),
    config,
    [],
  );
  const configured = configuredSettings(parseConfig(config).value);
  const run = analyzer.run({ ...defaultSettings, ...configured, ...settings });
  let step = run.next();
  while (step.done !== true) step = run.next();
  return step.value;
}

function argumentsRead(path: string, text: string): readonly unknown[] {
  const { value } = parseDocument({ path, text }, parseTools, () => null);
  return value.map(({ chatArguments }) => chatArguments);
}

const messages = `[{"role": "system", "content": "You answer visitors of the museum in short sentences."}, {"role": "user", "content": question}]`;

describe("arguments that code passes", () => {
  it.each([
    [
      "extra_body of the client for Python",
      "a.py",
      `def ask(question):\n    return client.chat.completions.create(model="m", messages=${messages}, extra_body={"top_k": 20, "chat_template_kwargs": {"enable_thinking": False, "date_string": "26 Jul 2024"}})\n`,
      { enable_thinking: false, date_string: "26 Jul 2024" },
    ],
    [
      "extra_body by a name",
      "a.py",
      `EXTRA = {"chat_template_kwargs": {"preserve_thinking": True}}\n\ndef ask(question):\n    return client.chat.completions.create(model="m", messages=${messages}, extra_body=EXTRA)\n`,
      { preserve_thinking: true },
    ],
    [
      "the body of the client for TypeScript",
      "a.ts",
      `export const ask = (question: string) => client.chat.completions.create({ model: "m", messages: ${messages}, chat_template_kwargs: { enable_thinking: false } });\n`,
      { enable_thinking: false },
    ],
    [
      "extra_body in TypeScript",
      "a.ts",
      `export const ask = (question: string) => client.chat.completions.create({ model: "m", messages: ${messages}, extra_body: { chat_template_kwargs: { enable_thinking: false } } });\n`,
      { enable_thinking: false },
    ],
    [
      "apply_chat_template",
      "a.py",
      `def ask(question):\n    return tokenizer.apply_chat_template(${messages}, tokenize=False, add_generation_prompt=True, enable_thinking=False)\n`,
      { enable_thinking: false },
    ],
    [
      "apply_chat_template of messages with a name",
      "a.py",
      `def ask(question):\n    messages = ${messages}\n    return tokenizer.apply_chat_template(messages, tokenize=False, reasoning_effort="low")\n`,
      { reasoning_effort: "low" },
    ],
    [
      "llm.chat of vLLM",
      "a.py",
      `def ask(question):\n    return llm.chat(messages=${messages}, chat_template_kwargs={"enable_thinking": False})\n`,
      { enable_thinking: false },
    ],
    [
      "a body in JSON",
      "request.json",
      JSON.stringify({
        model: "m",
        messages: [{ role: "user", content: "How many visitors are in the house?" }],
        chat_template_kwargs: { enable_thinking: false, stops: ["a", null] },
      }),
      { enable_thinking: false, stops: ["a", null] },
    ],
  ])("%s", (_, path, text, wanted) => {
    expect(argumentsRead(path, text)).toEqual([wanted]);
  });

  it("leaves out what only a run knows, and says nothing where nothing is passed", () => {
    const call = (more: string) =>
      `def ask(question, mode):\n    return client.chat.completions.create(model="m", messages=${messages}${more})\n`;
    const unknown = `, extra_body={"chat_template_kwargs": {"enable_thinking": mode, "style": f"a {mode}", "depth": 2}}`;
    expect(argumentsRead("a.py", call(unknown))).toEqual([{ depth: 2 }]);
    expect(argumentsRead("a.py", call(""))).toEqual([undefined]);
    expect(argumentsRead("a.py", call(`, extra_body={"top_k": 20}`))).toEqual([undefined]);
  });
});

const chat = "{% for message in messages %}\n{{ message.role }}:\n{{ message.content }}\n{% endfor %}";
const prompt = `system:\n${policyText(20)}\n{% for message in history %}\n{% if message.role == "user" %}\nuser:\n{{ message.content }}\n{% else %}\nassistant:\n{{ message.content }}\n{% endif %}\n{% endfor %}\nuser:\n{{ question }}\n`;
const attention = { model: "Qwen/Qwen3-8B", policy: "sglang", sessions: 2, turns: 8 } as const;

function lossesOf(report: Report): readonly string[] {
  return report.findings
    .filter(({ rule }) => ["retokenised", "rewrite", "chat-template"].includes(rule))
    .map(({ rule, message }) => `${rule}: ${message}`);
}

describe("arguments that are declared", () => {
  it("change what is sent: an empty thought that the history does not repeat", () => {
    const files = { "prompts/chat.j2": prompt };
    expect(lossesOf(analyze(files, attention))).toEqual([]);
    const report = analyze(files, { ...attention, chatTemplateArguments: { enable_thinking: false } });
    expect(lossesOf(report)).toEqual([expect.stringMatching(/^retokenised: .* tokens lost per request: /)]);
    expect(report.assumptions.find(({ id }) => id === "chat-template")?.text).toContain(
      "It is given enable_thinking = false.",
    );
  });

  it("hold for one prompt, before what the code passes and what holds for all", () => {
    const config = (chatTemplateArguments: object, own?: object) =>
      JSON.stringify({
        chatTemplateArguments,
        ...(own === undefined ? {} : { templates: { "prompts/*.j2": { chatTemplateArguments: own } } }),
      });
    const count = (text: string) =>
      lossesOf(analyze({ "prompts/chat.j2": prompt, "promptcache.json": text }, attention)).length;
    expect(count(config({}))).toBe(0);
    expect(count(config({ enable_thinking: false }))).toBe(1);
    expect(count(config({}, { enable_thinking: false }))).toBe(1);
    expect(count(config({ enable_thinking: false }, { enable_thinking: true }))).toBe(0);
  });

  it("are named where the chat template has no such variable", () => {
    const config = JSON.stringify({
      chatTemplate: "chat_template.jinja",
      chatTemplateArguments: { enable_thinkin: false },
    });
    const { problems } = analyze({
      "chat_template.jinja": `${chat}{% if enable_thinking %}{% endif %}`,
      "prompts/chat.j2": prompt,
      "promptcache.json": config,
    });
    expect(problems.map(({ message }) => message)).toEqual([
      'The chat template has no variable "enable_thinkin"; correct or remove the argument.',
    ]);
    expect(config.slice(problems[0]?.range.start, problems[0]?.range.end)).toBe('{"enable_thinkin":false}');
  });

  it("never stand in for the messages", () => {
    const given = { messages: [], add_generation_prompt: false, bos_token: "no" };
    const report = (chatTemplateArguments: object) =>
      analyze(
        { "prompts/chat.j2": prompt },
        { ...attention, chatTemplateArguments: { ...chatTemplateArguments } },
      );
    expect(report(given).totals).toEqual(report({}).totals);
  });
});

const folder = join(import.meta.dirname, "../../../shared/cases/chat-template-arguments/input");
const hasCase = existsSync(folder);
if (!hasCase) console.warn("Skipped: the case chat-template-arguments is not beside the repository.");

describe.runIf(hasCase)("the case chat-template-arguments", () => {
  const files = Object.fromEntries(
    (hasCase ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [])
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        return [file.slice(folder.length + 1).replaceAll("\\", "/"), readFileSync(file, "utf8")];
      }),
  );

  const source = files["models/chat_template.jinja"] ?? "";

  it.each([
    { policy: "sglang", model: "Qwen/Qwen3-8B" },
    { policy: "llama-cpp", model: "Qwen/Qwen3.5-35B-A3B" },
  ])("$policy, $model", (scenario) => {
    const report = analyze(files, scenario);
    const [finding, ...others] = report.findings.filter(({ rule }) => rule === "retokenised");
    expect(others).toEqual([]);
    expect(finding?.severity).toBe("warning");
    expect(finding?.stake.tokensPerRequest).toBeGreaterThan(110);
    expect(finding?.stake.tokensPerRequest).toBeLessThan(150);
    expect(finding?.detail).toContain("writes earlier answers the same way");
    expect(finding?.path).toBe("models/chat_template.jinja");
    expect(source.slice(finding?.range.start, finding?.range.end)).toContain("<think>\\n\\n</think>");
  });

  it("is silent without the argument", () => {
    const code = (files["chat.py"] ?? "").replace(/"enable_thinking": *False/, '"enable_thinking": True');
    expect(code).not.toBe(files["chat.py"]);
    const report = analyze({ ...files, "chat.py": code }, { policy: "sglang", model: "Qwen/Qwen3-8B" });
    expect(report.findings.filter(({ rule }) => rule === "retokenised")).toEqual([]);
  });
});
