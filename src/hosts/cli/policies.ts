/**
 * `policies PATHS`: traces, and all those in folders, under several policies, models and capacities, and what comes of it:
 * token hit rate, FLOPs saved, how much of the way from least recently used to the clairvoyant reference a policy goes,
 * where it wins and loses, and, on small traces, how far it stays behind the exact optimum.
 */
import { defaultSettings } from "../../config/settings.ts";
import { findGpu } from "../../core/cost/find.ts";
import { alphaGrid } from "../../core/replay/sweep.ts";
import { cell, table } from "../../show/markdown.ts";
import { bytes, count, percentNumber, signedPoints } from "../../words/numbers.ts";
import { type Command, formatOption, parseArguments } from "./command.ts";
import {
  firstOf,
  firstOption,
  list,
  type SweepArgs,
  sweep,
  tooLargeText,
  workersOf,
  workersOption,
} from "./sweep.ts";
import type { NamedRow, SweepJob, UnsolvedCell } from "./sweep-job.ts";
import { traceFiles } from "./trace-files.ts";

/** What the others are compared with. */
const baseline = "sglang-radix";
const tuned = "marconi";
const reference = "clairvoyant";
const hindsight = "best alpha";
/** Of a small trace; where it is not known, nobody is compared with it. */
const optimum = "exact optimum";

const policyIds = [
  baseline,
  tuned,
  "seglen",
  "hits-per-token",
  "prompt-end",
  "sparse",
  "density",
  "density-sampled",
  "density-continuation",
  `${baseline}+template`,
  "density+template",
  "density-continuation+template",
  reference,
  "optimum",
];

/** Of the policy study: a Mamba-2 mixture of experts, a dense Mamba-2 hybrid, a gated DeltaNet hybrid. */
const studyModels = ["granite-4.0-h-small", "Nemotron-H-8B-Base-8K", "Qwen3-Next-80B-A3B-Instruct"];
const capacityShares = [0.05, 0.1, 0.2, 0.4];

/** Points of hit rate by which a cell is won or lost. */
const noticeable = 0.3;

const syntax = {
  name: "policies",
  operands: {
    word: "PATHS",
    noun: "path",
    least: 1,
    most: Number.POSITIVE_INFINITY,
    needs: "a trace or a folder with traces, or several",
  },
  about:
    "traces, and those in folders, under several policies and capacities: who wins, who loses, by how much",
  settings: ["gpu", "tensorParallel"],
  options: {
    models: { type: "string", word: "LIST", usage: "of the catalogue", default: studyModels.join(",") },
    "no-alphas": { type: "boolean", usage: "without the grid of fixed alphas, which takes most of the time" },
    first: firstOption,
    workers: workersOption,
    format: formatOption,
  },
} as const;

export const policiesCommand: Command = {
  ...syntax,
  run: (args, { bundles, print }) => sweep(parsePoliciesArgs(args), bundles, print, policiesText),
};

/** Throws `UserError` when a path holds no trace, or, for an unknown GPU, `CostError`. */
export function parsePoliciesArgs(args: readonly string[]): SweepArgs {
  const { values, operands, chosen } = parseArguments(syntax, args);
  const files = operands.flatMap((path) => traceFiles(path));
  const { gpu: gpuName, tensorParallel } = { ...defaultSettings, ...chosen };
  const gpu = findGpu(gpuName).id;
  const first = firstOf(values.first);
  const systems = [...policyIds, ...(values["no-alphas"] ? [] : alphaGrid)];
  const jobs: SweepJob[] = files.flatMap((file) =>
    list(values.models).flatMap((model) =>
      capacityShares.flatMap((share) =>
        systems.map((system) => ({
          file,
          model,
          gpu,
          tensorParallel,
          capacity: { share },
          system,
          ...first,
        })),
      ),
    ),
  );
  const workers = workersOf(values.workers, jobs.length);
  return { jobs, workers, format: values.format, leavesOutForWantOfTokens: true };
}

