import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runInThreads } from "../../../src/hosts/node/thread-pool.ts";

const folder = mkdtempSync(join(tmpdir(), "threads "));
const script = join(folder, "double.cjs");
writeFileSync(
  script,
  `const { parentPort } = require("node:worker_threads");
   parentPort.on("message", (job) => {
     if (job === "throw") throw new Error("this job throws");
     if (job === "exit") process.exit(3);
     if (job !== "hang") parentPort.postMessage(2 * job);
   });`,
);

afterAll(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;
const run = (jobs: readonly unknown[], threads: number, signal = never) => {
  const seen: number[] = [];
  const answers = runInThreads<unknown, number>(jobs, { script, threads, signal }, (answer) =>
    seen.push(answer),
  );
  return { answers, seen };
};

describe("runInThreads", () => {
  test.each([1, 2, 3, 9])("answers in the order of the jobs, from %i threads", async (threads) => {
    const jobs = [5, 1, 4, 2, 3, 0, 7];
    const { answers, seen } = run(jobs, threads);
    expect(await answers).toEqual([10, 2, 8, 4, 6, 0, 14]);
    expect(seen.sort((a, b) => a - b)).toEqual([0, 2, 4, 6, 8, 10, 14]);
  });

  test("no jobs", async () => {
    expect(await run([], 2).answers).toEqual([]);
  });

  test.each([
    ["throw", "this job throws"],
    ["exit", "A thread ended with 3"],
  ])("a thread that dies ends it all: %s", async (job, message) => {
    await expect(run(["hang", 1, job], 2).answers).rejects.toThrow(message);
  });

  test("whoever counts the answers may end it", async () => {
    const running = runInThreads<number, number>([1, 2, 3], { script, threads: 1, signal: never }, () => {
      throw new Error("enough");
    });
    await expect(running).rejects.toThrow("enough");
  });

  test("it can be stopped, before it begins as well", async () => {
    const stop = new AbortController();
    const { answers } = run(["hang"], 1, stop.signal);
    stop.abort(new Error("stopped"));
    await expect(answers).rejects.toThrow("stopped");
    await expect(run([1], 1, stop.signal).answers).rejects.toThrow("stopped");
  });
});
