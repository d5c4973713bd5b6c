import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findPolicy, policies } from "../../../src/core/policies/registry.ts";
import { providers } from "../../../src/core/providers/catalogue.ts";
import { policyTable } from "../../../src/show/policy-table.ts";

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

  it("stands in the documentation as it is", () => {
    const page = readFileSync(new URL("../../../docs/policies.md", import.meta.url), "utf8");
    expect(page).toContain(`<!-- policies -->\n${policyTable()}\n<!-- /policies -->`);
  });
});
