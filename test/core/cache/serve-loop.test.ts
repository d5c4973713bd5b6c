import { describe, expect, it } from "vitest";
import type { CacheContents, ServeContext, Served } from "../../../src/core/cache/cache-system.ts";
import { type ServeLoop, serveLoop } from "../../../src/core/cache/serve-loop.ts";
import { findPolicy } from "../../../src/core/policies/registry.ts";
import { serveRequest } from "../../../src/core/replay/serve-request.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

const nothing: CacheContents = { kvBytes: 0, checkpointBytes: 0, checkpoints: 0 };

/** What happens, in order, with requests `a` and so on, each of which is one unit of work. */
function eventsOf(names: string, loop: Partial<ServeLoop<string>>, pendingSteps = 0): string[] {
  const events: string[] = [];
  const cache = {
    contents: () => nothing,
    *pending() {
      for (let step = 0; step < pendingSteps; step++) yield;
      events.push("pending done");
    },
  };
  const steps = serveLoop<string>({
    requests: names,
    cache: pendingSteps === 0 ? { contents: () => nothing } : cache,
    serve(name, out) {
      events.push(`serve ${name}, ${out.losses.length} losses before`);
      out.losses.push({ fate: "evicted", reason: "a test", start: 0, end: 1 });
    },
    after(name) {
      events.push(`after ${name}`);
      return 1;
    },
    stepWork: Number.POSITIVE_INFINITY,
    ...loop,
  });
  for (const done of steps) events.push(`step at ${done}`);
  return events;
}

describe("serveLoop", () => {
  it("begins each request anew and yields after so much work", () => {
    expect(eventsOf("abc", { stepWork: 2 })).toEqual([
      "serve a, 0 losses before",
      "after a",
      "serve b, 0 losses before",
      "after b",
      "step at 2",
      "serve c, 0 losses before",
      "after c",
    ]);
  });

  it("runs what the cache left to do before the next request, in steps of its own", () => {
    expect(eventsOf("ab", {}, 2)).toEqual([
      "serve a, 0 losses before",
      "after a",
      "step at 1",
      "step at 1",
      "pending done",
      "serve b, 0 losses before",
      "after b",
      "step at 2",
      "step at 2",
      "pending done",
    ]);
  });

  it("ends where an observer has seen enough", () => {
    const before = (name: string) => name !== "b";
    expect(eventsOf("abc", { before })).toEqual(["serve a, 0 losses before", "after a"]);
  });
});

describe("what a request says beside its tokens", () => {
  const promptTokens = Int32Array.from({ length: 20 }, (_, token) => token);
  const request = { promptTokens, outputTokens: Int32Array.of(99), arrivalSeconds: 3, session: 0, turn: 0 };
  const context = { cost: tinyCosts.hybrid, capacityBytes: 1000, engineBlockTokens: 4 };

  it.each([
    ["sglang-radix", 0],
    ["marconi", 0],
    ["vllm-block", 0],
    ["no-cache", 0],
    ["sglang-radix+template", 1],
    ["marconi+template", 1],
  ])("%s asks for the ends of static parts %i times", (policy, times) => {
    let asked = 0;
    const staticEnds = () => {
      asked++;
      return [{ end: 10, sharedBy: "all" as const }];
    };
    const cache = findPolicy(policy)!.create(context);
    const requests = [{ ...request, runs: null }];
    const loop = serveLoop({
      requests: [0],
      cache,
      serve: (index, out) => serveRequest({ requests, staticEnds }, cache, index, out),
      after: () => 1,
      stepWork: 1,
    });
    expect([...loop]).toEqual([1]);
    expect(asked).toBe(times);
    expect(cache.contents().checkpoints).toBe({ "no-cache": 0, "vllm-block": 5 }[policy] ?? 1 + times);
  });

  it("finds the pieces of a prompt when it is asked", () => {
    const runs = {
      starts: Int32Array.of(0, 40),
      segments: Int32Array.of(0, 1),
      contents: Int32Array.of(0, 1),
    };
    const long = { ...request, promptTokens: new Int32Array(100), runs };
    const asked: (Int32Array | null)[] = [];
    const cache = findPolicy("no-cache")!.create(context);
    const asking = Object.assign(cache, {
      serve(_prompt: Int32Array, _output: Int32Array, _out: Served, given?: ServeContext) {
        asked.push(given?.pieceStarts?.() ?? null);
      },
    });
    for (const runsOf of [long, { ...long, runs: null }]) {
      const loop = serveLoop({
        requests: [0],
        cache,
        serve: (index, out) => serveRequest({ requests: [runsOf] }, asking, index, out),
        after: () => 1,
        stepWork: 1,
      });
      expect([...loop]).toEqual([1]);
    }
    expect(asked).toEqual([Int32Array.of(0, 40), null]);
  });
});
