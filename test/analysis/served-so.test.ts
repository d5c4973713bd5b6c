/** How a server stores keys and values, and its draft model, change bytes, blocks and what hits. */
import { describe, expect, it } from "vitest";
import { analyze, policyText } from "../support/analyze.ts";

const files = { "prompts/help.j2": `${policyText(120)}\n{{ question }}\n` };
const scenarioOf = (settings: object) => analyze(files, settings).scenario;
const hitsFrom = (settings: object) => analyze(files, settings).smallestPrefixTokens;
const qwen = { model: "Qwen/Qwen3.5-27B", policy: "vllm", capacity: "20GiB" };

describe("fp8 keys and values", () => {
  it("take half the bytes", () => {
    const [half, whole] = [scenarioOf({ kvType: "fp8" }), scenarioOf({})];
    expect(half.kvBytesPerToken).toBe(whole.kvBytesPerToken / 2);
    expect(half.checkpointBytes).toBe(whole.checkpointBytes);
  });

  it("make vLLM's block cover a state with twice the tokens", () => {
    expect(scenarioOf(qwen).blockTokens).toBe(784);
    expect(scenarioOf({ ...qwen, kvType: "fp8" }).blockTokens).toBe(1568);
    expect(hitsFrom({ ...qwen, kvType: "fp8" })).toBe(1568);
  });
});

describe("draft tokens", () => {
  it("make vLLM's block grow by the columns of their convolution states", () => {
    expect(scenarioOf({ ...qwen, draftTokens: 3 }).blockTokens).toBe(800);
    expect(scenarioOf({ ...qwen, kvType: "fp8", draftTokens: 3 }).blockTokens).toBe(1600);
  });

  it("are those of the policy that has a draft model", () => {
    const own = analyze(files, { policy: "vllm-draft" });
    expect(analyze(files, { policy: "vllm", draftTokens: 3 }).totals).toEqual(own.totals);
  });

  it("are said not to count where they do not", () => {
    const idsOf = (policy: string) =>
      analyze(files, { policy, draftTokens: 3 }).assumptions.map(({ id }) => id);
    expect(idsOf("sglang")).toContain("draft-tokens");
    expect(idsOf("vllm")).not.toContain("draft-tokens");
  });
});

describe("requests in flight", () => {
  const prompts = Object.fromEntries(
    Array.from({ length: 6 }, (_, i) => [
      `prompts/help${i}.j2`,
      `{# role: system #}\nYou are helper ${i}.\n${policyText(400)}\n{{ question }}\n`,
    ]),
  );
  const small = { policy: "vllm", model: "Qwen/Qwen3.5-27B", capacity: "3GiB", sessions: 4 };

  it("leave less of a small memory to what might be reused", () => {
    const [one, many] = [1, 16].map((inFlight) => analyze(prompts, { ...small, inFlight }));
    expect(many!.scenario.inFlight).toBe(16);
    expect(many!.totals.ledger.reused).toBeLessThan(one!.totals.ledger.reused);
    expect(many!.totals.promptTokens).toBe(one!.totals.promptTokens);
  });

  it("change nothing where there is room for all", () => {
    const [one, many] = [1, 4].map((inFlight) =>
      analyze(prompts, { ...small, capacity: "200GiB", inFlight }),
    );
    expect(many!.totals.ledger).toEqual(one!.totals.ledger);
  });

  it("are said to count, or not to", () => {
    const said = (policy: string, inFlight: number) =>
      analyze(files, { policy, inFlight }).assumptions.find(({ id }) => /in-flight|one-at-a-time/.test(id))!
        .text;
    expect(said("vllm", 16)).toContain("16 requests run at once");
    expect(said("vllm", 1)).toContain("one at a time;");
    expect(said("llama-cpp", 16)).toContain("and not 16, of which the policy llama-cpp knows nothing");
    expect(said("anthropic", 16)).toContain("and not 16");
  });
});

describe("the engine of a policy", () => {
  it("says of which elements its states are", () => {
    const bytesOf = (policy: string) => scenarioOf({ policy }).checkpointBytes;
    // llama.cpp at granite-4.0-h-small: 36 layers of 101,376 + 4,194,304 bytes.
    expect(bytesOf("llama-cpp")).toBe(36 * (101_376 + 4_194_304));
    expect(bytesOf("sglang")).toBe(36 * (101_376 / 2 + 4_194_304));
    expect(bytesOf("vllm")).toBe(bytesOf("llama-cpp") / 2);
  });

  it("takes sliding windows as it does, and says so", () => {
    const model = "openai/gpt-oss-20b";
    const textsOf = (policy: string) =>
      analyze(files, { policy, model })
        .assumptions.map(({ text }) => text)
        .filter((text) => /windows/.test(text));
    expect(textsOf("vllm").join()).not.toContain("counted as checkpoints");
    expect(textsOf("sglang").join()).toContain("not modelled");
    expect(textsOf("marconi").join()).toContain("counted as checkpoints");
    expect(hitsFrom({ policy: "sglang", model })).toBe(1);
  });
});

describe("a memory that holds no request", () => {
  const long = { "prompts/help.j2": `${policyText(160)}\n{{ question }}\n` };

  it.each([
    ["vllm", "150MiB"],
    ["sglang", "300MiB"],
  ])("is what the verdict of %s names, and the finding of the prompt", (policy, capacity) => {
    const report = analyze(long, { policy, capacity, sessions: 16 });
    expect(report.totals.ledger.reused).toBe(0);
    expect(report.verdict.kind).toBe("capacity");
    expect(report.findings.map(({ rule }) => rule)).toContain("beyond-memory");
  });
});
