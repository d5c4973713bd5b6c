/** What `unstable-order` promises is what the folder gives with its edits, or with the same items in one order. */
import { describe, expect, it } from "vitest";
import { isShown } from "../../src/findings/finding.ts";
import { applyEdits } from "../../src/prompt/move.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";
import { gained, policies } from "./measured.ts";

const json = (value: unknown) => JSON.stringify(value, null, 2);

const tags = ["billing and refunds", "late parcels", "customs forms", "lost keys", "opening hours"];

/** A file of each way of writing, what it says of the order, and what it should say; and what is declared of it. */
const fixtures = (rules: string): Readonly<Record<string, readonly [string, string, string, unknown?]>> => ({
  "loop.j2": [
    `You help.\n{% for example in examples | shuffle %}- {{ example }}\n{% endfor %}\n${rules}\nQuestion: {{ question }}\n`,
    "examples | shuffle",
    "examples | sort",
  ],
  "hole.j2": [
    `Labels: {{ labels | shuffle | join(", ") }}\n${rules}\nQuestion: {{ question }}\n`,
    "labels | shuffle |",
    "labels | sort |",
  ],
  "fields.j2": [
    `You help.\n{% for example in examples | shuffle() %}- {{ example.title }}\n{% endfor %}\n${rules}\n{{ question }}\n`,
    "examples | shuffle()",
    'examples | sort(attribute="title")',
  ],
  "declared.j2": [
    `You help.\n{% for tag in tags %}- {{ tag }}\n{% endfor %}\n${rules}\n{{ question }}\n`,
    "in tags %}",
    "in tags | sort %}",
    { holes: { tags: { scope: "request", values: tags } } },
  ],
  "list.yaml": [
    `prompts:\n  - |\n${`Labels: {{ labels | shuffle }}\n${rules}\nQuestion: {{ question }}\n`.replace(/^(?=.)/gm, "    ")}`,
    "labels | shuffle",
    "labels | sort",
  ],
  "set.py": [
    `LABELS = {"billing", "parcels"}\n\ndef prompt(question):\n    return f"""Labels: {LABELS}.\n${rules}\n{question}\n"""\n`,
    "{LABELS}",
    "{sorted(LABELS)}",
  ],
  "listing.py": [
    `import os\n\ndef prompt(question):\n    return f"""Files: {', '.join(os.listdir('docs'))}.\n${rules}\n{question}\n"""\n`,
    "os.listdir('docs')",
    "sorted(os.listdir('docs'))",
  ],
  "parameter.py": [
    `def prompt(question, labels):\n    return f"""Labels: {', '.join(set(labels))}.\n${rules}\n{question}\n"""\n`,
    "set(labels)",
    "sorted(set(labels))",
  ],
  "comprehension.py": [
    `from pathlib import Path\n\ndef prompt(question):\n    return f"""Files: {', '.join(f'- {path}' for path in Path('docs').glob('*.md'))}.\n${rules}\n{question}\n"""\n`,
    "Path('docs').glob('*.md')",
    "sorted(Path('docs').glob('*.md'))",
  ],
  "listing.ts": [
    `import { readdirSync } from "node:fs";\n\nexport const prompt = (question: string) => \`Files: \${readdirSync("docs").join(", ")}.\n${rules}\n\${question}\n\`;\n`,
    'readdirSync("docs")',
    'readdirSync("docs").sort()',
  ],
  "shuffled.ts": [
    `import _ from "lodash";\n\nexport const prompt = (question: string, examples: string[]) => \`You help. \${_.shuffle(examples).join(" ")}\n${rules}\n\${question}\n\`;\n`,
    "_.shuffle(examples)",
    "[...examples].sort()",
  ],
});

/** Longer than what the providers keep at least. */
const long = fixtures(policyText(300));
const short = fixtures(policyText(60));

describe.each(policies)("under %s", (policy) => {
  it.each(Object.keys(long))("%s", (path) => {
    const [text, drawn, sorted, declared] = (policy === "anthropic" ? long : short)[path]!;
    const config = declared === undefined ? {} : { "promptcache.json": json(declared) };
    const before = analyze({ [path]: text, ...config }, { policy }, parseTools);
    const [finding, ...others] = before.findings.filter((each) => each.rule === "unstable-order");
    expect(others).toEqual([]);
    const { fixes = [], templateId, stake, message } = finding!;
    expect(message.length).toBeLessThanOrEqual(90);
    expect(message.slice(0, 40)).toMatch(/\d tokens? /);
    const edits = fixes[0]?.edits ?? [];
    // The marks that are assumed at Anthropic stand behind known text, and never behind a value.
    expect(edits.length).toBe(policy === "anthropic" ? 0 : 1);
    expect(isShown(finding!)).toBe(policy !== "anthropic");
    const edited = text.replace(drawn, sorted);
    if (edits.length > 0) expect(applyEdits(text, edits)).toBe(edited);
    const after = analyze({ [path]: edited, ...config }, { policy }, parseTools);
    const measured = gained(before, after, templateId);
    expect(stake.tokensPerRequest - Math.max(0, measured)).toBeLessThanOrEqual(1);
    for (const { effect } of fixes)
      expect(Math.abs(effect.tokensPerRequest - measured)).toBeLessThanOrEqual(1);
    expect(after.findings.filter((each) => each.rule === "unstable-order")).toEqual([]);
  });
});

