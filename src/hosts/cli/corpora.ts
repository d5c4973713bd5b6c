/**
 * `corpora FOLDER`: what is found in each of its folders. For whoever wants to know whether the prompts of a repository, or
 * of many, are understood: what was seen, what was found, what was wrong with it, and how long it took.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Documents } from "../../analysis/documents.ts";
import { drain } from "../../core/steps.ts";
import { walkSegments } from "../../prompt/segments.ts";
import { type Scope, scopes, type Template } from "../../prompt/template.ts";
import type { Grammars } from "../../service/grammars.ts";
import { cell, table } from "../../show/markdown.ts";
import { isNotRead } from "../../show/not-read.ts";
import { harmlessLines } from "../../words/foreign.ts";
import { count, decimal, seconds } from "../../words/numbers.ts";
import { grammarsOf } from "../node/grammar-files.ts";
import { type Command, existingFolder, parseArguments } from "./command.ts";
import { readWorkspace } from "./read-workspace.ts";

/** What one folder holds. */
export interface CorpusRow {
  readonly folder: string;
  /** Files that may hold prompts by name, place and a first look, and the characters in them. */
  readonly documents: number;
  readonly characters: number;
  readonly templates: readonly Template[];
  /** Holes and blocks by the scope in force. */
  readonly holes: ReadonlyMap<Scope, number>;
  readonly problems: number;
  /** Files that were not read. */
  readonly skipped: number;
  /** Reading and parsing. */
  readonly milliseconds: number;
}

const syntax = {
  name: "corpora",
  operands: { word: "FOLDER", noun: "folder", least: 1, most: 1, needs: "a folder with folders in it" },
  about: "what is found in each folder of it: templates by format, holes by scope, problems, time",
  settings: [],
  options: { list: { type: "boolean", usage: "every template, with how it begins" } },
} as const;

export const corporaCommand: Command = {
  ...syntax,
  async run(args, { grammars: grammarFolder, print }) {
    const { operands, values } = parseArguments(syntax, args);
    const folder = existingFolder(operands[0]!);
    const grammars = grammarsOf(grammarFolder);
    const rows: CorpusRow[] = [];
    for (const name of foldersIn(folder)) rows.push(await corpusRow(folder, name, grammars));
    print(values.list ? listText(rows) : tableText(rows));
    return 0;
  },
};

/** A folder without any others is a corpus itself. */
function foldersIn(folder: string): readonly string[] {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
  return names.length === 0 ? [""] : names;
}

async function corpusRow(parent: string, name: string, grammars: Grammars): Promise<CorpusRow> {
  const begin = performance.now();
  const read = new Documents({ syntax: grammars });
  const { documents, skipped } = await readWorkspace(join(parent, name), read, grammars);
  const { templates, problems } = drain(read.parse());
  return {
    folder: name,
    documents: documents.length,
    characters: documents.reduce((sum, { text }) => sum + text.length, 0),
    templates,
    holes: holesOf(templates),
    problems: problems.filter((problem) => !isNotRead(problem)).length,
    skipped: skipped.length,
    milliseconds: performance.now() - begin,
  };
}

function holesOf(templates: readonly Template[]): Map<Scope, number> {
  const holes = new Map<Scope, number>();
  for (const { segments } of templates) {
    for (const segment of walkSegments(segments)) {
      if (segment.kind !== "hole" && segment.kind !== "block") continue;
      const { scope } = segment.scope;
      holes.set(scope, (holes.get(scope) ?? 0) + 1);
    }
  }
  return holes;
}

export function tableText(rows: readonly CorpusRow[]): string {
  const head = [
    "folder",
    "files",
    "MB",
    "templates",
    "by format",
    "holes by scope",
    "problems",
    "not read",
    "time",
  ];
  const cells = [...rows, sumOf(rows)].map((row) => [
    row.folder === "" ? "." : cell(row.folder),
    count(row.documents),
    decimal(row.characters / 1e6),
    count(row.templates.length),
    countsText(countBy(row.templates, ({ format }) => format)),
    countsText(new Map(scopes.flatMap((scope) => entryOf(row.holes, scope)))),
    count(row.problems),
    count(row.skipped),
    seconds(row.milliseconds / 1000),
  ]);
  return table(head, cells, () => false);
}

function listText(rows: readonly CorpusRow[]): string {
  const lines = rows.flatMap(({ folder, templates }) =>
    templates.map(
      ({ id, format, usage, segments }) => `${join(folder, id)}  ${format}, ${usage}  ${beginning(segments)}`,
    ),
  );
  return harmlessLines(lines);
}

/** The first static text, on one line. */
function beginning(segments: Template["segments"]): string {
  for (const segment of walkSegments(segments)) {
    if (segment.kind === "text" && segment.text.trim() !== "") {
      return JSON.stringify(segment.text.trim().slice(0, 60));
    }
  }
  return "(no text)";
}

function sumOf(rows: readonly CorpusRow[]): CorpusRow {
  const sum = (measure: (row: CorpusRow) => number) => rows.reduce((total, row) => total + measure(row), 0);
  const holes = new Map<Scope, number>();
  for (const row of rows) {
    for (const [scope, count] of row.holes) holes.set(scope, (holes.get(scope) ?? 0) + count);
  }
  return {
    folder: "all",
    documents: sum((row) => row.documents),
    characters: sum((row) => row.characters),
    templates: rows.flatMap(({ templates }) => templates),
    holes,
    problems: sum((row) => row.problems),
    skipped: sum((row) => row.skipped),
    milliseconds: sum((row) => row.milliseconds),
  };
}

function countBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(keyOf(value), (counts.get(keyOf(value)) ?? 0) + 1);
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}

function entryOf(holes: ReadonlyMap<Scope, number>, scope: Scope): [Scope, number][] {
  const count = holes.get(scope);
  return count === undefined ? [] : [[scope, count]];
}

function countsText(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, number]) => `${name} ${count(number)}`).join(", ");
}
