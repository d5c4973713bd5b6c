/**
 * `judge FOLDER VERDICTS`: what is shown in each repository of a folder, beside what a reader thought of it. For whoever
 * changes a rule and wants to know which findings were worth reading, before and after.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { UserError } from "../../config/settings.ts";
import { drain } from "../../core/steps.ts";
import { type Finding, isShown } from "../../findings/finding.ts";
import { LineIndex } from "../../show/line-index.ts";
import { table } from "../../show/markdown.ts";
import { harmlessLines } from "../../words/foreign.ts";
import { count } from "../../words/numbers.ts";
import { type Command, existingFolder, parseArguments } from "./command.ts";
import { openAnalysis } from "./open-analysis.ts";

export const verdicts = ["useful", "trivial", "wrong"] as const;
export type Verdict = (typeof verdicts)[number];

/** A finding as a reader met it. Lines count from 1. */
export interface Judged {
  readonly repository: string;
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly severity: string;
  readonly verdict: Verdict;
}

export interface ShownFinding extends Omit<Judged, "verdict"> {
  readonly message: string;
  /** Where in the same file it says that something goes together with it. */
  readonly otherLines?: readonly number[];
}

/** A finding that is shown, with what was thought of it; `null` where nobody has said so. */
export interface JudgedFinding extends ShownFinding {
  readonly verdict: Verdict | null;
}

/** Lines between a verdict and the finding that it is about: a finding may begin elsewhere in the same expression. */
const nearLines = 2;

const columns = ["repository", "commit", "path", "line", "rule", "severity", "verdict"] as const;

/** Throws `UserError`. `source` names the file in messages. */
export function readVerdicts(text: string, source: string): readonly Judged[] {
  const [head = "", ...lines] = text.split(/\r?\n/);
  const names = head.split("\t");
  const missing = columns.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new UserError(
      `${source} has no column ${missing.join(", ")} in its first line; it must name ${columns.join(", ")}, separated by tabs.`,
    );
  }
  return lines.flatMap((line, index): readonly Judged[] => {
    if (line.trim() === "") return [];
    const cells = line.split("\t");
    const cell = (name: (typeof columns)[number]) => cells[names.indexOf(name)] ?? "";
    const verdict = verdicts.find((each) => each === cell("verdict"));
    const number = Number(cell("line"));
    if (verdict === undefined || !Number.isSafeInteger(number) || number < 1) {
      const what =
        verdict === undefined
          ? `the verdict "${cell("verdict")}"; write ${verdicts.join(", ")}`
          : `the line "${cell("line")}"; write a number from 1 on`;
      throw new UserError(`${source}, line ${index + 2}, has ${what}.`);
    }
    return [
      {
        ...{ repository: basename(cell("repository")), path: cell("path"), line: number },
        ...{ rule: cell("rule"), severity: cell("severity"), verdict },
      },
    ];
  });
}

/**
 * Each verdict is about at most one finding, and each finding has at most one verdict: of the same repository, path and rule,
 * the nearest lines first. What is left of the useful verdicts is lost, but for places that a finding names beside its own.
 */
export function matchVerdicts(
  shown: readonly ShownFinding[],
  judged: readonly Judged[],
): { readonly findings: readonly JudgedFinding[]; readonly lost: readonly Judged[] } {
  const key = ({ repository, path, rule }: Omit<ShownFinding, "message">) =>
    JSON.stringify([repository, path, rule]);
  const byPlace = new Map<string, number[]>();
  for (const [index, each] of judged.entries()) {
    byPlace.set(key(each), [...(byPlace.get(key(each)) ?? []), index]);
  }
  const pairs = shown.flatMap((finding, at) =>
    (byPlace.get(key(finding)) ?? []).map((index) => ({
      ...{ at, index, distance: Math.abs(finding.line - judged[index]!.line) },
    })),
  );
  pairs.sort((a, b) => a.distance - b.distance);
  const verdictOf = new Map<number, Verdict>();
  const used = new Set<number>();
  for (const { at, index, distance } of pairs) {
    if (distance > nearLines || verdictOf.has(at) || used.has(index)) continue;
    verdictOf.set(at, judged[index]!.verdict);
    used.add(index);
  }
  return {
    findings: shown.map((finding, at) => ({ ...finding, verdict: verdictOf.get(at) ?? null })),
    lost: judged.filter((each, index) => {
      if (each.verdict !== "useful" || used.has(index)) return false;
      return !shown.some((finding) => key(finding) === key(each) && isNamedIn(finding, each.line));
    }),
  };
}

