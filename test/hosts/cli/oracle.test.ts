import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compareRun } from "../../../src/hosts/cli/oracle/marconi.ts";
import { replayOracleFolder } from "../../../src/hosts/cli/oracle/oracle.ts";
import { generatedTokens, readOracle, tokenHash } from "../../../src/log/marconi-oracle.ts";
import { oracleFolder, oracleMissing } from "../../support/oracle-traces.ts";
import { oracleByHand } from "./oracle-by-hand.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Replays a folder with these files; gives what was printed and the number of failures. */
function replayFiles(files: Readonly<Record<string, unknown>>): { lines: string[]; failures: number } {
  const folder = mkdtempSync(join(tmpdir(), "oracle-"));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  const lines: string[] = [];
  const failures = replayOracleFolder(folder, (line) => lines.push(line));
  return { lines, failures };
}

describe("a file worked out by hand", () => {
  test("its two runs are reproduced, number by number", () => {
    expect(replayFiles({ "by-hand.json": oracleByHand })).toEqual({
      lines: [
        expect.stringMatching(
          /^ok {3}by-hand\.json: 8 of 8 requests equal, ([\d.]+ %) by the artifact, \1 by us; 2 of 2 runs$/,
        ),
        "1 passed, 0 failed (2 of 2 runs of the artifact, every number)",
      ],
      failures: 0,
    });
  });

  test("a number that differs is named with its place", () => {
    const [v1] = oracleByHand.runs;
    const wrong = { ...v1!, reused: [0, 0, 5, 0], final: { ...v1!.final, tokens_reused: 5 } };
    const { lines, failures } = replayFiles({ "wrong.json": { ...oracleByHand, runs: [wrong] } });
    expect(lines[0]).toMatch(
      /^FAIL wrong\.json: 3 of 4 requests equal, [\d.]+ % by the artifact, [\d.]+ % by us; 0 of 1 runs; #0 v1 toy 320 B: reused\[2\] is 4 instead of 5; #0 v1 toy 320 B: final\.tokens_reused is 4 instead of 5$/,
    );
    expect(failures).toBe(1);
  });

  test("a number that the tool does not know is no pass", () => {
    const file = readOracle(JSON.stringify(oracleByHand));
    expect(compareRun(file, { ...file.runs[0]!, mood: "fine" })).toEqual([
      '"mood" is not known to this tool',
    ]);
  });
});

describe("files that are wrong", () => {
  test.each([
    ["no JSON", "{", /^FAIL bad\.json: The file is no JSON: /],
    [
      "another format",
      { ...oracleByHand, format: "other/2" },
      /^FAIL bad\.json: "format" is "other\/2"; this reader knows "marconi-oracle\/1"\.$/,
    ],
    ["null", "null", /^FAIL bad\.json: "format" is undefined/],
    [
      "tokens that do not expand to their hash",
      { ...oracleByHand, token_hash: [1, 2, 3, 4] },
      /^FAIL bad\.json: Request 0 expands to tokens with hash 1463068797, but 1 is written\.$/,
    ],
    [
      "a model that is not there",
      { ...oracleByHand, models: {} },
      /^FAIL bad\.json: #0 v1 toy 320 B: the file has no model "toy"/,
    ],
  ])("%s", (_what, content, message) => {
    const { lines, failures } = replayFiles({ "bad.json": content });
    expect(lines[0]).toMatch(message);
    expect(failures).toBeGreaterThan(0);
  });

  test.each([
    ["a capacity in words", { capacity_bytes: "lots" }, '"capacity_bytes" is no number of 0 or more'],
    ["a capacity below 0", { capacity_bytes: -5 }, '"capacity_bytes" is no number of 0 or more'],
    ["blocks of nothing", { policy: "vllm", block_size: 0 }, '"block_size" is no whole number of 1 or more'],
    ["an alpha that is none", { policy: "v3", alpha: null }, '"alpha" is no number of 0 or more'],
    [
      "no bootstrap",
      { policy: "v2", bootstrap_multiplier: 0 },
      '"bootstrap_multiplier" is no whole number of 1 or more',
    ],
    ["a policy of another name", { policy: "fifo" }, 'the policy "fifo" is none of vllm, v1, v2 and v3'],
  ])("a run with %s", (_what, changes, message) => {
    const runs = [{ ...oracleByHand.runs[0], ...changes }];
    const { lines, failures } = replayFiles({ "bad.json": { ...oracleByHand, runs } });
    expect(lines[0]).toContain(message);
    expect(failures).toBe(1);
  });

  test("one bad file does not keep the others from being compared", () => {
    const { lines, failures } = replayFiles({ "a.json": "{", "b.json": oracleByHand });
    expect(lines.at(-1)).toBe("1 passed, 1 failed (2 of 2 runs of the artifact, every number)");
    expect(failures).toBe(1);
  });

  test("a folder without files is a failure", () => {
    expect(replayFiles({}).failures).toBe(1);
  });
});

describe("expansion", () => {
  test("generated tokens", () => {
    expect([...generatedTokens(1, 8, 32_000)]).toEqual([
      14067, 5833, 23787, 13821, 15403, 2352, 26864, 16220,
    ]);
    expect([...generatedTokens(0xdeadbeef, 8, 4)]).toEqual([2, 3, 2, 0, 2, 0, 0, 0]);
  });

  test("hashes", () => {
    expect(tokenHash(new Int32Array(0))).toBe(2_166_136_261);
    expect(tokenHash(Int32Array.of(1, 2, 3))).toBe(1_456_420_779);
  });
});

describe.skipIf(oracleMissing !== null)(`golden files (${oracleMissing ?? "present"})`, () => {
  if (oracleMissing !== null) console.log(`Skipped: ${oracleMissing}.`);

  test("all 314 runs of the artifact are reproduced, number by number", () => {
    const lines: string[] = [];
    const failures = replayOracleFolder(oracleFolder, (line) => lines.push(line));
    expect(lines.filter((line) => line.startsWith("FAIL"))).toEqual([]);
    expect(lines.at(-1)).toBe("13 passed, 0 failed (314 of 314 runs of the artifact, every number)");
    expect(failures).toBe(0);
  });
});

describe("files that are not right", () => {
  const [run] = oracleByHand.runs;

  test.each([
    ["no runs at all", { runs: [] }, '"runs" is empty'],
    ["runs missing", { runs: undefined }, '"runs" is missing'],
    ["segments missing", { segments: undefined }, '"segments" is missing'],
    ["an unknown policy", { runs: [{ ...run, policy: "v9" }] }, 'policy "v9"'],
    ["nothing expected", { runs: [{ ...run, reused: undefined }] }, 'no "reused"'],
    ["a segment that is not there", { segments: [] }, "There is no segment 0"],
  ])("%s: fails with a reason", (_, change, reason) => {
    const { lines, failures } = replayFiles({ "a.json": { ...oracleByHand, ...change } });
    expect(lines.join("\n")).toContain(reason);
    expect(failures).toBeGreaterThan(0);
  });
});
