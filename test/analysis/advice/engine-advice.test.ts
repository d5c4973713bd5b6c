/** Settings of servers, and lengths of shared prefixes: what is proposed against what is there. */
import { describe, expect, test } from "vitest";
import { engineSteps } from "../../../src/analysis/advice/engine-advice.ts";
import { Served } from "../../../src/core/cache/cache-system.ts";
import { policies } from "../../../src/core/policies/registry.ts";
import { drain } from "../../../src/core/steps.ts";
import { policyText } from "../../support/analyze.ts";
import { prepareAdvice } from "./prepare.ts";

const granite = "ibm-granite/granite-4.0-h-small";
const llama = "meta-llama/Llama-3.1-8B-Instruct";
const engines = policies.filter(({ kind }) => kind === "engine").map(({ id }) => id);

/** About 500 stable tokens, then a question in every call. */
const files = {
  "prompts/short.j2": `${policyText(25)}\n\n{{ question }}`,
  "prompts/long.j2": `${policyText(90)}\n\nCustomer: {{ customer_name }}\n{{ question }}`,
  "promptcache.json": JSON.stringify({
    workload: { sessions: 8, turns: 2 },
    holes: { question: { scope: "request", tokens: 300 } },
  }),
};

function adviceFor(settings: object, prompts: Readonly<Record<string, string>> = files) {
  const prepared = prepareAdvice(prompts, settings);
  return { prepared, advice: drain(engineSteps(prepared)) };
}

