import { parse } from "jsonc-parser";
import { describe, expect, it } from "vitest";
import type { ConfigSlot } from "../../src/config/config-places.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { problemFixes } from "../../src/fixes/config-problems.ts";
import { applyEdits } from "../../src/prompt/move.ts";

const path = "promptcache.json";

const words: Partial<Record<ConfigSlot, readonly string[]>> = {
  gpu: ["H100-SXM", "H100-PCIe", "L40S"],
  model: ["Qwen/Qwen3-8B", "ibm-granite/granite-4.0-h-small"],
  templates: ["prompts/support-agent.j2", "prompts/**"],
  holes: ["now", "customer.name"],
  rules: ["volatile-early", "rewrite"],
};

/** What is offered where `marked` stands, and what each makes of the file. */
function offered(text: string, marked: string) {
  const start = text.lastIndexOf(marked);
  const range = { start, end: start + marked.length };
  return problemFixes({ range }, { path, text }, (slot) => words[slot] ?? []).map(
    ({ title, edits, kind }) => {
      const after = applyEdits(text, edits);
      expect({ kind, problems: parseConfig({ path, text: after }).problems }).toEqual({
        kind: "correct",
        problems: [],
      });
      return [title, parse(after, [], { allowTrailingComma: true })];
    },
  );
}

describe("what promptcache.json says wrongly", () => {
  it("is replaced by the nearest of what there is", () => {
    expect(offered('{ "gpu": "H100" }', '"H100"')).toEqual([
      ['Replace "H100" by "H100-SXM"', { gpu: "H100-SXM" }],
      ['Replace "H100" by "H100-PCIe"', { gpu: "H100-PCIe" }],
    ]);
    const scope = '{ "templates": { "prompts/**": { "holes": { "now": { "scope": "dayly" } } } } }';
    expect(offered(scope, '"dayly"')[0]?.[0]).toBe('Replace "dayly" by "day"');
    expect(offered('{ "model": "granit-4.0-h-small" }', '"granit-4.0-h-small"')).toEqual([
      [
        'Replace "granit-4.0-h-small" by "ibm-granite/granite-4.0-h-small"',
        { model: "ibm-granite/granite-4.0-h-small" },
      ],
    ]);
    expect(offered('{ "model": "something else" }', '"something else"')).toEqual([]);
  });

  it("is a scope, a word of a setting or a key", () => {
    expect(offered('{ "holes": { "now": { "scope": "sesion" } } }', '"sesion"')).toEqual([
      ['Replace "sesion" by "session"', { holes: { now: { scope: "session" } } }],
    ]);
    expect(offered('{ "kvType": "fp16" }', '"fp16"')).toEqual([
      ['Replace "fp16" by "bf16"', { kvType: "bf16" }],
      ['Replace "fp16" by "fp8"', { kvType: "fp8" }],
    ]);
    expect(offered('{\n  // which\n  "polcy": "vllm",\n  "gpu": "L40S",\n}', '"polcy"')).toEqual([
      ['Replace "polcy" by "policy"', { policy: "vllm", gpu: "L40S" }],
      ["Remove this entry", { gpu: "L40S" }],
    ]);
  });

  it("is an entry that nothing answers to, which can go", () => {
    expect(offered('{ "holes": { "nwo": { "tokens": 3 } } }', '"nwo"')).toEqual([
      ['Replace "nwo" by "now"', { holes: { now: { tokens: 3 } } }],
      ["Remove this entry", { holes: {} }],
    ]);
    const template = '{ "templates": { "suport-agent.j2": { "turns": 2 }, "prompts/**": {} } }';
    expect(offered(template, '"suport-agent.j2"')).toEqual([
      [
        'Replace "suport-agent.j2" by "prompts/support-agent.j2"',
        { templates: { "prompts/support-agent.j2": { turns: 2 }, "prompts/**": {} } },
      ],
      ["Remove this entry", { templates: { "prompts/**": {} } }],
    ]);
    const ignore = '{ "ignore": [{ "rule": "rewrite" }, { "rule": "volatile-erly", "reason": "so" }] }';
    expect(offered(ignore, '"volatile-erly"')).toEqual([
      [
        'Replace "volatile-erly" by "volatile-early"',
        { ignore: [{ rule: "rewrite" }, { rule: "volatile-early", reason: "so" }] },
      ],
      ["Remove this entry", { ignore: [{ rule: "rewrite" }] }],
    ]);
  });

  it("is nothing that a word mends", () => {
    expect(offered('{ "workload": { "turns": "three" } }', '"three"')).toEqual([]);
    expect(problemFixes({ range: { start: 0, end: 1 } }, { path, text: null }, () => [])).toEqual([]);
    const deep = '{ "gpu": '.repeat(100_000);
    expect(problemFixes({ range: { start: 2, end: 7 } }, { path, text: deep }, () => ["x"])).toEqual([]);
    expect(problemFixes({ range: { start: 4, end: 9 } }, { path, text: '{ "gpu' }, () => [])).toEqual([]);
  });
});
