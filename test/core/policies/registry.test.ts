import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { firstDay } from "../../../src/core/policies/hosted.ts";
import { findPolicy, policies } from "../../../src/core/policies/registry.ts";
import { providers } from "../../../src/core/providers/catalogue.ts";
import { policyTable } from "../../../src/show/policy-table.ts";
import { randomWorkload } from "../../support/random-workload.ts";
import { ReplayText } from "../../support/replay-text.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

describe("the registry of policies", () => {
  it("has every system once, with its source and what it leaves out", () => {
    expect(new Set(policies.map(({ id }) => id)).size).toBe(policies.length);
    for (const { id, name, description, version, source, leavesOut } of policies) {
      expect(id).toMatch(/^[a-z0-9.+-]+$/);
      for (const text of [name, description, version, source, leavesOut]) expect(text, id).not.toBe("");
    }
  });

  it("has every provider of the catalogue, and its longer lifetime where one costs extra", () => {
    const hosted = policies.filter(({ kind }) => kind === "hosted").map(({ id }) => id);
    expect(hosted).toEqual(expect.arrayContaining(providers.map(({ id }) => id)));
    expect(hosted.filter((id) => id.endsWith("-1h"))).toEqual(["anthropic-1h", "bedrock-claude-1h"]);
    expect(hosted.filter((id) => id.endsWith("-12h"))).toEqual(["openai-gpt-6.1-12h"]);
  });

  it("finds them by id, whatever the case, and a provider's model behind a colon", () => {
    expect(findPolicy(" vLLM ")?.id).toBe("vllm");
    expect(findPolicy("anthropic-1h:claude-opus-5")?.name).toBe("Anthropic (claude-opus-5), 1 hour");
    expect(findPolicy("marconi:x")).toBeUndefined();
    expect(findPolicy("lru")).toBeUndefined();
  });

  it("says of what others change how and when it was learned of, and of nothing else", () => {
    for (const { id, kind, learned } of policies) {
      expect(learned !== undefined, id).toBe(kind === "engine" || kind === "hosted");
      if (learned === undefined) continue;
      expect(new Date(learned.asOf).toISOString(), id).toBe(`${learned.asOf}T00:00:00.000Z`);
    }
  });

  it("knows of requests in flight where they change anything, and nowhere else", () => {
    const cost = tinyCosts.hybrid;
    const stateBytes = cost.checkpointBytes + 20 * cost.kvBytesPerToken;
    const texts = [1, 2, 3, 4].map((seed) => new ReplayText(randomWorkload(seed, 60, [20, 60]), 3));
    for (const { id, countsInFlight, create } of policies) {
      const rowsOf = (more: object) =>
        texts.flatMap((text) =>
          [4, 16, 40].map((states) => {
            const context = { cost, capacityBytes: states * stateBytes, engineBlockTokens: 4, ...more };
            return [...text.replay(create(context)).reusedTokens].join();
          }),
        );
      expect(rowsOf({ inFlight: 6 }).join() !== rowsOf({}).join(), id).toBe(countsInFlight === true);
    }
  });

  it.each([
    ["2026-10-13", "2026-10-13"],
    ["2026-11", "2026-11-01"],
    ["2026-H1", "2026-01-01"],
    ["2025-H2", "2025-07-01"],
    ["2026-07..2026-11", "2026-07-01"],
    ["2026-09-29..2026-11-17", "2026-09-29"],
  ])("begins %s on %s", (asOf, day) => {
    expect(firstDay(asOf)).toBe(day);
  });

  it("stands in the documentation as it is: npm run golden -- --write", () => {
    const page = readFileSync(new URL("../../../docs/policies.md", import.meta.url), "utf8");
    expect(page).toContain(`<!-- policies -->\n${policyTable()}\n<!-- /policies -->`);
  });
});
