/** What other caches would reuse of the same requests: the marks, what lies between them, and what is said of it. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import { headroomOf, headroomReferences } from "../../src/analysis/headroom.ts";
import type { Headroom, Report } from "../../src/analysis/report.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { cutIntoSpans, tokenRequest } from "../../src/core/cache/span-trace.ts";
import { emptyLedger } from "../../src/core/fates.ts";
import { findPolicy, policies } from "../../src/core/policies/registry.ts";
import { idealReuse } from "../../src/core/replay/clairvoyant.ts";
import { replay } from "../../src/core/replay/replay.ts";
import type { Request } from "../../src/core/replay/request.ts";
import { drain } from "../../src/core/steps.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { headroomGains, headroomSentence } from "../../src/show/headroom-text.ts";
import { reportText } from "../../src/show/report-text.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { tinyCosts } from "../support/tiny-costs.ts";

const llama = "meta-llama/Llama-3.1-8B-Instruct";
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Parts with the content that each one is known by; a letter is a token. */
function request(index: number, parts: readonly string[]): Request {
  const text = parts.join("");
  const starts = parts.map((_, at) => parts.slice(0, at).join("").length);
  return {
    arrivalSeconds: index,
    session: index,
    turn: 0,
    promptTokens: Int32Array.from(text, (letter) => letter.charCodeAt(0)),
    outputTokens: new Int32Array(0),
    runs: {
      starts: Int32Array.from(starts),
      segments: Int32Array.from(parts, (_, at) => at),
      contents: Int32Array.from(
        parts,
        (part) => [...part].reduce((sum, c) => 31 * sum + c.charCodeAt(0), 0) | 0,
      ),
    },
  };
}

function headroomByHand(requests: readonly Request[], policyId: string, capacityBytes: number) {
  const policy = findPolicy(policyId)!;
  const cost = tinyCosts.hybrid;
  const cache = policy.create({ cost, capacityBytes, engineBlockTokens: 4 });
  const outcomes = replay({
    requests,
    segmentCount: 2,
    isStatic: () => false,
    cache,
    ttftSeconds: (reused, prompt) => prompt - reused,
  });
  const references = drain(headroomReferences({ policy, cost, capacityBytes }, requests));
  const input = { outcomes, references, computedTokensAtLeast: cache.computedTokensAtLeast };
  return { input, headroom: headroomOf(input, [...requests.keys()]) };
}

describe("headroom, worked by hand", () => {
  /*
   * A token takes 1 byte, a checkpoint 4; the memory holds 18. Of "system-" plus a letter
   *   the second request only shows that "system-" is shared: ideal 7, two checkpoints 0;
   *   the third reuses it; the fourth sends it behind another prefix and pushes all else out;
   *   the fifth and sixth find nothing: 7 each were evicted.
   */
  const requests = [
    ["system-", "a"],
    ["system-", "b"],
    ["system-", "c"],
    ["zzzzz", "system-"],
    ["system-", "d"],
    ["system-", "d"],
  ].map((parts, index) => request(index, parts));
  const { input, headroom } = headroomByHand(requests, "sglang-radix", 18);

  it("tells memory, admission and the prompt apart", () => {
    expect(headroom).toEqual({
      clairvoyantTokens: 28,
      unlimitedTokens: 21,
      idealTokens: 28,
      memoryGainTokens: 14,
      admissionGainTokens: 7,
      promptGainTokens: 24,
      promptGain: { coldTokens: 16, divergedTokens: 7, alwaysComputedTokens: 1 },
      notes: [],
    });
  });

  it("does so for any part of the requests, and the parts add up", () => {
    expect(headroomOf(input, [1])).toMatchObject({
      unlimitedTokens: 0,
      idealTokens: 7,
      admissionGainTokens: 7,
    });
    expect(headroomOf(input, [3]).promptGain).toEqual({
      coldTokens: 5,
      divergedTokens: 7,
      alwaysComputedTokens: 0,
    });
    expect(headroomOf(input, [])).toMatchObject({
      clairvoyantTokens: 0,
      idealTokens: 0,
      promptGainTokens: 0,
    });
  });

  it("says what is not a matter of memory", () => {
    const { notes } = headroomByHand(requests, "no-cache", 18).headroom;
    expect(notes).toEqual([expect.stringContaining("does not keep or may not use")]);
  });

  it("says so where a policy beats the greedy reference, and keeps the sign", () => {
    const { outcomes } = input;
    const worse = { unlimited: new Int32Array(6), clairvoyant: new Int32Array(6) };
    const beaten = headroomOf({ outcomes, references: worse, computedTokensAtLeast: 1 }, [0, 1, 2]);
    expect(beaten.memoryGainTokens).toBe(-7);
    expect(beaten.notes).toEqual([
      expect.stringMatching(
        /^This policy reuses 7 tokens more than the clairvoyant reference, which is greedy/,
      ),
      expect.stringMatching(/^This policy reuses 7 tokens more than unlimited memory with two checkpoints/),
    ]);
  });

  it("in words", () => {
    const owner = { ledger: { ...emptyLedger(), reused: 7 }, headroom };
    expect(headroomSentence(owner, percent)).toBe(
      "53.8 % with a clairvoyant cache in the same memory (a reference, not a bound), 40.4 % with unlimited memory, 53.8 % with ideal checkpoints; the other 46.2 % only a better prompt could save",
    );
    expect(headroomGains(owner, percent).map(({ id, tokens }) => [id, tokens])).toEqual([
      ["memory", 14],
      ["admission", 7],
      ["prompt", 24],
    ]);
  });
});