/** One trace, model and capacity: what each policy made of it. */
export interface StudyCell {
  readonly trace: string;
  readonly model: string;
  /** Bytes. */
  readonly capacityBytes: number;
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/** Shares, 0 to 1. */
export interface Outcome {
  readonly hitRate: number;
  readonly flopsSaved: number;
}

/** The rows of a sweep by cell, with the best fixed alpha of each, found with hindsight. */
export function studyCells(rows: readonly NamedRow[]): StudyCell[] {
  const cells = new Map<string, { cell: StudyCell; outcomes: Map<string, Outcome> }>();
  for (const row of rows) {
    const key = keyOf(row);
    let entry = cells.get(key);
    if (entry === undefined) {
      const outcomes = new Map<string, Outcome>();
      const { file: trace, model, capacityBytes } = row;
      entry = { cell: { trace, model, capacityBytes, outcomes }, outcomes };
      cells.set(key, entry);
    }
    const outcome = { hitRate: row.tokenHitRate, flopsSaved: ratio(row.flopsSaved, row.prefillFlops) };
    if (row.alpha === null) entry.outcomes.set(row.system, outcome);
    else entry.outcomes.set(hindsight, bestOf(entry.outcomes.get(hindsight), outcome));
  }
  return [...cells.values()].map(({ cell }) => cell);
}

function keyOf({ file, model, capacityBytes }: Pick<NamedRow, "file" | "model" | "capacityBytes">): string {
  return `${file} ${model} ${capacityBytes}`;
}

/** Each measure at its own best. */
function bestOf(one: Outcome | undefined, other: Outcome): Outcome {
  if (one === undefined) return other;
  return {
    hitRate: Math.max(one.hitRate, other.hitRate),
    flopsSaved: Math.max(one.flopsSaved, other.flopsSaved),
  };
}

/** One policy against another over all cells, in points of hit rate. */
export interface Comparison {
  readonly mean: number;
  readonly wins: number;
  readonly losses: number;
  readonly worst: { readonly points: number; readonly cell: StudyCell } | null;
}

export function compare(cells: readonly StudyCell[], policy: string, other: string): Comparison {
  let sum = 0;
  let wins = 0;
  let losses = 0;
  let worst: Comparison["worst"] = null;
  for (const cell of cells) {
    const points = 100 * (hitRateOf(cell, policy) - hitRateOf(cell, other));
    sum += points;
    if (points > noticeable) wins++;
    if (points < -noticeable) losses++;
    if (worst === null || points < worst.points) worst = { points, cell };
  }
  return { mean: ratio(sum, cells.length), wins, losses, worst };
}

/** How much of the way from least recently used to the clairvoyant reference a policy goes; 0 where there is no way to go. */
function gapClosed(cells: readonly StudyCell[], policy: string): number {
  const total = (id: string) => cells.reduce((sum, cell) => sum + hitRateOf(cell, id), 0);
  return ratio(total(policy) - total(baseline), total(reference) - total(baseline));
}

function hitRateOf(cell: StudyCell, policy: string): number {
  return cell.outcomes.get(policy)?.hitRate ?? 0;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** A policy that needs tokens is not replayed on traces of blocks: its means and comparisons leave those out. */
function replayed(cells: readonly StudyCell[], policy: string): readonly StudyCell[] {
  return cells.filter(({ outcomes }) => outcomes.has(policy));
}

const optimumNote = `${optimum}: the most tokens that a cache could reuse which knows the trace and makes states as a server does, where a request computes tokens, at ends of spans. The row ${reference} also makes them where a request resumes behind and computes nothing, and sparse inside of spans, so that a cell of theirs can stand above; ${tooLargeText}: the search for it was given up (--first N takes the first requests only). Compared over the cells where it is known.`;

/** Markdown: every cell, the means, and each policy against the others. */
export function policiesText(rows: readonly NamedRow[], tooLarge: readonly UnsolvedCell[] = []): string {
  const cells = studyCells(rows);
  const unsolved = new Set(tooLarge.map(keyOf));
  const ids = [...new Set(cells.flatMap(({ outcomes }) => [...outcomes.keys()]))];
  const knowing = [reference, ...(ids.includes(optimum) || tooLarge.length > 0 ? [optimum] : [])];
  const shown = [
    ...ids.filter((id) => !knowing.includes(id)),
    ...knowing.filter((id) => id === optimum || ids.includes(id)),
  ];
  const others = [baseline, tuned, hindsight, optimum].filter((id) => ids.includes(id));
  return [
    "Token hit rate in per cent / prefill FLOPs saved in per cent.",
    "",
    table(
      ["trace", "model", "capacity", ...shown.map(cell)],
      cells.map(({ trace, model, capacityBytes, outcomes }) => [
        cell(trace),
        cell(shortName(model)),
        bytes(capacityBytes),
        ...shown.map((id) =>
          id === optimum && unsolved.has(keyOf({ file: trace, model, capacityBytes }))
            ? tooLargeText
            : outcomeText(outcomes.get(id)),
        ),
      ]),
      () => false,
    ),
    "",
    "–: replayed over tokens, and the trace has blocks only.",
    ...(knowing.includes(optimum) ? [optimumNote] : []),
    `Over ${cells.length} cells, or those in which the policy was replayed; won and lost by more than ${noticeable} points of hit rate.`,
    "",
    table(
      ["policy", "cells", "hit rate", "FLOPs saved", "gap closed", ...others.map((id) => `against ${id}`)],
      shown.map((id) => {
        const own = replayed(cells, id);
        return [
          cell(id),
          count(own.length),
          ...(own.length === 0
            ? [tooLargeText, "", ""]
            : [
                percentNumber(meanOf(own, id, "hitRate")),
                percentNumber(meanOf(own, id, "flopsSaved")),
                ids.includes(reference) ? percentNumber(gapClosed(own, id)) : "",
              ]),
          ...others.map((other) =>
            id === other ? "" : comparisonText(compare(replayed(own, other), id, other)),
          ),
        ];
      }),
      () => false,
    ),
  ].join("\n");
}

function comparisonText({ mean, wins, losses, worst }: Comparison): string {
  if (worst === null) return "";
  const { trace, model, capacityBytes } = worst.cell;
  const where = `${cell(trace)}, ${cell(shortName(model))}, ${bytes(capacityBytes)}`;
  return `${signedPoints(mean)}, won ${wins}, lost ${losses}, worst ${signedPoints(worst.points)} (${where})`;
}

function meanOf(cells: readonly StudyCell[], policy: string, measure: keyof Outcome): number {
  return ratio(
    cells.reduce((sum, { outcomes }) => sum + (outcomes.get(policy)?.[measure] ?? 0), 0),
    cells.length,
  );
}

function outcomeText(outcome: Outcome | undefined): string {
  return outcome === undefined
    ? "–"
    : `${percentNumber(outcome.hitRate)} / ${percentNumber(outcome.flopsSaved)}`;
}

function shortName(model: string): string {
  return model.slice(model.lastIndexOf("/") + 1);
}
