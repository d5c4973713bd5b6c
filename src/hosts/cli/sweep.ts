/**
 * `sweep FILES`: traces under many configurations, one replay each. The replays run on all cores, in a pool of workers that
 * read the traces themselves; progress goes to standard error, and Ctrl+C ends the workers.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defaultSettings, UserError } from "../../config/settings.ts";
import { parseBytes } from "../../core/cost/bytes.ts";
import { findGpu } from "../../core/cost/find.ts";
import { findPolicy, policies } from "../../core/policies/registry.ts";
import { alphaGrid, offlineOptimum } from "../../core/replay/sweep.ts";
import { harmless, harmlessLines } from "../../words/foreign.ts";
import { bytes, percent, shareOf } from "../../words/numbers.ts";
import { textTable } from "../../words/table.ts";
import { runInThreads } from "../node/thread-pool.ts";
import { type Command, formatOption, parseArguments } from "./command.ts";
import {
  answerSteps,
  type NamedRow,
  type SweepAnswer,
  type SweepJob,
  type UnsolvedCell,
} from "./sweep-job.ts";

export interface SweepArgs {
  readonly jobs: readonly SweepJob[];
  readonly workers: number;
  readonly format: "text" | "json";
  /** Nobody named the policies: those that need tokens are left out where a trace has none, without a word. */
  readonly leavesOutForWantOfTokens?: true;
}

const references = ["ideal", "clairvoyant", "optimum"];

export const firstOption = {
  type: "string",
  word: "N",
  usage: "the first N requests of each trace only; an exact optimum is known of a few dozen",
} as const;

export const workersOption = {
  type: "string",
  word: "N",
  usage: "threads that replay (default all cores)",
} as const;

const syntax = {
  name: "sweep",
  operands: {
    word: "FILES",
    noun: "file",
    least: 1,
    most: Number.POSITIVE_INFINITY,
    needs: "one file with a trace, or several",
  },
  about: "replay traces (marconi-oracle/1, Mooncake) under many configurations",
  settings: ["gpu", "tensorParallel"],
  options: {
    capacities: {
      type: "string",
      word: "LIST",
      usage: "such as 20GiB,5% (of what unlimited memory would hold)",
      default: "5%,10%,20%,40%",
    },
    policies: {
      type: "string",
      word: "LIST",
      usage: `of the catalogue, or ${references.join(", ")}`,
      default: "marconi,sglang-radix,clairvoyant,ideal",
    },
    alphas: { type: "string", word: "LIST", usage: "Marconi with these fixed alphas, or grid" },
    models: {
      type: "string",
      word: "LIST",
      usage: "of the catalogue, or of the file",
      default: defaultSettings.model,
    },
    first: firstOption,
    workers: workersOption,
    format: formatOption,
  },
} as const;

export const sweepCommand: Command = {
  ...syntax,
  run: (args, { bundles, print }) => sweep(parseSweepArgs(args), bundles, print),
};

/** Throws `UserError` or, for an unknown GPU, `CostError`. */
export function parseSweepArgs(args: readonly string[]): SweepArgs {
  const { values, operands, chosen } = parseArguments(syntax, args);
  const systems: (string | number)[] = list(values.policies).map(knownSystem);
  if (values.alphas !== undefined) systems.push(...alphasOf(values.alphas));
  const capacities = list(values.capacities).map(capacityOf);
  const models = list(values.models);
  const { gpu: gpuName, tensorParallel } = { ...defaultSettings, ...chosen };
  const gpu = findGpu(gpuName).id;
  const first = firstOf(values.first);
  const jobs = operands.flatMap((file) =>
    models.flatMap((model) =>
      capacities.flatMap((capacity) =>
        systems.map((system) => ({ file, model, gpu, tensorParallel, capacity, system, ...first })),
      ),
    ),
  );
  if (jobs.length === 0) throw new UserError("There is nothing to replay: a list of options is empty.");
  return { jobs, workers: workersOf(values.workers, jobs.length), format: values.format };
}

