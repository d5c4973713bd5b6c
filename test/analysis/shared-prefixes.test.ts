/** Which prefixes templates share, by the tree and by a plain twin that intersects lists of tokens; and what became of them. */
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { servedPrefixes, sharedPrefixes } from "../../src/analysis/shared-prefixes.ts";
import { type Studied, Study } from "../../src/analysis/study.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { drain } from "../../src/core/steps.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import type { StaticPrefix, StaticText } from "../../src/prompt/static-prefix.ts";
import { createRandom, wholeNumber } from "../../src/workload/random.ts";
import { policyText } from "../support/analyze.ts";

/** Of the chat template; what follows is the prompt's own, one character for each token. */
const headerTokens = 3;

function prefixOf(own: readonly number[]): StaticPrefix {
  const tokens = Int32Array.from([1, 2, 3, ...own]);
  const { length } = tokens;
  const range = { start: 0, end: own.length };
  const text: StaticText = { path: "a.j2", range, text: "x".repeat(own.length), isLeading: true };
  return {
    tokens,
    chatTokens: headerTokens,
    endedBy: null,
    end: null,
    texts: [text],
    sources: {
      ends: Int32Array.from(tokens, (_, index) => index + 1),
      stretches: [
        { start: 0, end: headerTokens, kind: "markup", index: -1, offset: 0 },
        { start: headerTokens, end: length, kind: "content", index: 0, offset: 0 },
      ],
      messages: [[text]],
    },
  };
}

/** A run of own tokens, told apart from those of other runs by its number. */
const run = (number: number, length: number) => Array.from({ length }, (_, at) => number * 1000 + at);

function sharedBy(prefixes: readonly StaticPrefix[], usages: readonly ("request" | "partial")[] = []) {
  const templates = prefixes.map((_, index) => ({ usage: usages[index] ?? "request" }));
  return drain(sharedPrefixes(templates, prefixes));
}

/** `start tokens: templates < start tokens of the one above`. */
const lines = ({ prefixes }: ReturnType<typeof sharedBy>) =>
  prefixes.map(
    ({ tokens, templates, parent }) =>
      `${tokens}: ${templates.join(" ")}${parent < 0 ? "" : ` < ${prefixes[parent]!.tokens}`}`,
  );

describe("shared prefixes", () => {
  const long = run(1, 20);
  test.each<[string, number[][], string[], number[]]>([
    ["none", [run(1, 20), run(2, 20)], [], [-1, -1]],
    [
      "one that two go on from",
      [
        [...long, 7],
        [...long, 8],
      ],
      ["23: 0 1"],
      [0, 0],
    ],
    ["one that ends where the other goes on", [long, [...long, 8]], ["23: 0 1"], [0, 0]],
    ["equal ones", [long, long], ["23: 0 1"], [0, 0]],
    [
      "a longer one inside",
      [
        [...long, 7],
        [...long, 8, 9],
        [...long, 8, 10],
      ],
      ["23: 0 1 2", "24: 1 2 < 23"],
      [0, 1, 1],
    ],
    [
      "nothing below sixteen tokens of their own",
      [
        [...run(1, 15), 7],
        [...run(1, 15), 8],
      ],
      [],
      [-1, -1],
    ],
    [
      "sixteen tokens of their own",
      [
        [...run(1, 16), 7],
        [...run(1, 16), 8],
      ],
      ["19: 0 1"],
      [0, 0],
    ],
    ["what is empty", [[], long, []], [], [-1, -1, -1]],
  ])("of prompts with %s", (_, own, expected, longestOf) => {
    const shared = sharedBy(own.map(prefixOf));
    expect(lines(shared)).toEqual(expected);
    expect(shared.longestOf).toEqual(longestOf);
  });

  it("leave out parts of other prompts, which begin no request", () => {
    const shared = sharedBy([prefixOf(long), prefixOf(long)], ["request", "partial"]);
    expect(shared).toEqual({ prefixes: [], longestOf: [-1, -1] });
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])("are those of the plain twin, seed %i", (seed) => {
    const random = createRandom(seed);
    const all = Array.from({ length: 24 }, () => {
      const own: number[] = [];
      for (let at = 0; at < wholeNumber(random, 0, 5); at++)
        own.push(...run(wholeNumber(random, 1, 3), wholeNumber(random, 5, 20)));
      return prefixOf(own);
    });
    const shared = sharedBy(all);
    const twin = twinOf(all);
    expect(new Map(shared.prefixes.map(({ tokens, templates }) => [templates.join(), tokens]))).toEqual(twin);
    for (const [index, longest] of shared.longestOf.entries()) {
      const lengths = [...twin].flatMap(([members, tokens]) =>
        members.split(",").includes(String(index)) ? [tokens] : [],
      );
      expect(shared.prefixes[longest]?.tokens ?? 0).toBe(Math.max(0, ...lengths));
    }
    for (const [index, { parent, tokens, templates }] of shared.prefixes.entries()) {
      expect(parent).toBeLessThan(index);
      if (parent < 0) continue;
      const above = shared.prefixes[parent]!;
      expect(above.tokens).toBeLessThan(tokens);
      expect(templates.filter((template) => !above.templates.includes(template))).toEqual([]);
    }
  });
});