describe("a fixed order that the policy makes nothing of", () => {
  it.each(Object.keys(short))("is not promised: %s", (path) => {
    const [text, , , declared] = short[path]!;
    const config = declared === undefined ? {} : { "promptcache.json": json(declared) };
    const { findings } = analyze({ [path]: text, ...config }, { policy: "anthropic" }, parseTools);
    const found = findings.filter((each) => each.rule === "unstable-order");
    expect(found.length).toBe(1);
    expect(found.filter(isShown)).toEqual([]);
    expect(found[0]?.fixes).toBeUndefined();
  });
});

describe("where the order is that of the caller", () => {
  const text = `You help.\n{{#each tags}}- {{this}}\n{{/each}}\n${policyText(60)}\n{{question}}\n`;
  const config = (scope: string) => json({ holes: { tags: { scope, values: tags } } });
  const run = (scope: string, policy: string) =>
    analyze({ "prompts/a.hbs": text, "promptcache.json": config(scope) }, { policy });

  it.each(policies)("it is promised what the same items in one order give: %s", (policy) => {
    const before = run("request", policy);
    const [finding, ...others] = before.findings.filter((each) => each.rule === "unstable-order");
    expect(others).toEqual([]);
    expect(finding?.fixes).toBeUndefined();
    const after = run("constant", policy);
    const id = finding!.templateId;
    const measured = gained(before, after, id);
    expect(Math.abs(finding!.stake.tokensPerRequest - Math.max(0, measured))).toBeLessThanOrEqual(1);
    expect(isShown(finding!)).toBe(measured > 64);
  });
});

it("is not written where items would be compared that cannot be, nor where others are drawn", () => {
  const rules = policyText(60);
  const texts = {
    "sample.py": `import random\n\ndef prompt(question, examples):\n    return f"""You help. {random.sample(examples, 3)}\n${rules}\n{question}\n"""\n`,
    "awaited.ts": `import { readdir } from "node:fs/promises";\n\nexport const prompt = async (question: string) => \`Files: \${await readdir("docs")}.\n${rules}\n\${question}\n\`;\n`,
  };
  for (const [path, text] of Object.entries(texts)) {
    const { findings } = analyze({ [path]: text }, {}, parseTools);
    const found = findings.filter((each) => each.rule === "unstable-order");
    expect(found.length, path).toBe(1);
    expect(found[0]?.fixes, path).toBeUndefined();
  }
});

describe("tools without an order", () => {
  const describedBy = (name: string) =>
    `    "${name}": {"type": "function", "function": {"name": "${name}", "description": "${policyText(12).trim().replaceAll("\n", " ").slice(0, 400)}", "parameters": {}}},\n`;
  const names = ["read_page", "find_object", "book_tour", "open_case"];
  const code = (tools: string, count: number) =>
    `from openai import OpenAI\nimport random\nclient = OpenAI()\nRULES = """${policyText(count)}"""\nSPECS = {\n${names.map(describedBy).join("")}}\n\n` +
    `def turn(history):\n    return client.chat.completions.create(model="gpt-5.1", messages=[{"role": "system", "content": RULES}] + history, tools=${tools})\n`;
  const ofSet = '[SPECS[name] for name in {"read_page", "book_tour", "open_case", "find_object"}]';
  const sorted = ofSet.replace(/\{.*\}/, "sorted($&)");

  it.each(policies)("are said with what sorting them gives, at the list: %s", (policy) => {
    const text = code(ofSet, policy === "anthropic" ? 300 : 60);
    const before = analyze({ "a.py": text }, { policy }, parseTools);
    const [finding, ...others] = before.findings.filter((each) => each.rule === "unstable-order");
    expect(others).toEqual([]);
    const { range, fixes = [], templateId, stake } = finding!;
    expect(text.slice(range.start, range.end)).toBe(ofSet);
    const edited = text.replace(ofSet, sorted);
    const after = analyze({ "a.py": edited }, { policy }, parseTools);
    const measured = gained(before, after, templateId);
    expect(Math.abs(stake.tokensPerRequest - Math.max(0, measured))).toBeLessThanOrEqual(1);
    expect(fixes.map(({ edits }) => applyEdits(text, edits))).toEqual(isShown(finding!) ? [edited] : []);
    expect(after.findings.filter((each) => each.rule === "unstable-order")).toEqual([]);
    const [then, now] = [before, after].map(({ templates }) => templates[0]!.stablePrefixTokens);
    // The providers put tools in front of everything, this model's chat template puts them behind the system's text.
    const isFirst = policy === "anthropic" || policy === "openai-classic";
    if (isFirst) expect(then).toBeLessThan(40);
    expect(now).toBeGreaterThanOrEqual(isFirst ? 300 : then!);
  });

  it("are drawn anew where each call shuffles them", () => {
    const rateOf = (tools: string) => {
      const { findings, templates } = analyze({ "a.py": code(tools, 60) }, {}, parseTools);
      return { rules: findings.map(({ rule }) => rule), rate: templates[0]!.tokenHitRate! };
    };
    const drawn = rateOf("random.sample(list(SPECS.values()), 4)");
    expect(drawn.rules).toContain("unstable-order");
    expect(drawn.rate).toBeLessThan(rateOf(ofSet).rate);
  });

  it.each([
    "list(SPECS.values())",
    "[SPECS[name] for name in sorted(SPECS)]",
    '[SPECS[n] for n in {"read_page"}]',
  ])("is not said of %s", (tools) => {
    const { findings } = analyze({ "a.py": code(tools, 60) }, {}, parseTools);
    expect(findings.filter(({ rule }) => rule === "unstable-order")).toEqual([]);
  });
});
