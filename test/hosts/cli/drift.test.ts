/** Rules that may be others by now are named, and none that are not. */
import { expect, it } from "vitest";
import { agedRules, agingRules } from "../../../src/core/policies/aging.ts";
import { driftCommand } from "../../../src/hosts/cli/drift.ts";
import { outputOf } from "../../support/run-command.ts";

const day = (text: string) => Date.parse(text);

it("counts whole days, the oldest first", () => {
  const rules = [
    { name: "new", asOf: "2026-11-01", from: "runs" },
    { name: "old", asOf: "2026-08-01", from: "threads" },
  ] as const;
  const aged = agedRules(rules, day("2026-11-28T23:00:00Z"));
  expect(aged.map(({ name, days }) => [name, days])).toEqual([
    ["old", 119],
    ["new", 27],
  ]);
});

it("knows of policies of engines and providers, and of prices with a day of their own", () => {
  const names = agingRules().map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["vllm", "sglang", "llama-cpp", "anthropic", "hints for vllm-marker"]),
  );
  expect(names.some((name) => name.includes("price of"))).toBe(true);
  for (const none of ["marconi", "vllm-0.28"]) expect(names).not.toContain(none);
});

it("names those that are older, and fails; on the day itself there are none", async () => {
  const late = await outputOf(driftCommand, ["--today", "2026-11-28"]);
  expect(late.exitCode).toBe(1);
  expect(late.text).toMatch(/^vllm +2026-08-20 +100 days +compared with runs of its code$/m);
  const all = /^(\d+) of (\d+) rules are older than 90 days\.$/m.exec(late.text)!;
  const lines = late.text.trim().split("\n");
  // A head, a line each, an empty line, the sum, and what does not age.
  expect(lines.length).toBe(Number(all[1]) + 4);
  expect(lines.at(-1)).toBe(
    "Not among them, as they stand for versions that stay what they are: vllm-0.28, vllm-no-junctions.",
  );
  const early = await outputOf(driftCommand, ["--today", "2025-01-01"]);
  expect(early.exitCode).toBe(0);
  expect(early.text.split("\n")[0]).toBe(`0 of ${all[2]} rules are older than 90 days.`);
});

it.each([
  [["--days", "soon"], /--days takes a whole number from 0 on, not "soon"/],
  [["--today", "soon"], /--today takes a day such as 2026-11-28, not "soon"/],
])("%j", async (args, message) => {
  await expect(outputOf(driftCommand, args)).rejects.toThrow(message);
});
