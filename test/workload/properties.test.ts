/** What holds of every workload: on random templates, and on real ones where they are at hand. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyConfig } from "../../src/config/config.ts";
import { parseDocument } from "../../src/prompt/registry.ts";
import { type Segment, scopes, type Template } from "../../src/prompt/template.ts";
import type { Tokenizer } from "../../src/tokenizers/tokenizer.ts";
import { generateWorkload } from "../../src/workload/generate.ts";
import type { Workload } from "../../src/workload/workload.ts";
import {
  halfCharacterTokenizer,
  hole,
  include,
  loop,
  marker,
  template,
  when,
  wordTokenizer,
} from "./support.ts";

const settings = { seed: 3, sessions: 3, turns: 2 };

function generate(templates: readonly Template[], tokenizer: Tokenizer = wordTokenizer): Workload {
  return generateWorkload(templates, { settings, config: emptyConfig, tokenizer });
}

function checkRuns(workload: Workload): void {
  for (const [index, { promptTokens, runs }] of workload.requests.entries()) {
    const { starts, segments, contents } = runs!;
    expect([segments.length, contents.length]).toEqual([starts.length, starts.length]);
    if (promptTokens.length > 0) expect(starts[0]).toBe(0);
    for (let run = 0; run < starts.length; run++) {
      expect(runEnd(run, starts, promptTokens)).toBeGreaterThan(starts[run]!);
      const source = workload.segments[segments[run]!]!;
      expect(source.template).toBe(workload.templateOf[index]);
      expect(["text", "hole"]).toContain(source.kind);
    }
  }
}

/** For a tokenizer of characters, where the tokens of a run are its text. */
function checkContents(workload: Workload): void {
  const textOf = new Map<number, string>();
  const numberOf = new Map<string, number>();
  for (const { promptTokens, runs } of workload.requests) {
    const { starts, segments, contents } = runs!;
    for (let run = 0; run < starts.length; run++) {
      const text = promptTokens.subarray(starts[run]!, runEnd(run, starts, promptTokens)).join();
      const content = contents[run]!;
      expect(textOf.get(content) ?? text).toBe(text);
      textOf.set(content, text);
      const place = `${segments[run]}:${text}`;
      expect(numberOf.get(place) ?? content).toBe(content);
      numberOf.set(place, content);
    }
  }
}

function runEnd(run: number, starts: Int32Array, tokens: Int32Array): number {
  return run + 1 < starts.length ? starts[run + 1]! : tokens.length;
}

function checkTable(workload: Workload): void {
  for (const [index, { parent, template: owner }] of workload.segments.entries()) {
    expect(parent).toBeLessThan(index);
    if (parent >= 0) expect(workload.segments[parent]!.template).toBe(owner);
  }
}

function hashOf(workload: Workload): string {
  const hash = createHash("sha256");
  for (const { arrivalSeconds, session, turn, promptTokens, outputTokens, runs } of workload.requests) {
    hash.update(`${arrivalSeconds} ${session} ${turn}`).update(promptTokens).update(outputTokens);
    hash.update(runs!.starts).update(runs!.segments).update(runs!.contents);
  }
  return hash.update(JSON.stringify([workload.segments, workload.assumptions])).digest("hex");
}

const part = fc.letrec<{ segment: Segment | string }>((tie) => ({
  segment: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("One. ", " two", "\n\n", "x", "Drei 🚢 vier"),
    fc
      .tuple(fc.constantFrom("now", "question", "item.title", "customer", "id"), fc.constantFrom(...scopes))
      .map(([name, scope]) => hole(name, scope)),
    fc.constantFrom(marker("system"), marker("user"), hole("history", "session", "history")),
    fc
      .tuple(fc.constantFrom(...scopes), fc.array(tie("segment"), { maxLength: 3 }), fc.boolean())
      .map(([scope, body, isHistory]) => loop("docs", scope, body, { isHistory })),
    fc
      .tuple(fc.constantFrom(...scopes), fc.array(tie("segment"), { maxLength: 3 }))
      .map(([scope, body]) => when("flag", scope, body, ["otherwise"])),
  ),
})).segment;

const anyTemplates = fc
  .array(
    fc.tuple(fc.array(part, { maxLength: 6 }), fc.constantFrom("request" as const, "instructions" as const)),
    {
      maxLength: 3,
    },
  )
  .map((sources) => sources.map(([parts, usage], index) => template(`t${index}.j2`, parts, { usage })));

describe("every workload", () => {
  it("has runs that cover the prompts, and a table with parents first", () => {
    fc.assert(
      fc.property(anyTemplates, (templates) => {
        const workload = generate(templates);
        checkRuns(workload);
        checkTable(workload);
        const byCharacter = generate(templates, halfCharacterTokenizer);
        checkRuns(byCharacter);
        checkContents(byCharacter);
      }),
      { seed: 11, numRuns: 150 },
    );
  });

  it("is the same twice, and another one with another seed", () => {
    fc.assert(
      fc.property(anyTemplates, (templates) => {
        expect(hashOf(generate(templates))).toBe(hashOf(generate(templates)));
      }),
      { seed: 12, numRuns: 100 },
    );
    const source = template("a.j2", [hole("question", "request")]);
    const other = { settings: { ...settings, seed: 4 }, config: emptyConfig, tokenizer: wordTokenizer };
    expect(hashOf(generate([source]))).not.toBe(hashOf(generateWorkload([source], other)));
  });

  it("keeps what a template sends when others come, go and change", () => {
    const sentBy = (workload: Workload, index: number) =>
      workload.requests
        .filter((_, request) => workload.templateOf[request] === index)
        .map(({ arrivalSeconds, turn, promptTokens }) => [arrivalSeconds, turn, [...promptTokens]]);
    fc.assert(
      fc.property(anyTemplates, fc.array(part, { maxLength: 6 }), (others, parts) => {
        const own = template("own.j2", parts);
        expect(sentBy(generate([...others, own]), others.length)).toEqual(sentBy(generate([own]), 0));
      }),
      { seed: 13, numRuns: 100 },
    );
  });
});