export function list(text: string): string[] {
  const items = text.split(",").map((item) => item.trim());
  return items.filter((item) => item !== "");
}

function knownSystem(id: string): string {
  if (references.includes(id) || findPolicy(id) !== undefined) return id;
  const known = [...policies.map((policy) => policy.id), ...references].join(", ");
  throw new UserError(`Unknown policy "${id}". Known: ${known}.`);
}

function alphasOf(text: string): number[] {
  if (text.trim() === "grid") return [...alphaGrid];
  return list(text).map((item) => {
    const alpha = Number(item);
    if (Number.isFinite(alpha) && alpha >= 0) return alpha;
    throw new UserError(`"${item}" is no alpha; give numbers of 0 or more, or grid for 0, 0.1 … 2.`);
  });
}

function capacityOf(text: string): SweepJob["capacity"] {
  if (!text.endsWith("%")) return { bytes: parseBytes(text) };
  const percent = Number(text.slice(0, -1));
  if (Number.isFinite(percent) && percent > 0) return { share: percent / 100 };
  throw new UserError(`"${text}" is no capacity; give bytes such as 20GiB, or a share such as 5%.`);
}

export function workersOf(text: string | undefined, jobs: number): number {
  return Math.min(text === undefined ? availableParallelism() : countOf("--workers", text), jobs);
}

/** What a job takes of it. */
export function firstOf(text: string | undefined): Pick<SweepJob, "first"> {
  return text === undefined ? {} : { first: countOf("--first", text) };
}

function countOf(option: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new UserError(`${option} is "${text}"; give a whole number of 1 or more.`);
}

export interface SweepResult {
  /** In the order of the jobs, without those that cannot be replayed. */
  readonly rows: readonly NamedRow[];
  /** Cells whose optimum is not known. */
  readonly tooLarge: readonly UnsolvedCell[];
  /** Why there are no others, each sentence once. */
  readonly mistakes: readonly string[];
}

/**
 * `onDone` counts the jobs. `folder` holds the bundled worker. Rejects when the signal is aborted, and with a `UserError`
 * when nothing can be replayed.
 */
export async function runSweep(
  { jobs, workers, leavesOutForWantOfTokens }: SweepArgs,
  folder: string,
  signal: AbortSignal,
  onDone: (done: number) => void,
): Promise<SweepResult> {
  let done = 0;
  const counted = (answer: SweepAnswer): SweepAnswer => {
    // Answers may still be on their way when it was stopped.
    signal.throwIfAborted();
    onDone(++done);
    return answer;
  };
  const answers =
    workers === 1
      ? await inTurn(jobs, signal, counted)
      : await runInThreads(
          jobs,
          { script: join(folder, "sweep-worker.cjs"), threads: workers, signal },
          counted,
        );
  const rows = answers.flatMap((answer) => ("row" in answer ? [answer.row] : []));
  const tooLarge = answers.flatMap((answer) => ("tooLarge" in answer ? [answer.tooLarge] : []));
  const mistakes = answers.flatMap((answer) => {
    const isSaid = "userError" in answer && !(leavesOutForWantOfTokens && answer.isForWantOfTokens);
    return isSaid ? [answer.userError] : [];
  });
  if (rows.length === 0 && tooLarge.length === 0) throw new UserError([...new Set(mistakes)].join(" "));
  return { rows, tooLarge, mistakes: [...new Set(mistakes)] };
}

/** In place of a number. */
export const tooLargeText = "too large";

type Counted = (answer: SweepAnswer) => SweepAnswer;

async function inTurn(
  jobs: readonly SweepJob[],
  signal: AbortSignal,
  counted: Counted,
): Promise<SweepAnswer[]> {
  const answers: SweepAnswer[] = [];
  for (const job of jobs) answers.push(counted(await withPauses(answerSteps(job), signal)));
  return answers;
}

