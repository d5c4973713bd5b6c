import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { replayOracleFolder } from "../../../src/hosts/cli/oracle/oracle.ts";
import { attentionByHand, sglangByHand, traceByHand } from "./sglang-by-hand.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Replays these files beside the trace; gives what was printed. */
function replay(files: Readonly<Record<string, unknown>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), "sglang-oracle-"));
  folders.push(folder);
  mkdirSync(join(folder, "traces"));
  mkdirSync(join(folder, "engine"));
  writeFileSync(join(folder, "traces", "by-hand.json"), JSON.stringify(traceByHand));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, "engine", name), JSON.stringify(content));
  const lines: string[] = [];
  replayOracleFolder(join(folder, "engine"), (line) => lines.push(line));
  return lines;
}

describe("files worked out by hand", () => {
  test("are reproduced, request by request", () => {
    expect(replay({ "attention.json": attentionByHand, "hybrid.json": sglangByHand })).toEqual([
      "ok   attention.json: 4 of 4 requests equal, 63.4 % by the engine, 63.4 % by us",
      "ok   hybrid.json: 8 of 8 requests equal, 39.0 % by the engine, 39.0 % by us",
      "2 passed, 0 failed",
    ]);
  });

  test("a number that differs is named with its run and request, and so is what is left at the end", () => {
    const [roomy, tight] = sglangByHand.runs;
    const runs = [
      { ...roomy, final_states: 5 },
      { ...tight, reused: [0, 12, 4, 4] },
    ];
    expect(replay({ "wrong.json": { ...sglangByHand, runs } })[0]).toBe(
      "FAIL wrong.json: 7 of 8 requests equal, 43.9 % by the engine, 39.0 % by us; " +
        "any KV, 4 states, request 2: 0 instead of 4; any KV, any states, at the end: 4 states instead of 5",
    );
  });
});

describe("files that are wrong", () => {
  const { config, runs, trace } = sglangByHand;
  test.each([
    ["no configuration", { config: undefined }, '"config" is missing, or no object.'],
    [
      "another tree",
      { config: { ...config, tree: "HiRadixCache" } },
      '"tree" is "HiRadixCache"; this reader knows',
    ],
    [
      "pages of nothing",
      { config: { ...config, page_size: 0 } },
      '"page_size" is 0; it has to be a whole number, 1 or more.',
    ],
    [
      "a strategy of another name",
      { config: { ...config, mamba_radix_cache_strategy: "auto" } },
      '"mamba_radix_cache_strategy" is "auto"',
    ],
    [
      "no word on the scheduler",
      { config: { ...config, overlap_schedule: 1 } },
      '"overlap_schedule" is 1; it has to be true or false.',
    ],
    [
      "pages that states do not fit",
      { config: { ...config, page_size: 8 } },
      '"page_size" is 8; with extra_buffer states',
    ],
    ["no runs", { runs: [] }, '"runs" is missing or empty'],
    [
      "too few results",
      { runs: [{ ...runs[0], reused: [0] }] },
      '"reused" of run 0 has 1 numbers of 4 requests.',
    ],
    [
      "a result that is none",
      { runs: [{ ...runs[0], reused: [0, 12, 0, -4] }] },
      '"reused" 3 of run 0 is -4',
    ],
    ["a pool in words", { runs: [{ ...runs[0], state_slots: "many" }] }, '"state_slots" of run 0 is "many"'],
    [
      "a trace that is not there",
      { trace: { ...trace, file: "traces/none.json" } },
      "There is no trace traces/none.json",
    ],
    [
      "more requests than the trace",
      { trace: { ...trace, requests: 9 }, runs: [{ ...runs[0], reused: Array(9).fill(0) }] },
      "has 4 requests, and not 9",
    ],
  ])("%s", (_what, change, message) => {
    const lines = replay({ "bad.json": { ...sglangByHand, ...change } });
    expect(lines[0]).toMatch(/^FAIL bad\.json: /);
    expect(lines[0]).toContain(message);
  });
});

const folder = join(import.meta.dirname, "../../../../shared/oracle/sglang");
const missing = existsSync(folder) ? null : "no results of SGLang beside the repository";

describe.skipIf(missing !== null)(`SGLang's own cache code (${missing ?? "present"})`, () => {
  if (missing !== null) console.log(`Skipped: ${missing}.`);

  test("all 24 files, 24,951 requests, are reproduced", () => {
    const lines: string[] = [];
    expect(replayOracleFolder(folder, (line) => lines.push(line))).toBe(0);
    const equal = lines
      .map((line) => /: (\d+) of (\d+) requests equal/.exec(line))
      .filter((found) => found !== null);
    expect(equal.length).toBe(24);
    expect(equal.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(24_951);
    expect(lines.at(-1)).toBe("24 passed, 0 failed");
  }, 60_000);
});
