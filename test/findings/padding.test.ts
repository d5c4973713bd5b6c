/** Padding up to a block or a minimum: what it promises is what the next analysis measures. */
import { describe, expect, it } from "vitest";
import { type Finding, isShown } from "../../src/findings/finding.ts";
import { applyEdits } from "../../src/prompt/move.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";
import { gained } from "./measured.ts";

type File = readonly [path: string, text: string];

/** The same rules in ways of writing that escape, indent and quote otherwise. */
const ways: Readonly<Record<string, (rules: string) => File>> = {
  Jinja: (rules) => ["prompts/a.j2", `${rules}\n{{ question }}\n`],
  "roles in Prompty": (rules) => [
    "a.prompty",
    `---\nname: A\n---\nsystem:\n${rules}\nYou ask {{who}}.\n\nuser:\n{{question}}\n`,
  ],
  YAML: (rules) => [
    "prompts/a.yaml",
    `prompts:\n  - |\n${`${rules}\n{{question}}`.replace(/^/gm, "    ")}\n`,
  ],
  JSON: (rules) => [
    "prompts/chat.json",
    JSON.stringify([
      { role: "system", content: `${rules}\nYou ask {{who}}.` },
      { role: "user", content: "{{question}}" },
    ]),
  ],
  "an f-string": (rules) => [
    "app.py",
    `def make_prompt(question):\n    return f"""${rules}\n{question}\n"""\n`,
  ],
  "a template literal": (rules) => [
    "app.ts",
    `export const prompt = (question: string) => \`${rules}\n\${question}\n\`;\n`,
  ],
};

interface Case {
  readonly policy: string;
  readonly rule: "below-block" | "below-minimum";
  /** Stable tokens that nearly are what the cache wants. */
  readonly stable: readonly [least: number, most: number];
}

const cases: Readonly<Record<string, Case>> = {
  "the first block": { policy: "vllm-block", rule: "below-block", stable: [440, 527] },
  "the third block": { policy: "vllm-block", rule: "below-block", stable: [1520, 1583] },
  "a minimum": { policy: "openai-classic", rule: "below-minimum", stable: [900, 1023] },
};

/** With so many rules that the stable prefix is as long as is wanted. */
function nearly(way: (rules: string) => File, { policy, stable: [least, most] }: Case) {
  for (let count = Math.floor(least / 30); count < 200; count++) {
    const [path, text] = way(policyText(count));
    const report = analyze({ [path]: text }, { policy }, parseTools);
    const { stablePrefixTokens = 0 } = report.templates.find(({ requests }) => requests > 0) ?? {};
    if (stablePrefixTokens >= least && stablePrefixTokens <= most) return { path, text, report };
    if (stablePrefixTokens > most) break;
  }
  throw new Error("no such prefix");
}

describe.each(Object.entries(cases))("short of %s", (_, wanted) => {
  it.each(Object.entries(ways))("%s", (_way, way) => {
    const { path, text, report } = nearly(way, wanted);
    const found = report.findings.filter((each) => each.rule === wanted.rule && isShown(each));
    expect(found.length).toBe(1);
    const [{ fixes = [], templateId }] = found as [Finding];
    expect(fixes.length).toBe(1);
    const [{ edits, effect, placeholder, title }] = fixes as [NonNullable<Finding["fixes"]>[number]];
    expect(title).toMatch(/^Pad the shared beginning with \d+ tokens?, to be replaced by text of use$/);
    const [edit] = edits;
    expect(edit?.newText.trim()).toBe(placeholder);
    const padded = applyEdits(text, edits);
    expect(padded.replace(edit!.newText, "")).toBe(text);
    const after = analyze({ [path]: padded }, { policy: wanted.policy }, parseTools);
    expect(Math.abs(effect.tokensPerRequest - gained(report, after, templateId))).toBeLessThanOrEqual(1);
    expect(after.findings.filter((each) => each.rule === wanted.rule && isShown(each))).toEqual([]);
  });
});

it("is not offered where more than a quarter of a block is missing", () => {
  const { findings } = analyze(
    { "prompts/a.j2": `${policyText(16)}\n{{ question }}\n` },
    { policy: "vllm-block" },
  );
  const [finding] = findings.filter(({ rule }) => rule === "below-block");
  expect(finding?.severity).toBe("warning");
  expect(finding?.fixes).toBeUndefined();
});
