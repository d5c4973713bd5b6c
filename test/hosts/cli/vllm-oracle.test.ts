import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { replayOracleFolder } from "../../../src/hosts/cli/oracle/oracle.ts";
import { vllmCasesByHand, vllmFileByHand, vllmTraceByHand } from "./vllm-oracle-by-hand.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function replayFile(content: unknown): { lines: string[]; failures: number } {
  const folder = mkdtempSync(join(tmpdir(), "vllm-oracle-"));
  folders.push(folder);
  writeBeside(folder, content);
  const lines: string[] = [];
  const failures = replayOracleFolder(join(folder, "golden"), (line) => lines.push(line));
  return { lines, failures };
}

/** The file in a folder of its own, and its trace above it. */
function writeBeside(folder: string, content: unknown): void {
  writeFileSync(join(folder, "toy.json"), JSON.stringify(vllmTraceByHand));
  mkdirSync(join(folder, "golden"));
  writeFileSync(
    join(folder, "golden", "file.json"),
    typeof content === "string" ? content : JSON.stringify(content),
  );
}

describe("files worked out by hand", () => {
  test("cases with their own requests", () => {
    expect(replayFile(vllmCasesByHand)).toEqual({
      lines: [
        "ok   file.json: 11 of 11 requests equal, 20.8 % by the engine, 20.8 % by us",
        "1 passed, 0 failed",
      ],
      failures: 0,
    });
  });

  test("a trace, one request at a time and two in flight", () => {
    expect(replayFile(vllmFileByHand)).toEqual({
      lines: [
        "ok   file.json: 6 of 6 requests equal, 42.1 % by the engine, 42.1 % by us",
        "1 passed, 0 failed",
      ],
      failures: 0,
    });
  });

  test("what differs is named: hits, steps, what is cached at the end, and the order", () => {
    const [alone, together] = vllmFileByHand.runs;
    const wrong = [
      { ...alone!, cached: [0, 4, 0], stepEnds: [[5], [8, 9], [5]], finalCachedBlocksByGroup: [3] },
      { ...together!, order: [0, 1, 2] },
    ];
    const { lines, failures } = replayFile({ ...vllmFileByHand, runs: wrong });
    expect(failures).toBe(1);
    expect(lines[0]).toContain("100 blocks, request 2: 4 instead of 0");
    expect(lines[0]).toContain("100 blocks: the ends of prefill steps differ");
    expect(lines[0]).toContain("100 blocks: the cached blocks at the end differ");
  });
});

describe("files that are wrong", () => {
  const { config, groups, runs } = vllmFileByHand;
  test.each([
    ["no JSON", '{"format":"vllm-oracle/1",', /The file is no JSON: /],
    ["a newer format", { ...vllmFileByHand, format: "vllm-oracle/2" }, /"format" is "vllm-oracle\/2"/],
    [
      "a mode that is none",
      { ...vllmFileByHand, config: { ...config, mambaCacheMode: "some" } },
      /"mambaCacheMode" is "some"; it has to be align, all or none\./,
    ],
    [
      "a layer that is none",
      { ...vllmFileByHand, config: { ...config, layers: "AX" } },
      /"layers" has the letter "X"; the known ones are A, S and M\./,
    ],
    [
      "a group that is none",
      { ...vllmFileByHand, groups: [{ ...groups[0], kind: "toString" }] },
      /"kind" of group 0 is "toString"; the known ones are FullAttentionSpec, SlidingWindowSpec, MambaSpec\./,
    ],
    ["no groups", { ...vllmFileByHand, groups: [] }, /"groups" of the file is empty\./],
    [
      "blocks of nothing",
      { ...vllmFileByHand, groups: [{ ...groups[0], blockTokens: 0 }] },
      /"blockTokens" of group 0 is 0; it has to be a whole number, 1 to /,
    ],
    [
      "results of other requests",
      { ...vllmFileByHand, runs: [{ ...runs[0], cached: [0] }] },
      /100 blocks has 1 results of 3 requests\./,
    ],
    [
      "a pool that no request fits in",
      { ...vllmFileByHand, runs: [{ ...runs[0], capacityBlocks: 1 }] },
      /A request needs more blocks than the pool has\./,
    ],
    [
      "tokens without a count",
      {
        ...vllmCasesByHand,
        cases: [{ ...vllmCasesByHand.cases[0], requests: [{ prompt: [[1]], output: [] }] }],
      },
      /the length of a run of tokens of case 0 is undefined/,
    ],
  ])("%s", (_what, content, message) => {
    const { lines, failures } = replayFile(content);
    expect(lines[0]).toMatch(/^FAIL file\.json: /);
    expect(lines[0]).toMatch(message);
    expect(failures).toBe(1);
  });
});

const golden = join(import.meta.dirname, "../../../../shared/oracle/vllm");
const missing = existsSync(golden) ? null : "no golden files of vLLM beside the repository";

describe.skipIf(missing !== null)(`golden files (${missing ?? "present"})`, () => {
  if (missing !== null) console.log(`Skipped: ${missing}.`);

  test("all 105 files are equal, request by request", { timeout: 300_000 }, () => {
    const lines: string[] = [];
    const failures = replayOracleFolder(golden, (line) => lines.push(line));
    expect(lines.filter((line) => line.startsWith("FAIL"))).toEqual([]);
    expect(lines.at(-1)).toBe("105 passed, 0 failed");
    expect(failures).toBe(0);
  });
});
