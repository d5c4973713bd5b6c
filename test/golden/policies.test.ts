/** Every policy of the registry over the golden trace: exact numbers, so that a change of behaviour is seen where it is made. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { policies } from "../../src/core/policies/registry.ts";
import { generateTrace } from "./generate-trace.ts";
import { type GoldenRow, goldenRows } from "./rows.ts";
import { expand, readTrace } from "./trace.ts";

const stored = JSON.parse(readFileSync(new URL("policies.json", import.meta.url), "utf8")) as Readonly<
  Record<string, Readonly<Record<string, GoldenRow>>>
>;
const trace = expand(readTrace());

describe("the golden trace", () => {
  it("is what its generator gives, in 300 requests", () => {
    expect(readTrace()).toEqual(generateTrace());
    expect(trace.requests).toHaveLength(300);
  });

  it("has rows for the policies of the registry, and for no others", () => {
    const ids = new Set(policies.map(({ id }) => id));
    expect(
      Object.keys(stored).filter((id) => !ids.has(id)),
      "no such policies: npm run golden -- --write takes their rows out",
    ).toEqual([]);
  });

  it.each(policies.map((policy) => [policy.id, policy] as const))("%s", (id, policy) => {
    const rows = stored[id];
    expect(
      rows,
      `${id} has no golden numbers: npm run golden -- --write adds them. Check some by hand before you commit them`,
    ).toBeDefined();
    expect(
      goldenRows(policy, trace),
      `the numbers of ${id} changed. If that is meant, npm run golden -- --write stores the new ones; say why in the commit`,
    ).toEqual(rows);
  });
});
