import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { llamaCppOptionsOf } from "../../../src/core/cache/engines/llama-cpp/launch-options.ts";
import { llamaCppDefaults } from "../../../src/core/cache/engines/llama-cpp/options.ts";
import { replayOracleFolder } from "../../../src/hosts/cli/oracle/oracle.ts";
import { withSuccessorOutputs } from "../../../src/hosts/cli/oracle/successor-outputs.ts";
import { tokenHash } from "../../../src/log/marconi-oracle.ts";
import { llamaCppByHand, llamaCppTrace } from "./llama-cpp-by-hand.ts";

const root = mkdtempSync(join(tmpdir(), "llama-cpp-oracle-"));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;

/** What is printed of a folder with this file; the trace lies beside it. */
function linesOf(file: unknown): string[] {
  const folder = join(root, `${folders++}`);
  mkdirSync(join(folder, "runs"), { recursive: true });
  mkdirSync(join(folder, "traces"));
  writeFileSync(join(folder, "traces/by-hand.json"), JSON.stringify(traceFile()));
  writeFileSync(join(folder, "runs/a.json"), typeof file === "string" ? file : JSON.stringify(file));
  const lines: string[] = [];
  replayOracleFolder(join(folder, "runs"), (line) => lines.push(line));
  return lines;
}

/** With the hashes of its requests. */
function traceFile(): object {
  const [a, answer, b, c, d, last] = llamaCppTrace.segments.map(({ t }) => t);
  const hash = (...parts: (readonly number[] | undefined)[]) =>
    tokenHash(Int32Array.from(parts.flatMap((part) => part ?? [])));
  const token_hash = [
    hash(a, answer),
    hash(b, answer),
    hash(a, answer, c, answer),
    hash(a?.slice(0, 10), d, last),
  ];
  return { ...llamaCppTrace, token_hash };
}

function changed(change: object): object {
  return { ...llamaCppByHand, config: { ...llamaCppByHand.config, ...change } };
}

describe("a file worked out by hand", () => {
  it("is equal, request by request and slot by slot", () => {
    expect(linesOf(llamaCppByHand)).toEqual([
      // 30 of 20 + 20 + 28 + 20 tokens.
      "ok   a.json: 4 of 4 requests equal, 34.1 % by the engine, 34.1 % by us",
      "1 passed, 0 failed",
    ]);
  });

  it("names the first request that differs, and the first that another slot served", () => {
    const [line] = linesOf({ ...llamaCppByHand, runs: [{ reused: [0, 0, 22, 9], slot: [3, 3, 1, 1] }] });
    expect(line).toBe(
      "FAIL a.json: 3 of 4 requests equal, 35.2 % by the engine, 34.1 % by us; run 0, request 3: 8 instead of 9; run 0, request 1: slot 2 instead of 3",
    );
  });

  it("differs with other options of the server", () => {
    // Without host memory request 2 has nothing to go on with, but slot 3 still holds request 0.
    expect(linesOf(changed({ args: "--cache-ram 0" }))[0]).toContain("run 0, request 2: slot 3 instead of 1");
    expect(linesOf(changed({ args: "--ctx-checkpoints 0" }))[0]).toContain("request 3: 0 instead of 8");
  });
});

describe("files that are wrong", () => {
  it.each([
    ["no JSON", '{"engine":"llama.cpp"', "The file is no JSON"],
    ["no configuration", { ...llamaCppByHand, config: 5 }, '"config" is missing, or no object'],
    ["no runs", { ...llamaCppByHand, runs: [] }, '"runs" is missing or empty'],
    [
      "another mapping",
      { ...llamaCppByHand, trace: { ...llamaCppByHand.trace, mapping: "none" } },
      '"mapping" is "none"',
    ],
    [
      "a trace that is not there",
      { ...llamaCppByHand, trace: { ...llamaCppByHand.trace, file: "traces/other.json" } },
      "There is no trace traces/other.json",
    ],
    [
      "too few results",
      { ...llamaCppByHand, runs: [{ reused: [0], slot: [3, 2, 1, 1] }] },
      '"reused" has 1 entries, and the trace 4 requests',
    ],
    [
      "results that are no counts",
      { ...llamaCppByHand, runs: [{ reused: [0, -1, 2, 3], slot: [3, 2, 1, 1] }] },
      '"reused" has -1 at 1, which is no count',
    ],
    ["an option that nobody knows", changed({ args: "--fast" }), 'The option "--fast"'],
    ["an option without its number", changed({ args: "--parallel" }), "--parallel needs a number"],
    ["no slot", changed({ args: "--parallel 0" }), "--parallel is 0"],
    ["more slots than memory", changed({ args: "--parallel 1e12" }), "--parallel is 1000000000000"],
    ["batches of nothing", changed({ n_ubatch: 0 }), '"n_ubatch" is 0'],
  ])("%s", (_what, file, reason) => {
    const lines = linesOf(file);
    expect(lines[0]).toContain(reason);
    expect(lines[1]).toBe("0 passed, 1 failed");
  });
});

describe("options as they are typed", () => {
  it("change the defaults", () => {
    expect(llamaCppOptionsOf([])).toEqual(llamaCppDefaults);
    expect(llamaCppOptionsOf(["--parallel", "2", "--cache-ram", "1", "--no-cache-idle-slots"])).toEqual({
      ...llamaCppDefaults,
      slots: 2,
      isKvUnified: false,
      promptCacheBytes: 1_048_576,
      savesIdleSlots: false,
    });
    expect(llamaCppOptionsOf(["--parallel", "2", "--kv-unified"]).isKvUnified).toBe(true);
    expect(llamaCppOptionsOf(["--cache-ram", "-1"]).promptCacheBytes).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("answers of a model that knows nothing", () => {
  it("are the successors of the last token, and later prompts carry them", () => {
    const requests = [
      { tokens: Int32Array.of(5, 6, 1, 1), inputLength: 2 },
      { tokens: Int32Array.of(5, 6, 1, 2, 9, 31_999, 0), inputLength: 6 },
      { tokens: Int32Array.of(5, 6, 1, 1, 3), inputLength: 5 },
    ];
    const sent = withSuccessorOutputs(requests).map(({ promptTokens, outputTokens }) => [
      [...promptTokens],
      [...outputTokens],
    ]);
    expect(sent).toEqual([
      [
        [5, 6],
        [7, 8],
      ],
      [[5, 6, 7, 2, 9, 31_999], [0]],
      [[5, 6, 7, 8, 3], []],
    ]);
  });
});

const folder = join(import.meta.dirname, "../../../../shared/oracle/llama-cpp");
const missing = existsSync(folder) ? null : "no runs of llama.cpp's server beside the repository";

describe.skipIf(missing !== null)(`runs of the server (${missing ?? "present"})`, () => {
  if (missing !== null) console.log(`Skipped: ${missing}.`);

  it("are equal in every request and slot", () => {
    const lines: string[] = [];
    replayOracleFolder(folder, (line) => lines.push(line));
    expect(lines.filter((line) => line.startsWith("FAIL"))).toEqual([]);
    expect(lines.at(-1)).toBe("80 passed, 0 failed");
  });
});