describe("a server's settings", () => {
  test.each(engines.flatMap((policy) => [[policy, granite] as const, [policy, llama] as const]))(
    "%s %s",
    (policy, model) => {
      const { prepared, advice } = adviceFor({ policy, model });
      if (advice === null) throw new Error("a server has something to set");
      expect(advice.after.ttftSecondsMean).toBeLessThanOrEqual(advice.before.ttftSecondsMean);
      const isChanged = advice.settings.some(({ present, proposed }) => present !== proposed);
      expect(advice.launch !== null).toBe(isChanged);
      if (isChanged) expect(advice.after.reusedTokens).toBeGreaterThan(advice.before.reusedTokens);
      for (const { present, proposed, tried } of advice.settings) {
        expect(tried[0]?.value).toBe(present);
        expect(tried.map(({ value }) => value)).toContain(proposed);
        expect(new Set(tried.map(({ value }) => value)).size).toBe(tried.length);
        // The rows are of what is proposed: with the proposed value they give that, and no row of them is worth more.
        const own = tried.find(({ value }) => value === proposed)!;
        expect(own.reusedTokens).toBe(advice.after.reusedTokens);
        if (policy !== "vllm-draft") {
          for (const { reusedTokens, ttftSecondsMean } of tried) {
            const isWorthIt = ttftSecondsMean < own.ttftSecondsMean * 0.999;
            expect(isWorthIt && reusedTokens > own.reusedTokens, `${policy} ${model}`).toBe(false);
          }
        }
      }
      // With the present values it is the policy itself.
      const engine = prepared.scenario.createWith((context) => prepared.scenario.policy.tuning?.(context));
      const twin = engine!.create(engine!.settings.map(({ values }) => values[0]!));
      const own = prepared.scenario.createCache();
      const [served, expected] = [new Served(), new Served()];
      for (const { promptTokens, outputTokens } of prepared.workload.requests) {
        twin.serve(promptTokens, outputTokens, served);
        own.serve(promptTokens, outputTokens, expected);
        expect(served.reusedTokens).toBe(expected.reusedTokens);
      }
      expect(twin.contents()).toEqual(own.contents());
    },
  );

  test("is chosen by the steady state, where the workload comes again", () => {
    const { advice } = adviceFor({ policy: "vllm" });
    expect(advice?.basis).toBe("steady");
    // What templates say is known when the second round begins.
    expect(advice!.before.reusedTokens).toBeGreaterThan(advice!.before.cold.reusedTokens);
    const captured = prepareAdvice(
      {
        "log.jsonl": Array.from({ length: 6 }, (_, turn) =>
          JSON.stringify({
            model: "gpt-4o",
            messages: [
              { role: "system", content: policyText(90) },
              { role: "user", content: `Question ${turn}?` },
            ],
          }),
        ).join("\n"),
      },
      { policy: "vllm" },
    );
    const ofLog = drain(engineSteps(captured));
    expect(captured.workload.requests).toHaveLength(6);
    expect(ofLog?.basis).toBe("cold");
  });

  test("no-buffer gives way where questions change with every call", () => {
    const { advice } = adviceFor({ policy: "sglang-no-buffer" });
    expect(advice?.settings[0]).toMatchObject({ present: "no_buffer", proposed: "extra_buffer" });
    expect(advice!.after.tokenHitRate).toBeGreaterThan(advice!.before.tokenHitRate + 0.2);
  });

  test("micro-batches that reuse more and read the weights more often are not proposed", () => {
    const { advice } = adviceFor(
      { policy: "llama-cpp" },
      {
        "prompts/short.j2": files["prompts/short.j2"],
        "prompts/never-hits.j2": `{{ question }}\n\n${policyText(90)}`,
        "promptcache.json": JSON.stringify({
          workload: { sessions: 8, turns: 1 },
          holes: { question: { scope: "request", tokens: 20 } },
        }),
      },
    );
    const { proposed, tried } = advice!.settings.find(({ name }) => name === "--ubatch-size")!;
    const of = (value: number) => tried.find((each) => each.value === value)!;
    expect(of(64).reusedTokens).toBeGreaterThan(of(512).reusedTokens);
    expect(of(64).ttftSecondsMean).toBeGreaterThan(1.5 * of(512).ttftSecondsMean);
    expect(proposed).toBe(512);
  });

  test.each([
    ["llama-cpp", { "--ubatch-size": 64 }, 64],
    ["sglang", { "--chunked-prefill-size": 2048 }, 2048],
    ["vllm", {}, 8192],
    ["tensorrt-llm", {}, undefined],
  ])("%s says in which steps it computes a prompt", (policy, changed: Record<string, number>, steps) => {
    const { scenario } = prepareAdvice(files, { policy });
    const engine = scenario.createWith((context) => scenario.policy.tuning!(context))!;
    const chosen = engine.settings.map(({ name, values }) => changed[name] ?? values[0]!);
    expect(engine.prefillStepTokens?.(chosen)).toBe(steps);
  });

  test("a draft model may keep the last block of a hit, go, or stay smaller", () => {
    const { advice } = adviceFor({ policy: "vllm-september", draftTokens: 3 });
    const rows = new Map(advice!.settings.map((setting) => [setting.name, setting]));
    const kept = rows.get("disable_eagle_block_drop")!;
    expect(kept.tried.map(({ value }) => value)).toEqual(["false", "true"]);
    expect(kept.tried[1]!.reusedTokens).toBeGreaterThan(kept.tried[0]!.reusedTokens);
    expect(rows.get("num_speculative_tokens")!.tried.map(({ value }) => value)).toEqual([3, 0, 1, 7]);
  });

  test.each([
    [
      "vllm",
      [granite, 2],
      "vllm serve ibm-granite/granite-4.0-h-small --enable-prefix-caching --tensor-parallel-size 2 --mamba-cache-mode align --prefix-cache-retention-interval 0",
    ],
    [
      "vllm-0.28",
      [granite, 1],
      "vllm serve ibm-granite/granite-4.0-h-small --enable-prefix-caching --mamba-cache-mode align",
    ],
    [
      "vllm-september",
      [granite, 1],
      "vllm serve ibm-granite/granite-4.0-h-small --enable-prefix-caching --mamba-cache-mode align --prefix-cache-retention-interval None",
    ],
    [
      "vllm-match-unit",
      [granite, 1],
      "vllm serve ibm-granite/granite-4.0-h-small --enable-prefix-caching --mamba-cache-mode align --prefix-cache-retention-interval 0 --prefix-match-unit 16",
    ],
    [
      "vllm-draft",
      [granite, 1],
      `vllm serve ibm-granite/granite-4.0-h-small --enable-prefix-caching --mamba-cache-mode align --prefix-cache-retention-interval 0
Add your --speculative-config (a "method" that the model has layers for, such as mtp, or a draft "model"), with "num_speculative_tokens": 3.`,
    ],
    [
      "vllm",
      [llama, 1],
      "vllm serve meta-llama/Llama-3.1-8B-Instruct --enable-prefix-caching --block-size 16",
    ],
    [
      "sglang",
      [granite, 2],
      "python -m sglang.launch_server --model-path ibm-granite/granite-4.0-h-small --tp-size 2 --mamba-radix-cache-strategy extra_buffer --page-size 1 --chunked-prefill-size 8192 --mamba-track-interval 256 --mamba-full-memory-ratio 0.9",
    ],
    [
      "llama-cpp",
      [granite, 1],
      "llama-server -m granite-4.0-h-small.gguf --cache-ram 8192 --checkpoint-min-step 8192 --ctx-checkpoints 32 --ubatch-size 512\ngranite-4.0-h-small.gguf stands for your own file of the model.",
    ],
    [
      "llama-cpp-slots",
      [llama, 1],
      "llama-server -m Llama-3.1-8B-Instruct.gguf --parallel 4 --cache-ram 8192\nLlama-3.1-8B-Instruct.gguf stands for your own file of the model.",
    ],
    [
      "tensorrt-llm",
      [llama, 1],
      "trtllm-serve meta-llama/Llama-3.1-8B-Instruct --extra_llm_api_options cache.yaml\nWrite into cache.yaml: kv_cache_config: {tokens_per_block: 32}",
    ],
  ] as const)("%s is started as it is simulated", (policy, [model, tensorParallel], line) => {
    const { scenario } = prepareAdvice(files, { policy, model, tensorParallel });
    const engine = scenario.createWith((context) => scenario.policy.tuning!(context))!;
    const chosen = engine.settings.map(({ values }) => values[0]!);
    expect([engine.launch(chosen), ...(engine.besides?.(chosen) ?? [])].join("\n")).toBe(line);
  });

  test("a variable stands in front of a version that has no flag yet", () => {
    const { scenario } = prepareAdvice(files, { policy: "vllm-0.28" });
    const engine = scenario.createWith((context) => scenario.policy.tuning!(context))!;
    const chosen = engine.settings.map(({ name, values }) => (/RETENTION/.test(name) ? 0 : values[0]!));
    expect(engine.launch(chosen)).toBe(
      "VLLM_PREFIX_CACHE_RETENTION_INTERVAL=0 vllm serve ibm-granite/granite-4.0-h-small --enable-prefix-caching --mamba-cache-mode align",
    );
  });

  test.each(engines)("every word of the line that starts %s is a name, a number or a flag", (policy) => {
    for (const model of [granite, llama]) {
      const { scenario } = prepareAdvice(files, { policy, model, draftTokens: 3 });
      const engine = scenario.createWith((context) => scenario.policy.tuning!(context))!;
      const line = engine.launch(engine.settings.map(({ values }) => values[0]!));
      expect(line).toMatch(/^[\w.=/ -]+$/);
      expect(line).not.toMatch(/\b(METHOD|FILE|MODEL)\b/);
    }
  });

  test.each([
    ["vllm", [["--prefix-cache-retention-interval", "--prefix-match-unit"], ["disable_eagle_block_drop"]]],
    ["vllm-draft", [["--prefix-match-unit"], ["disable_eagle_block_drop"]]],
    ["vllm-september", [["disable_eagle_block_drop", "--prefix-match-unit"], []]],
    [
      "vllm-0.28",
      [
        ["VLLM_PREFIX_CACHE_RETENTION_INTERVAL"],
        ["--prefix-cache-retention-interval", "--prefix-match-unit", "disable_eagle_block_drop"],
      ],
    ],
    [
      "vllm-no-junctions",
      [
        [],
        ["--prefix-cache-retention-interval", "VLLM_PREFIX_CACHE_RETENTION_INTERVAL", "--prefix-match-unit"],
      ],
    ],
    ["sglang", [[], ["--enable-int8-mamba-checkpoint", "--mamba-max-states-per-path"]]],
    ["sglang-int8", [["--enable-int8-mamba-checkpoint"], []]],
  ] as const)("%s has what its version has", (policy, [has, lacks]) => {
    const { scenario } = prepareAdvice(files, { policy });
    const names = scenario
      .createWith((context) => scenario.policy.tuning!(context))!
      .settings.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...has]));
    for (const name of lacks) expect(names).not.toContain(name);
  });

  test.each(["marconi", "anthropic", "no-cache", "vllm-block", "sglang-radix"])(
    "%s is no server",
    (policy) => {
      expect(adviceFor({ policy }).advice).toBeNull();
    },
  );
});