describe("runs", () => {
  it("give a token to the piece in which it starts", () => {
    // " world" starts in the first piece and ends in the second.
    const { requests } = generate([template("a.j2", ["Hello wo", hole("x", "constant"), "!"])]);
    const config = { holes: [{ key: "x", range: { start: 0, end: 0 }, value: { values: ["rld"] } }] };
    const workload = generateWorkload([template("a.j2", ["Hello wo", hole("x", "constant"), "!"])], {
      settings,
      config,
      tokenizer: wordTokenizer,
    });
    expect(requests.length).toBe(workload.requests.length);
    expect(workload.requests[0]!.runs).toEqual({
      starts: Int32Array.of(0, 2),
      segments: Int32Array.of(1, 3),
      contents: Int32Array.of(0, 1),
    });
  });

  it("number the text of a shared partial alike in all templates", () => {
    const policy = template("_policy.j2", ["Be kind to everyone. "], { usage: "partial" });
    const workload = generate([
      policy,
      template("a.j2", [include("_policy.j2", policy), "A"]),
      template("b.j2", ["B ", include("_policy.j2", policy)]),
    ]);
    const contentsOf = (index: number) =>
      workload.requests.flatMap(({ runs }, request) => {
        if (workload.templateOf[request] !== index) return [];
        const at = runs!.segments.findIndex((segment) => workload.segments[segment]!.path === "_policy.j2");
        return [runs!.contents[at]];
      });
    expect(new Set([...contentsOf(1), ...contentsOf(2)]).size).toBe(1);
  });

  it("number the text of a place alike exactly when it is the same", () => {
    const workload = generate([
      template("a.j2", ["Hi ", hole("customer", "session"), ", ", hole("now", "volatile")]),
    ]);
    const columns = workload.requests.map(({ runs }) => [...runs!.contents]);
    expect(new Set(columns.map(([first]) => first)).size).toBe(1);
    expect(new Set(columns.map((contents) => contents[1])).size).toBe(settings.sessions);
    expect(new Set(columns.map((contents) => contents.at(-1))).size).toBe(workload.requests.length);
  });
});

describe("bounds", () => {
  it("a thousand templates stay small and quick", () => {
    const templates = Array.from({ length: 1000 }, (_, index) =>
      template(`t${index}.j2`, [
        `Template ${index}. ${"Some words of policy. ".repeat(200)}`,
        hole("question", "request"),
      ]),
    );
    const workload = generateWorkload(templates, {
      settings: { seed: 1, sessions: 8, turns: 3 },
      config: emptyConfig,
      tokenizer: wordTokenizer,
    });
    const tokens = workload.requests.reduce((sum, { promptTokens }) => sum + promptTokens.length, 0);
    expect(tokens).toBeLessThan(25_000_000);
    expect(workload.assumptions.find(({ id }) => id === "reduced-workload")?.text).toMatch(/1000 templates/);
    expect(new Set(workload.templateOf).size).toBe(1000);
    const { simulated } = workload.basis;
    expect(simulated).toEqual({ prompts: 1000, requests: workload.requests.length, askedFor: 24_000 });
    expect(simulated.requests).toBeLessThan(24_000);
  });
});

const corpora = new URL("../../../shared/corpora", import.meta.url).pathname;

describe("real templates", () => {
  if (!existsSync(corpora)) {
    console.log("Skipped: the shared corpora are not beside the repository.");
    it.skip("give workloads that keep all rules", () => {});
    return;
  }
  it("give workloads that keep all rules", () => {
    const templates = readdirSync(corpora, { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .flatMap(
        (path) =>
          parseDocument({ path: path.slice(corpora.length + 1), text: readFileSync(path, "utf8") }).value,
      );
    expect(templates.length).toBeGreaterThan(100);
    const workload = generateWorkload(templates, {
      settings: { seed: 1, sessions: 2, turns: 2 },
      config: emptyConfig,
      tokenizer: wordTokenizer,
    });
    checkTable(workload);
    expect(workload.requests.length).toBeGreaterThan(100);
    for (const { promptTokens, runs } of workload.requests) {
      const { starts } = runs!;
      if (promptTokens.length > 0) expect(starts[0]).toBe(0);
      for (let run = 1; run < starts.length; run++) {
        if (starts[run]! <= starts[run - 1]!) expect.fail("runs must ascend");
      }
      if (starts.length > 0) expect(starts.at(-1)!).toBeLessThan(promptTokens.length);
    }
  });
});
