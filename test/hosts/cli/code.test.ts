/** Prompts in code through what ships: the bundled command line and worker, with the grammars beside them. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WorkerData } from "../../../src/hosts/node/worker-thread.ts";
import type { FromWorker, ToWorker } from "../../../src/protocol/worker.ts";
import { newWorkMark, WorkMark } from "../../../src/service/work-mark.ts";
import { bundle } from "../../support/bundle-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "prompt cache lens code "));
const files = {
  "app/main.py": 'from .texts import RULES\nSYSTEM_PROMPT = f"You answer questions about {city}. {RULES}"\n',
  "app/texts.py": 'RULES = "Be brief, and be kind."\n',
};
let cli = "";
let worker = "";

beforeAll(async () => {
  cli = await bundle(join(folder, "dist"));
  worker = await bundle(join(folder, "dist"), "worker");
  mkdirSync(join(folder, "work/app"), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, "work", path), text);
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

test("the command line reads Python", () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [cli, "report", "work", "--format", "json"],
    { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const report = JSON.parse(stdout);
  expect(report.problems).toEqual([]);
  expect(report.templates.map(({ id, format }: { id: string; format: string }) => [id, format])).toEqual([
    ["app/main.py#SYSTEM_PROMPT", "python"],
  ]);
});

test("the worker reads the folder, and loads a grammar with the first file of code", async () => {
  const workerData: WorkerData = { vocabularies: join(folder, "media/vocabularies"), mark: newWorkMark() };
  const thread = new Worker(worker, { workerData });
  const disk = join(folder, "other");
  mkdirSync(disk);
  writeFileSync(join(disk, "a.j2"), "Answer {{ question }}");
  const reports: (readonly string[])[] = [];
  const analyze = (job: number): ToWorker => {
    return { type: "analyze", job, chosen: {}, isTrusted: false, isDue: false, open: [] };
  };
  const done = new Promise<void>((resolve, reject) => {
    thread.on("error", reject);
    thread.on("message", (message: FromWorker) => {
      if (message.type === "failed") reject(new Error(message.message));
      if (message.type === "answer") reports.push(message.files.map(([path]) => path));
      if (message.type !== "done") return;
      if (message.job === 2) return resolve();
      mkdirSync(join(disk, "app"));
      for (const [path, text] of Object.entries(files)) writeFileSync(join(disk, path), text);
      const touched: ToWorker = { type: "touched", folder: "f", paths: ["app"] };
      for (const next of [touched, analyze(2)]) thread.postMessage(next);
    });
  });
  const opened: ToWorker = { type: "folders", folders: [{ id: "f", disk, isLoose: false }] };
  for (const message of [opened, analyze(1)]) thread.postMessage(message);
  await done;
  await thread.terminate();
  // What is new, and the other prompt, whose beginning somebody else sends now too.
  expect(reports).toEqual([["a.j2"], ["a.j2", "app/main.py"]]);
  expect(new WorkMark(workerData.mark).ticks).toBeGreaterThan(0);
});
