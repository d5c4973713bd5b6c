/** What was found of a truth, in words. */
import { cell, table } from "../../src/show/markdown.ts";
import { harmlessLines } from "../../src/words/foreign.ts";
import { count, tenths } from "../../src/words/numbers.ts";
import type { JudgedTemplate, Recall } from "./measure.ts";
import type { Minimum } from "./minimums.ts";
import { type Place, placeKinds } from "./truth.ts";

export interface Tally {
  readonly good: number;
  readonly of: number;
}

/** What a minimum is about, in all repositories. */
export function tallyOf(recalls: readonly Recall[], of: Minimum["of"]): Tally {
  if (of === "precision") return rightOf(recalls.flatMap(({ templates }) => templates));
  const isOf = ({ kind }: Place) => kind === of;
  return foundOf(
    recalls.flatMap(({ found }) => found.filter(isOf)),
    recalls.flatMap(({ missed }) => missed.filter(isOf)),
  );
}

export function recallText(recalls: readonly Recall[], minimums: readonly Minimum[]): string {
  const all: Recall = {
    repository: "all",
    found: recalls.flatMap(({ found }) => found),
    missed: recalls.flatMap(({ missed }) => missed),
    templates: recalls.flatMap(({ templates }) => templates),
  };
  const shown = recalls.length === 1 ? recalls : [...recalls, all];
  const lines = [
    ...tableLines(["repository", "kind", "found", "of", "percent"], shown.flatMap(foundRows)),
    ...section(["Missed:"], recalls.flatMap(missedLines)),
    ...section(
      [],
      tableLines(["repository", "templates in", "right", "of", "percent"], shown.flatMap(rightRows)),
    ),
    ...section(["At no prompt:"], recalls.flatMap(wrongLines)),
    "",
    ...minimums.flatMap((minimum) => belowLines(minimum, tallyOf(recalls, minimum.of))),
    `${count(all.found.length)} found, ${count(all.missed.length)} missed`,
  ];
  return harmlessLines(lines);
}

export function isReached({ percent }: Minimum, { good, of }: Tally): boolean {
  return good * 100 >= percent * of;
}

function belowLines(minimum: Minimum, tally: Tally): readonly string[] {
  if (isReached(minimum, tally)) return [];
  return [`${minimum.of}: ${percentText(tally)} %, and at least ${minimum.percent} % are asked for`];
}

function foundRows({ repository, found, missed }: Recall): readonly (readonly string[])[] {
  return placeKinds.flatMap((kind) => {
    const isOf = (place: Place) => place.kind === kind;
    return row(repository, kind, foundOf(found.filter(isOf), missed.filter(isOf)));
  });
}

function rightRows({ repository, templates }: Recall): readonly (readonly string[])[] {
  const rows = placeKinds.flatMap((kind) =>
    row(repository, kind, rightOf(templates.filter((template) => template.kind === kind))),
  );
  return rows.length > 1 ? [...rows, ...row(repository, "all", rightOf(templates))] : rows;
}

function row(repository: string, kind: string, tally: Tally): readonly (readonly string[])[] {
  if (tally.of === 0) return [];
  return [[cell(repository), kind, count(tally.good), count(tally.of), percentText(tally)]];
}

function foundOf(found: readonly Place[], missed: readonly Place[]): Tally {
  return { good: found.length, of: found.length + missed.length };
}

function rightOf(templates: readonly JudgedTemplate[]): Tally {
  return { good: templates.filter(({ isRight }) => isRight).length, of: templates.length };
}

function percentText({ good, of }: Tally): string {
  return tenths((100 * good) / of);
}

function missedLines({ repository, missed }: Recall): readonly string[] {
  return missed.map(
    ({ path, line, kind, note }) =>
      `  ${repository}/${path}:${line}  ${[kind, note].filter(Boolean).join(", ")}`,
  );
}

function wrongLines({ repository, templates }: Recall): readonly string[] {
  return templates
    .filter(({ isRight }) => !isRight)
    .map(
      ({ id, path, line, format, note }) =>
        `  ${repository}/${path}:${line}  ${[format, id.slice(path.length), note].filter(Boolean).join(", ")}`,
    );
}

/** Nothing where there are no lines. */
function section(title: readonly string[], lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", ...title, ...lines];
}

function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : table(head, rows, (column) => column > 1).split("\n");
}
