import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { resolveScenario } from "../../../src/analysis/scenario.ts";
import { historyRows, parseHistoryArgs, runHistory } from "../../../src/hosts/cli/history.ts";
import { createTokenizerLoader } from "../../../src/hosts/node/vocabulary-files.ts";
import { readChatLog } from "../../../src/log/chat-log.ts";

const media = join(import.meta.dirname, "../../../media");
const folders = { media, grammars: "" };
const tokenizer = createTokenizerLoader(join(media, "vocabularies"))("qwen3");
const attention = ["--model", "Qwen/Qwen3-8B", "--policy", "sglang-radix"];

describe("parseHistoryArgs", () => {
  it("compares cutting every time and cutting in steps with a history that only grows", () => {
    const { file, policies, settings } = parseHistoryArgs(["log.jsonl", "--keep", "turns", "--last", "3"]);
    expect(file).toBe("log.jsonl");
    expect(policies.map(({ keep, last, every }) => `${keep} ${last} ${every}`)).toEqual([
      "all 5 1",
      "turns 3 1",
      "turns 3 3",
    ]);
    expect(settings.model).toBe("ibm-granite/granite-4.0-h-small");
  });

  it.each<[readonly string[], string]>([
    [[], "needs one file"],
    [["a", "b"], 'One file at a time: "b" is one too many.'],
    [["a", "--keep", "some"], "give one of all, turns"],
    [["a", "--last", "-1"], "--last"],
    [["a", "--every", "0"], "--every is 0"],
    [["a", "--format", "xml"], "give text or json"],
    [["a", "--unknown"], "--unknown"],
  ])("says what is wrong with %j", (args, text) => {
    expect(() => parseHistoryArgs(args)).toThrow(text);
  });
});

describe("settings of history", () => {
  it("are those that change a replay of what was recorded", () => {
    const { settings } = parseHistoryArgs(
      "log.jsonl --tensor-parallel 4 --tokenizer o200k --capacity 1GiB".split(" "),
    );
    expect(settings).toMatchObject({ tensorParallel: 4, tokenizer: "o200k", capacity: "1GiB" });
  });
});

describe("runHistory", () => {
  const folder = mkdtempSync(join(tmpdir(), "history "));
  const file = join(folder, "log.jsonl");
  const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  afterEach(() => written.mockClear());

  it("prints a row for each history, and what was left out", () => {
    const turn = (number: number) => [
      { role: "user", content: `Question ${number} about the shipment` },
      { role: "assistant", content: `Answer ${number}: it is late` },
    ];
    const messages = [1, 2, 3, 4].flatMap(turn);
    writeFileSync(file, `${JSON.stringify({ messages })}\nbroken\n`);
    expect(
      runHistory(parseHistoryArgs([file, ...attention, "--keep", "turns", "--last", "1"]), folders),
    ).toBe(0);
    const text = String(written.mock.calls[0]?.[0]);
    expect(text).toContain("The history only grows");
    expect(text).toContain("The history keeps only the last 1 turn");
    expect(text).toContain("line 2: The line is no JSON.");
  });

  it.each([
    ["nothing", "", "holds no conversation"],
    ["no messages", "{}", "Line 1"],
  ])("says what is wrong with %s", (_, content, text) => {
    writeFileSync(file, content);
    expect(() => runHistory(parseHistoryArgs([file]), folders)).toThrow(text);
  });

  it("says that a file is not there", () => {
    expect(() => runHistory(parseHistoryArgs([join(folder, "none")]), folders)).toThrow("cannot be read");
    rmSync(folder, { recursive: true });
  });
});

const logFile = join(import.meta.dirname, "../../../../shared/traces/swe-agent/conversations.jsonl");
const hasLog = existsSync(logFile);
if (!hasLog) console.warn(`Skipped: the recorded conversations are not there (${logFile}).`);

describe.skipIf(!hasLog)("the story of the documentation", () => {
  it("is what the command counts", () => {
    const { conversations } = readChatLog(readFileSync(logFile, "utf8"));
    const { policies, settings } = parseHistoryArgs(["log", ...attention]);
    const one = conversations.filter(({ id }) => id.endsWith("window100"));
    const rows = historyRows(one, policies, resolveScenario(settings), tokenizer);
    const page = readFileSync(join(import.meta.dirname, "../../../docs/workload.md"), "utf8");
    expect(rows.map(({ calls }) => calls)).toEqual([12, 12, 12]);
    for (const { prefilledTokens, ratio } of rows) {
      expect(page).toContain(prefilledTokens.toLocaleString("en-US"));
      if (ratio !== 1) expect(page).toContain(`(${ratio.toFixed(2)} times`);
    }
  });
});
