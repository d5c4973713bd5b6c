/** Prompts in code through what ships: the bundled command line and worker, with the grammars beside them. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FromWorker, ToWorker } from "../../../src/protocol/worker.ts";
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

test("the worker loads a grammar with the first file of code", async () => {
  const thread = new Worker(worker, { workerData: { vocabularies: join(folder, "media/vocabularies") } });
  const reports: (readonly string[])[] = [];
  const done = new Promise<void>((resolve, reject) => {
    thread.on("error", reject);
    thread.on("message", (message: FromWorker) => {
      if (message.type !== "report") return;
      reports.push(message.report.templates.map(({ id }) => id));
      if (reports.length === 2) resolve();
      else for (const next of second) thread.postMessage(next);
    });
  });
  const documents = [{ path: "a.j2", text: "Answer {{ question }}" }];
  const first: readonly ToWorker[] = [
    { type: "workspace", documents, config: null, skipped: [] },
    { type: "analyze", job: 1, chosen: {}, folder: null },
  ];
  const second: readonly ToWorker[] = [
    ...Object.entries(files).map(([path, text]) => ({ type: "document", document: { path, text } }) as const),
    { type: "analyze", job: 2, chosen: {}, folder: null },
  ];
  for (const message of first) thread.postMessage(message);
  await done;
  await thread.terminate();
  expect(reports).toEqual([["a.j2"], ["a.j2", "app/main.py#SYSTEM_PROMPT"]]);
});
