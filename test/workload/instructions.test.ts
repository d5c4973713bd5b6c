import { describe, expect, it } from "vitest";
import { analyze } from "../support/analyze.ts";

const path = ".github/prompts/review.prompt.md";
const text = `Review the selection with care.\n\n\${selection}\n\nSay what is wrong.\n`;

function scopeOf(config: object): string | undefined {
  const report = analyze({ [path]: text, "promptcache.json": JSON.stringify(config) });
  expect(report.problems).toEqual([]);
  return report.templates[0]?.segments.find(({ name }) => name === "selection")?.scope?.scope;
}

describe("a hole that the editor fills in", () => {
  it("is new in every call of a prompt file", () => {
    expect(scopeOf({})).toBe("request");
  });

  it("is fixed for a conversation in instructions, which an agent reads once", () => {
    const templates = { [path]: { usage: "instructions" } };
    expect(scopeOf({ templates })).toBe("session");
    expect(scopeOf({ templates, holes: { selection: { scope: "request" } } })).toBe("request");
  });
});
