/** What `near-duplicate` promises is what both prompts save when the second begins like the first. */
import { describe, expect, it } from "vitest";
import { analyze, policyText } from "../support/analyze.ts";
import { policies, prefilled } from "./measured.ts";

/** The first text, the second, and the second with the beginning of the first. */
const cases = (rules: string): Readonly<Record<string, readonly [string, string, string]>> => ({
  "a comma": [
    `You are the support assistant of Harbor Lane and you are kind.\n${rules}\nQuestion: {{ question }}\n`,
    `You are the support assistant of Harbor Lane, and you are kind.\n${rules}\nAsked: {{ question }}\n`,
    `You are the support assistant of Harbor Lane and you are kind.\n${rules}\nAsked: {{ question }}\n`,
  ],
  "two words, in messages": [
    `system:\nYou help small customers.\n${rules}\nBe brief.\nuser:\n{{ question }}\n`,
    `system:\nYou help large customers.\n${rules}\nBe thorough.\nuser:\n{{ question }}\n`,
    `system:\nYou help small customers.\n${rules}\nBe thorough.\nuser:\n{{ question }}\n`,
  ],
  "a heading that only one has": [
    `# Rules\n\n${rules}\n\n## Your task\n\nSort the message.\n{{ message }}\n`,
    `${rules}\n\n## Your task\n\nAnswer the message.\n{{ message }}\n`,
    `# Rules\n\n${rules}\n\n## Your task\n\nAnswer the message.\n{{ message }}\n`,
  ],
});

const long = cases(policyText(300));
const short = cases(policyText(60));
const names = ["prompts/first.j2", "prompts/second.j2"] as const;

describe.each(policies)("under %s", (policy) => {
  it.each(Object.keys(long))("%s", (name) => {
    const [first, second, shared] = (policy === "anthropic" ? long : short)[name]!;
    const run = (text: string) => analyze({ [names[0]]: first, [names[1]]: text }, { policy });
    const [before, after] = [run(second), run(shared)];
    const saved = names.reduce((sum, id) => sum + prefilled(before, id) - prefilled(after, id), 0);
    const found = before.findings.filter(({ rule }) => rule === "near-duplicate");
    const { requests } = before.templates.find(({ id }) => id === names[1])!;
    // Both are called equally often. A provider that reads at marks alone saves nothing.
    expect(found.length).toBe(saved * requests < 256 ? 0 : 1);
    if (policy === "marconi" || policy === "vllm") expect(found.length).toBe(1);
    for (const { message, stake } of found) {
      expect(message.length).toBeLessThanOrEqual(90);
      expect(message.slice(0, 40)).toMatch(/^[\d,]+ tokens /);
      expect(Math.abs(stake.tokensPerRequest - saved)).toBeLessThanOrEqual(1);
    }
    expect(after.findings.filter(({ rule }) => rule === "near-duplicate")).toEqual([]);
  });
});

it.each(Object.keys(short))("is not said where the provider keeps neither: %s", (name) => {
  const [first, second] = short[name]!;
  const { findings } = analyze({ [names[0]]: first, [names[1]]: second }, { policy: "anthropic" });
  expect(findings.filter(({ rule }) => rule === "near-duplicate")).toEqual([]);
});
