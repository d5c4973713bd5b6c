/** A worker that is stuck, or dies, is noticed, and another one starts with the next message. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { threadHost } from "../../../src/hosts/node/worker-thread.ts";
import type { FromWorker } from "../../../src/protocol/worker.ts";
import { type MarkedFile, newWorkMark, WorkMark } from "../../../src/service/work-mark.ts";
import { WorkerClient } from "../../../src/service/worker-client.ts";

const folder = mkdtempSync(join(tmpdir(), "worker client "));
const script = join(folder, "worker.cjs");

/** Hangs in job 1, dies in job 2, and does every other one. */
const source = `
import { parentPort, workerData } from "node:worker_threads";
import { WorkMark } from "./src/service/work-mark.ts";
const mark = new WorkMark(workerData.mark);
setInterval(() => mark.tick(), 5);
parentPort.on("message", ({ job }) => {
  mark.set("folder ü", "prompts/😀.j2");
  while (job === 1);
  if (job === 2) throw new Error("out of memory");
  mark.set("folder ü", "");
  parentPort.postMessage({ type: "done", job });
});
`;

beforeAll(async () => {
  await build({
    stdin: { contents: source, resolveDir: join(import.meta.dirname, "../../..") },
    ...{ bundle: true, platform: "node", format: "cjs", outfile: script, logLevel: "silent" },
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

const analyze = (job: number) =>
  ({ type: "analyze", job, chosen: {}, isTrusted: false, isDue: false, open: [] }) as const;

test.each([
  ["is stuck", 1, "it did not come to an end", { folder: "folder ü", path: "prompts/😀.j2" }],
  ["dies", 2, "out of memory", null],
])("one that %s", async (_, job, reason, file) => {
  const deaths: [string, MarkedFile | null][] = [];
  const messages: FromWorker[] = [];
  let heard: () => void = () => {};
  const next = () => new Promise<void>((resolve) => (heard = resolve));
  const client = new WorkerClient({
    host: threadHost(script, folder),
    watch: { everyMilliseconds: 100, looks: 20 },
    onMessage(message) {
      messages.push(message);
      heard();
    },
    onDeath(why, stuckAt) {
      deaths.push([why, stuckAt]);
      heard();
    },
  });
  try {
    let something = next();
    client.post([analyze(3)]);
    await something;
    expect(messages).toEqual([{ type: "done", job: 3 }]);
    something = next();
    client.post([analyze(job)]);
    await something;
    expect(deaths).toEqual([[reason, file]]);
    expect(client.isRunning).toBe(false);
    something = next();
    client.post([analyze(4)]);
    await something;
    expect(messages).toEqual([
      { type: "done", job: 3 },
      { type: "done", job: 4 },
    ]);
    expect(deaths).toHaveLength(1);
  } finally {
    client.dispose();
  }
});

test("a mark forgets a file that is done, and keeps none whose path is too long", () => {
  const memory = newWorkMark();
  const mark = new WorkMark(memory);
  expect(new WorkMark(memory).file).toBeNull();
  mark.set("f", "a.j2");
  expect(new WorkMark(memory).file).toEqual({ folder: "f", path: "a.j2" });
  mark.set("f", "x".repeat(10_000));
  expect(new WorkMark(memory).file).toBeNull();
  mark.set("f", "b.j2");
  mark.set("f", "");
  expect(new WorkMark(memory).file).toBeNull();
});
