/**
 * What is promised is what is measured: each fix is applied, the folder is analysed again, and what its template prefills then
 * is compared with what was said.
 */
import { describe, expect, it } from "vitest";
import { type Fix, isShown } from "../../src/findings/finding.ts";
import { applyEdits } from "../../src/prompt/move.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";
import { gained, policies } from "./measured.ts";

const line = (text: string) => `${text}\n`;
const json = (value: unknown) => JSON.stringify(value, null, 2);

/** A prompt in each way of writing, with something in its way. */
const fixtures = (rules: string): Readonly<Record<string, string>> => ({
  "two.j2": `Today is {{ now }}. Request {{ request_id }}.\n${rules}\nQuestion: {{ question }}\n`,
  "inside.j2": `You help.\n## Context\n\n{{ request_context }}\n\n## Rules\n${rules}\nQuestion: {{ question }}\n`,
  "tag.j2": `You help.\n<trace>\n{{ trace_id }}\n</trace>\n${rules}\n{{ question }}`,
  "sentence.j2": `You help people with claims. It is {{ now }}. ${rules.replaceAll("\n", " ")}`,
  "roles.prompty": `---\nname: A\n---\nsystem:\nAsked at {{now}}.\n${rules}\n\nuser:\n{{question}}\n`,
  "two.prompt": `---\nmodel: x\n---\n{{role "system"}}\nTrace {{traceId}}\n${rules}\n{{role "user"}}\n{{question}}\n`,
  "prompts/bars.hbs": `Asked at {{timestamp}}.\n${rules}\n{{question}}\n`,
  "prompts/a.mustache": `Asked at {{timestamp}}.\n${rules}\n{{question}}\n`,
  "skprompt.txt": `Asked at {{$timestamp}}.\n${rules}\n{{$input}}\n`,
  "list.yaml": `prompts:\n  - |\n${line(`Asked at {{now}}.\n${rules}\nQuestion: {{question}}`).replace(/^(?=.)/gm, "    ")}`,
  "chat.json": json([
    { role: "system", content: `Asked at {{now}}.\n${rules}` },
    { role: "user", content: "{{question}}" },
  ]),
  "text.py": `from datetime import datetime\n\ndef prompt(question):\n    return f"""Asked at {datetime.now()}.\n${rules}\n{question}\n"""\n`,
  "text.ts": `export const prompt = (question: string) => \`Asked at \${new Date().toISOString()}.\n${rules}\n\${question}\n\`;\n`,
});

const sorted = (text: string) => [...text].sort().join("");

/** Longer than what the providers keep at least. */
const long = fixtures(policyText(300));
const short = fixtures(policyText(60));

describe.each(policies)("under %s", (policy) => {
  it.each(Object.keys(long))("%s", (path) => {
    const text = (policy === "anthropic" ? long : short)[path]!;
    const before = analyze({ [path]: text }, { policy }, parseTools);
    const shown = before.findings.filter((each) => each.rule === "volatile-early" && isShown(each));
    expect(shown.length).toBe(1);
    const { fixes = [], templateId, stake } = shown[0]!;
    const [{ edits, effect }] = fixes as [Fix];
    const edited = applyEdits(text, edits);
    expect(sorted(edited)).toBe(sorted(text));
    const after = analyze({ [path]: edited }, { policy }, parseTools);
    const measured = gained(before, after, templateId);
    expect(Math.abs(effect.tokensPerRequest - measured)).toBeLessThanOrEqual(1);
    expect(stake.tokensPerRequest - measured).toBeLessThanOrEqual(1);
    expect(after.findings.filter((each) => each.rule === "volatile-early" && isShown(each))).toEqual([]);
  });
});

describe("a promise that the policy forbids", () => {
  it.each(Object.keys(short))("is not made: %s", (path) => {
    const { findings } = analyze({ [path]: short[path]! }, { policy: "anthropic" }, parseTools);
    expect(findings.filter((each) => each.rule === "volatile-early" && isShown(each))).toEqual([]);
    expect(findings.some((each) => each.rule === "volatile-early")).toBe(true);
  });
});

/** Others share and split the same prefixes, which moves a promise by some tokens of a thousand. */
const relativeError = 0.005;

it("holds among other prompts", () => {
  const before = analyze(short, {}, parseTools);
  const shown = before.findings.filter((each) => each.rule === "volatile-early" && isShown(each));
  expect(shown.length).toBe(Object.keys(short).length);
  for (const { fixes = [], path, templateId, stake } of shown) {
    const after = analyze({ ...short, [path]: applyEdits(short[path]!, fixes[0]!.edits) }, {}, parseTools);
    const measured = gained(before, after, templateId);
    expect(stake.tokensPerRequest).toBeLessThanOrEqual(measured * (1 + relativeError) + 1);
  }
});

const indented = (text: string, by: string) => text.replace(/^(?=.)/gm, by);

it("keeps the indentation that is left out of a text, also in front of an empty line", () => {
  const rules = policyText(60);
  const text = `You are a clerk.\nIt is {datetime.now()} now.\n\n<rules>\n${rules}\n</rules>\n\nQuestion: {question}\n`;
  const path = "text.py";
  const files = {
    [path]: `from datetime import datetime\nfrom textwrap import dedent\n\ndef prompt(question):\n    return dedent(f"""\n${indented(text, "        ")}    """)\n`,
  };
  const before = analyze(files, {}, parseTools);
  const [found] = before.findings.filter((each) => each.rule === "volatile-early" && isShown(each));
  const [{ edits, effect }] = found!.fixes as [Fix];
  const edited = applyEdits(files[path]!, edits);
  const lines = edited
    .split("\n")
    .slice(5, -2)
    .filter((each) => each.trim() !== "");
  expect(lines.filter((each) => !each.startsWith("        "))).toEqual([]);
  const after = analyze({ [path]: edited }, {}, parseTools);
  const measured = gained(before, after, found!.templateId);
  expect(Math.abs(effect.tokensPerRequest - measured)).toBeLessThanOrEqual(1);
});

it("empties no message", () => {
  const rules = policyText(60);
  const messages = [
    { role: "system", content: rules },
    { role: "user", content: "Asked at {{timestamp}}." },
    { role: "user", content: `${rules}\n{{question}}` },
  ];
  const { findings } = analyze({ "chat.json": json(messages) }, {}, parseTools);
  const [found] = findings.filter((each) => each.rule === "volatile-early" && isShown(each));
  expect(found?.message).toContain("timestamp");
  expect(found?.fixes ?? []).toEqual([]);
});