/** Where the progress stands meanwhile. */
const referencesAt = 90;
const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));

const workspace = {
  "prompts/support.j2": `You are the assistant.\n${policyText(40)}\nCustomer: {{ customer_name }}\n{{ question }}`,
  "prompts/refund.j2": `You decide on refunds.\n${policyText(40)}\nCustomer: {{ customer_name }}\n{{ question }}`,
  "prompts/dated.j2": `It is {{ now }}.\n${policyText(40)}\n{{ question }}`,
};

function assumed({ assumptions }: Report): string {
  return assumptions.find(({ id }) => id === "headroom")?.text ?? "";
}

const tokensOf = ({ ledger }: Pick<Report["totals"], "ledger">) =>
  Object.values(ledger).reduce((sum, tokens) => sum + tokens, 0);

describe("headroom of a report", () => {
  const attention = policies.map(({ id }) => [id, llama] as const);
  const hybrid = policies.map(({ id }) => [id, "ibm-granite/granite-4.0-h-small"] as const);

  it.each([...hybrid, ...attention])(
    "%s on %s: the parts add up, and templates to the totals",
    (policy, model) => {
      const report = analyze(workspace, { policy, model, capacity: "1GiB", sessions: 4 });
      const { totals, templates } = report;
      for (const owner of [totals, ...templates]) {
        const { headroom, ledger } = owner;
        const { coldTokens, divergedTokens, alwaysComputedTokens } = headroom.promptGain;
        expect(coldTokens + divergedTokens + alwaysComputedTokens).toBe(headroom.promptGainTokens);
        expect(headroom.idealTokens + headroom.promptGainTokens).toBe(tokensOf(owner));
        for (const part of [coldTokens, divergedTokens, alwaysComputedTokens])
          expect(part).toBeGreaterThanOrEqual(0);
        if (headroom.unlimitedTokens === null) continue;
        expect(ledger.reused + headroom.memoryGainTokens! + headroom.admissionGainTokens!).toBe(
          headroom.idealTokens,
        );
        expect(headroom.unlimitedTokens).toBeLessThanOrEqual(headroom.idealTokens);
        expect(headroom.clairvoyantTokens ?? 0).toBeLessThanOrEqual(headroom.idealTokens);
      }
      const keys = [
        "clairvoyantTokens",
        "unlimitedTokens",
        "idealTokens",
        "memoryGainTokens",
        "promptGainTokens",
      ];
      for (const key of keys as (keyof Headroom & `${string}Tokens`)[]) {
        const total = totals.headroom[key];
        const parts = templates.map(({ headroom }) => headroom[key]);
        if (total === null) expect(parts.every((part) => part === null)).toBe(true);
        else expect(parts.reduce<number>((sum, part) => sum + part!, 0)).toBe(total);
      }
      if (totals.linkedTokens === 0)
        expect(totals.ledger.reused).toBeLessThanOrEqual(totals.headroom.idealTokens);
    },
  );

  it("is the policy's own where the memory has no limit", () => {
    const report = analyze(workspace, { policy: "unlimited" });
    const { headroom, ledger } = report.totals;
    expect(headroom).toMatchObject({
      clairvoyantTokens: null,
      unlimitedTokens: ledger.reused,
      memoryGainTokens: 0,
    });
    expect(headroom.admissionGainTokens).toBeGreaterThan(0);
    expect(assumed(report)).toContain("this policy's memory has no limit");
  });

  it("has no other memory at a hosted provider, and says why", () => {
    const report = analyze(workspace, { policy: "openai-classic" });
    const { headroom } = report.totals;
    expect(headroom).toMatchObject({
      clairvoyantTokens: null,
      unlimitedTokens: null,
      memoryGainTokens: null,
    });
    expect(headroom.idealTokens).toBeGreaterThan(0);
    expect(assumed(report)).toContain("A hosted provider's memory is not known");
    expect(reportText(report, () => ({ line: 1, column: 1 }))).toMatch(
      /Headroom from an empty cache: [\d.]+ % if all that was sent before were reused; the other/,
    );
  });

  it("says that linking reuses what no prefix cache can", () => {
    const { headroom, ledger, linkedTokens } = analyze(workspace, { model: llama, policy: "epic" }).totals;
    expect(ledger.reused).toBeGreaterThan(headroom.idealTokens);
    expect(headroom.memoryGainTokens).toBeLessThan(0);
    expect(headroom.notes[0]).toContain(
      `${linkedTokens.toLocaleString("en-US")} of the reused tokens were linked`,
    );
    expect(headroom.notes[0]).toContain("No prefix cache reuses them");
  });

  it("does not call lost blocks a lack of memory", () => {
    const { headroom, ledger } = analyze(workspace, { policy: "vllm", sessions: 4 }).totals;
    expect(ledger.unaligned).toBeGreaterThan(0);
    expect(headroom.notes.join("\n")).toMatch(/tokens were lost to whole blocks, not to memory/);
  });

  it("stands in the text under the hit rate, and nothing stands there without requests", () => {
    const text = (report: Report) => reportText(report, () => ({ line: 1, column: 1 }));
    const lines = text(analyze(workspace)).split("\n");
    const at = lines.findIndex((line) => line.includes("of prompt tokens reused"));
    expect(lines.slice(at).find((line) => line.startsWith("Headroom"))).toMatch(
      /^Headroom from an empty cache: .*; the other [\d.]+ % only a better prompt could save$/,
    );
    expect(text(analyze({ "prompts/a.j2": "" }))).not.toMatch(/^Headroom/m);
  });

  it("can be stopped while the references are replayed, and the next run is none the worse", () => {
    const analyzer = createAnalyzer({ tokenizer });
    analyzer.setWorkspace(
      Object.entries(workspace).map(([path, text]) => ({ path, text })),
      null,
      [],
    );
    const settings = { ...defaultSettings, sessions: 60 };
    const steps = () => [...analyzer.run(settings)].filter(({ done }) => done === referencesAt).length;
    expect(steps()).toBeGreaterThan(5);
    const run = analyzer.run(settings);
    for (let seen = 0; seen < 3; ) {
      const step = run.next();
      if (step.done) expect.fail("the run came to its end");
      if (step.value.done === referencesAt) seen++;
    }
    expect(run.return(undefined as never).done).toBe(true);
    expect(drain(analyzer.run(settings))).toEqual(analyze(workspace, { sessions: 60 }));
  });

  it("stands in the schema, for the totals and for templates", () => {
    const schema = JSON.parse(
      readFileSync(new URL("../../schemas/report.schema.json", import.meta.url), "utf8"),
    );
    const { headroom } = analyze(workspace).totals;
    expect([...schema.definitions.headroom.required].sort()).toEqual(Object.keys(headroom).sort());
    expect(schema.properties.totals.required).toContain("headroom");
    expect(schema.properties.totals.properties.headroom.$ref).toBe("#/definitions/headroom");
  });
});

it("the ideal of the ledger is the ideal of the spans", () => {
  const requests = ["abcdef", "abcxyz", "abcdef", "abc", "", "abcdefgh"].map((text, index) =>
    request(index, [text]),
  );
  const { input } = headroomByHand(requests, "sglang-radix", 1000);
  const spans = cutIntoSpans(
    requests.map(({ promptTokens, outputTokens }) => tokenRequest(promptTokens, outputTokens, 1)),
  );
  const byLedger = requests.map((_, index) => headroomOf(input, [index]).idealTokens);
  expect(byLedger).toEqual([...idealReuse(spans)]);
});
