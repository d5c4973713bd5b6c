/** What is said of a chat template that stands in no file: a date in it with its price, and arguments that only a run knows. */
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/analysis/report.ts";
import { reportText } from "../../src/show/report-text.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

const llama = { model: "meta-llama/Llama-3.1-8B-Instruct", policy: "sglang" } as const;
const qwen = { model: "Qwen/Qwen3-8B", policy: "sglang" } as const;
const noted = ({ assumptions }: Report, id: string) => assumptions.find((each) => each.id === id)?.text;

const prompts = {
  "prompts/one.j2": `system:\n${policyText(60)}\nuser:\n{{ question }}\n`,
  "prompts/two.j2": `system:\n${policyText(40, "b")}\nuser:\n{{ question }}\n`,
};

describe("a date in a chat template that ships with the model", () => {
  it("is said among the first lines, with the tokens that each new day costs", () => {
    const report = analyze(prompts, llama);
    const note = noted(report, "chat-template-date")!;
    const tokens = Number(/([\d,]+) tokens that never change/.exec(note)![1]!.replaceAll(",", ""));
    const stable = report.templates.reduce((sum, { stablePrefixTokens }) => sum + stablePrefixTokens, 0);
    // Some words of the template's own stand in front of the date.
    expect(stable - tokens).toBeGreaterThan(2 * 5);
    expect(stable - tokens).toBeLessThan(2 * 40);
    expect(note).toContain("on each new day");
    expect(note).toContain("of 2 prompts together");
    expect(note).toContain("a fixed date_string");
    const lines = reportText(report, () => ({ line: 1, column: 1 })).split("\n");
    expect(lines.indexOf(note)).toBeLessThan(
      lines.findIndex((line) => line.startsWith("Where the prompt tokens")),
    );
  });

  it.each([
    [
      "the date is given to all",
      prompts,
      { ...llama, chatTemplateArguments: { date_string: "26 Jul 2024" } },
    ],
    ["the template writes none", prompts, qwen],
    ["a provider writes messages its own way", prompts, { ...llama, policy: "openai-classic" }],
    ["no template is applied", prompts, { ...llama, chatTemplate: "none" }],
  ])("is no word where %s", (_, files, settings) => {
    expect(noted(analyze(files, settings), "chat-template-date")).toBeUndefined();
  });

  it("counts only the prompts that do not fix it", () => {
    const declared = {
      templates: { "prompts/one.j2": { chatTemplateArguments: { date_string: "1 May 2026" } } },
    };
    const report = analyze({ ...prompts, "promptcache.json": JSON.stringify(declared) }, llama);
    expect(noted(report, "chat-template-date")).toContain("of 1 prompt together");
  });
});

describe("arguments that only a run knows", () => {
  const call = (given: string) => `def ask(question, mode, options):
    return client.chat.completions.create(
        model="m",
        messages=[{"role": "system", "content": """${policyText(20)}"""}, {"role": "user", "content": question}],
        extra_body={"chat_template_kwargs": ${given}},
    )
`;
  const noteOf = (given: string, config?: object) =>
    noted(
      analyze(
        { "ask.py": call(given), ...(config && { "promptcache.json": JSON.stringify(config) }) },
        qwen,
        parseTools,
      ),
      "chat-arguments-unknown",
    );

  it("are named with their file, and how to declare them", () => {
    const note = noteOf(`{"enable_thinking": mode == "slow"}`);
    expect(note).toContain("as enable_thinking (ask.py): counted as if nothing was given");
    expect(note).toContain('"chatTemplateArguments" in promptcache.json');
    expect(noteOf("options")).toContain("as chat_template_kwargs (ask.py)");
    expect(noteOf(`{"enable_thinking": False, **options}`)).toContain("as chat_template_kwargs (ask.py)");
  });

  it.each([
    ["written out", `{"enable_thinking": False}`, undefined],
    ["that the chat template does not read", `{"tone": mode}`, undefined],
    [
      "declared for the prompt",
      `{"enable_thinking": mode}`,
      { templates: { "ask.py": { chatTemplateArguments: { enable_thinking: false } } } },
    ],
  ])("are not those that are %s", (_, given, config) => {
    expect(noteOf(given, config)).toBeUndefined();
  });
});
