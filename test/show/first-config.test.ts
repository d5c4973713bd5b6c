import { parse } from "jsonc-parser";
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/parse-config.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import type { ScopeClaim } from "../../src/prompt/template.ts";
import { firstConfig } from "../../src/show/first-config.ts";

const clock: ScopeClaim = {
  scope: "volatile",
  basis: "inferred",
  reason: 'the name "now" speaks\nof a clock',
};
const unknown: ScopeClaim = { scope: "request", basis: "unknown", reason: "nothing tells" };

const settings = { ...defaultSettings, gpu: "L40S", tensorParallel: 2, tokenizer: "/home/me/tokenizer.json" };

test("a first promptcache.json says what is in force, and what was inferred as comments", () => {
  const text = firstConfig({
    settings,
    leftOut: ["tokenizer"],
    holes: new Map([
      ["now", clock],
      ['a "name"', unknown],
    ]),
    models: ["gpt-5", "claude-opus-5"],
  });
  expect(text).toBe(`{
  // Requests of this workspace name "gpt-5" and "claude-opus-5".
  "model": "ibm-granite/granite-4.0-h-small",
  "gpu": "L40S",
  "tensorParallel": 2,
  "policy": "marconi",
  "workload": {
    "sessions": 8,
    "turns": 3
  },
  "holes": {
    // How often values change, as it was inferred: declare what is so, and correct what is not.
    // "now": { "scope": "volatile" }, // volatile: the name "now" speaks of a clock
    // "a \\"name\\"": { "scope": "request" }, // unknown: nothing tells
  }
}
`);
  expect(parseConfig({ path: "promptcache.json", text }).problems).toEqual([]);
  const declared = text.replaceAll(/^( +)\/\/ "/gm, '$1"');
  expect(parseConfig({ path: "promptcache.json", text: declared }).problems).toEqual([]);
  const read = parse(declared, [], { allowTrailingComma: true });
  expect(read.holes).toEqual({ now: { scope: "volatile" }, 'a "name"': { scope: "request" } });
});

test("nothing is said of what nobody has inferred", () => {
  const text = firstConfig({ settings, leftOut: ["tokenizer", "model"], holes: new Map(), models: [] });
  expect(JSON.parse(text)).toEqual({
    gpu: "L40S",
    tensorParallel: 2,
    policy: "marconi",
    workload: { sessions: 8, turns: 3 },
  });
});

test("many names are cut short, and none breaks out of its comment", () => {
  const holes = new Map(Array.from({ length: 103 }, (_, index) => [`value${index}\u2028"x": {}`, unknown]));
  const text = firstConfig({ settings, leftOut: ["tokenizer"], holes, models: [] });
  expect(text).toContain("    // 3 more\n");
  expect(parse(text, [], { allowTrailingComma: true }).holes).toEqual({});
});