function isNamedIn({ otherLines = [] }: ShownFinding, line: number): boolean {
  return otherLines.some((other) => Math.abs(other - line) <= nearLines);
}

const syntax = {
  name: "judge",
  operands: {
    ...{ word: "FOLDER VERDICTS", noun: "folder and file", least: 2, most: 2 },
    needs: "a folder of repositories and the file with the verdicts",
  },
  about: "what is shown in repositories, beside what a reader thought of it (TSV)",
  settings: [],
  options: { list: { type: "boolean", usage: "every finding, and every useful one that is lost" } },
} as const;

export const judgeCommand: Command = {
  ...syntax,
  async run(args, { print, ...data }) {
    const { operands, values, chosen, reading } = parseArguments(syntax, args);
    const folder = existingFolder(operands[0]!);
    const source = operands[1]!;
    if (!existsSync(source)) throw new UserError(`There is no file ${source}.`);
    const judged = readVerdicts(readFileSync(source, "utf8"), source);
    const names = [...new Set(judged.map(({ repository }) => repository))].sort();
    const there = names.filter((name) => existsSync(join(folder, name)));
    for (const name of names) {
      if (!there.includes(name)) print(`${name} is not in ${folder}; its verdicts are left out.`);
    }
    const shown: ShownFinding[] = [];
    for (const name of there) {
      const inside = { operands: [join(folder, name)], chosen, reading };
      shown.push(...(await shownIn(name, inside, data)));
    }
    const { findings, lost } = matchVerdicts(
      shown,
      judged.filter(({ repository }) => there.includes(repository)),
    );
    print(judgeText(findings, lost, values.list === true));
    return 0;
  },
};

/** What an editor shows of a repository with the default settings. */
async function shownIn(
  repository: string,
  choice: Parameters<typeof openAnalysis>[0],
  data: Parameters<typeof openAnalysis>[1],
): Promise<readonly ShownFinding[]> {
  const { analyzer, files, settings } = await openAnalysis(choice, data);
  const texts = new Map(files.documents.map(({ path, text }) => [path, text]));
  const lines = new Map<string, LineIndex>();
  const lineOf = ({ path, range }: Pick<Finding, "path" | "range">) => {
    const known = lines.get(path) ?? new LineIndex(texts.get(path) ?? "");
    lines.set(path, known);
    return known.placeAt(range.start).line + 1;
  };
  const { findings } = drain(analyzer.run(settings));
  return findings.filter(isShown).map((finding) => {
    const { rule, severity, path, message, related } = finding;
    const otherLines = related.filter((other) => other.path === path).map(lineOf);
    return { repository, path, line: lineOf(finding), rule, severity, message, otherLines };
  });
}

function judgeText(findings: readonly JudgedFinding[], lost: readonly Judged[], isList: boolean): string {
  const kinds = [...new Set(findings.map(({ rule, severity }) => JSON.stringify([rule, severity])))].sort();
  const rows = kinds.map((kind) => {
    const of = findings.filter(({ rule, severity }) => JSON.stringify([rule, severity]) === kind);
    const [rule, severity] = JSON.parse(kind) as [string, string];
    return [rule, severity, ...tally(of).map(count)];
  });
  const list = isList
    ? [
        ...findings.map(
          ({ repository, path, line, rule, severity, verdict, message }) =>
            `${verdict ?? "not judged"}, ${severity}, ${rule}, ${join(repository, path)}:${line}: ${message}`,
        ),
        ...lost.map(({ repository, path, line, rule }) => `lost, ${rule}, ${join(repository, path)}:${line}`),
      ]
    : [];
  const [useful, trivial, wrong, open] = tally(findings);
  return harmlessLines([
    ...list,
    ...table(["rule", "severity", ...verdicts, "not judged"], rows, (column) => column > 1).split("\n"),
    `useful ${useful}, trivial ${trivial}, wrong ${wrong}, not judged ${open}, useful lost ${lost.length}`,
  ]);
}

function tally(findings: readonly JudgedFinding[]): readonly number[] {
  const number = (verdict: Verdict | null) => findings.filter((each) => each.verdict === verdict).length;
  return [...verdicts.map(number), number(null)];
}