/** What any two have in common, and all that begin with it: lengths by members. */
function twinOf(all: readonly StaticPrefix[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const common = (a: Int32Array, b: Int32Array) => {
    let length = 0;
    while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++;
    return length;
  };
  for (const [index, { tokens }] of all.entries()) {
    for (const other of all.slice(index + 1)) {
      const length = common(tokens, other.tokens);
      if (length < headerTokens + 16) continue;
      const members = all.flatMap((each, at) => (common(tokens, each.tokens) >= length ? [at] : []));
      found.set(members.join(), length);
    }
  }
  return found;
}

describe("what became of them", () => {
  const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
  const rules = policyText(40);
  const study = new Study({ tokenizer });
  study.documents.setWorkspace(
    [
      { path: "a.j2", text: `${rules}\nAnswer in one word.\n{{ question }}` },
      { path: "b.j2", text: `${rules}\nBe kind.\n{{ question }}` },
      { path: "c.j2", text: `Translate.\n{{ question }}` },
    ],
    null,
  );
  const served = (studied: Studied) => {
    const { prefixes } = drain(sharedPrefixes(studied.templates, studied.prefixes));
    return drain(servedPrefixes(studied, prefixes));
  };

  it("is told of their own tokens, and of the requests of their prompts", () => {
    const studied = drain(study.study(defaultSettings));
    const [prefix, ...others] = served(studied);
    expect(others).toEqual([]);
    expect(prefix).toMatchObject({ templates: [0, 1], place: { path: "a.j2", range: { start: 0 } } });
    expect(prefix!.text).toBe(rules.slice(0, prefix!.text.length));
    expect(prefix!.place!.range.end).toBeGreaterThanOrEqual(rules.length);
    const { requests, tokens, ledger, held } = prefix!;
    expect(requests).toBe(studied.workload.requestsOf[0]!.length + studied.workload.requestsOf[1]!.length);
    const fates = Object.values(ledger);
    expect(fates.reduce((sum, value) => sum + value, 0)).toBe(tokens * requests);
    // Nobody but the first request finds nothing of it.
    expect(ledger.cold).toBe(tokens);
    expect(ledger.reused).toBeGreaterThan(0.8 * tokens * requests);
    expect(prefix!.ttftSecondsSaved).toBeGreaterThan(0);
    expect(held.tokens).toBe(tokens);
    expect(held.checkpoints).toBeGreaterThan(0);
  });

  it("is nothing where nothing is kept", () => {
    const [prefix] = served(drain(study.study({ ...defaultSettings, policy: "no-cache" })));
    expect(prefix).toMatchObject({ ttftSecondsSaved: 0, held: { tokens: 0, checkpoints: 0 } });
    expect(prefix!.ledger.reused).toBe(0);
  });
});
