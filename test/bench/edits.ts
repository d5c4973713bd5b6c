/**
 * What an edit costs in a workspace, through the worker of the product with its messages: from the key to the answer, against
 * opening the folder. `npm run bench -- edits [CHECKOUT]` also compares a whole report by the command line of another checkout.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import type { AnalysisSettings } from "../../src/config/settings.ts";
import { readWorkspace } from "../../src/hosts/cli/read-workspace.ts";
import { grammarsOf } from "../../src/hosts/node/grammar-files.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import type { FromWorker, ToWorker } from "../../src/protocol/worker.ts";
import { newWorkMark } from "../../src/service/work-mark.ts";
import { type BenchRow, benchRow } from "./row.ts";

const root = join(import.meta.dirname, "../..");
const vocabularies = join(root, "media/vocabularies");
const editsPerFolder = 64;
const openings = 3;
/** More than the search in the background takes after an edit. */
const backgroundMilliseconds = 10_000;
/** Fewer in a large workspace, so that the bench ends in some minutes. */
const editsForMemory = { examples: 500, corpora: 100 } as const;

export async function bench(checkout?: string): Promise<BenchRow[]> {
  build(root);
  const corpora = join(root, "../shared/corpora");
  const folders = [join(root, "examples"), ...(existsSync(corpora) ? [corpora] : [])];
  if (folders.length === 1) console.log("skipped: ../shared/corpora is not there");
  const rows: BenchRow[] = [];
  for (const folder of folders) rows.push(...(await edits(folder)));
  if (checkout !== undefined) for (const folder of folders) rows.push(against(checkout, folder));
  return rows;
}

/** A worker that has been told of one folder. */
class Opened {
  readonly #thread = new Worker(join(root, "dist/worker.cjs"), {
    workerData: { vocabularies, mark: newWorkMark() },
    execArgv: [],
  });
  #job = 0;
  #settings: Partial<AnalysisSettings> = {};
  /** Bytes of the answers to the last job, as JSON. */
  answered = 0;

  #fail: (error: Error) => void = () => {};

  constructor(disk: string) {
    this.#thread.on("error", (error) => this.#fail(error as Error));
    this.#thread.postMessage({ type: "folders", folders: [{ id: "f", disk, isLoose: false }] } as ToWorker);
  }

  /** Milliseconds of this process from the messages to the answer. */
  async job(...messages: readonly ToWorker[]): Promise<number> {
    const job = ++this.#job;
    this.answered = 0;
    const startCpu = process.cpuUsage();
    const start = performance.now();
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      const listen = (message: FromWorker) => {
        if (message.type === "answer" && message.job === job) this.answered += JSON.stringify(message).length;
        if (message.type === "failed") reject(new Error(message.message));
        if (message.type !== "done" || message.job !== job) return;
        this.#thread.off("message", listen);
        resolve();
      };
      this.#thread.on("message", listen);
      for (const message of messages) this.#thread.postMessage(message);
      this.#thread.postMessage({
        ...{ type: "analyze", job, chosen: this.#settings, isTrusted: false, isDue: false, open: [] },
      } as ToWorker);
    });
    const elapsed = performance.now() - start;
    const { user, system } = process.cpuUsage(startCpu);
    // On a busy machine elapsed time tells what else it does.
    return Math.min(elapsed, (user + system) / 1000);
  }

  choose(settings: Partial<AnalysisSettings>): Promise<number> {
    this.#settings = { ...this.#settings, ...settings };
    return this.job();
  }

  edit(path: string, text: string): Promise<number> {
    return this.job({ type: "overlay", folder: "f", path, text });
  }

  memory(): number {
    return process.memoryUsage().rss / 2 ** 20;
  }

  close(): Promise<number> {
    return this.#thread.terminate();
  }
}