/** Runs the steps to their end and lets signals in between them. */
async function withPauses<T>(steps: Generator<void, T, void>, signal: AbortSignal): Promise<T> {
  for (;;) {
    await new Promise((resume) => setImmediate(resume));
    signal.throwIfAborted();
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Runs the sweep and prints it; 130 after Ctrl+C, 2 when some of it cannot be replayed. */
export async function sweep(
  args: SweepArgs,
  folder: string,
  print: (text: string) => void,
  textOf = sweepText,
): Promise<number> {
  const abort = new AbortController();
  const cancel = () => abort.abort();
  process.once("SIGINT", cancel);
  const { stderr } = process;
  const total = args.jobs.length;
  const onDone = (done: number) => {
    if (stderr.isTTY) stderr.write(`\r${done} of ${total} replays`);
    else if (done === total) stderr.write(`${done} replays`);
  };
  try {
    if (stderr.isTTY) onDone(0);
    const { rows, tooLarge, mistakes } = await runSweep(args, folder, abort.signal, onDone);
    stderr.write("\n");
    const all = [...rows, ...tooLarge.map((cell) => ({ ...cell, tooLarge: true }))];
    print(args.format === "json" ? JSON.stringify(all, null, 2) : textOf(rows, tooLarge));
    for (const mistake of mistakes) stderr.write(`${harmless(mistake)}\n`);
    return mistakes.length === 0 ? 0 : 2;
  } catch (error) {
    stderr.write("\n");
    if (!abort.signal.aborted) throw error;
    stderr.write("Stopped.\n");
    return 130;
  } finally {
    process.removeListener("SIGINT", cancel);
  }
}

/** A table, and under it the best fixed alphas where several were tried. */
export function sweepText(rows: readonly NamedRow[], tooLarge: readonly UnsolvedCell[] = []): string {
  const hasPrices = rows.some(({ inputUnits }) => inputUnits > 0);
  const cells = [
    [
      ...["trace", "model", "capacity", "system", "tuned α", "token hit", "request hit", "FLOPs saved"],
      ...(hasPrices ? ["input price"] : []),
    ],
    ...rows.map((row) => [
      row.file,
      row.model,
      bytes(row.capacityBytes),
      row.system,
      row.tunedAlpha === null ? "" : String(row.tunedAlpha),
      percent(row.tokenHitRate),
      percent(row.requestHitRate),
      shareOf(row.flopsSaved, row.prefillFlops),
      ...(hasPrices ? [row.inputUnits > 0 ? percent(row.inputUnits / row.promptTokens) : ""] : []),
    ]),
    ...tooLarge.map(({ file, model, capacityBytes, system }) => [
      ...[file, model, bytes(capacityBytes), system, "", tooLargeText, "", ""],
      ...(hasPrices ? [""] : []),
    ]),
  ];
  return harmlessLines([...textTable(cells, (column) => column >= 4), ...optima(rows)]);
}

function optima(rows: readonly NamedRow[]): string[] {
  const lines: string[] = [];
  for (const group of new Set(rows.map(groupOf))) {
    const fixed = rows.filter((row) => row.alpha !== null && groupOf(row) === group);
    const best = offlineOptimum(fixed);
    if (best === null || fixed.length < 2) continue;
    const { tokenHitRate, flopsSaved } = best;
    lines.push(
      `${group}: best of ${fixed.length} fixed alphas, known afterwards only: ${percent(tokenHitRate.tokenHitRate)} of tokens with ${tokenHitRate.alpha}, ${shareOf(flopsSaved.flopsSaved, flopsSaved.prefillFlops)} of FLOPs with ${flopsSaved.alpha}`,
    );
  }
  return lines.length === 0 ? [] : ["", ...lines];
}

function groupOf({ file, model, capacityBytes }: NamedRow): string {
  return `${file}, ${model}, ${bytes(capacityBytes)}`;
}
