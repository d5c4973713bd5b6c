/** The lines of the view of shared prefixes. */
import { describe, expect, it } from "vitest";
import type { ServedPrefix } from "../../src/analysis/shared-prefixes.ts";
import type { PrefixItem } from "../../src/protocol/editor.ts";
import { type PrefixItemsInput, prefixItems } from "../../src/show/prefix-items.ts";
import { approximateReport, ledger, report } from "./report-fixture.ts";

const { scenario, templates, findings } = report;
const [support, tone] = templates;
const prompt = (id: string, more = {}) => ({ ...support!, id, path: id, name: id, ...more });

function prefix(tokens: number, members: readonly number[], more: Partial<ServedPrefix> = {}): ServedPrefix {
  return {
    parent: -1,
    tokens,
    templates: members,
    text: "You answer  for\nHarbor Lane.",
    place: { path: "a.j2", range: { start: 0, end: 40 } },
    requests: 24 * members.length,
    ledger: ledger({ reused: 830, cold: 170 }),
    ttftSecondsSaved: 0.139,
    held: { tokens, checkpoints: 2 },
    ...more,
  };
}

/** `a.j2`, `b.j2` and `c.j2` share 1,240 tokens, the last two 1,300; support.j2 shares nothing; tone.j2 is a part of others. */
const input: PrefixItemsInput = {
  scenario,
  templates: [prompt("a.j2"), prompt("b.j2"), prompt("c.j2", { requests: 0 }), support!, tone!],
  findings: [...findings, { ...findings[0]!, severity: "hint", rule: "small" }],
  prefixes: [
    prefix(1240, [0, 1, 2]),
    prefix(1300, [1, 2], { parent: 0, text: "", place: null, requests: 24 }),
  ],
  longestOf: [0, 1, 1, -1, -1],
};

/** Indented, in the order of the tree. */
function drawn(items: readonly PrefixItem[], parent = -1, indent = ""): string[] {
  return items.flatMap((item, index) =>
    item.parent === parent
      ? [`${indent}${item.kind} ${item.label}: ${item.description}`, ...drawn(items, index, `${indent}  `)]
      : [],
  );
}

describe("prefix items", () => {
  it("hold longer prefixes, then the prompts that go on from there, then what shares nothing", () => {
    expect(drawn(prefixItems(input))).toEqual([
      "prefix You answer for Harbor Lane.: 1,240 tokens · 3 prompts · 83.0 % hit",
      "  prefix chat template: 1,300 tokens · 2 prompts · 83.0 % hit",
      "    prompt b.j2: 1,240 tokens · 83.0 % hit",
      "    prompt c.j2: 1,240 tokens · not called in this workload",
      "  prompt a.j2: 1,240 tokens · 83.0 % hit",
      "alone Not shared: 1 prompt",
      "  prompt prompts/support.j2: 612 of 1,240 tokens stable · 83.0 % hit",
      "    warning `{{ user_name }}` ends the stable prefix at 612 of 1,240 tokens: volatile-early",
    ]);
  });

  it("put the largest prefix first", () => {
    const prefixes = [prefix(100, [0, 1]), prefix(200, [2, 3])];
    const items = prefixItems({ ...input, prefixes, longestOf: [0, 0, 1, 1, -1] });
    expect(items.filter(({ parent }) => parent < 0).map(({ description }) => description)).toEqual([
      "200 tokens · 2 prompts · 83.0 % hit",
      "100 tokens · 2 prompts · 83.0 % hit",
    ]);
  });

  it("say what the states take and what they save", () => {
    const [first, ...others] = prefixItems(input);
    expect(first!.tooltip.split("\n").filter((line) => /[a-z]/.test(line))).toEqual([
      "`You answer for Harbor Lane.`",
      "| Tokens | 1,240 |",
      "| Prompts | `a.j2`, `b.j2`, `c.j2` |",
      "| KV | 19.4 MiB |",
      "| One checkpoint (SSM state) | 73.4 MiB |",
      "| Cached at the end | 1,240 tokens and 2 checkpoints (147 MiB) |",
      "| TTFT saved (mean) | 139 ms |",
      "| Fate of these tokens | 83.0 % reused, 17.0 % cold |",
    ]);
    const finding = others.find(({ kind }) => kind === "warning")!;
    expect(finding).toMatchObject({
      tooltip: "Move it behind the text that stays the same.",
      place: { path: "prompts/support.j2", range: { start: 40, end: 50 } },
    });
  });

  it("are spoken in words, and say where tokens are approximate", () => {
    const spoken = prefixItems({ ...input, scenario: approximateReport.scenario }).map((item) => item.spoken);
    expect(spoken[0]).toBe(
      "Shared prefix: You answer for Harbor Lane., about 1,240 tokens, 3 prompts, 83.0 % hit",
    );
    expect(spoken).toContain("Prompt: prompts/support.j2, about 612 of 1,240 tokens stable, 83.0 % hit");
    expect(spoken.filter((text) => text.startsWith("Warning: "))).toHaveLength(1);
  });

  it("are harmless, whatever prompts say", () => {
    const hostile = "a\u001b[2J\u202eb\u0007";
    const [first, second] = prefixItems({
      ...input,
      templates: [prompt("a.j2", { name: hostile }), prompt("b.j2"), ...input.templates.slice(2)],
      prefixes: [prefix(1240, [0, 1], { text: hostile })],
      longestOf: [0, 0, -1, -1, -1],
    });
    const said = JSON.stringify([first, second]);
    expect(said).not.toMatch(/\\u001b|\\u0007|\u202e/);
    expect(first!.label).toBe("a\\x1b[2J\\u202eb\\x07");
  });

  it("keep their ids when the text of a prefix changes, and have each its own", () => {
    const ids = prefixItems(input).map(({ id }) => id);
    const edited = input.prefixes.map((each) => ({ ...each, tokens: each.tokens + 7, text: "Edited." }));
    expect(prefixItems({ ...input, prefixes: edited }).map(({ id }) => id)).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("are 500 at most, of which the last counts the others", () => {
    const many = Array.from({ length: 700 }, (_, index) => prompt(`${index}.j2`));
    const items = prefixItems({
      scenario,
      templates: many,
      findings: [],
      prefixes: [],
      longestOf: many.map(() => -1),
    });
    expect(items).toHaveLength(500);
    expect(items.at(-1)).toMatchObject({ kind: "rest", parent: -1, label: "202 more" });
  });

  it("are none where there are no prompts", () => {
    expect(
      prefixItems({ scenario, templates: [tone!], findings: [], prefixes: [], longestOf: [-1] }),
    ).toEqual([]);
  });
});