describe("lengths", () => {
  test("a stable prefix below a block is padded to a whole one, which is then reused", () => {
    const { prepared, advice } = adviceFor({ policy: "vllm" });
    const index = prepared.templates.findIndex(({ path }) => path === "prompts/short.j2");
    const stableTokens = prepared.prefixes[index]!.tokens.length;
    const short = advice?.lengths.find(({ path }) => path === "prompts/short.j2");
    expect(stableTokens).toBeGreaterThan(400);
    expect(short).toMatchObject({ stableTokens, unitTokens: 528, changeTokens: 528 - stableTokens });
    // All 16 requests but the first, whose prefill ends a step there, reuse the block.
    expect(short!.reusedTokensAfter - short!.reusedTokens).toBe(528 * 15);
    expect(short!.ttftSecondsMeanAfter).toBeLessThan(short!.ttftSecondsMean);
  });

  test("cuts stay small, and never take all of a prefix", () => {
    for (const policy of ["vllm", "sglang", "tensorrt-llm"]) {
      for (const { changeTokens, stableTokens, unitTokens } of adviceFor({ policy }).advice!.lengths) {
        expect((stableTokens + changeTokens) % unitTokens).toBe(0);
        expect(-changeTokens).toBeLessThanOrEqual(unitTokens / 8);
        expect(stableTokens + changeTokens).toBeGreaterThan(0);
      }
    }
  });
});