async function edits(folder: string): Promise<BenchRow[]> {
  const name = folder.endsWith("corpora") ? "corpora" : "examples";
  const documents = await documentsOf(folder);
  const full: number[] = [];
  let opened = new Opened(folder);
  full.push(await opened.job());
  const whole = opened.answered;
  for (let again = 1; again < openings; again++) {
    await opened.close();
    opened = new Opened(folder);
    full.push(await opened.job());
  }
  const opening = quantile(full, 0.5);
  const rows: BenchRow[] = [];
  const add = (what: string, milliseconds: number) =>
    rows.push(benchRow(`${name}: ${what}`, "ms", milliseconds, opening));
  const times: number[] = [];
  let bytes = 0;
  for (let at = 0; at < editsPerFolder; at++) {
    const { path, text } = documents[Math.floor((at * documents.length) / editsPerFolder)]!;
    const middle = text.indexOf(" ", Math.floor(text.length / 2)) + 1;
    times.push(await opened.edit(path, `${text.slice(0, middle)}x${text.slice(middle)}`));
    bytes = Math.max(bytes, opened.answered);
  }
  const share = (milliseconds: number) => `${((100 * milliseconds) / opening).toFixed(1)} % of opening it`;
  add(`opening ${documents.length} files, a new thread`, opening);
  add(`an edit, median of ${editsPerFolder}: ${share(quantile(times, 0.5))}`, quantile(times, 0.5));
  add(`an edit, p95: ${share(quantile(times, 0.95))}`, quantile(times, 0.95));
  console.log(`${name}: the largest answer to an edit has ${bytes} bytes of JSON, the first one ${whole}.`);
  // Or what is timed is how soon the search in the background gives way.
  await setTimeout(backgroundMilliseconds);
  const idle: number[] = [];
  for (let again = 0; again < 9; again++) idle.push(await opened.job());
  const same = quantile(idle, 0.5);
  add(`nothing changed: ${share(same)}`, same);
  for (const [what, choices] of otherScenarios) {
    const times: number[] = [];
    for (const settings of choices) times.push(await opened.choose(settings));
    const milliseconds = quantile(times, 0.5);
    add(`${what}: ${share(milliseconds)}`, milliseconds);
  }
  await opened.choose({ model: "ibm-granite/granite-4.0-h-small", capacity: "auto", policy: "marconi" });
  for (const [what, path, text] of wideEdits(documents)) {
    const milliseconds = await opened.edit(path, text);
    add(`${what}: ${share(milliseconds)}`, milliseconds);
  }
  const { path, text } = documents[0]!;
  const before = opened.memory();
  for (let at = 0; at < editsForMemory[name]; at++) await opened.edit(path, `${text} ${at}`);
  console.log(
    `${name}: ${before.toFixed(0)} MiB before ${editsForMemory[name]} edits, ${opened.memory().toFixed(0)} MiB after.`,
  );
  await opened.close();
  return rows;
}

/** Of each kind the median is told. */
const otherScenarios = [
  [
    "another policy, median of 5",
    ["sglang-radix", "marconi", "vllm-all", "llama-cpp", "marconi"].map((policy) => ({ policy })),
  ],
  ["another capacity, median of 3", ["4GiB", "8GiB", "2GiB"].map((capacity) => ({ capacity }))],
  ["a model with another vocabulary", [{ model: "Qwen/Qwen3-Next-80B-A3B-Instruct" }]],
] as const;

/** Edits that change many templates. */
function wideEdits(documents: readonly { readonly path: string; readonly text: string }[]) {
  const partial = documents.find(({ path }) => /partial|system_prompt\.j2$/.test(path)) ?? documents[0]!;
  return [
    ["a file that others include", partial.path, `${partial.text} x`],
    ["promptcache.json", "promptcache.json", '{ "workload": { "turns": 2 } }'],
  ] as const;
}

/** Those that hold prompts, in their order. */
async function documentsOf(folder: string) {
  const grammars = grammarsOf(join(root, "dist/grammars"));
  const tokenizer = createTokenizerLoader(vocabularies);
  const analyzer = createAnalyzer({ tokenizer, parseTools: { syntax: grammars } });
  const { documents } = await readWorkspace(folder, analyzer, grammars);
  return documents.filter(({ isOnlyIncluded }) => isOnlyIncluded !== true);
}

/** A whole report by the command line of this checkout and of another one. */
function against(checkout: string, folder: string): BenchRow {
  build(checkout);
  const time = (at: string) => {
    const times = Array.from({ length: openings }, () => {
      const args = [join(at, "dist/cli.cjs"), "report", folder, "--format", "json"];
      const start = performance.now();
      const { status } = spawnSync(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
      if (status !== 0) throw new Error(`${at} ended with ${status}`);
      return performance.now() - start;
    });
    return Math.min(...times);
  };
  return benchRow(
    `a report of ${folder.split("/").at(-1)} by the command line`,
    "ms",
    time(root),
    time(checkout),
  );
}

function build(checkout: string): void {
  const { status } = spawnSync(process.execPath, [join(checkout, "scripts/build.mjs"), "--production"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error(`${checkout} cannot be built`);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
}
