import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { play } from "./play.ts";

function playWith(input: string, ...args: string[]): Promise<string> {
  return play(args, { standardInput: async () => input, file: () => Promise.reject(new Error("ENOENT")) });
}

describe("play", () => {
  test("a cache: what happened to each request, and the tree", async () => {
    expect(await playWith("S×4 a | b\nS×4 c |", "marconi", "20B")).toMatchInlineSnapshot(`
      "S×4 a | b  matched 0, reused 0, inserted 6, checkpoints 6, holds 10 B
      S×4 c |    matched 4, reused 0, inserted 5, checkpoints 4 5, holds 19 B
      S×4    ends at 4: checkpoint, 8 B
        a b  ends at 6: checkpoint, 6 B
        c    ends at 5: checkpoint, 5 B"
    `);
    expect(await playWith("a b c d e |", "vllm", "1kB", "--block", "2")).toMatchInlineSnapshot(
      `"a b c d e |  matched 0, reused 0, inserted 4, checkpoints 4, holds 8 B"`,
    );
    expect(await playWith("a b |", "no-cache", "1kB")).toMatchInlineSnapshot(
      `"a b |  matched 0, reused 0, inserted 0, no checkpoint, holds 0 B"`,
    );
  });

  test("a ledger", async () => {
    const lines = "SYS=S×4 / name=ann / TAIL=t×3 |\nSYS=S×4 / name=bob / TAIL=t×3 |";
    expect(await playWith(lines, "ledger", "unlimited", "1MB", "--model", "attention-only")).toBe(
      "cold 8; left at SYS\nreused 4, cold 1, diverged 3; left at name",
    );
  });

  test("the segments of a template", async () => {
    expect(await playWith("Hello {{ name }}!", "segments", "-")).toMatchInlineSnapshot(`
      ""Hello "
      {name} [session]
      "!""
    `);
    expect(
      await playWith(
        'SYSTEM = """Answer {question} in {language}, briefly."""\nprompt = SYSTEM.format(question=q, language="en")\n',
        "segments",
        "-",
        "--name",
        "prompts/a.py",
      ),
    ).toContain("{question}");
  });

  test("help, with nothing or when asked", async () => {
    expect(await playWith("")).toMatch(/^npm run -s play -- POLICY/);
    expect(await playWith("", "marconi", "--help")).toBe(await playWith(""));
  });

  test.each([
    [["nothing", "20B"], "a |", /^"nothing" is no policy\. There are marconi, /],
    [["marconi"], "a |", /^Say how much marconi may hold, such as 20B\.$/],
    [["marconi", "20 bananas"], "a |", /Unknown unit "bananas"/],
    [["marconi", "20B", "a"], "a |", /^"a" is one too many/],
    [
      ["marconi", "20B", "--model", "big"],
      "a |",
      /^--model is "big"; give one of hybrid, attention-only, recurrent/,
    ],
    [["marconi", "20B", "--block", "0"], "a |", /^--block is "0"/],
    [["marconi", "20B", "--bloc", "0"], "a |", /Unknown option '--bloc'/],
    [["marconi", "20B"], " \n", /^There is no request/],
    [["marconi", "20B"], "a | b | c", /more than one \|/],
    [["marconi", "20B"], "S×four |", /^"S×four" is no run of tokens/],
    [["ledger", "marconi", "20B"], "S×4 a | b", /^"S×4 a" is no segment/],
    [["segments"], "", /^segments needs one file/],
    [["segments", "gone.j2"], "", /^gone\.j2 cannot be read: ENOENT/],
    [["segments", "-", "--name", "main.c"], "int main() {}", /^main\.c holds no prompt/],
  ])("%j", async (args, input, message) => {
    await expect(playWith(input, ...args)).rejects.toThrow(message);
  });

  test("as a command: what it shows on standard output, mistakes on standard error", () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ["--import", "tsx", "test/play/main.ts", ...args], {
        input: "S×4 a | b",
        encoding: "utf8",
      });
    const { status, stdout, stderr } = run("marconi", "20B");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("S×4 a | b");
    expect(run("nothing", "20B")).toMatchObject({ status: 2, stdout: "" });
  });
});
